#include "model/histogram_internal.h"

/* Add up one side's buckets below *threshold. A bucket that is cut moves it; true if it moved. */
static bool swallow_side(const struct histogram_side *side, const double *c, int32_t schema,
			 double *threshold, double *zero, double *zero_c)
{
	for (size_t i = 0; i < side->n; i++) {
		double upper = histogram_bound(side->index[i], schema);
		if (histogram_bound((int64_t)side->index[i] - 1, schema) >= *threshold)
			return false;
		histogram_kahan_add(zero, zero_c, side->count[i]);
		if (c)
			histogram_kahan_add(zero, zero_c, c[i]);
		if (upper <= *threshold)
			continue;
		if (side->count[i] == 0)
			return false;
		*threshold = upper;
		return true;
	}
	return false;
}

double histogram_widened_zero(const struct histogram *h, const struct histogram *c,
			      double *threshold, double *zero_c)
{
	double zero = h->zero_count;
	bool again = *threshold != h->zero_threshold;

	while (again) {
		zero = h->zero_count;
		swallow_side(&h->positive, c ? c->positive.count : NULL, h->schema, threshold,
			     &zero, zero_c);
		again = swallow_side(&h->negative, c ? c->negative.count : NULL, h->schema,
				     threshold, &zero, zero_c);
	}
	return zero;
}
