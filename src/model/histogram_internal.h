/* histogram_internal.h - what the files of model/histogram*.c share.
 */
#ifndef MODEL_HISTOGRAM_INTERNAL_H
#define MODEL_HISTOGRAM_INTERNAL_H

#include "model/histogram.h"

#include <math.h>

/* Where bucket `index` ends, of positive numbers. */
double histogram_bound(int64_t index, int32_t schema);
/* Where custom bucket `index` ends; -Inf for -1. */
double histogram_custom_bound(const struct histogram *h, int64_t index);

/* Bucket k of a side, as it is: it may reach into the zero bucket. */
struct histogram_bucket histogram_positive_at(const struct histogram *h, size_t k);
struct histogram_bucket histogram_negative_at(const struct histogram *h, size_t k);

/* The bucket that holds bucket `index` in a schema that is lower by `shift`. */
static inline int64_t histogram_wider_index(int64_t index, int shift)
{
	return ((index - 1) >> shift) + 1;
}

/* A side at a lower schema; `c`, if not NULL, are compensations, and become those of the result. */
struct histogram_side histogram_reduce_side(struct arena *a, struct histogram_side side, int shift,
					    double **c);

/* Without those buckets that are empty, in `c` too. */
void histogram_compact_side(struct arena *a, struct histogram_side *side, double *c);

/* Neumaier's addition to *sum. An infinite sum has no compensation. */
static inline void histogram_kahan_add(double *sum, double *c, double v)
{
	double t = *sum + v;

	if (isinf(t))
		*c = 0;
	else if (fabs(*sum) >= fabs(v))
		*c += (*sum - t) + v;
	else
		*c += (v - t) + *sum;
	*sum = t;
}

/* What the zero bucket would hold if it were as wide as *threshold, which moves on to where no
 * bucket that holds anything is cut. Compensations may be NULL; *zero_c counts on. */
double histogram_widened_zero(const struct histogram *h, const struct histogram *c,
			      double *threshold, double *zero_c);

#endif
