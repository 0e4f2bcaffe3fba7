/* op_aggregate_k.c - topk, bottomk, limitk and limit_ratio: of each group some series stay, with
 * all their labels, chosen anew at each step.
 */
#include "base/alloc.h"
#include "promql/go_math.h"
#include "promql/grouping.h"
#include "promql/number_text.h"
#include "promql/operator.h"
#include "promql/value_heap.h"

#include <float.h>
#include <stdlib.h>

/* A series that was good enough at some step. */
struct candidate {
	struct labels labels;
	bool drops_name;
	struct step_series *out; /* when the answer is put together */
};

struct k_group {
	uint64_t hash;
	struct value_heap *heaps; /* by step */
};

struct k_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct operator* param_op;
	const double *param; /* by step */
	enum aggregate_op op;
	enum heap_order order;
	struct grouping grouping;
	struct arena *arena;
	struct map by_hash; /* of struct k_group */
	struct {
		struct k_group **v;
		size_t n, cap;
	} groups; /* in order of appearance */
	struct {
		struct candidate *v;
		size_t n, cap;
	} candidates;
	struct whole_answer answer;
};

/* --- the parameter ---------------------------------------------------------------------------- */

struct bounds {
	double min;
	double max;
	bool has_nan;
};

static struct bounds param_bounds(const struct k_op *op)
{
	struct bounds b = {.min = DBL_MAX, .max = -DBL_MAX};

	for (size_t i = 0; i < op->base.steps.n; i++) {
		b.max = go_max(b.max, op->param[i]);
		b.min = go_min(b.min, op->param[i]);
		b.has_nan |= isnan(op->param[i]);
	}
	return b;
}

static void warn_ratio(struct k_op *op, double got, double capped)
{
	annotations_add(&op->base.x->annotations, NOTE_PROMQL_WARNING,
			op->base.node->args[1]->expr->where,
			"ratio value should be between -1 and 1, got %s, capping to %s",
			go_float(got).s, go_float(capped).s);
}

enum verdict { EVALUATE, NOTHING, FAILED };

static enum verdict check_ratio(struct k_op *op, struct err *err)
{
	struct bounds b = param_bounds(op);

	if (b.max == 0 && b.min == 0)
		return NOTHING;
	if (b.has_nan) {
		err_set(err, ERR_EXECUTION, "Ratio value is NaN");
		return FAILED;
	}
	if (b.max > 1)
		warn_ratio(op, b.max, 1);
	if (b.min < -1)
		warn_ratio(op, b.min, -1);
	return EVALUATE;
}

static enum verdict check_k(struct k_op *op, struct err *err)
{
	struct bounds b = param_bounds(op);

	if (b.max < 1)
		return NOTHING;
	if (b.has_nan)
		err_set(err, ERR_EXECUTION, "Parameter value is NaN");
	else if (b.min <= -0x1p63)
		err_set(err, ERR_EXECUTION, "Scalar value %s underflows int64", go_float(b.min).s);
	else if (b.max >= 0x1p63)
		err_set(err, ERR_EXECUTION, "Scalar value %s overflows int64", go_float(b.max).s);
	else
		return EVALUATE;
	return FAILED;
}

static enum verdict check_param(struct k_op *op, struct err *err)
{
	return op->op == AGGREGATE_LIMIT_RATIO ? check_ratio(op, err) : check_k(op, err);
}

/* --- choosing --------------------------------------------------------------------------------- */

static struct k_group *group_of(struct k_op *op, struct labels labels)
{
	uint64_t hash = grouping_hash(&op->grouping, labels);
	struct k_group *g = map_get(&op->by_hash, str_from(&hash, sizeof(hash)));

	if (g)
		return g;
	g = ARENA_NEW(op->arena, struct k_group);
	g->hash = hash;
	g->heaps = ARENA_ARRAY(op->arena, struct value_heap, op->base.steps.n);
	map_put(&op->by_hash, str_from(&g->hash, sizeof(g->hash)), g);
	ARENA_PUSH(op->arena, &op->groups, g);
	return g;
}

/* limit_ratio: by hash, so that the same series are chosen at each step, and that -0.3 chooses
 * exactly those that 0.7 does not. */
static bool is_sampled(double ratio, double offset)
{
	double r = ratio < -1 ? -1 : ratio > 1 ? 1 : ratio;

	return (r >= 0 && offset < r) || (r < 0 && offset >= 1 + r);
}

static bool choose_k(struct k_op *op, struct value_heap *h, double k, struct heap_entry e)
{
	if (!(k >= 1))
		return false;
	if ((double)(h->n + 1) <= k) {
		value_heap_push(h, op->order, op->arena, e);
		return true;
	}
	return op->op != AGGREGATE_LIMITK && value_heap_offer(h, op->order, e);
}

static bool is_ordered(const struct k_op *op)
{
	return op->op == AGGREGATE_TOPK || op->op == AGGREGATE_BOTTOMK;
}

/* Histograms have no order, and what is chosen must last. */
static void prepare_histograms(struct k_op *op, struct step_series *s)
{
	if (!s->hist)
		return;
	if (!is_ordered(op)) {
		*s = step_series_copy(op->arena, s, op->base.steps.n);
		return;
	}
	if (step_series_drop_histograms(s, op->base.steps.n))
		annotations_add(&op->base.x->annotations, NOTE_PROMQL_INFO,
				op->base.node->expr->where, "ignored histogram in %s aggregation",
				aggregate_op_name(op->op));
}

static void choose(struct k_op *op, const struct step_series *s)
{
	size_t n = op->base.steps.n;
	struct k_group *g = group_of(op, s->labels);
	uint32_t index = (uint32_t)op->candidates.n;
	double offset = 0;
	bool chosen = false;

	if (op->op == AGGREGATE_LIMIT_RATIO)
		offset = (double)labels_hash(s->labels) / (double)UINT64_MAX;
	for (size_t i = bits_next(s->present, n, 0); i < n; i = bits_next(s->present, n, i + 1)) {
		struct heap_entry e = {s->v[i], index, step_series_histogram(s, i)};
		if (op->op != AGGREGATE_LIMIT_RATIO) {
			chosen |= choose_k(op, &g->heaps[i], op->param[i], e);
		} else if (op->param[i] != 0 && is_sampled(op->param[i], offset)) {
			value_heap_push(&g->heaps[i], op->order, op->arena, e);
			chosen = true;
		}
	}
	if (chosen)
		ARENA_PUSH(
		    op->arena, &op->candidates,
		    (struct candidate){labels_copy(op->arena, s->labels), s->drops_name, NULL});
}

/* --- the answer ------------------------------------------------------------------------------- */

static void put_answer(struct k_op *op, size_t step, const struct heap_entry *e)
{
	struct candidate *c = &op->candidates.v[e->series];
	struct series_list *list = &op->answer.series;

	if (!c->out) {
		/* There are as many as candidates at most, so that the array does not move. */
		c->out = &list->v[list->n++];
		*c->out = step_series_new(op->arena, op->base.steps.n);
		c->out->labels = c->labels;
		c->out->drops_name = c->drops_name;
		c->out->block = (uint32_t)((list->n - 1) / BLOCK_SERIES);
	}
	c->out->v[step] = e->v;
	if (e->histogram) {
		if (!c->out->hist)
			c->out->hist = ARENA_ARRAY(op->arena, struct histogram *, op->base.steps.n);
		c->out->hist[step] = e->histogram;
	}
	bits_set(c->out->present, step);
}

static void put_together(struct k_op *op)
{
	bool sorts = is_ordered(op);

	op->answer.series.v = ARENA_ARRAY(op->arena, struct step_series, op->candidates.n);
	for (size_t g = 0; g < op->groups.n; g++) {
		for (size_t step = 0; step < op->base.steps.n; step++) {
			struct value_heap *h = &op->groups.v[g]->heaps[step];
			if (sorts)
				value_heap_sort(h, op->order, op->arena);
			for (size_t i = 0; i < h->n; i++)
				put_answer(op, step, &h->v[i]);
		}
	}
}

static bool evaluate(struct operator* base, struct err *err)
{
	struct k_op *op = (struct k_op *)base;
	struct step_series s;
	enum iter_result r;

	if (!operator_read_scalar(op->param_op, op->arena, &op->param, err))
		return false;
	enum verdict verdict = op->base.steps.n ? check_param(op, err) : NOTHING;
	if (verdict != EVALUATE)
		return verdict == NOTHING;
	while ((r = operator_next(op->arg, &s, err)) == ITER_VALUE) {
		if (!execution_check(op->base.x, err))
			return false;
		prepare_histograms(op, &s);
		if (bits_any(s.present, op->base.steps.n))
			choose(op, &s);
	}
	if (r == ITER_ERROR)
		return false;
	put_together(op);
	return true;
}

static enum iter_result k_next(struct operator* base, struct step_series *out, struct err *err)
{
	return whole_answer_next(&((struct k_op *)base)->answer, base, evaluate, out, err);
}

static void k_close(struct operator* base)
{
	struct k_op *op = (struct k_op *)base;

	operator_close(op->arg);
	operator_close(op->param_op);
	map_done(&op->by_hash);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops k_ops = {k_next, k_close};

struct operator*
    aggregate_k_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct k_op *op = NEW(struct k_op);

	operator_init(&op->base, &k_ops, x, node);
	op->base.keeps = true;
	op->op = node->expr->aggregate.op;
	op->order = op->op == AGGREGATE_BOTTOMK ? HEAP_SMALLEST : HEAP_LARGEST;
	op->grouping = grouping_of(&node->expr->aggregate);
	op->arena = arena_new(x->tracker);
	op->arg = operator_open(x, node->args[0], err);
	op->param_op = op->arg ? operator_open(x, node->args[1], err) : NULL;
	if (!op->param_op) {
		k_close(&op->base);
		return NULL;
	}
	return &op->base;
}
