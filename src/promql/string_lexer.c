#include "promql/string_lexer.h"

#include "base/utf8.h"
#include "promql/rune_text.h"

/* What next() answers at the end; no character has this value. */
#define NO_RUNE UINT32_MAX

struct cursor {
	struct str s;
	size_t pos;
	struct arena *arena;
};

static uint32_t next(struct cursor *c)
{
	size_t n;
	uint32_t rune = utf8_decode(str_skip(c->s, c->pos), &n);

	c->pos += n;
	return n ? rune : NO_RUNE;
}

/* The value of a hexadecimal digit, 16 if it is none. */
static uint32_t digit_value(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static const char *about_rune(struct cursor *c, const char *before, uint32_t rune,
			      const char *after)
{
	struct buf text auto_done(buf_done) = BUF_INIT(64);

	if (rune == NO_RUNE)
		return "escape sequence not terminated";
	rune_describe(&text, rune);
	return arena_printf(c->arena, "%s%.*s%s", before, STR_FMT(buf_str(&text)), after);
}

/* `n` digits of a numeric escape. */
static const char *skip_numeric_escape(struct cursor *c, int n, uint32_t base, uint32_t max)
{
	uint32_t value = 0;

	for (int i = 0; i < n; i++) {
		uint32_t rune = next(c);
		uint32_t digit = digit_value(rune);
		if (digit >= base)
			return about_rune(c, "illegal character ", rune, " in escape sequence");
		value = value * base + digit;
	}
	if (value > max || (value >= 0xd800 && value < 0xe000))
		return "escape sequence is an invalid Unicode code point";
	return NULL;
}

/* Behind a backslash. */
static const char *skip_escape(struct cursor *c, uint32_t quote)
{
	size_t start = c->pos;
	uint32_t rune = next(c);

	if (rune == quote)
		return NULL;
	if (rune >= '0' && rune <= '7') {
		c->pos = start;
		return skip_numeric_escape(c, 3, 8, 255);
	}
	switch (rune) {
	case 'a':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
	case 'v':
	case '\\':
		return NULL;
	case 'x':
		return skip_numeric_escape(c, 2, 16, 255);
	case 'u':
		return skip_numeric_escape(c, 4, 16, UTF8_MAX_RUNE);
	case 'U':
		return skip_numeric_escape(c, 8, 16, UTF8_MAX_RUNE);
	default:
		return about_rune(c, "unknown escape sequence ", rune, "");
	}
}

static const char *skip_string(struct cursor *c, uint32_t quote)
{
	bool raw = quote == '`';

	for (;;) {
		uint32_t rune = next(c);
		const char *problem = NULL;
		if (rune == quote)
			return NULL;
		if (rune == '\\' && !raw)
			problem = skip_escape(c, quote);
		else if (rune == UTF8_REPLACEMENT) /* even one that was written as such */
			problem = "invalid UTF-8 rune";
		else if (rune == NO_RUNE || (rune == '\n' && !raw))
			problem = raw ? "unterminated raw string" : "unterminated quoted string";
		if (problem)
			return problem;
	}
}

const char *string_lex(struct str s, struct arena *a, size_t *n)
{
	struct cursor c = {.s = s, .arena = a};
	uint32_t quote = next(&c);
	const char *problem = skip_string(&c, quote);

	*n = c.pos;
	return problem;
}
