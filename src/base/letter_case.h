/* letter_case.h - small and capital letters, of all scripts.
 *
 * Character by character, as Go's strings.ToLower and strings.ToUpper: "ß" stays as it is, and no
 * language has its own rules.
 */
#ifndef BASE_LETTER_CASE_H
#define BASE_LETTER_CASE_H

#include "base/buf.h"

uint32_t rune_to_lower(uint32_t rune);
uint32_t rune_to_upper(uint32_t rune);

/* Append `s` in the other case; a byte that begins no character becomes a replacement character,
 * as in Go. False when `out` is full. */
bool str_to_lower(struct str s, struct buf *out);
bool str_to_upper(struct str s, struct buf *out);

#endif
