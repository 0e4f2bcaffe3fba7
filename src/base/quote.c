#include "base/quote.h"

#include "base/rune_range.h"
#include "base/utf8.h"

#include <stdint.h>

/* --- writing ------------------------------------------------------------------------------------
 */

static const struct rune_range printable[] = {
#include "base/printable.inc"
};

bool rune_is_print(uint32_t rune)
{
	if (rune < 0x80)
		return rune >= 0x20 && rune != 0x7f;
	return rune_is_in(rune, printable, sizeof(printable) / sizeof(printable[0]));
}

/* What follows the backslash in a short escape, or 0. */
static char short_escape(char c)
{
	switch (c) {
	case '\a':
		return 'a';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\v':
		return 'v';
	case '"':
	case '\\':
		return c;
	default:
		return 0;
	}
}

static void append_ascii(struct buf *out, char c)
{
	char escape = short_escape(c);

	if (escape)
		buf_append(out, (char[]){'\\', escape}, 2);
	else if (c < 0x20 || c == 0x7f)
		buf_printf(out, "\\x%02x", (unsigned)c);
	else
		buf_putc(out, c);
}

static void append_rune(struct buf *out, const char *p, uint32_t rune, size_t n)
{
	if (rune == UTF8_REPLACEMENT && n == 1)
		buf_printf(out, "\\x%02x", (unsigned)(unsigned char)*p);
	else if (rune_is_print(rune))
		buf_append(out, p, n);
	else if (rune < 0x10000)
		buf_printf(out, "\\u%04x", (unsigned)rune);
	else
		buf_printf(out, "\\U%08x", (unsigned)rune);
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f && c != '"' && c != '\\';
}

void quote_append(struct buf *out, struct str s)
{
	buf_putc(out, '"');
	while (s.n) {
		size_t n = 0;
		while (n < s.n && is_plain(s.p[n]))
			n++;
		buf_append(out, s.p, n);
		s = str_skip(s, n);
		if (s.n == 0)
			break;
		n = 1;
		if ((unsigned char)s.p[0] < 0x80) {
			append_ascii(out, s.p[0]);
		} else {
			uint32_t rune = utf8_decode(s, &n);
			append_rune(out, s.p, rune, n);
		}
		s = str_skip(s, n);
	}
	buf_putc(out, '"');
}

/* --- reading ------------------------------------------------------------------------------------
 */

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* `n` digits of a base off the front of *s. */
static bool take_digits(struct str *s, size_t n, int base, uint32_t *out)
{
	uint32_t value = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int digit = digit_value(s->p[i]);
		if (digit >= base)
			return false;
		value = value * (uint32_t)base + (uint32_t)digit;
	}
	*s = str_skip(*s, n);
	*out = value;
	return true;
}

static bool append_unicode(struct buf *out, uint32_t rune)
{
	char bytes[4];

	if (rune > UTF8_MAX_RUNE || (rune >= 0xd800 && rune <= 0xdfff))
		return false;
	return buf_append(out, bytes, utf8_encode(bytes, rune)) || out->overflowed;
}

/* What stands behind the backslash. */
static bool take_escape(struct buf *out, struct str *s, char quote)
{
	static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
	uint32_t value;

	if (s->n == 0)
		return false;
	char c = s->p[0];
	const char *at = c ? strchr(from, c) : NULL;
	if (at || c == quote) {
		*s = str_skip(*s, 1);
		buf_putc(out, at ? to[at - from] : quote);
		return true;
	}
	if (c >= '0' && c <= '7') {
		if (!take_digits(s, 3, 8, &value) || value > 255)
			return false;
		buf_putc(out, (char)value);
		return true;
	}
	*s = str_skip(*s, 1);
	switch (c) {
	case 'x':
		if (!take_digits(s, 2, 16, &value))
			return false;
		buf_putc(out, (char)value);
		return true;
	case 'u':
		return take_digits(s, 4, 16, &value) && append_unicode(out, value);
	case 'U':
		return take_digits(s, 8, 16, &value) && append_unicode(out, value);
	default:
		return false;
	}
}

/* A character that is not valid UTF-8 becomes a replacement character, as in Go. */
static void take_char(struct buf *out, struct str *s)
{
	char bytes[4];
	size_t n;

	uint32_t rune = utf8_decode(*s, &n);
	buf_append(out, bytes, utf8_encode(bytes, rune));
	*s = str_skip(*s, n);
}

static bool unquote_escaped(struct buf *out, struct str s, char quote, enum unquote_mode mode)
{
	bool one_char = quote == '\'' && mode == UNQUOTE_GO;
	size_t n_chars = 0;

	for (; s.n; n_chars++) {
		if (s.p[0] == quote || s.p[0] == '\n')
			return false;
		if (s.p[0] == '\\') {
			s = str_skip(s, 1);
			if (!take_escape(out, &s, quote))
				return false;
		} else {
			take_char(out, &s);
		}
	}
	return !one_char || n_chars <= 1; /* Go takes '' for an empty string */
}

/* Carriage returns are left out of raw strings. */
static bool unquote_raw(struct buf *out, struct str s)
{
	if (str_find_char(s, '`') < s.n)
		return false;
	while (s.n) {
		size_t n = str_find_char(s, '\r');
		buf_append(out, s.p, n);
		s = str_skip(s, n + 1);
	}
	return true;
}

bool unquote_append(struct buf *out, struct str quoted, enum unquote_mode mode, struct err *err)
{
	char quote = quoted.n >= 2 ? quoted.p[0] : 0;
	bool valid =
	    (quote == '"' || quote == '\'' || quote == '`') && quoted.p[quoted.n - 1] == quote;

	if (valid) {
		struct str inside = str_from(quoted.p + 1, quoted.n - 2);
		valid = quote == '`' ? unquote_raw(out, inside)
				     : unquote_escaped(out, inside, quote, mode);
	}
	if (!valid)
		return err_set(err, ERR_INVALID, "invalid syntax");
	if (out->overflowed)
		return err_set(err, ERR_LIMIT, "a string is longer than the %zu bytes allowed",
			       out->max);
	return true;
}
