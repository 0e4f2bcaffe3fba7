#include "codec/histogram_chunk.h"

#include "base/assert.h"
#include "codec/bit_stream.h"
#include "codec/histogram_chunk_internal.h"
#include "codec/start_time_stream.h"

#include <math.h>

/* A number of a chunk of whole counts is kept with its last difference, one of floats with the
 * window of its last XOR. */
struct number {
	int64_t whole;
	int64_t delta;
	uint64_t bits;
	struct xor_window window;
};

struct decoder {
	struct bit_reader r;
	struct bit_writer *copy; /* of all but start timestamps, or NULL */
	struct start_time_reader starts;
	bool only_stats;
	struct histogram_sample *last; /* no marker of staleness */
	struct arena *a;
	struct histogram_chunk *out;
	bool is_float;
	uint64_t t;
	uint64_t t_delta;
	struct number count;
	struct number zero_count;
	struct number sum; /* floats in both */
	struct number *positive;
	struct number *negative;
};

static bool corrupt(const struct decoder *d, const char *what, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "histogram chunk of %zu bytes: %s, at byte %zu",
		       d->r.n_bits / 8, what, d->r.pos / 8);
}

/* --- the layout ------------------------------------------------------------------------------- */

static double read_threshold(struct bit_reader *r)
{
	unsigned b = (unsigned)bit_reader_get(r, 8);

	if (b == THRESHOLD_ZERO)
		return 0;
	if (b == THRESHOLD_AS_IS)
		return double_of_bits(bit_reader_get(r, 64));
	return ldexp(0.5, (int)b - THRESHOLD_BIAS);
}

static bool read_spans(struct decoder *d, struct histogram_spans *out, struct err *err)
{
	uint64_t n = bit_reader_uvar(&d->r);
	int64_t index = 0;

	if (n > bit_reader_left(&d->r) / 2)
		return corrupt(d, "more spans than fit", err);
	struct histogram_span *v = ARENA_ARRAY(d->a, struct histogram_span, n);
	*out = (struct histogram_spans){.v = v, .n = n};
	for (uint64_t i = 0; i < n; i++) {
		uint64_t length = bit_reader_uvar(&d->r);
		int64_t offset = bit_reader_var(&d->r);
		/* A bucket takes a bit at least in the first sample. */
		if (length > d->r.n_bits || out->n_buckets + length > d->r.n_bits)
			return corrupt(d, "more buckets than fit", err);
		if (offset < (i ? 0 : INT32_MIN) || offset > INT32_MAX)
			return corrupt(d, "buckets do not ascend", err);
		index += offset + (int64_t)length;
		if (index > INT32_MAX)
			return corrupt(d, "a bucket beyond all numbers", err);
		v[i] = (struct histogram_span){(int32_t)offset, (uint32_t)length};
		out->n_buckets += length;
	}
	return true;
}

static double read_bound(struct bit_reader *r)
{
	uint64_t v = bit_reader_uvar(r);

	return v ? (double)(v - 1) / 1000 : double_of_bits(bit_reader_get(r, 64));
}

static bool read_bounds(struct decoder *d, struct histogram_layout *layout, struct err *err)
{
	uint64_t n = bit_reader_uvar(&d->r);
	int64_t last = -1;

	if (n > bit_reader_left(&d->r))
		return corrupt(d, "more bounds than fit", err);
	if (layout->negative.n_buckets)
		return corrupt(d, "custom buckets below zero", err);
	double *bounds = ARENA_ARRAY(d->a, double, n);
	for (uint64_t i = 0; i < n; i++)
		bounds[i] = read_bound(&d->r);
	layout->bounds = bounds;
	layout->n_bounds = n;
	for (size_t i = 0; i < layout->positive.n; i++) {
		if (layout->positive.v[i].offset < 0)
			return corrupt(d, "a custom bucket below the first", err);
		last += (int64_t)layout->positive.v[i].offset + layout->positive.v[i].length;
	}
	return last <= (int64_t)n || corrupt(d, "a custom bucket without bounds", err);
}

static bool read_layout(struct decoder *d, struct err *err)
{
	struct histogram_layout *layout = &d->out->layout;

	layout->zero_threshold = read_threshold(&d->r);
	int64_t schema = bit_reader_var(&d->r);
	bool is_custom = schema == HISTOGRAM_CHUNK_CUSTOM_SCHEMA;
	if (!is_custom && (schema < -9 || schema > 52))
		return err_set(err, ERR_CORRUPT, "histogram chunk: there is no schema %lld",
			       (long long)schema);
	layout->schema = (int32_t)schema;
	if (!read_spans(d, &layout->positive, err) || !read_spans(d, &layout->negative, err))
		return false;
	if (is_custom && !read_bounds(d, layout, err))
		return false;
	d->positive = ARENA_ARRAY(d->a, struct number, layout->positive.n_buckets);
	d->negative = ARENA_ARRAY(d->a, struct number, layout->negative.n_buckets);
	return true;
}

/* --- samples ---------------------------------------------------------------------------------- */

static void read_xor(struct decoder *d, struct number *n, bool is_first)
{
	if (is_first)
		n->bits = bit_reader_get(&d->r, 64);
	else
		bit_reader_xor(&d->r, &n->window, &n->bits);
}

static void read_whole(struct decoder *d, struct number *n)
{
	n->delta = (int64_t)((uint64_t)n->delta + (uint64_t)bit_reader_var(&d->r));
	n->whole = (int64_t)((uint64_t)n->whole + (uint64_t)n->delta);
}

static double read_count(struct decoder *d, struct number *n, bool is_first)
{
	if (d->is_float) {
		read_xor(d, n, is_first);
		return double_of_bits(n->bits);
	}
	if (is_first)
		n->whole = (int64_t)bit_reader_uvar(&d->r);
	else
		read_whole(d, n);
	return (double)(uint64_t)n->whole;
}

static void read_buckets(struct decoder *d, struct number *v, size_t n, bool is_first)
{
	for (size_t i = 0; i < n && !d->r.failed; i++) {
		if (d->is_float)
			read_xor(d, &v[i], is_first);
		else if (is_first)
			v[i].whole = bit_reader_var(&d->r);
		else
			read_whole(d, &v[i]);
	}
}

/* Whole counts are differences from bucket to bucket. */
static double *buckets_of(struct decoder *d, const struct number *v, size_t n)
{
	double *out = ARENA_ARRAY(d->a, double, n);
	uint64_t absolute = 0;

	for (size_t i = 0; i < n; i++) {
		absolute += (uint64_t)v[i].whole;
		out[i] = d->is_float ? double_of_bits(v[i].bits) : (double)(int64_t)absolute;
	}
	return out;
}

/* Those that were read last. */
static void keep_buckets(struct decoder *d, struct histogram_sample *s)
{
	s->positive = buckets_of(d, d->positive, d->out->layout.positive.n_buckets);
	s->negative = buckets_of(d, d->negative, d->out->layout.negative.n_buckets);
}

static void read_sample(struct decoder *d, struct histogram_sample *s, bool is_first)
{
	const struct histogram_layout *layout = &d->out->layout;
	uint64_t t = (uint64_t)bit_reader_var(&d->r);

	if (is_first) {
		d->t = t;
	} else {
		d->t_delta += t;
		d->t += d->t_delta;
	}
	s->t_ms = (int64_t)d->t;
	s->count = read_count(d, &d->count, is_first);
	s->zero_count = read_count(d, &d->zero_count, is_first);
	read_xor(d, &d->sum, is_first);
	s->sum = double_of_bits(d->sum.bits);
	bool is_stale = d->sum.bits == STALE_SUM_BITS;
	if (is_stale)
		s->count = s->zero_count = 0;
	if (is_stale && !is_first)
		return;
	read_buckets(d, d->positive, layout->positive.n_buckets, is_first);
	read_buckets(d, d->negative, layout->negative.n_buckets, is_first);
	if (is_stale || d->r.failed)
		return;
	d->last = s;
	if (is_first || !d->only_stats)
		keep_buckets(d, s);
}

/* Copies what was read since bit `from`. */
static void copy_bits(struct decoder *d, size_t from)
{
	struct bit_reader r = d->r;

	if (!d->copy || r.failed)
		return;
	r.pos = from;
	bit_writer_copy(d->copy, &r, d->r.pos - from);
}

static bool read_samples(struct decoder *d, size_t n, bool has_starts, struct err *err)
{
	struct histogram_sample *v = ARENA_ARRAY(d->a, struct histogram_sample, n);

	d->out->samples = v;
	for (size_t i = 0; i < n; i++) {
		size_t from = d->r.pos;
		read_sample(d, &v[i], i == 0);
		copy_bits(d, from);
		if (has_starts)
			v[i].st_ms = start_time_read(&d->starts, &d->r, i, v[i].t_ms,
						     i > 0 ? v[i - 1].t_ms : 0);
		if (d->r.failed)
			return corrupt(d, "it ends inside a sample", err);
	}
	if (d->last && !d->last->positive)
		keep_buckets(d, d->last);
	d->out->n = n;
	return true;
}

/* In chunks with start timestamps the number of samples has only 14 bits, the flags are in the two
 * before it, and where they are else is the header of the start timestamps. */
static enum histogram_chunk_reset reset_of(const struct chunk_data *c)
{
	return c->data[has_start_times(c->encoding) ? 0 : 2] & HISTOGRAM_CHUNK_GAUGE;
}

static bool decode(const struct chunk_data *c, struct arena *a, bool only_stats,
		   struct bit_writer *copy, struct histogram_chunk *out, struct err *err)
{
	bool has_starts = has_start_times(c->encoding);
	size_t n;

	if (!chunk_encoding_is_histogram(c->encoding))
		return err_set(err, ERR_UNSUPPORTED,
			       "chunk of %u bytes: cannot decode histograms of encoding %d (%s)",
			       c->size_bytes, (int)c->encoding, chunk_encoding_name(c->encoding));
	if (!chunk_num_samples(c, &n, err))
		return false;
	*out = (struct histogram_chunk){.reset = reset_of(c)};
	if (n == 0)
		return true;
	struct decoder d = {
	    .r = {.data = c->data,
		  .n_bits = (size_t)c->size_bytes * 8,
		  .pos = HISTOGRAM_CHUNK_HEADER_BYTES * 8},
	    .copy = copy,
	    .only_stats = only_stats,
	    .starts = {.header = has_starts ? c->data[START_TIME_HEADER_AT] : 0},
	    .a = a,
	    .out = out,
	    .is_float = !has_whole_counts(c->encoding),
	};
	/* A sample takes four bits at least. */
	if (n > (size_t)c->size_bytes * 2)
		return corrupt(&d, "more samples than fit", err);
	if (!read_layout(&d, err))
		return false;
	copy_bits(&d, HISTOGRAM_CHUNK_HEADER_BYTES * 8);
	return read_samples(&d, n, has_starts, err);
}

bool histogram_chunk_decode(const struct chunk_data *c, struct arena *a,
			    struct histogram_chunk *out, struct err *err)
{
	return decode(c, a, false, NULL, out, err);
}

bool histogram_chunk_decode_stats(const struct chunk_data *c, struct arena *a,
				  struct histogram_chunk *out, struct err *err)
{
	return decode(c, a, true, NULL, out, err);
}

bool histogram_chunk_drop_start_times(const struct chunk_data *c, struct buf *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	uint8_t header[HISTOGRAM_CHUNK_HEADER_BYTES] = {0};
	struct bit_writer copy = {.out = out, .start = out->n, .n_bits = sizeof(header) * 8};
	struct histogram_chunk chunk;

	assert(has_start_times(c->encoding));
	if (!buf_append(out, header, sizeof(header)))
		return true;
	if (!decode(c, a, true, &copy, &chunk, err))
		return false;
	store_be16(out->p + copy.start, (uint16_t)chunk.n);
	out->p[copy.start + 2] = (char)chunk.reset;
	return true;
}
