#include "promql/printer.h"

#include "base/duration.h"
#include "base/float_text.h"
#include "base/quote.h"
#include "promql/number_lexer.h"
#include "promql/remote_engines.h"

#include <stdlib.h>

/* --- small things -------------------------------------------------------------------------- */

static void print_float(struct buf *out, double v, enum float_style style)
{
	char text[FLOAT_TEXT_MAX];

	buf_append(out, text, float_format(text, v, style));
}

static void print_ns(struct buf *out, int64_t ns)
{
	buf_puts(out, model_duration_str(ns / NS_PER_MS));
}

static void print_labels(struct buf *out, struct label_names names)
{
	buf_putc(out, '(');
	for (size_t i = 0; i < names.n; i++) {
		buf_puts(out, i ? ", " : "");
		label_name_format(out, names.v[i]);
	}
	buf_putc(out, ')');
}

static void print_number(struct buf *out, const struct number_expr *n)
{
	if (!n->is_duration) {
		print_float(out, n->value, FLOAT_F);
		return;
	}
	if (n->value < 0)
		buf_putc(out, '-');
	print_ns(out, int64_of_double((n->value < 0 ? -n->value : n->value) * 1e9));
}

/* --- lengths of time ----------------------------------------------------------------------- */

static void print_duration_parts(struct buf *out, const struct duration_expr *d)
{
	switch ((int)d->op) {
	case OP_STEP:
	case OP_RANGE:
		buf_printf(out, "%s()", expr_op_name(d->op));
		return;
	case OP_MIN_OF:
	case OP_MAX_OF:
		buf_printf(out, "%s(", expr_op_name(d->op));
		expr_print(out, d->left);
		buf_puts(out, ", ");
		expr_print(out, d->right);
		buf_putc(out, ')');
		return;
	default:
		break;
	}
	if (d->left) {
		expr_print(out, d->left);
		buf_printf(out, " %s ", expr_op_name(d->op));
	} else if (d->op == OP_SUB) {
		buf_putc(out, '-');
	}
	expr_print(out, d->right);
}

static void print_duration_expr(struct buf *out, const struct duration_expr *d)
{
	if (d->in_parens)
		buf_putc(out, '(');
	print_duration_parts(out, d);
	if (d->in_parens)
		buf_putc(out, ')');
}

static void print_duration(struct buf *out, const struct duration *d)
{
	if (d->formula)
		expr_print(out, d->formula);
	else
		print_ns(out, d->ns);
}

static void print_offset(struct buf *out, const struct duration *offset)
{
	if (!offset->formula && offset->ns == 0)
		return;
	buf_puts(out, " offset ");
	if (offset->ns >= 0) {
		print_duration(out, offset);
		return;
	}
	buf_putc(out, '-');
	print_ns(out, (int64_t)(0 - (uint64_t)offset->ns));
}

static void print_at(struct buf *out, const struct at *at)
{
	switch (at->kind) {
	case AT_NONE:
		break;
	case AT_TIMESTAMP:
		buf_printf(out, " @ %.3f", (double)at->t_ms / 1000);
		break;
	case AT_START:
		buf_puts(out, " @ start()");
		break;
	case AT_END:
		buf_puts(out, " @ end()");
		break;
	}
}

static void print_bounds(struct buf *out, enum selector_bounds bounds)
{
	if (bounds == BOUNDS_ANCHORED)
		buf_puts(out, " anchored");
	else if (bounds == BOUNDS_SMOOTHED)
		buf_puts(out, " smoothed");
}

/* --- selectors ----------------------------------------------------------------------------- */

/* The matcher that the name in front of the braces stands for. */
static bool is_said_by_name(const struct vector_selector *v, const struct matcher *m)
{
	return v->name.n > 0 && matcher_type(m) == MATCH_EQ &&
	       str_is(matcher_name(m), LABEL_NAME) && str_eq(matcher_value(m), v->name);
}

static int compare_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void print_matchers(struct buf *out, const struct vector_selector *v)
{
	struct arena *scratch auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str *texts = ARENA_ARRAY(scratch, struct str, v->matchers.n);
	size_t n = 0;

	for (size_t i = 0; i < v->matchers.n; i++) {
		if (is_said_by_name(v, v->matchers.v[i]))
			continue;
		buf_clear(&text);
		matcher_format(&text, v->matchers.v[i]);
		texts[n++] = arena_str(scratch, buf_str(&text));
	}
	if (n == 0) {
		/* Prometheus prints nothing at all for info()'s {}, which cannot be read again */
		buf_puts(out, v->name.n > 0 ? "" : "{}");
		return;
	}
	qsort(texts, n, sizeof(*texts), compare_text);
	for (size_t i = 0; i < n; i++) {
		buf_putc(out, i ? ',' : '{');
		buf_append_str(out, texts[i]);
	}
	buf_putc(out, '}');
}

static void print_vector_selector(struct buf *out, const struct vector_selector *v)
{
	buf_append_str(out, v->name);
	print_matchers(out, v);
	print_at(out, &v->at);
	print_bounds(out, v->bounds);
	print_offset(out, &v->offset);
}

static void print_matrix_selector(struct buf *out, const struct matrix_selector *m)
{
	const struct vector_selector *v = &m->selector->vector;

	buf_append_str(out, v->name);
	print_matchers(out, v);
	buf_putc(out, '[');
	print_duration(out, &m->range);
	buf_putc(out, ']');
	print_bounds(out, v->bounds);
	print_at(out, &v->at);
	print_offset(out, &v->offset);
}

void expr_print_subquery_tail(struct buf *out, const struct subquery *s)
{
	buf_putc(out, '[');
	print_duration(out, &s->range);
	buf_putc(out, ':');
	if (s->step.formula || s->step.ns != 0)
		print_duration(out, &s->step);
	buf_putc(out, ']');
	print_at(out, &s->at);
	print_offset(out, &s->offset);
}

/* --- calls and operators ------------------------------------------------------------------- */

static void print_call(struct buf *out, const struct call *c)
{
	buf_printf(out, "%s(", c->function->name);
	for (size_t i = 0; i < c->n_args; i++) {
		buf_puts(out, i ? ", " : "");
		expr_print(out, c->args[i]);
	}
	buf_putc(out, ')');
}

void expr_print_aggregate_head(struct buf *out, const struct aggregate *a)
{
	buf_puts(out, aggregate_op_name(a->op));
	if (!a->without && a->grouping.n == 0)
		return;
	buf_puts(out, a->without ? " without " : " by ");
	print_labels(out, a->grouping);
	buf_putc(out, ' ');
}

static void print_aggregate(struct buf *out, const struct aggregate *a)
{
	expr_print_aggregate_head(out, a);
	buf_putc(out, '(');
	if (a->param) {
		expr_print(out, a->param);
		buf_puts(out, ", ");
	}
	expr_print(out, a->expr);
	buf_putc(out, ')');
}

static void print_fill(struct buf *out, const char *name, const double *value)
{
	if (!value)
		return;
	buf_printf(out, " %s (", name);
	print_float(out, *value, FLOAT_G);
	buf_putc(out, ')');
}

static void print_matching(struct buf *out, const struct vector_matching *m)
{
	bool grouped = m->card == CARD_MANY_TO_ONE || m->card == CARD_ONE_TO_MANY;

	if (m->labels.n > 0 || m->on || grouped) {
		buf_puts(out, m->on ? " on " : " ignoring ");
		print_labels(out, m->labels);
	}
	if (grouped) {
		buf_puts(out, m->card == CARD_MANY_TO_ONE ? " group_left " : " group_right ");
		print_labels(out, m->include);
	}
	if (m->fill_left && m->fill_right && *m->fill_left == *m->fill_right) {
		print_fill(out, "fill", m->fill_left);
		return;
	}
	print_fill(out, "fill_left", m->fill_left);
	print_fill(out, "fill_right", m->fill_right);
}

void expr_print_operator(struct buf *out, const struct binary *b)
{
	buf_puts(out, expr_op_name(b->op));
	if (b->returns_bool)
		buf_puts(out, " bool");
	if (b->matching)
		print_matching(out, b->matching);
}

static void print_binary(struct buf *out, const struct binary *b)
{
	expr_print(out, b->left);
	buf_putc(out, ' ');
	expr_print_operator(out, b);
	buf_putc(out, ' ');
	expr_print(out, b->right);
}

/* For people: this is not PromQL. remote(sum(x)) on 10.0.0.1:10901 from 1700000000 */
static void print_remote(struct buf *out, const struct remote_expr *r)
{
	if (r->n_parts == 0)
		buf_puts(out, "nothing()");
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct remote_part *part = &r->parts[i];
		buf_puts(out, i > 0 ? ", " : r->n_parts > 1 ? "dedup(" : "");
		buf_printf(out, "remote(%.*s) on %s from %lld", STR_FMT(r->text),
			   part->engine->address, (long long)(part->first_ms / 1000));
	}
	if (r->n_parts > 1)
		buf_putc(out, ')');
}

void expr_print(struct buf *out, const struct expr *e)
{
	if (out->overflowed)
		return;
	switch (e->kind) {
	case EXPR_NUMBER:
		print_number(out, &e->number);
		break;
	case EXPR_STRING:
		quote_append(out, e->string);
		break;
	case EXPR_VECTOR_SELECTOR:
		print_vector_selector(out, &e->vector);
		break;
	case EXPR_MATRIX_SELECTOR:
		print_matrix_selector(out, &e->matrix);
		break;
	case EXPR_SUBQUERY:
		expr_print(out, e->subquery.expr);
		expr_print_subquery_tail(out, &e->subquery);
		break;
	case EXPR_CALL:
		print_call(out, &e->call);
		break;
	case EXPR_AGGREGATE:
		print_aggregate(out, &e->aggregate);
		break;
	case EXPR_BINARY:
		print_binary(out, &e->binary);
		break;
	case EXPR_UNARY:
		buf_puts(out, expr_op_name(e->unary.op));
		expr_print(out, e->unary.expr);
		break;
	case EXPR_PAREN:
		buf_putc(out, '(');
		expr_print(out, e->paren);
		buf_putc(out, ')');
		break;
	case EXPR_DURATION:
		print_duration_expr(out, &e->duration);
		break;
	case EXPR_REMOTE:
		print_remote(out, &e->remote);
		break;
	}
}
