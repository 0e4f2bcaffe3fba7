/* plan_internal.h - what the files of the planner share.
 */
#ifndef PROMQL_PLAN_INTERNAL_H
#define PROMQL_PLAN_INTERNAL_H

#include "promql/plan.h"

enum plan_kind plan_kind_of_function(enum function_id id);

/* Of the functions that are PLAN_NUMBER: pi(), start() and so on. */
double plan_number_of_function(enum function_id id, const struct query_time *time);

/* Whether the function may be given a range selector with such bounds. */
bool plan_function_takes_bounds(enum function_id id, enum selector_bounds bounds);

/* Whether counts and sums are all it takes of histograms. */
bool plan_function_reads_stats(enum function_id id);

/* What is left of a selector's matchers; false when no series can satisfy them. */
bool plan_matchers(struct promql_plan *plan, struct matchers ms, struct matchers *out);

/* Numbers selectors that ask for the same series. */
void plan_share_selectors(struct promql_plan *plan, struct plan_node *const *selectors, size_t n);

/* A scalar of known numbers becomes a number. */
void plan_node_fold(struct plan_node *node);

/* Once all else is known of the node: is_per_series and may_collide. */
void plan_node_set_flow(struct plan_node *node, const struct promql_engine_opts *opts);

/* Times beyond are of no sample, and within them offsets and ranges can be added without care: 70
 * million years. */
int64_t plan_clamp_time(int64_t t_ms);

/* The multiples of a subquery's step in all windows of the steps around it. ERR_LIMIT for too many.
 */
bool plan_subquery_steps(const struct plan_window *w, int64_t step_ms, const struct steps *around,
			 struct steps *out, struct err *err);

/* Whether the expression has the same value at every step. */
bool plan_is_pinned(const struct expr *e);

#endif
