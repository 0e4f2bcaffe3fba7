/* template_functions.c - the functions that templates may call. */
#include "base/utf8.h"
#include "template/template_internal.h"

/* --- comparing ------------------------------------------------------------------------------- */

static bool is_number(const struct template_value *v)
{
	return v->kind == TEMPLATE_INT || v->kind == TEMPLATE_UINT;
}

static bool is_comparable(const struct template_value *v)
{
	return v->kind < TEMPLATE_LIST;
}

static bool check_kinds(const struct template_value *x, const struct template_value *y,
			struct err *err)
{
	if (x->kind == y->kind || (is_number(x) && is_number(y)))
		return true;
	return err_set(err, ERR_INVALID, "incompatible types for comparison: %s and %s",
		       template_type_name(x), template_type_name(y));
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

/* Signed or not, whatever the number is. */
static int compare_numbers(const struct template_value *x, const struct template_value *y)
{
	bool x_negative = x->kind == TEMPLATE_INT && x->i64 < 0;
	bool y_negative = y->kind == TEMPLATE_INT && y->i64 < 0;

	if (x_negative || y_negative)
		return x_negative && y_negative ? COMPARE(x->i64, y->i64) : y_negative - x_negative;
	return COMPARE(x->u64, y->u64);
}

/* Of one kind, or numbers. */
static int compare(const struct template_value *x, const struct template_value *y)
{
	if (is_number(x))
		return compare_numbers(x, y);
	if (x->kind == TEMPLATE_FLOAT)
		return COMPARE(x->f64, y->f64);
	if (x->kind == TEMPLATE_STRING)
		return str_cmp(x->str, y->str);
	return x->kind == TEMPLATE_BOOL ? x->is_true != y->is_true : 0;
}

static bool are_equal(const struct template_value *x, const struct template_value *y, bool *out,
		      struct err *err)
{
	bool absent = x->kind <= TEMPLATE_NIL || y->kind <= TEMPLATE_NIL;

	if (!is_comparable(x) || !is_comparable(y))
		return err_set(err, ERR_INVALID, "non-comparable type %s",
			       template_type_name(is_comparable(x) ? y : x));
	if (absent) {
		*out = x->kind <= TEMPLATE_NIL && y->kind <= TEMPLATE_NIL;
		return true;
	}
	*out = compare(x, y) == 0 && !(x->kind == TEMPLATE_FLOAT && x->f64 != x->f64);
	return check_kinds(x, y, err);
}

/* Whether the first one is one of the others. */
static bool call_eq(const struct call *c, struct template_value *out, struct err *err)
{
	bool same = false;

	if (c->n_args < 2)
		return err_set(err, ERR_INVALID, "missing argument for comparison");
	for (size_t i = 1; i < c->n_args && !same; i++)
		if (!are_equal(&c->args[0], &c->args[i], &same, err))
			return false;
	*out = template_bool(same);
	return true;
}

static bool call_ne(const struct call *c, struct template_value *out, struct err *err)
{
	if (!call_eq(c, out, err))
		return false;
	out->is_true = !out->is_true;
	return true;
}

/* -1, 0 or 1 */
static bool order(const struct call *c, int *out, struct err *err)
{
	const struct template_value *x = &c->args[0], *y = &c->args[1];

	if (!is_comparable(x) || !is_comparable(y) || x->kind <= TEMPLATE_BOOL)
		return err_set(err, ERR_INVALID, "invalid type for comparison");
	if (!check_kinds(x, y, err))
		return false;
	*out = compare(x, y);
	return true;
}

static bool call_lt(const struct call *c, struct template_value *out, struct err *err)
{
	int o = 0;

	if (!order(c, &o, err))
		return false;
	*out = template_bool(o < 0);
	return true;
}

static bool call_le(const struct call *c, struct template_value *out, struct err *err)
{
	int o = 0;

	if (!order(c, &o, err))
		return false;
	*out = template_bool(o <= 0);
	return true;
}

static bool call_gt(const struct call *c, struct template_value *out, struct err *err)
{
	int o = 0;

	if (!order(c, &o, err))
		return false;
	*out = template_bool(o > 0);
	return true;
}

static bool call_ge(const struct call *c, struct template_value *out, struct err *err)
{
	int o = 0;

	if (!order(c, &o, err))
		return false;
	*out = template_bool(o >= 0);
	return true;
}

static bool call_not(const struct call *c, struct template_value *out, struct err *err)
{
	(void)err;
	*out = template_bool(!template_is_true(&c->args[0]));
	return true;
}

/* --- looking into ---------------------------------------------------------------------------- */

static bool call_len(const struct call *c, struct template_value *out, struct err *err)
{
	const struct template_value *v = &c->args[0];

	if (v->kind == TEMPLATE_STRING)
		*out = template_int((int64_t)v->str.n);
	else if (v->kind == TEMPLATE_LIST)
		*out = template_int((int64_t)v->list.n);
	else if (v->kind == TEMPLATE_MAP)
		*out = template_int((int64_t)v->fields.n);
	else
		return err_set(err, ERR_INVALID, "len of type %s", template_type_name(v));
	return true;
}

static bool read_index(const struct template_value *key, size_t n, size_t *out, struct err *err)
{
	if (!is_number(key))
		return err_set(err, ERR_INVALID, "cannot index slice/array with type %s",
			       template_type_name(key));
	if (key->i64 < 0 || (uint64_t)key->i64 >= n)
		return err_set(err, ERR_INVALID, "index out of range: %lld", (long long)key->i64);
	*out = (size_t)key->i64;
	return true;
}

/* What a map has not is an empty string: its values are strings. */
static bool index_map(const struct template_value *key, struct template_value *v, struct err *err)
{
	if (key->kind != TEMPLATE_STRING)
		return err_set(err, ERR_INVALID, "value has type %s; should be string",
			       template_type_name(key));
	const struct template_value *found = template_field_of(v, key->str);
	*v = found ? *found : template_string(STR(""));
	return true;
}

static bool index_one(const struct template_value *key, struct template_value *v, struct err *err)
{
	size_t i = 0;

	if (v->kind == TEMPLATE_MAP)
		return index_map(key, v, err);
	if (v->kind != TEMPLATE_LIST && v->kind != TEMPLATE_STRING)
		return err_set(err, ERR_INVALID, "can't index item of type %s",
			       template_type_name(v));
	if (!read_index(key, v->kind == TEMPLATE_LIST ? v->list.n : v->str.n, &i, err))
		return false;
	*v = v->kind == TEMPLATE_LIST ? v->list.v[i] : template_uint((uint8_t)v->str.p[i]);
	return true;
}

static bool call_index(const struct call *c, struct template_value *out, struct err *err)
{
	*out = c->args[0];
	for (size_t i = 1; i < c->n_args; i++)
		if (!index_one(&c->args[i], out, err))
			return false;
	return true;
}

/* --- printing -------------------------------------------------------------------------------- */

static void keep(const struct call *c, struct buf *text, struct template_value *out)
{
	*out = template_string(arena_str(c->a, buf_str(text)));
}

/* Spaces between two of which neither is a string. */
static bool call_print(const struct call *c, struct template_value *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)err;

	for (size_t i = 0; i < c->n_args; i++) {
		if (i > 0 && c->args[i].kind != TEMPLATE_STRING &&
		    c->args[i - 1].kind != TEMPLATE_STRING)
			buf_putc(&text, ' ');
		template_print(&c->args[i], &text);
	}
	keep(c, &text, out);
	return true;
}

static bool call_println(const struct call *c, struct template_value *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)err;

	for (size_t i = 0; i < c->n_args; i++) {
		if (i > 0)
			buf_putc(&text, ' ');
		template_print(&c->args[i], &text);
	}
	buf_putc(&text, '\n');
	keep(c, &text, out);
	return true;
}

static bool call_printf(const struct call *c, struct template_value *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (c->args[0].kind != TEMPLATE_STRING) {
		template_print(&c->args[0], &text);
		return err_set(err, ERR_INVALID, "expected string; found %s", buf_cstr(&text));
	}
	template_printf(c->args[0].str, c->args + 1, c->n_args - 1, &text);
	keep(c, &text, out);
	return true;
}

/* --- the table ------------------------------------------------------------------------------- */

static const struct template_function functions[] = {
    {"and", NULL, 1, SIZE_MAX},
    {"or", NULL, 1, SIZE_MAX},
    {"not", call_not, 1, 1},
    {"eq", call_eq, 1, SIZE_MAX},
    {"ne", call_ne, 2, 2},
    {"lt", call_lt, 2, 2},
    {"le", call_le, 2, 2},
    {"gt", call_gt, 2, 2},
    {"ge", call_ge, 2, 2},
    {"len", call_len, 1, 1},
    {"index", call_index, 1, SIZE_MAX},
    {"print", call_print, 0, SIZE_MAX},
    {"println", call_println, 0, SIZE_MAX},
    {"printf", call_printf, 1, SIZE_MAX},
};

const struct template_function *template_function_find(struct str name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (str_is(name, functions[i].name))
			return &functions[i];
	return NULL;
}

bool template_function_is_missing(struct str name)
{
	static const char *const missing[] = {"call", "html", "js", "slice", "urlquery"};

	for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++)
		if (str_is(name, missing[i]))
			return true;
	return false;
}
