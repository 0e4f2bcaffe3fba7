/* The first byte is the encoding, the rest a chunk. What decodes must encode to a chunk that
 * decodes to the same; bytes may differ only where the input was not written by an appender. */
#include "base/assert.h"
#include "codec/histogram_chunk.h"
#include "codec/plain_chunk.h"
#include "model/histogram.h"
#include "model/samples.h"

#include <math.h>

static bool decode(enum chunk_encoding encoding, const uint8_t *data, size_t size, struct arena *a,
		   struct histogram_chunk *out)
{
	struct chunk_data c = {.data = data, .size_bytes = (uint32_t)size, .encoding = encoding};
	struct err err = ERR_INIT;

	bool ok = histogram_chunk_decode(&c, a, out, &err);
	assert(ok || err.code == ERR_CORRUPT);
	return ok;
}

/* Whole counts above 2^53 do not survive as floats. */
static bool is_exact(const double *v, size_t n)
{
	for (size_t i = 0; v && i < n; i++)
		if (!(fabs(v[i]) < 0x1p53))
			return false;
	return true;
}

static bool all_exact(const struct histogram_chunk *c)
{
	const struct histogram_layout *l = &c->layout;

	for (size_t i = 0; i < c->n; i++) {
		const struct histogram_sample *s = &c->samples[i];
		if (!is_exact(&s->count, 1) || !is_exact(&s->zero_count, 1) ||
		    !is_exact(s->positive, l->positive.n_buckets) ||
		    !is_exact(s->negative, l->negative.n_buckets))
			return false;
	}
	return true;
}

static bool same(const double *a, const double *b, size_t n)
{
	return !a == !b && (!a || n == 0 || memcmp(a, b, n * sizeof(*a)) == 0);
}

/* Bounds are thousandths where they can be, and the negative zero becomes zero with that: so does
 * Prometheus'. */
static void compare_bounds(const struct histogram_layout *a, const struct histogram_layout *b)
{
	assert(a->n_bounds == b->n_bounds);
	for (size_t i = 0; i < a->n_bounds; i++)
		assert(a->bounds[i] == b->bounds[i] || same(&a->bounds[i], &b->bounds[i], 1));
}

static void compare(const struct histogram_chunk *a, const struct histogram_chunk *b)
{
	const struct histogram_layout *l = &a->layout;

	assert(a->n == b->n && a->reset == b->reset && l->schema == b->layout.schema);
	assert(l->positive.n_buckets == b->layout.positive.n_buckets);
	compare_bounds(l, &b->layout);
	for (size_t i = 0; i < a->n; i++) {
		const struct histogram_sample *x = &a->samples[i], *y = &b->samples[i];
		assert(x->t_ms == y->t_ms && x->st_ms == y->st_ms);
		assert(same(&x->sum, &y->sum, 1));
		assert(same(&x->count, &y->count, 1) && same(&x->zero_count, &y->zero_count, 1));
		assert(same(x->positive, y->positive, l->positive.n_buckets));
		assert(same(x->negative, y->negative, l->negative.n_buckets));
	}
}

/* Those who want only counts and sums get the same, with the buckets at both ends. */
static void check_stats(const struct chunk_data *c, struct arena *a,
			const struct histogram_chunk *whole)
{
	const struct histogram_layout *l = &whole->layout;
	struct histogram_chunk stats;
	struct err err = ERR_INIT;
	size_t last = whole->n;

	assert(histogram_chunk_decode_stats(c, a, &stats, &err) && stats.n == whole->n);
	while (last > 0 && !whole->samples[last - 1].positive)
		last--;
	for (size_t i = 0; i < whole->n; i++) {
		struct histogram_sample *got = &stats.samples[i], *want = &whole->samples[i];
		bool is_end = i == 0 || i + 1 == last;
		assert(got->t_ms == want->t_ms && got->st_ms == want->st_ms);
		assert(same(&got->sum, &want->sum, 1) && same(&got->count, &want->count, 1));
		assert(same(&got->zero_count, &want->zero_count, 1));
		assert(is_end || !got->positive);
		assert(!is_end || same(got->positive, want->positive, l->positive.n_buckets));
		assert(!is_end || same(got->negative, want->negative, l->negative.n_buckets));
	}
}

/* Whatever was decoded can be computed with. */
static void compute(const struct chunk_data *c, struct arena *a)
{
	static const struct time_range all = {INT64_MIN, INT64_MAX};
	struct samples s = {0};
	struct err err = ERR_INIT;

	if (!samples_append_chunk(a, &s, c, all, &err) || s.n < 2)
		return;
	struct histogram *sum = histogram_copy(a, s.hist[0]);
	for (size_t i = 1; i < s.n && i < 8; i++) {
		histogram_is_reset(s.hist[i], s.hist[i - 1]);
		histogram_add(a, sum, s.hist[i]);
	}
	histogram_reduce(a, sum, -2);
	histogram_trim(a, sum, 1, true);
	for (size_t i = 0; i < histogram_num_buckets(sum); i++)
		histogram_bucket_at(sum, i);
}

/* Without start timestamps it is the same, even where counts are too large for a double. */
static void check_plain(enum chunk_encoding encoding, const uint8_t *data, size_t size,
			struct arena *a, struct histogram_chunk *got)
{
	struct chunk_data c = {.data = data, .size_bytes = (uint32_t)size, .encoding = encoding};
	struct histogram_chunk plain;
	struct err err = ERR_INIT;

	assert(chunk_make_plain(&c, a, &c, &err));
	assert(decode(c.encoding, c.data, c.size_bytes, a, &plain));
	for (size_t i = 0; i < got->n && i < plain.n; i++) {
		assert(plain.samples[i].st_ms == 0 || c.data == data);
		plain.samples[i].st_ms = got->samples[i].st_ms;
	}
	compare(got, &plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf bytes auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct histogram_chunk got, again;

	if (size < 2 || !chunk_encoding_is_histogram(data[0]))
		return 0;
	enum chunk_encoding encoding = data[0];
	bool is_whole = encoding == CHUNK_HISTOGRAM || encoding == CHUNK_HISTOGRAM_ST;
	if (!decode(encoding, data + 1, size - 1, a, &got))
		return 0;
	struct chunk_data chunk = {data + 1, (uint32_t)size - 1, encoding, 0};
	check_stats(&chunk, a, &got);
	compute(&chunk, a);
	check_plain(encoding, data + 1, size - 1, a, &got);
	if (is_whole && !all_exact(&got))
		return 0;
	histogram_chunk_encode(encoding, &got, &bytes);
	assert(decode(encoding, (uint8_t *)bytes.p, bytes.n, a, &again));
	compare(&got, &again);
	return 0;
}
