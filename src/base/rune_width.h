/* rune_width.h - how many columns of a terminal a character takes. */
#ifndef BASE_RUNE_WIDTH_H
#define BASE_RUNE_WIDTH_H

#include "base/str.h"

/* 2 for those of East Asian width W and F, 0 for combining marks, 1 for all others. */
unsigned rune_width(uint32_t rune);
size_t str_width(struct str s);

#endif
