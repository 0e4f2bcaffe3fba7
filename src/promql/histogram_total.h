/* histogram_total.h - the sum or the average of histograms that come one by one, compensated.
 *
 * An average is that of the sum until the sum would overflow, from then on it is adjusted by each
 * histogram.
 */
#ifndef PROMQL_HISTOGRAM_TOTAL_H
#define PROMQL_HISTOGRAM_TOTAL_H

#include "model/histogram.h"

/* Starts as all zero. */
struct histogram_total {
	struct histogram *sum; /* or the average; NULL before the first */
	struct histogram *c;
	double count;
	bool is_incremental;
	bool has_reset, has_not_reset;
	bool has_bounds;      /* bounds had to be reconciled */
	bool is_incompatible; /* custom and other buckets: there is no total */
};

/* Memory is of `a`, which lives as long as the total. */
void histogram_total_add(struct histogram_total *t, struct arena *a, const struct histogram *h,
			 bool is_average);
/* Of at least one; not if incompatible. */
struct histogram *histogram_total_value(struct histogram_total *t, struct arena *a,
					bool is_average);

#endif
