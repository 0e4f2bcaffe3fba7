/* utf8.h - one character at a time, with Go's idea of what is broken. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

#define UTF8_REPLACEMENT UINT32_C(0xfffd)
#define UTF8_MAX_RUNE    UINT32_C(0x10ffff)

/* The first character and its length in bytes. A byte that begins no valid character (surrogates
 * and overlong forms are not valid) is a UTF8_REPLACEMENT of length 1; an empty `s` one of
 * length 0. */
uint32_t utf8_decode(struct str s, size_t *n_bytes);

/* Writes at most 4 bytes and returns how many; what is no character is written as
 * UTF8_REPLACEMENT. */
size_t utf8_encode(char *out, uint32_t rune);

bool utf8_valid(struct str s);

#endif
