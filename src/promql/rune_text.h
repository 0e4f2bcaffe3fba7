/* rune_text.h - one character as Go shows it in errors. */
#ifndef PROMQL_RUNE_TEXT_H
#define PROMQL_RUNE_TEXT_H

#include "base/buf.h"

/* 'x', with Go's escapes: %q. What is no character shows as the replacement character. */
void rune_quote(struct buf *out, uint32_t rune);

/* U+0078 'x', the second part only if the character can be printed: %#U. */
void rune_describe(struct buf *out, uint32_t rune);

#endif
