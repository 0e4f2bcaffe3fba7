#include "model/histogram_internal.h"

#include <float.h>

static const double fractions[256] = {
#include "model/histogram_bounds.inc"
};

/* The bound at which the largest finite number lies is that number, so that only infinities are
 * in the bucket behind it. */
static double power(double fraction, int64_t exponent)
{
	if (fraction == 0.5 && exponent == DBL_MAX_EXP + 1)
		return DBL_MAX;
	if (exponent > 2 * DBL_MAX_EXP)
		return INFINITY;
	if (exponent < -4 * DBL_MAX_EXP)
		return 0;
	return ldexp(fraction, (int)exponent);
}

double histogram_bound(int64_t index, int32_t schema)
{
	if (schema < 0)
		return power(0.5, index * ((int64_t)1 << -schema) + 1);
	uint64_t within = (uint64_t)index & ((1u << schema) - 1);
	return power(fractions[within << (HISTOGRAM_MAX_SCHEMA - schema)], (index >> schema) + 1);
}

double histogram_custom_bound(const struct histogram *h, int64_t index)
{
	if (index < 0)
		return -INFINITY;
	return (uint64_t)index < h->n_bounds ? h->bounds[index] : INFINITY;
}

struct histogram_bucket histogram_positive_at(const struct histogram *h, size_t k)
{
	int64_t index = h->positive.index[k];
	struct histogram_bucket b = {.count = h->positive.count[k], .has_upper = true};

	if (histogram_is_custom(h)) {
		b.lower = histogram_custom_bound(h, index - 1);
		b.upper = histogram_custom_bound(h, index);
		b.has_lower = index == 0;
		return b;
	}
	b.lower = histogram_bound(index - 1, h->schema);
	b.upper = histogram_bound(index, h->schema);
	b.has_upper = b.upper > 0;
	return b;
}

struct histogram_bucket histogram_negative_at(const struct histogram *h, size_t k)
{
	int64_t index = h->negative.index[k];
	struct histogram_bucket b = {
	    .lower = -histogram_bound(index, h->schema),
	    .upper = -histogram_bound(index - 1, h->schema),
	    .count = h->negative.count[k],
	};

	b.has_lower = b.lower < 0;
	return b;
}

static bool has_zero(const struct histogram *h)
{
	return h->zero_count > 0;
}

size_t histogram_num_buckets(const struct histogram *h)
{
	return h->negative.n + has_zero(h) + h->positive.n;
}

struct histogram_bucket histogram_bucket_at(const struct histogram *h, size_t i)
{
	struct histogram_bucket b;

	if (i < h->negative.n) {
		b = histogram_negative_at(h, h->negative.n - 1 - i);
	} else if (i == h->negative.n && has_zero(h)) {
		return (struct histogram_bucket){-h->zero_threshold, h->zero_threshold,
						 h->zero_count, true, true};
	} else {
		b = histogram_positive_at(h, i - h->negative.n - has_zero(h));
	}
	if (b.upper < 0 && b.upper > -h->zero_threshold)
		b.upper = -h->zero_threshold;
	else if (b.lower > 0 && b.lower < h->zero_threshold)
		b.lower = h->zero_threshold;
	return b;
}

double histogram_share_below(const struct histogram_bucket *b, double v, bool is_linear)
{
	if (is_linear)
		return (v - b->lower) / (b->upper - b->lower);
	double log_lower = log2(fabs(b->lower));
	double log_upper = log2(fabs(b->upper));
	double log_v = log2(fabs(v));
	if (v > 0)
		return (log_v - log_lower) / (log_upper - log_lower);
	return 1 - (log_v - log_upper) / (log_lower - log_upper);
}

struct histogram_side histogram_reduce_side(struct arena *a, struct histogram_side side, int shift,
					    double **c)
{
	int32_t *index = ARENA_ARRAY(a, int32_t, side.n);
	double *count = ARENA_ARRAY(a, double, side.n);
	double *lost = c ? ARENA_ARRAY(a, double, side.n) : NULL;
	size_t n = 0;

	for (size_t i = 0; i < side.n; i++) {
		int32_t wider = (int32_t)histogram_wider_index(side.index[i], shift);
		if (n == 0 || index[n - 1] != wider) {
			index[n] = wider;
			count[n] = side.count[i];
			if (c)
				lost[n] = (*c)[i];
			n++;
		} else if (c) {
			histogram_kahan_add(&count[n - 1], &lost[n - 1], side.count[i]);
			histogram_kahan_add(&count[n - 1], &lost[n - 1], (*c)[i]);
		} else {
			count[n - 1] += side.count[i];
		}
	}
	if (c)
		*c = lost;
	return (struct histogram_side){index, count, n};
}

static bool is_empty(const struct histogram_side *side, const double *c, size_t i)
{
	return side->count[i] == 0 && (!c || c[i] == 0);
}

void histogram_compact_side(struct arena *a, struct histogram_side *side, double *c)
{
	size_t n = 0;

	while (n < side->n && !is_empty(side, c, n))
		n++;
	if (n == side->n)
		return;
	int32_t *index = ARENA_ARRAY(a, int32_t, side->n);
	if (n)
		memcpy(index, side->index, n * sizeof(*index));
	for (size_t i = n; i < side->n; i++) {
		if (is_empty(side, c, i))
			continue;
		index[n] = side->index[i];
		side->count[n] = side->count[i];
		if (c)
			c[n] = c[i];
		n++;
	}
	side->index = index;
	side->n = n;
}
