/* yaml_scalar.c - what a plain scalar means, by the rules of Go's yaml.v2. */
#include "base/byte_size.h"
#include "base/duration.h"
#include "base/float_text.h"
#include "codec/yaml_internal.h"

#include <math.h>
#include <stdio.h>

enum scalar_type {
	SCALAR_STR,
	SCALAR_NULL,
	SCALAR_BOOL,
	SCALAR_INT,  /* negative, or fits int64_t */
	SCALAR_UINT, /* above that */
	SCALAR_FLOAT,
};

struct scalar {
	enum scalar_type type;
	union {
		bool boolean;
		int64_t i64;
		uint64_t u64;
		double f64;
	};
};

static bool is_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_is(s, *words))
			return true;
	return false;
}

static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const trues[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
				    "True", "TRUE", "on",  "On",  "ON",  NULL};
static const char *const falses[] = {"n",     "N",     "no",  "No",  "NO",  "false",
				     "False", "FALSE", "off", "Off", "OFF", NULL};
static const char *const infs[] = {".inf", ".Inf", ".INF", NULL};
static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};

static struct str without_sign(struct str s, bool *negative)
{
	*negative = s.n > 0 && s.p[0] == '-';
	return s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? str_skip(s, 1) : s;
}

/* Digits of Go's base 0: 0x, 0o, 0b or a plain leading 0 say the base. */
static bool digits_parse(struct str s, uint64_t *out)
{
	unsigned base = 10;
	if (s.n > 1 && s.p[0] == '0') {
		char c = (char)(s.p[1] | 0x20);
		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		s = str_skip(s, c == 'x' || c == 'b' || c == 'o' ? 2 : 1);
	}
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
				 : (c | 0x20) >= 'a' && (c | 0x20) <= 'f'
				     ? (unsigned)(c | 0x20) - 'a' + 10
				     : 99;
		if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return false;
	}
	*out = v;
	return s.n > 0;
}

static bool int_parse(struct str s, struct scalar *out)
{
	bool negative;
	uint64_t v;
	if (!digits_parse(without_sign(s, &negative), &v) ||
	    (negative && v > (uint64_t)INT64_MAX + 1))
		return false;
	if (negative)
		*out = (struct scalar){.type = SCALAR_INT, .i64 = (int64_t)-v};
	else if (v <= INT64_MAX)
		*out = (struct scalar){.type = SCALAR_INT, .i64 = (int64_t)v};
	else
		*out = (struct scalar){.type = SCALAR_UINT, .u64 = v};
	return true;
}

static size_t skip_digits(struct str *s)
{
	size_t n = 0;
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	*s = str_skip(*s, n);
	return n;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(struct str s)
{
	bool negative;
	s = without_sign(s, &negative);
	size_t n = skip_digits(&s);
	if (s.n > 0 && s.p[0] == '.') {
		s = str_skip(s, 1);
		n += skip_digits(&s);
	}
	if (n > 0 && s.n > 0 && (s.p[0] | 0x20) == 'e') {
		s = without_sign(str_skip(s, 1), &negative);
		n = skip_digits(&s);
	}
	return n > 0 && s.n == 0;
}

static bool float_of(struct str s, struct scalar *out)
{
	bool negative;
	struct str body = without_sign(s, &negative);
	out->type = SCALAR_FLOAT;
	if (is_one_of(body, infs)) {
		out->f64 = negative ? -INFINITY : INFINITY;
		return true;
	}
	if (is_one_of(s, nans)) {
		out->f64 = NAN;
		return true;
	}
	return is_float(s) && float_parse(s, &out->f64);
}

/* Numbers may have underscores between their digits, anywhere. */
static struct str without_underscores(struct str s, char to[static 64])
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_')
			to[n++] = s.p[i];
	return str_from(to, n);
}

static struct scalar number_of(struct str text)
{
	struct scalar out;
	char digits[64];
	if (text.n < sizeof(digits)) {
		struct str s = without_underscores(text, digits);
		if (int_parse(s, &out) || float_of(s, &out))
			return out;
	}
	return (struct scalar){.type = SCALAR_STR};
}

static struct scalar resolve(const struct yaml_node *node)
{
	if (!node->is_plain || str_is(node->tag, "!") || str_ends(node->tag, STR(":str")))
		return (struct scalar){.type = SCALAR_STR};
	if (is_one_of(node->text, nulls))
		return (struct scalar){.type = SCALAR_NULL};
	if (is_one_of(node->text, trues))
		return (struct scalar){.type = SCALAR_BOOL, .boolean = true};
	if (is_one_of(node->text, falses))
		return (struct scalar){.type = SCALAR_BOOL, .boolean = false};
	return number_of(node->text);
}

static const char *tag_of(const struct yaml_node *node)
{
	static const char *const names[] = {
	    [SCALAR_STR] = "!!str", [SCALAR_NULL] = "!!null", [SCALAR_BOOL] = "!!bool",
	    [SCALAR_INT] = "!!int", [SCALAR_UINT] = "!!int",  [SCALAR_FLOAT] = "!!float",
	};
	return names[resolve(node).type];
}

bool yaml_fail_type(const struct yaml_node *node, const char *go_type, struct err *err)
{
	if (node->kind != YAML_SCALAR)
		return yaml_fail(node, err, "cannot unmarshal %s into %s",
				 node->kind == YAML_LIST ? "!!seq" : "!!map", go_type);
	struct str text = node->text;
	bool is_long = text.n > 10;
	if (is_long)
		text.n = 7;
	return yaml_fail(node, err, "cannot unmarshal %s `%.*s%s` into %s", tag_of(node),
			 STR_FMT(text), is_long ? "..." : "", go_type);
}

bool yaml_is_null(const struct yaml_node *node)
{
	return !node || (node->kind == YAML_SCALAR && resolve(node).type == SCALAR_NULL);
}

/* *out is the scalar's meaning; a list or map has none. */
static bool scalar_of(const struct yaml_node *node, struct scalar *out, const char *go_type,
		      struct err *err)
{
	if (node->kind != YAML_SCALAR)
		return yaml_fail_type(node, go_type, err);
	*out = resolve(node);
	return true;
}

bool yaml_to_str(const struct yaml_node *node, struct str *out, struct err *err)
{
	struct scalar s = {0};
	if (!scalar_of(node, &s, "string", err))
		return false;
	if (s.type != SCALAR_NULL)
		*out = node->text;
	return true;
}

bool yaml_to_bool(const struct yaml_node *node, bool *out, struct err *err)
{
	struct scalar s = {0};
	if (!scalar_of(node, &s, "bool", err))
		return false;
	if (s.type == SCALAR_NULL)
		return true;
	if (s.type != SCALAR_BOOL)
		return yaml_fail_type(node, "bool", err);
	*out = s.boolean;
	return true;
}

/* 1e3 is a whole number too; 1.5, which Go would cut to 1, is refused. */
static bool is_whole_within(double v, double min, double max)
{
	return v >= min && v < max && v == trunc(v);
}

bool yaml_to_i64(const struct yaml_node *node, int64_t *out, struct err *err)
{
	struct scalar s = {0};
	if (!scalar_of(node, &s, "int", err))
		return false;
	if (s.type == SCALAR_NULL)
		return true;
	if (s.type == SCALAR_FLOAT && is_whole_within(s.f64, -0x1p63, 0x1p63))
		s = (struct scalar){.type = SCALAR_INT, .i64 = (int64_t)s.f64};
	if (s.type != SCALAR_INT)
		return yaml_fail_type(node, "int", err);
	*out = s.i64;
	return true;
}

bool yaml_to_u64(const struct yaml_node *node, uint64_t *out, struct err *err)
{
	struct scalar s = {0};
	if (!scalar_of(node, &s, "uint", err))
		return false;
	if (s.type == SCALAR_NULL)
		return true;
	if (s.type == SCALAR_FLOAT && is_whole_within(s.f64, 0, 0x1p64))
		s = (struct scalar){.type = SCALAR_UINT, .u64 = (uint64_t)s.f64};
	if (s.type == SCALAR_INT && s.i64 >= 0)
		s = (struct scalar){.type = SCALAR_UINT, .u64 = (uint64_t)s.i64};
	if (s.type != SCALAR_UINT)
		return yaml_fail_type(node, "uint", err);
	*out = s.u64;
	return true;
}

bool yaml_to_f64(const struct yaml_node *node, double *out, struct err *err)
{
	struct scalar s = {0};
	if (!scalar_of(node, &s, "float64", err))
		return false;
	switch (s.type) {
	case SCALAR_NULL:
		return true;
	case SCALAR_INT:
		*out = (double)s.i64;
		return true;
	case SCALAR_UINT:
		*out = (double)s.u64;
		return true;
	case SCALAR_FLOAT:
		*out = s.f64;
		return true;
	case SCALAR_STR:
	case SCALAR_BOOL:
		break;
	}
	return yaml_fail_type(node, "float64", err);
}

bool yaml_decode_duration(const struct yaml_node *node, struct arena *arena, void *out,
			  struct err *err)
{
	struct scalar s = {0};
	struct err ignored;
	(void)arena;
	if (!scalar_of(node, &s, "time.Duration", err))
		return false;
	if (s.type == SCALAR_STR)
		return duration_parse(node->text, out, &ignored) ||
		       yaml_fail_type(node, "time.Duration", err);
	return yaml_to_i64(node, out, &ignored) || yaml_fail_type(node, "time.Duration", err);
}

bool yaml_decode_byte_size(const struct yaml_node *node, struct arena *arena, void *out,
			   struct err *err)
{
	struct str text = {0};
	struct err why;
	(void)arena;
	if (!yaml_to_str(node, &text, err))
		return false;
	return byte_size_parse(text, out, &why) || yaml_fail(node, err, "%s", why.msg);
}
