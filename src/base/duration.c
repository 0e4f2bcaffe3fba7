#include "base/duration.h"

#include "base/buf.h"
#include "base/quote.h"

#include <stdio.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t count_digits(struct str s)
{
	size_t n = 0;
	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

/* The text follows in Go's quotes. */
static bool fail(struct err *err, const char *before, struct str text)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(sizeof(err->msg));
	quote_append(&quoted, text);
	return err_set(err, ERR_INVALID, "%s%s", before, buf_cstr(&quoted));
}

static bool fail_unit(struct err *err, const char *before, struct str unit, struct str text)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(sizeof(err->msg));
	quote_append(&quoted, unit);
	buf_puts(&quoted, " in duration ");
	quote_append(&quoted, text);
	return err_set(err, ERR_INVALID, "%s%s", before, buf_cstr(&quoted));
}

/* --- Go's dialect ------------------------------------------------------------------------------
 */

struct unit {
	const char *name;
	uint64_t size;
};

static const struct unit go_units[] = {
    {"ns", 1},
    {"us", 1000},
    {"\xc2\xb5s", 1000}, /* the micro sign, and the Greek letter */
    {"\xce\xbcs", 1000},
    {"ms", NS_PER_MS},
    {"s", NS_PER_S},
    {"m", 60 * NS_PER_S},
    {"h", 3600 * NS_PER_S},
    {"d", 24 * 3600 * NS_PER_S}, /* these two only where they are asked for */
    {"w", 7 * 24 * 3600 * NS_PER_S},
};

enum { N_LONG_UNITS = sizeof(go_units) / sizeof(go_units[0]), N_GO_UNITS = N_LONG_UNITS - 2 };

static const struct unit *find_unit(const struct unit *units, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, units[i].name))
			return &units[i];
	return NULL;
}

/* The digits behind the point, times the unit: as many as count, cut towards zero as Go does. */
static uint64_t fraction_of(struct str digits, uint64_t unit)
{
	uint64_t f = 0;
	double scale = 1;

	for (size_t i = 0; i < digits.n; i++) {
		uint64_t next;
		if (__builtin_mul_overflow(f, 10, &next) || next > INT64_MAX - 9)
			break;
		f = next + (uint64_t)(digits.p[i] - '0');
		scale *= 10;
	}
	return f ? (uint64_t)((double)f * ((double)unit / scale)) : 0;
}

enum parsed { PARSED, PARSED_BAD, PARSED_NO_UNIT, PARSED_UNKNOWN_UNIT };

/* One number with its unit, taken off the front of *s and added to *sum. */
static enum parsed parse_go_part(struct str *s, size_t n_units, uint64_t *sum,
				 struct str *unit_name)
{
	size_t n_whole = count_digits(*s);
	struct str whole = str_from(s->p, n_whole);
	struct str fraction = {0};
	*s = str_skip(*s, n_whole);
	if (s->n && s->p[0] == '.') {
		*s = str_skip(*s, 1);
		fraction = str_from(s->p, count_digits(*s));
		*s = str_skip(*s, fraction.n);
	}
	if (whole.n == 0 && fraction.n == 0)
		return PARSED_BAD;

	size_t n_unit = 0;
	while (n_unit < s->n && s->p[n_unit] != '.' && !is_digit(s->p[n_unit]))
		n_unit++;
	*unit_name = str_from(s->p, n_unit);
	*s = str_skip(*s, n_unit);
	if (n_unit == 0)
		return PARSED_NO_UNIT;
	const struct unit *unit = find_unit(go_units, n_units, *unit_name);
	if (!unit)
		return PARSED_UNKNOWN_UNIT;

	uint64_t v = 0;
	if ((whole.n && !str_to_u64(whole, &v)) || __builtin_mul_overflow(v, unit->size, &v) ||
	    __builtin_add_overflow(v, fraction_of(fraction, unit->size), &v) ||
	    __builtin_add_overflow(*sum, v, sum) || *sum > (uint64_t)1 << 63)
		return PARSED_BAD;
	return PARSED;
}

static bool parse_go(struct str text, size_t n_units, int64_t *ns, struct err *err)
{
	struct str s = text, unit;
	uint64_t sum = 0;

	bool negative = s.n && s.p[0] == '-';
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_skip(s, 1);
	if (str_is(s, "0")) {
		*ns = 0;
		return true;
	}
	if (s.n == 0)
		return fail(err, "time: invalid duration ", text);
	while (s.n) {
		switch (parse_go_part(&s, n_units, &sum, &unit)) {
		case PARSED:
			break;
		case PARSED_BAD:
			return fail(err, "time: invalid duration ", text);
		case PARSED_NO_UNIT:
			return fail(err, "time: missing unit in duration ", text);
		case PARSED_UNKNOWN_UNIT:
			return fail_unit(err, "time: unknown unit ", unit, text);
		}
	}
	if (sum > (uint64_t)INT64_MAX + negative)
		return fail(err, "time: invalid duration ", text);
	*ns = negative ? (int64_t)(0 - sum) : (int64_t)sum;
	return true;
}

bool duration_parse(struct str s, int64_t *ns, struct err *err)
{
	return parse_go(s, N_GO_UNITS, ns, err);
}

bool duration_parse_long(struct str s, int64_t *ns, struct err *err)
{
	return parse_go(s, N_LONG_UNITS, ns, err);
}

/* A value counted in units of ten to the power of -n_decimals, without trailing zeros: 12.345s. */
static int print_decimals(char *to, size_t cap, uint64_t value, unsigned n_decimals,
			  const char *unit)
{
	uint64_t scale = 1;
	for (unsigned i = 0; i < n_decimals; i++)
		scale *= 10;
	uint64_t fraction = value % scale;
	if (fraction == 0)
		return snprintf(to, cap, "%llu%s", (unsigned long long)(value / scale), unit);
	while (fraction % 10 == 0) {
		fraction /= 10;
		n_decimals--;
	}
	return snprintf(to, cap, "%llu.%0*llu%s", (unsigned long long)(value / scale),
			(int)n_decimals, (unsigned long long)fraction, unit);
}

struct duration_text duration_text(int64_t ns)
{
	struct duration_text out;
	uint64_t u = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	char *to = out.s;
	size_t cap = sizeof(out.s);

	if (ns < 0) {
		*to++ = '-';
		cap--;
	}
	if (u == 0) {
		snprintf(to, cap, "0s");
	} else if (u < 1000) {
		snprintf(to, cap, "%dns", (int)u);
	} else if (u < (uint64_t)NS_PER_MS) {
		print_decimals(to, cap, u, 3, "\xc2\xb5s");
	} else if (u < (uint64_t)NS_PER_S) {
		print_decimals(to, cap, u, 6, "ms");
	} else {
		uint64_t minutes = u / (60 * (uint64_t)NS_PER_S);
		int n = 0;
		if (minutes >= 60)
			n += snprintf(to, cap, "%lluh", (unsigned long long)(minutes / 60));
		if (minutes > 0)
			n += snprintf(to + n, cap - (size_t)n, "%dm", (int)(minutes % 60));
		print_decimals(to + n, cap - (size_t)n, u % (60 * (uint64_t)NS_PER_S), 9, "s");
	}
	return out;
}

/* --- Prometheus' dialect -----------------------------------------------------------------------
 */

/* Largest first: a text has to follow this order. */
static const struct unit model_units[] = {
    {"y", 365 * MS_PER_DAY}, {"w", 7 * MS_PER_DAY}, {"d", MS_PER_DAY}, {"h", MS_PER_H},
    {"m", MS_PER_MIN},       {"s", MS_PER_S},       {"ms", 1},
};

enum { N_MODEL_UNITS = sizeof(model_units) / sizeof(model_units[0]) };

bool model_duration_parse(struct str text, int64_t *ms, struct err *err)
{
	/* Prometheus keeps nanoseconds, so that is where its range ends. */
	const uint64_t max_ms = INT64_MAX / NS_PER_MS;
	const struct unit *smallest = NULL;
	uint64_t sum = 0;

	if (str_is(text, "0")) {
		*ms = 0;
		return true;
	}
	if (text.n == 0)
		return err_set(err, ERR_INVALID, "empty duration string");
	for (struct str s = text; s.n;) {
		uint64_t v;
		size_t n = count_digits(s);
		if (!str_to_u64(str_from(s.p, n), &v))
			return fail(err, "not a valid duration string: ", text);
		s = str_skip(s, n);
		for (n = 0; n < s.n && !is_digit(s.p[n]); n++)
			;
		if (n == 0)
			return fail(err, "not a valid duration string: ", text);
		const struct unit *unit = find_unit(model_units, N_MODEL_UNITS, str_from(s.p, n));
		if (!unit)
			return fail_unit(err, "unknown unit ", str_from(s.p, n), text);
		if (smallest && unit <= smallest)
			return fail(err, "not a valid duration string: ", text);
		smallest = unit;
		s = str_skip(s, n);
		if (__builtin_mul_overflow(v, unit->size, &v) ||
		    __builtin_add_overflow(sum, v, &sum) || sum > max_ms)
			return err_set(err, ERR_INVALID, "duration out of range");
	}
	*ms = (int64_t)sum;
	return true;
}

struct duration_text model_duration_text(int64_t ms)
{
	struct duration_text out;
	uint64_t left = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	size_t n = 0;

	if (ms == 0) {
		strcpy(out.s, "0s");
		return out;
	}
	if (ms < 0)
		out.s[n++] = '-';
	for (size_t i = 0; i < N_MODEL_UNITS; i++) {
		const struct unit *unit = &model_units[i];
		/* Years and weeks only when nothing remains: 90d reads easier than 12w6d. */
		bool exact_only = i < 2;
		if ((exact_only && left % unit->size != 0) || left < unit->size)
			continue;
		n += (size_t)snprintf(out.s + n, sizeof(out.s) - n, "%llu%s",
				      (unsigned long long)(left / unit->size), unit->name);
		left %= unit->size;
	}
	return out;
}
