/* aggregations.h - sum, avg, count, min, max, group, stddev and stdvar over columns of steps.
 *
 * Each is a state of up to four columns that series are added to one by one, and that absorbs the
 * state of another block of series. Sums are compensated; adding is exactly what Prometheus does,
 * in the same order, so that up to one block of series the results are the same to the last bit.
 */
#ifndef PROMQL_AGGREGATIONS_H
#define PROMQL_AGGREGATIONS_H

#include "promql/ast.h"
#include "promql/steps.h"

enum { AGGREGATION_COLUMNS_MAX = 4 };

struct aggregation_state {
	uint64_t *present; /* steps that have seen a value */
	double *columns[AGGREGATION_COLUMNS_MAX];
};

struct aggregation {
	size_t n_columns;
	void (*add)(struct aggregation_state *to, const struct step_series *s, size_t n);
	/* `to` comes first in the order of series. */
	void (*merge)(struct aggregation_state *to, const struct aggregation_state *from, size_t n);
	/* Leaves the results in columns[0]. */
	void (*finish)(struct aggregation_state *state, size_t n);
};

/* NULL for operators that are not made this way. */
const struct aggregation *aggregation_of(enum aggregate_op op);

/* A state that has seen nothing. */
struct aggregation_state aggregation_state_new(const struct aggregation *agg, struct arena *a,
					       size_t n);
void aggregation_state_clear(const struct aggregation *agg, struct aggregation_state *state,
			     size_t n);

#endif
