/* quote.h - strings in quotes as Go's strconv writes and reads them.
 *
 * Format: go.dev/ref/spec#String_literals. Bytes that are not UTF-8 become \x escapes.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* "..." with control characters, quotes and backslashes escaped (strconv.Quote). */
void quote_append(struct buf *out, struct str s);

enum unquote_mode {
	UNQUOTE_GO,     /* strconv.Unquote: '...' holds exactly one character */
	UNQUOTE_PROMQL, /* '...' is a string as "..." is */
};

/* Append what a "...", '...' or `...` literal stands for. Fails with ERR_INVALID and Go's "invalid
 * syntax"; `out` may then hold a part of it. ERR_LIMIT when `out` is full. */
bool unquote_append(struct buf *out, struct str quoted, enum unquote_mode mode, struct err *err);

/* Whether Go would print the character as it is (unicode.IsPrint): letters, marks, numbers,
 * punctuation, symbols and the space. */
bool rune_is_print(uint32_t rune);

#endif
