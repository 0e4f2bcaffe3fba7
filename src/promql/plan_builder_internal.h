/* plan_builder_internal.h - makes the nodes of a plan from those of a query: what plan_builder.c,
 * which knows functions and operators, and plan_selector.c, which knows selectors and subqueries,
 * share.
 */
#ifndef PROMQL_PLAN_BUILDER_INTERNAL_H
#define PROMQL_PLAN_BUILDER_INTERNAL_H

#include "promql/plan_internal.h"

/* What the tree above a node says about it. */
struct plan_place {
	struct steps steps;
	/* Offsets and ranges of the subqueries around it, up to the innermost one with @. */
	int64_t subquery_offset_ms;
	int64_t subquery_range_ms;
	bool subquery_pinned;
	int64_t subquery_at_ms;
	int64_t hint_step_ms;
	const char *func; /* the nearest function or aggregation, "" across operators */
	const struct aggregate *parent; /* when that is what stands directly above */
	bool is_extended;               /* directly below xrate() and its like */
	/* Somewhere below histogram_count() and its like, and below something that needs buckets.
	 */
	bool wants_stats;
	bool needs_buckets;
	uint64_t sample_weight;
};

struct plan_builder {
	struct promql_plan *plan;
	struct arena *a;
	struct {
		struct plan_node **v;
		size_t n, cap;
	} selectors;
	struct err *err;
};

/* What an expression becomes; NULL with *b->err set. */
struct plan_node *plan_build(struct plan_builder *b, const struct expr *e, struct plan_place place);

struct plan_node *plan_node_new(struct plan_builder *b, enum plan_kind kind, const struct expr *e,
				const struct plan_place *place, size_t n_args);

/* `range` of a range selector, else NULL. */
struct plan_node *plan_build_selector(struct plan_builder *b, const struct expr *e,
				      const struct duration *range, struct plan_place *place);
struct plan_node *plan_build_subquery(struct plan_builder *b, const struct expr *e,
				      struct plan_place *place);
void plan_resolve_at(const struct plan_builder *b, const struct at *at, struct plan_window *window);
/* Fills in node->hints of a selector. */
void plan_fill_hints(struct plan_builder *b, struct plan_node *node, const struct plan_place *place,
		     bool is_range);

#endif
