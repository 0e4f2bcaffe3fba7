/* op_aggregate.c - sum, avg and their like: holds groups x steps, never the series.
 *
 * Series are counted in blocks of 1,024 as they were selected. Each group adds up the series of one
 * block by itself and then combines the blocks in their order: whoever computes the blocks, on
 * however many threads, the result has the same bits.
 */
#include "base/alloc.h"
#include "promql/aggregations.h"
#include "promql/grouping.h"
#include "promql/operator.h"

#include <stdlib.h>

struct group {
	uint64_t hash;
	struct labels labels;
	bool drops_name;
	struct aggregation_state total;   /* of the blocks before; no columns until there is one */
	struct aggregation_state partial; /* of the current block */
	uint32_t block;
};

struct aggregator {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	const struct aggregation *agg;
	struct grouping grouping;
	struct arena *arena;
	struct map by_hash; /* of struct group */
	struct {
		struct group **v;
		size_t n, cap;
	} groups; /* in order of appearance */
	struct group *last;
	bool is_done;
	size_t next;
};

static struct group *group_new(struct aggregator *op, const struct step_series *s, uint64_t hash)
{
	struct group *g = ARENA_NEW(op->arena, struct group);
	struct labels labels = grouping_labels(&op->grouping, op->arena, s->labels);

	g->hash = hash;
	g->labels = labels_copy(op->arena, labels);
	g->partial = aggregation_state_new(op->agg, op->arena, op->base.steps.n);
	g->block = s->block;
	ARENA_PUSH(op->arena, &op->groups, g);
	return g;
}

static struct group *group_of(struct aggregator *op, const struct step_series *s)
{
	uint64_t hash = grouping_hash(&op->grouping, s->labels);

	if (op->last && op->last->hash == hash)
		return op->last;
	struct group *g = map_get(&op->by_hash, str_from(&hash, sizeof(hash)));
	if (!g) {
		g = group_new(op, s, hash);
		map_put(&op->by_hash, str_from(&g->hash, sizeof(g->hash)), g);
	}
	op->last = g;
	return g;
}

/* The current block is complete. */
static void group_end_block(struct aggregator *op, struct group *g)
{
	size_t n = op->base.steps.n;

	if (!g->total.present) {
		g->total = g->partial;
		g->partial = aggregation_state_new(op->agg, op->arena, n);
		return;
	}
	op->agg->merge(&g->total, &g->partial, n);
	aggregation_state_clear(op->agg, &g->partial, n);
}

static bool aggregate_all(struct aggregator *op, struct err *err)
{
	size_t n = op->base.steps.n;
	struct step_series s;
	enum iter_result r;

	while ((r = operator_next(op->arg, &s, err)) == ITER_VALUE) {
		if (!execution_check(op->base.x, err))
			return false;
		struct group *g = group_of(op, &s);
		if (g->block != s.block)
			group_end_block(op, g);
		g->block = s.block;
		g->drops_name |= s.drops_name;
		op->agg->add(&g->partial, &s, n);
	}
	if (r == ITER_ERROR)
		return false;
	for (size_t i = 0; i < op->groups.n; i++) {
		struct group *g = op->groups.v[i];
		if (g->total.present)
			op->agg->merge(&g->total, &g->partial, n);
		else
			g->total = g->partial;
		op->agg->finish(&g->total, n);
	}
	return true;
}

static enum iter_result aggregate_next(struct operator* base, struct step_series *out,
				       struct err *err)
{
	struct aggregator *op = (struct aggregator *)base;

	if (!op->is_done && !aggregate_all(op, err))
		return ITER_ERROR;
	op->is_done = true;
	if (op->next == op->groups.n)
		return ITER_END;
	const struct group *g = op->groups.v[op->next++];
	*out = (struct step_series){
	    .labels = g->labels,
	    .v = g->total.columns[0],
	    .present = g->total.present,
	    .drops_name = g->drops_name,
	    .block = (uint32_t)((op->next - 1) / BLOCK_SERIES),
	};
	return ITER_VALUE;
}

static void aggregate_close(struct operator* base)
{
	struct aggregator *op = (struct aggregator *)base;

	operator_close(op->arg);
	map_done(&op->by_hash);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops aggregate_ops = {aggregate_next, aggregate_close};

static operator_open_fn *special(enum aggregate_op op)
{
	switch ((int)op) {
	case AGGREGATE_TOPK:
	case AGGREGATE_BOTTOMK:
	case AGGREGATE_LIMITK:
	case AGGREGATE_LIMIT_RATIO:
		return aggregate_k_op_open;
	case AGGREGATE_QUANTILE:
		return quantile_op_open;
	case AGGREGATE_COUNT_VALUES:
		return count_values_op_open;
	default:
		return NULL;
	}
}

struct operator*
    aggregate_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	const struct aggregate *agg = &node->expr->aggregate;

	if (special(agg->op))
		return special(agg->op)(x, node, err);
	struct aggregator *op = NEW(struct aggregator);
	operator_init(&op->base, &aggregate_ops, x, node);
	op->base.keeps = true;
	op->agg = aggregation_of(agg->op);
	op->grouping = grouping_of(agg);
	op->arena = arena_new(x->tracker);
	op->arg = operator_open(x, node->args[0], err);
	if (!op->arg) {
		aggregate_close(&op->base);
		return NULL;
	}
	return &op->base;
}
