/* op_quantile.c - quantile, which needs all values of a step at once.
 */
#include "base/alloc.h"
#include "promql/grouping.h"
#include "promql/number_text.h"
#include "promql/operator.h"
#include "promql/quantile.h"

#include <math.h>
#include <stdlib.h>

struct members {
	uint64_t hash;
	struct labels labels;
	bool drops_name;
	struct series_list series;
};

struct quantile_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct operator* param_op;
	const double *param; /* by step */
	struct grouping grouping;
	struct arena *arena;
	struct arena *scratch;
	struct map by_hash; /* of struct members */
	struct {
		struct members **v;
		size_t n, cap;
	} groups; /* in order of appearance */
	struct step_series out;
	bool is_collected;
	size_t next;
};

static void warn_quantile(struct quantile_op *op, double got)
{
	annotations_add(&op->base.x->annotations, NOTE_PROMQL_WARNING,
			op->base.node->args[1]->expr->where,
			"quantile value should be between 0 and 1, got %s", go_float(got).s);
}

/* The worst on either side; a wrong quantile is answered all the same. */
static void check_quantile(struct quantile_op *op)
{
	double min = 0, max = 1;
	bool has_nan = false;

	for (size_t i = 0; i < op->base.steps.n; i++) {
		min = op->param[i] < min ? op->param[i] : min;
		max = op->param[i] > max ? op->param[i] : max;
		has_nan |= isnan(op->param[i]);
	}
	if (has_nan)
		warn_quantile(op, NAN);
	if (max > 1)
		warn_quantile(op, max);
	if (min < 0)
		warn_quantile(op, min);
}

static struct members *members_of(struct quantile_op *op, const struct step_series *s)
{
	uint64_t hash = grouping_hash(&op->grouping, s->labels);
	struct members *g = map_get(&op->by_hash, str_from(&hash, sizeof(hash)));

	if (g)
		return g;
	g = ARENA_NEW(op->arena, struct members);
	g->hash = hash;
	g->labels = labels_copy(op->arena, grouping_labels(&op->grouping, op->scratch, s->labels));
	map_put(&op->by_hash, str_from(&g->hash, sizeof(g->hash)), g);
	ARENA_PUSH(op->arena, &op->groups, g);
	return g;
}

static bool collect_members(struct quantile_op *op, struct err *err)
{
	size_t n = op->base.steps.n;
	struct step_series s;
	enum iter_result r;

	if (!operator_read_scalar(op->param_op, op->arena, &op->param, err))
		return false;
	if (n)
		check_quantile(op);
	op->out = step_series_new(op->arena, n);
	while ((r = operator_next(op->arg, &s, err)) == ITER_VALUE) {
		if (!execution_check(op->base.x, err))
			return false;
		if (step_series_drop_histograms(&s, n))
			annotations_add(&op->base.x->annotations, NOTE_PROMQL_INFO,
					op->base.node->expr->aggregate.expr->where,
					"ignored histogram in quantile aggregation");
		if (!bits_any(s.present, n))
			continue;
		struct members *g = members_of(op, &s);
		g->drops_name |= s.drops_name;
		s.labels = (struct labels){0};
		ARENA_PUSH(op->arena, &g->series,
			   op->arg->keeps ? s : step_series_copy(op->arena, &s, n));
		op->base.x->samples_held += bits_count(s.present, n);
	}
	return r == ITER_END;
}

static void quantile_of_group(struct quantile_op *op, const struct members *g)
{
	arena_clear(op->scratch);
	double *v = arena_alloc(op->scratch, g->series.n * sizeof(*v));
	bits_clear_all(op->out.present, op->base.steps.n);
	for (size_t step = 0; step < op->base.steps.n; step++) {
		size_t n = 0;
		for (size_t i = 0; i < g->series.n; i++)
			if (bits_has(g->series.v[i].present, step))
				v[n++] = g->series.v[i].v[step];
		if (n == 0)
			continue;
		op->out.v[step] = quantile(op->param[step], v, n);
		bits_set(op->out.present, step);
	}
}

static enum iter_result quantile_next(struct operator* base, struct step_series *out,
				      struct err *err)
{
	struct quantile_op *op = (struct quantile_op *)base;

	if (!op->is_collected && !collect_members(op, err))
		return ITER_ERROR;
	op->is_collected = true;
	if (op->next == op->groups.n)
		return ITER_END;
	const struct members *g = op->groups.v[op->next++];
	quantile_of_group(op, g);
	*out = op->out;
	out->labels = g->labels;
	out->drops_name = g->drops_name;
	out->block = (uint32_t)((op->next - 1) / BLOCK_SERIES);
	return ITER_VALUE;
}

static void quantile_close(struct operator* base)
{
	struct quantile_op *op = (struct quantile_op *)base;

	operator_close(op->arg);
	operator_close(op->param_op);
	map_done(&op->by_hash);
	arena_free(op->scratch);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops quantile_ops = {quantile_next, quantile_close};

struct operator*
    quantile_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct quantile_op *op = NEW(struct quantile_op);

	operator_init(&op->base, &quantile_ops, x, node);
	op->grouping = grouping_of(&node->expr->aggregate);
	op->arena = arena_new(x->tracker);
	op->scratch = arena_new(x->tracker);
	op->arg = operator_open(x, node->args[0], err);
	op->param_op = op->arg ? operator_open(x, node->args[1], err) : NULL;
	if (!op->param_op) {
		quantile_close(&op->base);
		return NULL;
	}
	return &op->base;
}
