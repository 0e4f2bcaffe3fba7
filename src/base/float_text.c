/* float_text.c - the shortest digits come from std::to_chars in its scientific form and are laid
 * out here as Go does. (Its fixed form prints exact digits instead: 1e23 would be
 * 99999999999999991611392.)
 *
 * Most sample values are whole or have a few decimals, and these need no search for digits: what
 * has at most 15 digits is the shortest text of the double it reads back as, because no two
 * decimals of 15 digits share a double.
 */
#include "base/float_text.h"

#include "base/alloc.h"
#include "base/cxx_shim.h"

#include <math.h>
#include <stdlib.h>

/* --- writing ------------------------------------------------------------------------------------
 */

static size_t copy(char *out, const char *text, size_t n)
{
	memcpy(out, text, n);
	return n;
}

static size_t count_digits(uint64_t v)
{
	static const uint64_t powers[] = {
	    UINT64_C(1),
	    UINT64_C(10),
	    UINT64_C(100),
	    UINT64_C(1000),
	    UINT64_C(10000),
	    UINT64_C(100000),
	    UINT64_C(1000000),
	    UINT64_C(10000000),
	    UINT64_C(100000000),
	    UINT64_C(1000000000),
	    UINT64_C(10000000000),
	    UINT64_C(100000000000),
	    UINT64_C(1000000000000),
	    UINT64_C(10000000000000),
	    UINT64_C(100000000000000),
	    UINT64_C(1000000000000000),
	    UINT64_C(10000000000000000),
	    UINT64_C(100000000000000000),
	    UINT64_C(1000000000000000000),
	    UINT64_C(10000000000000000000),
	};
	unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
	size_t n = bits * 1233 >> 12; /* bits times log10(2): right, or one too few */

	return n + (v >= powers[n]);
}

static size_t write_u64(char *out, uint64_t v)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930"
				    "31323334353637383940414243444546474849505152535455565758596061"
				    "62636465666768697071727374757677787980818283848586878889909192"
				    "93949596979899";
	size_t n = v ? count_digits(v) : 1, at = n;

	for (; v >= 100; v /= 100) {
		at -= 2;
		memcpy(out + at, pairs + v % 100 * 2, 2);
	}
	if (at == 2)
		memcpy(out, pairs + v * 2, 2);
	else
		out[0] = (char)('0' + v);
	return n;
}

#define SHORT_MAX 1e15 /* every whole number below has at most 15 digits */

/* Whole numbers and numbers of up to four decimals, in 'f' style; 0 when `v` is neither. */
static size_t write_short(char *out, double v)
{
	bool negative = signbit(v);
	double abs = fabs(v);
	size_t n = 0;

	if (!(abs < SHORT_MAX))
		return 0;
	if (negative)
		out[n++] = '-';
	uint64_t whole = (uint64_t)abs;
	if ((double)whole == abs)
		return n + write_u64(out + n, whole);

	double scaled = nearbyint(abs * 1e4);
	if (!(scaled < SHORT_MAX) || scaled / 1e4 != abs)
		return 0;
	uint64_t ten_thousandths = (uint64_t)scaled;
	unsigned decimals = (unsigned)(ten_thousandths % 10000);
	n += write_u64(out + n, ten_thousandths / 10000);
	out[n++] = '.';
	for (unsigned unit = 1000; decimals; unit /= 10) {
		out[n++] = (char)('0' + decimals / unit);
		decimals %= unit;
	}
	return n;
}

/* 0.d1 d2 d3 ... times 10 to the power of `point`. */
struct digits {
	char d[20];
	size_t n;
	int point;
};

/* From "d.ddde+XX". */
static struct digits digits_of(double v)
{
	struct digits out = {.n = 0};
	char text[32];
	size_t size = shim_float_digits(text, fabs(v));
	size_t i = 0;

	for (; text[i] != 'e'; i++)
		if (text[i] != '.')
			out.d[out.n++] = text[i];
	bool negative = text[i + 1] == '-';
	int exponent = 0;
	for (i += 2; i < size; i++)
		exponent = exponent * 10 + (text[i] - '0');
	out.point = (negative ? -exponent : exponent) + 1;
	if (v == 0)
		out.point = 1;
	return out;
}

static size_t zeros(char *out, size_t n)
{
	memset(out, '0', n);
	return n;
}

static size_t write_fixed(char *out, const struct digits *d)
{
	size_t n = 0;

	if (d->point <= 0) {
		n += copy(out, "0.", 2);
		n += zeros(out + n, (size_t)-d->point);
		return n + copy(out + n, d->d, d->n);
	}
	size_t whole = (size_t)d->point;
	if (whole >= d->n) {
		n += copy(out, d->d, d->n);
		return n + zeros(out + n, whole - d->n);
	}
	n += copy(out, d->d, whole);
	out[n++] = '.';
	return n + copy(out + n, d->d + whole, d->n - whole);
}

static size_t write_exponent(char *out, const struct digits *d)
{
	size_t n = 0;
	int exponent = d->point - 1;

	out[n++] = d->d[0];
	if (d->n > 1) {
		out[n++] = '.';
		n += copy(out + n, d->d + 1, d->n - 1);
	}
	out[n++] = 'e';
	out[n++] = exponent < 0 ? '-' : '+';
	unsigned abs = (unsigned)(exponent < 0 ? -exponent : exponent);
	if (abs < 10)
		out[n++] = '0';
	return n + write_u64(out + n, abs);
}

static size_t write_special(char *out, double v)
{
	if (isnan(v))
		return copy(out, "NaN", 3);
	return copy(out, v < 0 ? "-Inf" : "+Inf", 4);
}

static size_t write_digits(char *out, double v, enum float_style style)
{
	struct digits d = digits_of(v);
	int exponent = d.point - 1;
	bool scientific = style == FLOAT_E;
	size_t n = 0;

	if (style == FLOAT_G)
		scientific = exponent < -4 || exponent >= 6;
	if (signbit(v))
		out[n++] = '-';
	return n + (scientific ? write_exponent(out + n, &d) : write_fixed(out + n, &d));
}

size_t float_format(char *out, double v, enum float_style style)
{
	if (!isfinite(v))
		return write_special(out, v);
	/* Where the digits are sure to be laid out as by 'f'. */
	double abs = fabs(v);
	bool fixed =
	    style == FLOAT_F || (style == FLOAT_G && (v == 0 || (abs >= 1e-4 && abs < 1e6)));
	size_t n = fixed ? write_short(out, v) : 0;
	return n ? n : write_digits(out, v, style);
}

size_t float_json(char *out, double v)
{
	double abs = fabs(v);
	bool scientific = v != 0 && isfinite(v) && (abs < 1e-6 || abs >= 1e21);
	return float_format(out, v, scientific ? FLOAT_E : FLOAT_F);
}

size_t float_json_seconds(char *out, int64_t t_ms)
{
	uint64_t abs = t_ms < 0 ? 0 - (uint64_t)t_ms : (uint64_t)t_ms;
	unsigned ms = (unsigned)(abs % 1000);
	size_t n = 0;

	if (t_ms < 0)
		out[n++] = '-';
	n += write_u64(out + n, abs / 1000);
	if (ms == 0)
		return n;
	out[n++] = '.';
	out[n++] = (char)('0' + ms / 100);
	out[n++] = (char)('0' + ms / 10 % 10);
	out[n++] = (char)('0' + ms % 10);
	return n;
}

size_t float_metric(char *out, double v)
{
	return float_format(out, v, FLOAT_G);
}

size_t float_openmetrics(char *out, double v)
{
	size_t n = float_metric(out, v);
	bool looks_like_float = memchr(out, '.', n) || memchr(out, 'e', n);

	if (isfinite(v) && !looks_like_float) {
		memcpy(out + n, ".0", 2);
		n += 2;
	}
	return n;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool is_digit(char c, bool hexadecimal)
{
	if (c >= '0' && c <= '9')
		return true;
	c |= 0x20;
	return hexadecimal && c >= 'a' && c <= 'f';
}

static bool is_ignoring_case(struct str s, const char *lower)
{
	if (s.n != strlen(lower))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] | 0x20) != lower[i])
			return false;
	return true;
}

/* An underscore stands between two digits, or between 0x and a digit. */
static bool underscores_are_between_digits(struct str s, bool hexadecimal)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '_')
			continue;
		bool behind = i == 0 ? hexadecimal : is_digit(s.p[i - 1], hexadecimal);
		bool before = i + 1 < s.n && is_digit(s.p[i + 1], hexadecimal);
		if (!behind || !before)
			return false;
	}
	return true;
}

struct shape {
	bool valid;
	bool has_underscores;
};

static size_t skip_digits(struct str s, size_t i, bool hexadecimal, size_t *n_digits,
			  struct shape *shape)
{
	for (; i < s.n && (s.p[i] == '_' || is_digit(s.p[i], hexadecimal)); i++) {
		shape->has_underscores |= s.p[i] == '_';
		*n_digits += s.p[i] != '_';
	}
	return i;
}

/* digits [. digits] [e [sign] digits], where a hexadecimal number has to have its exponent. */
static struct shape shape_of(struct str s, bool hexadecimal)
{
	struct shape shape = {0};
	size_t n_mantissa = 0, n_exponent = 0;
	size_t i = skip_digits(s, 0, hexadecimal, &n_mantissa, &shape);

	if (i < s.n && s.p[i] == '.')
		i = skip_digits(s, i + 1, hexadecimal, &n_mantissa, &shape);
	if (n_mantissa == 0)
		return shape;
	if (i == s.n) {
		shape.valid = !hexadecimal;
		return shape;
	}
	if ((s.p[i] | 0x20) != (hexadecimal ? 'p' : 'e'))
		return shape;
	i++;
	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		i++;
	i = skip_digits(s, i, false, &n_exponent, &shape);
	shape.valid = n_exponent > 0 && i == s.n;
	return shape;
}

/* Too small for a double is zero, too large is an error. from_chars tells only that it is one of
 * the two, so the number is read again by strtod, whose locale is C's in this process. */
static bool parse_out_of_range(struct str s, bool hexadecimal, double *out)
{
	char *text = xasprintf("%s%.*s", hexadecimal ? "0x" : "", STR_FMT(s));
	*out = strtod(text, NULL);
	free(text);
	return !isinf(*out);
}

static bool parse_clean(struct str s, bool hexadecimal, double *out)
{
	switch (shim_float_parse(s.p, s.n, hexadecimal, out)) {
	case SHIM_PARSED:
		return true;
	case SHIM_OUT_OF_RANGE:
		return parse_out_of_range(s, hexadecimal, out);
	case SHIM_NOT_A_NUMBER:
		break;
	}
	return false;
}

static bool parse_without_underscores(struct str s, bool hexadecimal, double *out)
{
	char *text = xmalloc(s.n);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_')
			text[n++] = s.p[i];
	bool ok = parse_clean(str_from(text, n), hexadecimal, out);
	free(text);
	return ok;
}

static bool parse_number(struct str s, double *out)
{
	bool hexadecimal = s.n >= 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x';
	if (hexadecimal)
		s = str_skip(s, 2);
	struct shape shape = shape_of(s, hexadecimal);
	if (!shape.valid)
		return false;
	if (!shape.has_underscores)
		return parse_clean(s, hexadecimal, out);
	return underscores_are_between_digits(s, hexadecimal) &&
	       parse_without_underscores(s, hexadecimal, out);
}

bool float_parse(struct str s, double *out)
{
	double v;

	if (is_ignoring_case(s, "nan")) {
		uint64_t bits = UINT64_C(0x7ff8000000000001); /* Go's NaN */
		memcpy(out, &bits, sizeof(bits));
		return true;
	}
	bool negative = s.n && s.p[0] == '-';
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_skip(s, 1);
	if (is_ignoring_case(s, "inf") || is_ignoring_case(s, "infinity"))
		v = INFINITY;
	else if (!parse_number(s, &v))
		return false;
	*out = negative ? -v : v;
	return true;
}
