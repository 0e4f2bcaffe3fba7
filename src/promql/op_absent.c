/* op_absent.c - absent() and absent_over_time(): 1 where nothing is there.
 */
#include "base/alloc.h"
#include "promql/range_source.h"
#include "promql/window_cursor.h"

#include <stdlib.h>

struct absent_op {
	struct operator base;       /* first, so that the two pointers convert */
	struct operator* arg;       /* of absent() */
	struct range_source source; /* of absent_over_time() */
	struct arena *arena;
	bool is_done;
};

static bool mark_vector(struct absent_op *op, uint64_t *seen, struct err *err)
{
	struct step_series s;
	enum iter_result r;

	while ((r = operator_next(op->arg, &s, err)) == ITER_VALUE) {
		if (!execution_check(op->base.x, err))
			return false;
		for (size_t w = 0; w < bits_words(op->base.steps.n); w++)
			seen[w] |= s.present[w];
	}
	return r == ITER_END;
}

static bool mark_windows(struct absent_op *op, uint64_t *seen, struct err *err)
{
	const struct plan_window *window = &op->base.node->args[0]->window;
	struct range_series s;
	enum iter_result r;

	while ((r = range_source_next(&op->source, &s, err)) == ITER_VALUE) {
		struct window_cursor c = {.t_ms = s.samples.t_ms, .n = s.samples.n};
		for (size_t i = 0; i < op->base.steps.n; i++) {
			int64_t end_ms = window_end(window, steps_at(&op->base.steps, i));
			window_cursor_move(&c, end_ms - window->range_ms, end_ms);
			if (c.from < c.to)
				bits_set(seen, i);
		}
	}
	return r == ITER_END;
}

/* The value that the selector gives a label by equality. As in Prometheus, matchers are gone
 * through in order, any other one takes the value away again, and only the first equality counts.
 */
static struct str value_asked_for(struct matchers ms, struct str name)
{
	struct str value = {0};
	bool had_equality = false;

	for (size_t i = 0; i < ms.n; i++) {
		if (!str_eq(matcher_name(ms.v[i]), name))
			continue;
		bool is_first = matcher_type(ms.v[i]) == MATCH_EQ && !had_equality;
		value = is_first ? matcher_value(ms.v[i]) : (struct str){0};
		had_equality |= is_first;
	}
	return value;
}

static struct labels labels_of_selector(struct arena *a, const struct expr *e)
{
	struct labels ls = {0};

	if (e->kind == EXPR_MATRIX_SELECTOR)
		e = e->matrix.selector;
	if (e->kind != EXPR_VECTOR_SELECTOR)
		return ls;
	struct matchers ms = e->vector.matchers;
	for (size_t i = 0; i < ms.n; i++) {
		struct str name = matcher_name(ms.v[i]);
		struct label l = {name, value_asked_for(ms, name)};
		if (l.value.n && !str_eq(name, STR(LABEL_NAME)))
			ls = labels_merge(a, ls, (struct labels){&l, 1});
	}
	return ls;
}

static enum iter_result absent_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct absent_op *op = (struct absent_op *)base;
	size_t n = base->steps.n;

	if (op->is_done)
		return ITER_END;
	op->is_done = true;
	uint64_t *seen = ARENA_ARRAY(op->arena, uint64_t, bits_words(n));
	if (!(op->arg ? mark_vector(op, seen, err) : mark_windows(op, seen, err)))
		return ITER_ERROR;
	*out = step_series_new(op->arena, n);
	for (size_t i = 0; i < n; i++) {
		if (bits_has(seen, i))
			continue;
		bits_set(out->present, i);
		out->v[i] = 1;
	}
	if (!bits_any(out->present, n))
		return ITER_END;
	out->labels = labels_of_selector(op->arena, expr_unwrap(base->node->expr->call.args[0]));
	return ITER_VALUE;
}

static void absent_close(struct operator* base)
{
	struct absent_op *op = (struct absent_op *)base;

	operator_close(op->arg);
	if (!op->arg)
		range_source_done(&op->source);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops absent_ops = {absent_next, absent_close};

struct operator* absent_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct absent_op *op = NEW(struct absent_op);

	operator_init(&op->base, &absent_ops, x, node);
	op->base.in_order = true;
	op->base.keeps = true;
	op->arena = arena_new(x->tracker);
	bool ok;
	if (node->kind == PLAN_ABSENT)
		ok = (op->arg = operator_open(x, node->args[0], err)) != NULL;
	else
		ok = range_source_open(&op->source, x, node->args[0], err);
	if (!ok) {
		absent_close(&op->base);
		return NULL;
	}
	return &op->base;
}
