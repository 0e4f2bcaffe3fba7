/* op_aggregate.c - sum, avg and their like: holds groups x steps, never the series.
 *
 * Series are counted in blocks of 1,024 as they were selected. Each group adds up the series of one
 * block by itself and then combines the blocks in their order: whoever computes the blocks, on
 * however many threads, the result has the same bits.
 */
#include "base/alloc.h"
#include "promql/aggregations.h"
#include "promql/grouping.h"
#include "promql/histogram_notes.h"
#include "promql/operator.h"

#include <stdlib.h>

struct group {
	uint64_t hash;
	struct labels labels;
	bool drops_name;
	struct aggregation_state total;   /* of the blocks before; no columns until there is one */
	struct aggregation_state partial; /* of the current block */
	uint32_t block;
	struct histogram_total *totals; /* by step; NULL before the first histogram */
	struct histogram **hist;        /* the results */
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

/* --- histograms ------------------------------------------------------------------------------- */

static struct note_place note_place_of(const struct aggregator *op, struct labels labels)
{
	return (struct note_place){&op->base.x->annotations,
				   op->base.node->expr->aggregate.expr->where,
				   labels_get(labels, STR(LABEL_NAME))};
}

/* sum and avg add them up step by step, in the order of series. */
static void add_histograms(struct aggregator *op, struct group *g, const struct step_series *s)
{
	size_t n = op->base.steps.n;
	bool is_average = op->base.node->expr->aggregate.op == AGGREGATE_AVG;
	struct note_place place = note_place_of(op, s->labels);

	if (!g->totals)
		g->totals = ARENA_ARRAY(op->arena, struct histogram_total, n);
	for (size_t i = bits_next(s->present, n, 0); i < n; i = bits_next(s->present, n, i + 1)) {
		struct histogram_total *t = &g->totals[i];
		if (!s->hist[i] || t->is_incompatible)
			continue;
		histogram_total_add(t, op->arena, s->hist[i], is_average);
		if (t->is_incompatible)
			note_mixed_schemas(&place);
	}
}

/* What is left of the series are floats, or all of it where a sample is a sample. */
static void take_histograms(struct aggregator *op, struct group *g, struct step_series *s)
{
	enum aggregate_op operation = op->base.node->expr->aggregate.op;

	if (!s->hist || operation == AGGREGATE_COUNT || operation == AGGREGATE_GROUP)
		return;
	if (operation == AGGREGATE_SUM || operation == AGGREGATE_AVG) {
		add_histograms(op, g, s);
		step_series_drop_histograms(s, op->base.steps.n);
	} else if (step_series_drop_histograms(s, op->base.steps.n)) {
		annotations_add(&op->base.x->annotations, NOTE_PROMQL_INFO,
				op->base.node->expr->aggregate.expr->where,
				"ignored histogram in %s aggregation",
				aggregate_op_name(operation));
	}
}

static void finish_histograms(struct aggregator *op, struct group *g)
{
	size_t n = op->base.steps.n;
	bool is_average = op->base.node->expr->aggregate.op == AGGREGATE_AVG;
	struct note_place place = note_place_of(op, g->labels);

	if (!g->totals)
		return;
	g->hist = ARENA_ARRAY(op->arena, struct histogram *, n);
	for (size_t i = 0; i < n; i++) {
		struct histogram_total *t = &g->totals[i];
		if (t->count == 0)
			continue;
		if (bits_has(g->total.present, i)) {
			bits_clear(g->total.present, i);
			annotations_add(place.notes, NOTE_PROMQL_WARNING, place.at,
					"encountered a mix of histograms and floats for "
					"aggregation");
			continue;
		}
		if (t->has_bounds)
			note_reconciled_bounds(&place, "aggregation");
		if (t->is_incompatible)
			continue;
		if (t->has_reset && t->has_not_reset)
			note_conflicting_resets(&place, "aggregation");
		g->hist[i] = histogram_total_value(t, op->arena, is_average);
		histogram_compact(op->arena, g->hist[i]);
		bits_set(g->total.present, i);
	}
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
		take_histograms(op, g, &s);
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
		finish_histograms(op, g);
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
	while (op->next < op->groups.n) {
		const struct group *g = op->groups.v[op->next++];
		if (!bits_any(g->total.present, base->steps.n))
			continue; /* floats and histograms, or histograms that do not go together */
		*out = (struct step_series){
		    .labels = g->labels,
		    .v = g->total.columns[0],
		    .present = g->total.present,
		    .hist = g->hist,
		    .drops_name = g->drops_name,
		    .block = (uint32_t)((op->next - 1) / BLOCK_SERIES),
		};
		return ITER_VALUE;
	}
	return ITER_END;
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
