/* meter.h - what an execution counts beside its result, when it is asked to: the samples that its
 * selectors looked at, in all and at each step of the query, and what each operator cost.
 *
 * Threads: all lanes of an execution count in one meter, without a lock.
 */
#ifndef PROMQL_METER_H
#define PROMQL_METER_H

#include "promql/cost.h"
#include "promql/operator.h"

#include <stdatomic.h>

/* struct operator_cost while it grows: of the operator alone, but for the time. */
struct metered_cost {
	_Atomic int64_t time_ns;
	atomic_uint_fast64_t n_series, n_values, samples_total, samples_peak, chunk_bytes;
};

struct meter {
	atomic_uint_fast64_t *samples_at; /* by step; NULL unless steps are counted */
	size_t n_steps;
	struct metered_cost *costs; /* by plan_node.id; NULL unless operators are */
};

/* As the options of the plan have it, in memory of `a`; NULL when nothing is to be counted. */
struct meter *meter_new(const struct promql_plan *plan, struct arena *a);

/* What an instant selector gave, and what the windows of a range selector hold: counted as
 * Prometheus does, a histogram as the samples that would take its memory. */
void count_selected(struct execution *x, const struct plan_node *node, const struct step_series *s);
void count_windows(struct execution *x, const struct plan_node *node, const struct samples *s);

/* Encoded bytes that a selector read. */
void count_chunks(struct execution *x, const struct plan_node *node, const struct series *s);

/* What has no operator of its own took this long, and gave a series unless `n_values` is NULL. */
void count_given(struct execution *x, const struct plan_node *node, int64_t began_ns,
		 const size_t *n_values);

/* The same operator, whose series and time are counted as those of `node`. Takes `op`; gives it
 * back where there is nothing to count. `began_ns` is when it began to open. */
struct operator* metered_op_new(struct operator* op, struct execution *x,
				const struct plan_node *node, int64_t began_ns);

#endif
