/* range_functions.h - functions of the samples of one window: deriv(), max_over_time() and so on.
 * rate() and its like are in rate.h, changes() and resets() in pair_counts.h, which see all windows
 * at once.
 */
#ifndef PROMQL_RANGE_FUNCTIONS_H
#define PROMQL_RANGE_FUNCTIONS_H

#include "model/samples.h"
#include "promql/functions.h"

/* Samples [from, to) of s; at least one. */
struct range_window {
	const struct samples *s;
	size_t from;
	size_t to;
	int64_t t_ms;         /* of the evaluation, which the window may be offset from */
	const double *params; /* the function's scalars at this step */
	struct arena *scratch;
};

/* False: no value. */
typedef bool range_fn(const struct range_window *w, double *out);

/* NULL when `id` is none of these functions. */
range_fn *range_function(enum function_id id);

#endif
