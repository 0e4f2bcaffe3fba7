#include "model/histogram.h"

#include "base/float_text.h"
#include "model/histogram_internal.h"

static struct histogram_side copy_side(struct arena *a, struct histogram_side side)
{
	if (side.n == 0)
		return (struct histogram_side){0};
	double *count = arena_alloc(a, side.n * sizeof(*count));
	int32_t *index = arena_alloc(a, side.n * sizeof(*index));
	memcpy(count, side.count, side.n * sizeof(*count));
	memcpy(index, side.index, side.n * sizeof(*index));
	return (struct histogram_side){index, count, side.n};
}

struct histogram *histogram_copy(struct arena *a, const struct histogram *h)
{
	struct histogram *copy = ARENA_NEW(a, struct histogram);

	*copy = *h;
	copy->positive = copy_side(a, h->positive);
	copy->negative = copy_side(a, h->negative);
	if (h->n_bounds) {
		double *bounds = arena_alloc(a, h->n_bounds * sizeof(*bounds));
		memcpy(bounds, h->bounds, h->n_bounds * sizeof(*bounds));
		copy->bounds = bounds;
	}
	return copy;
}

static bool same_bytes(const void *a, const void *b, size_t n)
{
	return n == 0 || a == b || memcmp(a, b, n) == 0;
}

static bool same_side(const struct histogram_side *a, const struct histogram_side *b)
{
	return a->n == b->n && same_bytes(a->index, b->index, a->n * sizeof(*a->index)) &&
	       same_bytes(a->count, b->count, a->n * sizeof(*a->count));
}

static bool same_bounds(const struct histogram *a, const struct histogram *b)
{
	if (a->n_bounds != b->n_bounds)
		return false;
	for (size_t i = 0; i < a->n_bounds; i++)
		if (a->bounds[i] != b->bounds[i])
			return false;
	return true;
}

bool histogram_equal(const struct histogram *a, const struct histogram *b)
{
	return a->schema == b->schema && same_bytes(&a->count, &b->count, sizeof(a->count)) &&
	       same_bytes(&a->sum, &b->sum, sizeof(a->sum)) &&
	       (!histogram_is_custom(a) || same_bounds(a, b)) &&
	       a->zero_threshold == b->zero_threshold &&
	       same_bytes(&a->zero_count, &b->zero_count, sizeof(a->zero_count)) &&
	       same_side(&a->positive, &b->positive) && same_side(&a->negative, &b->negative);
}

static void put_number(struct buf *out, double v)
{
	char text[FLOAT_TEXT_MAX];

	buf_append(out, text, float_metric(text, v));
}

static void put_bucket(struct buf *out, struct histogram_bucket b)
{
	if (b.count == 0)
		return;
	buf_puts(out, b.has_lower ? ", [" : ", (");
	put_number(out, b.lower);
	buf_putc(out, ',');
	put_number(out, b.upper);
	buf_puts(out, b.has_upper ? "]:" : "):");
	put_number(out, b.count);
}

void histogram_format(struct buf *out, const struct histogram *h)
{
	buf_puts(out, "{count:");
	put_number(out, h->count);
	buf_puts(out, ", sum:");
	put_number(out, h->sum);
	for (size_t k = h->negative.n; k-- > 0;)
		put_bucket(out, histogram_negative_at(h, k));
	put_bucket(out, (struct histogram_bucket){-h->zero_threshold, h->zero_threshold,
						  h->zero_count, true, true});
	for (size_t k = 0; k < h->positive.n; k++)
		put_bucket(out, histogram_positive_at(h, k));
	buf_putc(out, '}');
}

static size_t num_spans(const struct histogram_side *side)
{
	size_t n = side->n > 0;

	for (size_t i = 1; i < side->n; i++)
		n += side->index[i] != side->index[i - 1] + 1;
	return n;
}

/* Bytes of Prometheus' struct, in samples of 16 bytes. */
size_t histogram_num_samples(const struct histogram *h)
{
	size_t words = num_spans(&h->positive) + num_spans(&h->negative) + h->positive.n +
		       h->negative.n + h->n_bounds;

	return (168 + 8 * words + 8) / 16;
}

void histogram_compact(struct arena *a, struct histogram *h)
{
	histogram_compact_side(a, &h->positive, NULL);
	histogram_compact_side(a, &h->negative, NULL);
}

void histogram_multiply(struct histogram *h, double factor)
{
	h->zero_count *= factor;
	h->count *= factor;
	h->sum *= factor;
	for (size_t i = 0; i < h->positive.n; i++)
		h->positive.count[i] *= factor;
	for (size_t i = 0; i < h->negative.n; i++)
		h->negative.count[i] *= factor;
	if (factor < 0)
		h->hint = HISTOGRAM_GAUGE;
}

void histogram_divide(struct histogram *h, double divisor)
{
	h->zero_count /= divisor;
	h->count /= divisor;
	h->sum /= divisor;
	if (divisor == 0)
		h->positive.n = h->negative.n = 0;
	for (size_t i = 0; i < h->positive.n; i++)
		h->positive.count[i] /= divisor;
	for (size_t i = 0; i < h->negative.n; i++)
		h->negative.count[i] /= divisor;
	if (divisor < 0)
		h->hint = HISTOGRAM_GAUGE;
}

void histogram_reduce(struct arena *a, struct histogram *h, int32_t schema)
{
	if (histogram_is_custom(h) || schema >= h->schema)
		return;
	h->positive = histogram_reduce_side(a, h->positive, h->schema - schema, NULL);
	h->negative = histogram_reduce_side(a, h->negative, h->schema - schema, NULL);
	h->schema = schema;
}

static bool has_infinity(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (isinf(v[i]))
			return true;
	return false;
}

bool histogram_has_overflow(const struct histogram *h)
{
	return isinf(h->zero_count) || isinf(h->count) || isinf(h->sum) ||
	       has_infinity(h->positive.count, h->positive.n) ||
	       has_infinity(h->negative.count, h->negative.n);
}
