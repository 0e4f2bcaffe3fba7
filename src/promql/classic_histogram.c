#include "promql/classic_histogram.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static int cmp_bound(const void *a, const void *b)
{
	double x = ((const struct classic_bucket *)a)->upper_bound;
	double y = ((const struct classic_bucket *)b)->upper_bound;

	return (x > y) - (x < y);
}

/* Buckets with the same bound ("1" and "1.0") count as one. */
static size_t coalesce(struct classic_bucket *v, size_t n)
{
	size_t last = 0;

	for (size_t i = 1; i < n; i++) {
		if (v[i].upper_bound == v[last].upper_bound)
			v[last].count += v[i].count;
		else
			v[++last] = v[i];
	}
	return last + 1;
}

/* The same but for what sums of floats lose: one observation in 10^12. */
static bool almost_equal(double a, double b)
{
	double sum = fabs(a) + fabs(b);
	double diff = fabs(a - b);

	if (a == b)
		return true;
	if (a == 0 || b == 0 || sum < DBL_MIN)
		return diff < 1e-12 * DBL_MIN;
	return diff / fmin(sum, DBL_MAX) < 1e-12;
}

static void make_monotonic(struct classic_bucket *v, size_t n, struct forced_monotonic *forced)
{
	double before = v[0].count;

	*forced = (struct forced_monotonic){.min_bucket = INFINITY, .max_bucket = -INFINITY};
	for (size_t i = 1; i < n; i++) {
		double count = v[i].count;
		if (count > before && !almost_equal(before, count)) {
			before = count;
			continue;
		}
		if (isnan(count) || isnan(before)) {
			before = count;
			continue;
		}
		v[i].count = before;
		if (almost_equal(before, count))
			continue;
		forced->happened = true;
		forced->min_bucket = fmin(forced->min_bucket, v[i].upper_bound);
		forced->max_bucket = fmax(forced->max_bucket, v[i].upper_bound);
		forced->max_diff = fmax(forced->max_diff, before - count);
	}
}

/* The first bucket that has counted `rank` observations; the last one where none has. */
static size_t find_rank(const struct classic_bucket *v, size_t n, double rank)
{
	size_t from = 0, to = n - 1;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (v[mid].count >= rank)
			to = mid;
		else
			from = mid + 1;
	}
	return from;
}

double classic_histogram_quantile(double q, struct classic_bucket *v, size_t n,
				  struct forced_monotonic *forced)
{
	*forced = (struct forced_monotonic){0};
	if (isnan(q))
		return NAN;
	if (q < 0)
		return -INFINITY;
	if (q > 1)
		return INFINITY;
	qsort(v, n, sizeof(*v), cmp_bound);
	if (v[n - 1].upper_bound != INFINITY)
		return NAN;
	n = coalesce(v, n);
	make_monotonic(v, n, forced);
	double observations = v[n - 1].count;
	if (n < 2 || observations == 0)
		return NAN;

	double rank = q * observations;
	size_t b = find_rank(v, n, rank);
	if (b == n - 1)
		return v[n - 2].upper_bound;
	if (b == 0 && v[0].upper_bound <= 0)
		return v[0].upper_bound;
	double start = 0, count = v[b].count;
	if (b > 0) {
		start = v[b - 1].upper_bound;
		count -= v[b - 1].count;
		rank -= v[b - 1].count;
	}
	return start + (v[b].upper_bound - start) * (rank / count);
}

/* How many observations are below `bound`, by linear interpolation. */
static double count_below(const struct classic_bucket *v, size_t n, double bound)
{
	double start = v[0].upper_bound <= 0 ? -INFINITY : 0, before = 0;

	for (size_t i = 0; i < n; i++) {
		if (start >= bound)
			return before;
		if (v[i].upper_bound > bound && start == -INFINITY)
			return v[i].count;
		if (v[i].upper_bound > bound)
			return before +
			       (v[i].count - before) * (bound - start) / (v[i].upper_bound - start);
		before = v[i].count;
		start = v[i].upper_bound;
	}
	return v[n - 1].count;
}

double classic_histogram_fraction(double lower, double upper, struct classic_bucket *v, size_t n)
{
	qsort(v, n, sizeof(*v), cmp_bound);
	if (v[n - 1].upper_bound != INFINITY)
		return NAN;
	n = coalesce(v, n);
	double count = v[n - 1].count;
	if (count == 0 || isnan(lower) || isnan(upper))
		return NAN;
	if (lower >= upper)
		return 0;
	double from = count_below(v, n, lower), to = count_below(v, n, upper);
	return ((to > count ? count : to) - (from > count ? count : from)) / count;
}
