#include "template/value.h"

#include "base/float_text.h"

#include <inttypes.h>

const char *template_type_name(const struct template_value *v)
{
	static const char *const names[] = {
	    [TEMPLATE_MISSING] = "<nil>", [TEMPLATE_NIL] = "<nil>",
	    [TEMPLATE_BOOL] = "bool",     [TEMPLATE_INT] = "int",
	    [TEMPLATE_UINT] = "uint64",   [TEMPLATE_FLOAT] = "float64",
	    [TEMPLATE_STRING] = "string", [TEMPLATE_LIST] = "[]interface {}",
	    [TEMPLATE_STRUCT] = "struct", [TEMPLATE_MAP] = "map[string]interface {}",
	};

	return v->type_name ? v->type_name : names[v->kind];
}

const struct template_value *template_field_of(const struct template_value *v, struct str name)
{
	const struct template_value *found;

	for (size_t i = 0; i < v->fields.n; i++)
		if (str_eq(v->fields.v[i].name, name))
			return &v->fields.v[i].value;
	for (size_t i = 0; i < v->fields.n; i++)
		if (v->fields.v[i].is_embedded &&
		    (found = template_field_of(&v->fields.v[i].value, name)))
			return found;
	return NULL;
}

bool template_is_true(const struct template_value *v)
{
	switch (v->kind) {
	case TEMPLATE_MISSING:
	case TEMPLATE_NIL:
		return false;
	case TEMPLATE_BOOL:
		return v->is_true;
	case TEMPLATE_INT:
		return v->i64 != 0;
	case TEMPLATE_UINT:
		return v->u64 != 0;
	case TEMPLATE_FLOAT:
		return v->f64 != 0;
	case TEMPLATE_STRING:
		return v->str.n > 0;
	case TEMPLATE_LIST:
		return v->list.n > 0;
	case TEMPLATE_MAP:
		return v->fields.n > 0;
	case TEMPLATE_STRUCT:
		break;
	}
	return true;
}

static void print_float(double v, struct buf *out)
{
	char text[FLOAT_TEXT_MAX];

	buf_append(out, text, float_format(text, v, FLOAT_G));
}

static void print_list(const struct template_value *v, struct buf *out)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i > 0)
			buf_putc(out, ' ');
		template_print(&v->list.v[i], out);
	}
	buf_putc(out, ']');
}

static void print_fields(const struct template_value *v, struct buf *out)
{
	bool is_map = v->kind == TEMPLATE_MAP;

	buf_puts(out, is_map ? "map[" : "{");
	for (size_t i = 0; i < v->fields.n; i++) {
		if (i > 0)
			buf_putc(out, ' ');
		if (is_map) {
			buf_append_str(out, v->fields.v[i].name);
			buf_putc(out, ':');
		}
		template_print(&v->fields.v[i].value, out);
	}
	buf_putc(out, is_map ? ']' : '}');
}

void template_print(const struct template_value *v, struct buf *out)
{
	switch (v->kind) {
	case TEMPLATE_MISSING:
		buf_puts(out, "<no value>");
		break;
	case TEMPLATE_NIL:
		buf_puts(out, "<nil>");
		break;
	case TEMPLATE_BOOL:
		buf_puts(out, v->is_true ? "true" : "false");
		break;
	case TEMPLATE_INT:
		buf_printf(out, "%" PRId64, v->i64);
		break;
	case TEMPLATE_UINT:
		buf_printf(out, "%" PRIu64, v->u64);
		break;
	case TEMPLATE_FLOAT:
		print_float(v->f64, out);
		break;
	case TEMPLATE_STRING:
		buf_append_str(out, v->str);
		break;
	case TEMPLATE_LIST:
		print_list(v, out);
		break;
	case TEMPLATE_MAP:
	case TEMPLATE_STRUCT:
		if (v->text)
			buf_puts(out, v->text);
		else
			print_fields(v, out);
		break;
	}
}
