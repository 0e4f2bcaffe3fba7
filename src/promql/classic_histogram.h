/* classic_histogram.h - histogram_quantile() of buckets that are series of their own, with an upper
 * bound (label le) and a cumulative count each.
 */
#ifndef PROMQL_CLASSIC_HISTOGRAM_H
#define PROMQL_CLASSIC_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct classic_bucket {
	double upper_bound;
	double count;
};

/* Counts that decreased from one bucket to the next, which cannot be: they were raised. */
struct forced_monotonic {
	bool happened;
	double min_bucket; /* the range of upper bounds concerned */
	double max_bucket;
	double max_diff;
};

/* Sorts and corrects `v` in place; n > 0. NaN where no answer is possible. */
double classic_histogram_quantile(double q, struct classic_bucket *v, size_t n,
				  struct forced_monotonic *forced);

/* The share of observations between two bounds. Sorts `v` in place; n > 0. */
double classic_histogram_fraction(double lower, double upper, struct classic_bucket *v, size_t n);

#endif
