/* Addition and subtraction, with and without compensation for rounding.
 */
#include "base/assert.h"
#include "model/histogram_internal.h"

#include <stdlib.h>

/* One gauge makes a gauge; what contradicts itself is unknown. True if it does. */
static bool merge_hints(struct histogram *h, enum histogram_hint other)
{
	if (h->hint == other || h->hint == HISTOGRAM_GAUGE)
		return false;
	if (other == HISTOGRAM_GAUGE) {
		h->hint = HISTOGRAM_GAUGE;
		return false;
	}
	bool collides = h->hint != HISTOGRAM_UNKNOWN && other != HISTOGRAM_UNKNOWN;
	h->hint = HISTOGRAM_UNKNOWN;
	return collides;
}

/* --- the zero bucket -------------------------------------------------------------------------- */

static void empty_below(struct histogram_side *side, double *c, int32_t schema, double threshold)
{
	for (size_t i = 0; i < side->n; i++) {
		if (histogram_bound((int64_t)side->index[i] - 1, schema) >= threshold)
			return;
		side->count[i] = 0;
		if (c)
			c[i] = 0;
	}
}

/* What is now in the zero bucket leaves its own. */
static void trim_below_zero(struct arena *a, struct histogram *h, struct histogram *c)
{
	double *positive = c ? c->positive.count : NULL;
	double *negative = c ? c->negative.count : NULL;

	empty_below(&h->positive, positive, h->schema, h->zero_threshold);
	empty_below(&h->negative, negative, h->schema, h->zero_threshold);
	histogram_compact_side(a, &h->positive, positive);
	histogram_compact_side(a, &h->negative, negative);
}

/* Widen h's zero bucket until both can have one of that width; the zero count that `other` has
 * then is the result. */
static double reconcile_zero(struct arena *a, struct histogram *h, struct histogram *c,
			     const struct histogram *other, double *other_c)
{
	double other_zero = other->zero_count;
	double threshold = other->zero_threshold;

	*other_c = 0;
	while (threshold != h->zero_threshold) {
		if (h->zero_threshold > threshold) {
			threshold = h->zero_threshold;
			*other_c = 0;
			other_zero = histogram_widened_zero(other, NULL, &threshold, other_c);
		}
		if (threshold > h->zero_threshold) {
			double zero_c = c ? c->zero_count : 0;
			h->zero_count = histogram_widened_zero(h, c, &threshold, &zero_c);
			h->zero_threshold = threshold;
			if (c)
				c->zero_count = zero_c;
			trim_below_zero(a, h, c);
		} else if (isnan(threshold) || isnan(h->zero_threshold)) {
			break;
		}
	}
	return other_zero;
}

/* --- buckets ---------------------------------------------------------------------------------- */

struct addend {
	const struct histogram_side *side;
	const double *c; /* compensations, may be NULL */
	size_t from;     /* what is before lies in the zero bucket */
	double sign;
};

static void add_one(double *count, double *c, const struct addend *b, size_t k)
{
	double v = b->side->count[k] * b->sign;

	if (!c) {
		*count += v;
		return;
	}
	histogram_kahan_add(count, c, v);
	if (b->c && b->c[k] != 0)
		histogram_kahan_add(count, c, b->c[k] * b->sign);
}

/* How many indexes of b are not in `side`. */
static size_t num_missing(const struct histogram_side *side, const struct addend *b)
{
	size_t i = 0, missing = 0;

	for (size_t k = b->from; k < b->side->n; k++) {
		while (i < side->n && side->index[i] < b->side->index[k])
			i++;
		missing += i == side->n || side->index[i] != b->side->index[k];
	}
	return missing;
}

static void add_in_place(struct histogram_side *side, double *c, const struct addend *b)
{
	size_t i = 0;

	for (size_t k = b->from; k < b->side->n; k++) {
		while (side->index[i] < b->side->index[k])
			i++;
		add_one(&side->count[i], c ? &c[i] : NULL, b, k);
	}
}

/* As between samples of one chunk: nothing has to be searched. */
static bool has_same_indexes(const struct histogram_side *side, const struct addend *b)
{
	const struct histogram_side *other = b->side;

	return b->from == 0 && side->n == other->n &&
	       (side->index == other->index ||
		memcmp(side->index, other->index, side->n * sizeof(*side->index)) == 0);
}

static void add_side(struct arena *a, struct histogram_side *side, double **c,
		     const struct addend *b)
{
	if (!c && side->n > 0 && has_same_indexes(side, b)) {
		for (size_t i = 0; i < side->n; i++)
			side->count[i] += b->side->count[i] * b->sign;
		return;
	}
	size_t missing = num_missing(side, b);

	if (missing == 0) {
		add_in_place(side, c ? *c : NULL, b);
		return;
	}
	size_t max = side->n + missing, n = 0, i = 0, k = b->from;
	int32_t *index = ARENA_ARRAY(a, int32_t, max);
	double *count = ARENA_ARRAY(a, double, max);
	double *lost = c ? ARENA_ARRAY(a, double, max) : NULL;
	for (; i < side->n || k < b->side->n; n++) {
		bool has_a =
		    i < side->n && (k >= b->side->n || side->index[i] <= b->side->index[k]);
		bool has_b = k < b->side->n && (!has_a || side->index[i] == b->side->index[k]);
		index[n] = has_a ? side->index[i] : b->side->index[k];
		count[n] = has_a ? side->count[i] : b->side->count[k] * b->sign;
		if (c)
			lost[n] = has_a ? (*c)[i] : b->c ? b->c[k] * b->sign : 0;
		if (has_a && has_b)
			add_one(&count[n], c ? &lost[n] : NULL, b, k);
		i += has_a;
		k += has_b;
	}
	assert(n == max);
	*side = (struct histogram_side){index, count, n};
	if (c)
		*c = lost;
}

/* The first bucket of a side that does not lie within the zero bucket. */
static size_t first_above(const struct histogram_side *side, int32_t schema, double threshold)
{
	size_t i = 0;

	if (schema == HISTOGRAM_CUSTOM)
		return 0;
	while (i < side->n && histogram_bound(side->index[i], schema) <= threshold)
		i++;
	return i;
}

/* --- custom buckets --------------------------------------------------------------------------- */

static bool has_same_bounds(const struct histogram *h, const struct histogram *other)
{
	if (h->n_bounds != other->n_bounds)
		return false;
	for (size_t i = 0; i < h->n_bounds; i++)
		if (h->bounds[i] != other->bounds[i])
			return false;
	return true;
}

static size_t common_bounds(struct arena *a, const struct histogram *h,
			    const struct histogram *other, double **out)
{
	size_t i = 0, k = 0, n = 0;

	*out = ARENA_ARRAY(a, double, h->n_bounds);
	while (i < h->n_bounds && k < other->n_bounds) {
		if (h->bounds[i] == other->bounds[k]) {
			(*out)[n++] = h->bounds[i];
			i++, k++;
		} else if (h->bounds[i] < other->bounds[k]) {
			i++;
		} else {
			k++;
		}
	}
	return n;
}

/* Put h's buckets into those that end at `bounds`. */
static void pour(const struct histogram *h, const double *c, double sign, const double *bounds,
		 size_t n_bounds, double *count, double *lost)
{
	size_t k = 0;

	for (size_t i = 0; i < h->positive.n; i++) {
		double end = histogram_custom_bound(h, h->positive.index[i]);
		while (k < n_bounds && bounds[k] < end)
			k++;
		histogram_kahan_add(&count[k], &lost[k], h->positive.count[i] * sign);
		if (c)
			histogram_kahan_add(&count[k], &lost[k], c[i]);
	}
}

static void add_other_bounds(struct arena *a, struct histogram *h, struct histogram *c,
			     const struct histogram *other, double sign)
{
	double *bounds;
	size_t n_bounds = common_bounds(a, h, other, &bounds), n = 0;
	double *count = ARENA_ARRAY(a, double, n_bounds + 1);
	double *lost = ARENA_ARRAY(a, double, n_bounds + 1);
	int32_t *index = ARENA_ARRAY(a, int32_t, n_bounds + 1);

	pour(h, c ? c->positive.count : NULL, 1, bounds, n_bounds, count, lost);
	pour(other, NULL, sign, bounds, n_bounds, count, lost);
	for (size_t i = 0; i <= n_bounds; i++) {
		if (count[i] == 0 && lost[i] == 0)
			continue;
		index[n] = (int32_t)i;
		count[n] = count[i];
		lost[n++] = lost[i];
	}
	h->positive = (struct histogram_side){index, count, n};
	h->bounds = bounds;
	h->n_bounds = n_bounds;
	if (c)
		c->positive.count = lost;
}

/* --- the whole -------------------------------------------------------------------------------- */

static void add_number(double *to, double *c, double v)
{
	if (c)
		histogram_kahan_add(to, c, v);
	else
		*to += v;
}

/* Bring both to the lower resolution; `other` is a copy on which only the sides are changed. */
static void reconcile_schemas(struct arena *a, struct histogram *h, struct histogram *c,
			      struct histogram *other, struct histogram *other_c)
{
	int shift = abs(h->schema - other->schema);

	if (other->schema < h->schema) {
		h->positive =
		    histogram_reduce_side(a, h->positive, shift, c ? &c->positive.count : NULL);
		h->negative =
		    histogram_reduce_side(a, h->negative, shift, c ? &c->negative.count : NULL);
		h->schema = other->schema;
	} else if (other->schema > h->schema) {
		if (c) {
			other_c->positive.count = ARENA_ARRAY(a, double, other->positive.n);
			other_c->negative.count = ARENA_ARRAY(a, double, other->negative.n);
		}
		other->positive = histogram_reduce_side(a, other->positive, shift,
							c ? &other_c->positive.count : NULL);
		other->negative = histogram_reduce_side(a, other->negative, shift,
							c ? &other_c->negative.count : NULL);
	}
}

static void add_exponential(struct arena *a, struct histogram *h, struct histogram *c,
			    const struct histogram *other, double sign)
{
	struct histogram b = *other, b_c = {0};

	reconcile_schemas(a, h, c, &b, &b_c);
	struct addend positive = {
	    .side = &b.positive,
	    .c = b_c.positive.count,
	    .from = first_above(&b.positive, h->schema, h->zero_threshold),
	    .sign = sign,
	};
	struct addend negative = {
	    .side = &b.negative,
	    .c = b_c.negative.count,
	    .from = first_above(&b.negative, h->schema, h->zero_threshold),
	    .sign = sign,
	};
	add_side(a, &h->positive, c ? &c->positive.count : NULL, &positive);
	add_side(a, &h->negative, c ? &c->negative.count : NULL, &negative);
}

static void add_custom(struct arena *a, struct histogram *h, struct histogram *c,
		       const struct histogram *other, double sign, struct histogram_clash *clash)
{
	struct addend positive = {.side = &other->positive, .sign = sign};

	clash->has_bounds = !has_same_bounds(h, other);
	if (clash->has_bounds)
		add_other_bounds(a, h, c, other, sign);
	else
		add_side(a, &h->positive, c ? &c->positive.count : NULL, &positive);
}

/* h += sign * other. Of a compensation only the numbers and counts are kept up to date: its layout
 * is that of h. */
static struct histogram_clash add(struct arena *a, struct histogram *h, struct histogram *c,
				  const struct histogram *other, double sign)
{
	struct histogram_clash clash = {.is_incompatible =
					    histogram_is_custom(h) != histogram_is_custom(other)};

	if (clash.is_incompatible)
		return clash;
	clash.has_hints = merge_hints(h, other->hint);
	if (!histogram_is_custom(h)) {
		double zero_c;
		double zero = reconcile_zero(a, h, c, other, &zero_c);
		add_number(&h->zero_count, c ? &c->zero_count : NULL, zero * sign);
		if (c)
			histogram_kahan_add(&h->zero_count, &c->zero_count, zero_c);
	}
	add_number(&h->count, c ? &c->count : NULL, other->count * sign);
	add_number(&h->sum, c ? &c->sum : NULL, other->sum * sign);
	if (histogram_is_custom(h))
		add_custom(a, h, c, other, sign, &clash);
	else
		add_exponential(a, h, c, other, sign);
	return clash;
}

struct histogram_clash histogram_add(struct arena *a, struct histogram *h,
				     const struct histogram *other)
{
	return add(a, h, NULL, other, 1);
}

struct histogram_clash histogram_subtract(struct arena *a, struct histogram *h,
					  const struct histogram *other)
{
	return add(a, h, NULL, other, -1);
}

/* Whatever changes the layout of h changes c's counts with it; here c gets the rest of it. */
static void follow(struct histogram *c, const struct histogram *h)
{
	c->schema = h->schema;
	c->hint = h->hint;
	c->zero_threshold = h->zero_threshold;
	c->positive = (struct histogram_side){h->positive.index, c->positive.count, h->positive.n};
	c->negative = (struct histogram_side){h->negative.index, c->negative.count, h->negative.n};
	c->bounds = h->bounds;
	c->n_bounds = h->n_bounds;
}

struct histogram *histogram_compensation(struct arena *a, const struct histogram *h)
{
	struct histogram *c = ARENA_NEW(a, struct histogram);

	c->positive.count = ARENA_ARRAY(a, double, h->positive.n);
	c->negative.count = ARENA_ARRAY(a, double, h->negative.n);
	follow(c, h);
	return c;
}

struct histogram_clash histogram_add_compensated(struct arena *a, struct histogram *h,
						 struct histogram *c, const struct histogram *other)
{
	struct histogram_clash clash = add(a, h, c, other, 1);

	follow(c, h);
	return clash;
}

void histogram_settle(struct arena *a, struct histogram *h, const struct histogram *c)
{
	add(a, h, NULL, c, 1);
}
