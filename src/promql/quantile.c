#include "promql/quantile.h"

#include <math.h>
#include <stdlib.h>

static int cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	if (isnan(x) || isnan(y))
		return isnan(y) - isnan(x);
	return (x > y) - (x < y);
}

double quantile(double q, double *v, size_t n)
{
	if (n == 0 || isnan(q))
		return NAN;
	if (q < 0)
		return -INFINITY;
	if (q > 1)
		return INFINITY;

	qsort(v, n, sizeof(*v), cmp);
	double rank = q * ((double)n - 1);
	double below = floor(rank);
	size_t lower = (size_t)below;
	size_t upper = lower + 1 < n ? lower + 1 : n - 1;
	double weight = rank - below;
	return v[lower] * (1 - weight) + v[upper] * weight;
}
