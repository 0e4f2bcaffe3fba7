/* A node that takes more than LINE_MAX_BYTES on one line is spread over several, its children one
 * step further in. A few of Prometheus' habits look like accidents (a short subquery is not
 * indented, a sign swallows the indentation of its operand); tools compare the text, so they stay.
 */
#include "base/str.h"
#include "promql/printer.h"

enum { LINE_MAX_BYTES = 100 };

static void pretty(struct buf *out, const struct expr *e, int level);

static bool needs_split(const struct expr *e)
{
	struct buf line auto_done(buf_done) = BUF_INIT(LINE_MAX_BYTES);

	expr_print(&line, e);
	return line.overflowed;
}

static void indent(struct buf *out, int level)
{
	for (int i = 0; i < level; i++)
		buf_puts(out, "  ");
}

static void new_line(struct buf *out, int level)
{
	buf_putc(out, '\n');
	indent(out, level);
}

static void pretty_aggregate(struct buf *out, const struct aggregate *a, int level)
{
	indent(out, level);
	expr_print_aggregate_head(out, a);
	buf_puts(out, "(\n");
	if (a->param) {
		pretty(out, a->param, level + 1);
		buf_puts(out, ",\n");
	}
	pretty(out, a->expr, level + 1);
	new_line(out, level);
	buf_putc(out, ')');
}

static void pretty_binary(struct buf *out, const struct binary *b, int level)
{
	pretty(out, b->left, level + 1);
	new_line(out, level);
	expr_print_operator(out, b);
	buf_putc(out, '\n');
	pretty(out, b->right, level + 1);
}

static void pretty_call(struct buf *out, const struct call *c, int level)
{
	indent(out, level);
	buf_printf(out, "%s(\n", c->function->name);
	for (size_t i = 0; i < c->n_args; i++) {
		buf_puts(out, i ? ",\n" : "");
		pretty(out, c->args[i], level + 1);
	}
	new_line(out, level);
	buf_putc(out, ')');
}

static void pretty_unary(struct buf *out, const struct unary *u, int level)
{
	struct buf operand auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	pretty(&operand, u->expr, level);
	indent(out, level);
	buf_puts(out, expr_op_name(u->op));
	buf_append_str(out, str_trim(buf_str(&operand), " \t\n\v\f\r"));
}

static void pretty_split(struct buf *out, const struct expr *e, int level)
{
	switch ((int)e->kind) {
	case EXPR_AGGREGATE:
		pretty_aggregate(out, &e->aggregate, level);
		return;
	case EXPR_BINARY:
		pretty_binary(out, &e->binary, level);
		return;
	case EXPR_CALL:
		pretty_call(out, &e->call, level);
		return;
	case EXPR_PAREN:
		indent(out, level);
		buf_puts(out, "(\n");
		pretty(out, e->paren, level + 1);
		new_line(out, level);
		buf_putc(out, ')');
		return;
	case EXPR_SUBQUERY:
		pretty(out, e->subquery.expr, level);
		expr_print_subquery_tail(out, &e->subquery);
		return;
	default: /* there is nowhere to split it */
		indent(out, level);
		expr_print(out, e);
		return;
	}
}

static void pretty(struct buf *out, const struct expr *e, int level)
{
	if (e->kind == EXPR_UNARY) {
		pretty_unary(out, &e->unary, level);
		return;
	}
	if (needs_split(e)) {
		pretty_split(out, e, level);
		return;
	}
	if (e->kind != EXPR_SUBQUERY)
		indent(out, level);
	expr_print(out, e);
}

void expr_pretty_print(struct buf *out, const struct expr *e)
{
	pretty(out, e, 0);
}
