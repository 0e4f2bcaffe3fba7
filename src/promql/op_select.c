/* op_select.c - an instant selector: at each step the newest sample of each series, unless it is
 * older than the lookback or marks the series as gone.
 */
#include "base/alloc.h"
#include "promql/bounded_windows.h"
#include "promql/meter.h"
#include "promql/range_source.h"

#include <stdlib.h>

struct select_op {
	struct operator base; /* first, so that the two pointers convert */
	struct selection selection;
	newest_fn *newest; /* NULL of a smoothed one */
	struct arena *arena;
	struct histogram **hist; /* once there was a histogram */
	struct step_series out;
};

/* NULL as long as there are only floats. */
static struct histogram **histogram_column(struct select_op *op, const struct samples *s)
{
	if (!s->hist)
		return NULL;
	if (!op->hist)
		op->hist = ARENA_ARRAY(op->arena, struct histogram *, op->base.steps.n);
	return op->hist;
}

static bool look(struct select_op *op, struct selected_series *s)
{
	const struct plan_node *node = op->base.node;
	struct note_place place = {&op->base.x->annotations, node->expr->where,
				   labels_get(s->labels, STR(LABEL_NAME))};

	op->out.hist = histogram_column(op, &s->samples);
	if (op->newest)
		return op->newest(&s->samples, &node->window, &op->base.steps, &op->out);
	samples_drop_stale(&s->samples);
	return smoothed_samples(&s->samples, &node->window, &op->base.steps, &place,
				op->selection.arena, &op->out);
}

static enum iter_result select_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct select_op *op = (struct select_op *)base;
	struct selected_series s;
	enum iter_result r;

	while ((r = selection_next(&op->selection, &s, err)) == ITER_VALUE) {
		if (!look(op, &s))
			continue;
		count_selected(base->x, base->node, &op->out);
		op->out.labels = s.labels;
		op->out.block = s.block;
		*out = op->out;
		return ITER_VALUE;
	}
	return r;
}

static void select_close(struct operator* base)
{
	struct select_op *op = (struct select_op *)base;

	selection_done(&op->selection);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops select_ops = {select_next, select_close};

static newest_fn *newest_of(const struct plan_node *node)
{
	if (node->kind == PLAN_SELECT_TIMES)
		return newest_sample_times;
	if (node->kind == PLAN_SELECT_START_TIMES)
		return newest_start_times;
	return node->window.bounds == BOUNDS_SMOOTHED ? NULL : newest_samples;
}

struct operator* select_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct select_op *op = NEW(struct select_op);

	operator_init(&op->base, &select_ops, x, node);
	op->base.in_order = true;
	op->newest = newest_of(node);
	op->arena = arena_new(x->tracker);
	op->out = step_series_new(op->arena, node->steps.n);
	if (!selection_open(&op->selection, x, node, err)) {
		select_close(&op->base);
		return NULL;
	}
	return &op->base;
}
