#include "promql/number_lexer.h"

#include "base/float_text.h"

#include <ctype.h>
#include <limits.h>

struct cursor {
	struct str s;
	size_t pos;
};

#define DECIMAL_DIGITS "0123456789"
#define HEX_DIGITS     "0123456789abcdefABCDEF"

static bool at_end(const struct cursor *c)
{
	return c->pos >= c->s.n;
}

static bool is_any(const struct cursor *c, const char *set)
{
	return !at_end(c) && c->s.p[c->pos] != '\0' && strchr(set, c->s.p[c->pos]) != NULL;
}

static bool accept(struct cursor *c, const char *set)
{
	if (!is_any(c, set))
		return false;
	c->pos++;
	return true;
}

static bool is_alphanumeric(const struct cursor *c)
{
	return !at_end(c) && (isalnum((unsigned char)c->s.p[c->pos]) || c->s.p[c->pos] == '_');
}

/* Digits with at most one dot and one exponent, in any order that looks like a number. */
static bool accept_digits_of(struct cursor *c, const char *digits)
{
	bool hexadecimal = strcmp(digits, HEX_DIGITS) == 0;
	bool had_dot = false, had_exponent = false;

	accept(c, ".");
	accept(c, digits);

	for (;;) {
		if (accept(c, ".")) {
			if (had_dot || accept(c, "_.") || hexadecimal)
				return false;
			had_dot = true;
		} else if (accept(c, "eE")) {
			if (had_exponent)
				return false;
			had_exponent = true;
			accept(c, "+-");
			if (accept(c, "._eE") || at_end(c))
				return false;
		} else if (accept(c, "_")) {
			if (accept(c, "._eE") || at_end(c))
				return false;
		} else if (accept(c, digits)) {
			while (accept(c, digits))
				; /* in a run of hexadecimal digits an e is no exponent */
		} else {
			return c->pos > 0;
		}
	}
}

static bool accept_number(struct cursor *c)
{
	const char *digits = DECIMAL_DIGITS;

	if (accept(c, "0") && accept(c, "xX")) {
		accept(c, "_");
		digits = HEX_DIGITS;
	}
	return accept_digits_of(c, digits) && !is_alphanumeric(c);
}

bool series_number_lex(struct str s, size_t *n)
{
	struct cursor c = {.s = s};
	bool ok = accept_digits_of(&c, DECIMAL_DIGITS) && (!is_alphanumeric(&c) || is_any(&c, "x"));

	*n = c.pos;
	return ok;
}

/* The rest of a duration, whose first number was accepted: bad combinations of units show when it
 * is parsed. */
static bool accept_rest_of_duration(struct cursor *c)
{
	if (!accept(c, "smhdwy"))
		return false;
	accept(c, "s");
	while (accept(c, DECIMAL_DIGITS)) {
		while (accept(c, DECIMAL_DIGITS))
			;
		if (!accept(c, "smhdw"))
			return false;
		accept(c, "s");
	}
	return true;
}

enum token_kind number_lex(struct str s, size_t *n)
{
	struct cursor c = {.s = s};
	enum token_kind kind = TOKEN_ERROR;

	if (accept_number(&c)) {
		kind = TOKEN_NUMBER;
	} else if (accept_rest_of_duration(&c)) {
		if (!is_alphanumeric(&c))
			kind = TOKEN_DURATION;
		else
			c.pos++; /* errors show what is one too many */
	}
	*n = c.pos;
	return kind;
}

/* The base that a prefix tells, which is cut off. */
static unsigned cut_base(struct str *s)
{
	if (s->n < 2 || s->p[0] != '0')
		return 10;
	switch (s->p[1]) {
	case 'x':
	case 'X':
		*s = str_skip(*s, 2);
		return 16;
	case 'b':
	case 'B':
		*s = str_skip(*s, 2);
		return 2;
	case 'o':
	case 'O':
		*s = str_skip(*s, 2);
		return 8;
	default:
		*s = str_skip(*s, 1);
		return 8;
	}
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A' + 10);
	return UINT_MAX;
}

/* Underscores stand alone, between digits or behind the prefix. */
static bool integer_parse(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t value = 0;
	char previous = '_';

	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_skip(s, 1);
	struct str digits = s;
	unsigned base = cut_base(&digits);
	if (digits.n == 0 || s.p[s.n - 1] == '_' || s.p[0] == '_')
		return false;
	if (base != 10)
		previous = '0';
	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[i];
		if (c == '_') {
			if (previous == '_')
				return false;
		} else {
			unsigned digit = digit_value(c);
			if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
			    __builtin_add_overflow(value, digit, &value))
				return false;
		}
		previous = c;
	}
	if (value > (uint64_t)INT64_MAX + negative)
		return false;
	*out = negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

static bool accept_digits(struct cursor *c)
{
	size_t start = c->pos;

	while (accept(c, DECIMAL_DIGITS "_"))
		;
	return c->pos > start;
}

/* Whether a number that cannot be read is merely too large: it is spelled as a decimal one. */
static bool is_well_formed(struct str s)
{
	struct cursor c = {.s = s};
	bool has_digits = accept_digits(&c);

	if (accept(&c, "."))
		has_digits |= accept_digits(&c);
	if (accept(&c, "eE")) {
		accept(&c, "+-");
		has_digits &= accept_digits(&c);
	}
	return has_digits && at_end(&c) && s.p[s.n - 1] != '_';
}

enum number_result number_parse(struct str text, double *out)
{
	int64_t integer;

	if (integer_parse(text, &integer)) {
		*out = (double)integer;
		return NUMBER_OK;
	}
	if (float_parse(text, out))
		return NUMBER_OK;
	return is_well_formed(text) ? NUMBER_RANGE : NUMBER_SYNTAX;
}

int64_t int64_of_double(double v)
{
	if (!(v >= -0x1p63 && v < 0x1p63))
		return INT64_MIN;
	return (int64_t)v;
}
