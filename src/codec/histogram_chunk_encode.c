#include "base/assert.h"
#include "codec/bit_stream.h"
#include "codec/histogram_chunk.h"
#include "codec/histogram_chunk_internal.h"
#include "codec/start_time_stream.h"

#include <math.h>
#include <stdlib.h>

/* The state of a number from sample to sample, as the reader's. */
struct number {
	int64_t whole;
	int64_t delta;
	uint64_t bits;
	struct xor_window window;
};

struct encoder {
	struct bit_writer w;
	bool is_float;
	bool is_first;
	bool is_stale;
	struct number t;
	struct number count;
	struct number zero_count;
	struct number sum;
	struct number *positive;
	struct number *negative;
};

/* --- the layout ------------------------------------------------------------------------------- */

static void put_threshold(struct bit_writer *w, double threshold)
{
	int exponent;

	if (threshold == 0) {
		bit_writer_put(w, THRESHOLD_ZERO, 8);
	} else if (frexp(threshold, &exponent) == 0.5 && exponent >= 1 - THRESHOLD_BIAS &&
		   exponent <= 11) {
		bit_writer_put(w, (uint64_t)(exponent + THRESHOLD_BIAS), 8);
	} else {
		bit_writer_put(w, THRESHOLD_AS_IS, 8);
		bit_writer_put(w, bits_of_double(threshold), 64);
	}
}

static void put_spans(struct bit_writer *w, const struct histogram_spans *spans)
{
	bit_writer_put_uvar(w, spans->n);
	for (size_t i = 0; i < spans->n; i++) {
		bit_writer_put_uvar(w, spans->v[i].length);
		bit_writer_put_var(w, spans->v[i].offset);
	}
}

/* Bounds with up to three decimals are whole numbers of thousandths. */
static void put_bound(struct bit_writer *w, double bound)
{
	double thousandths = bound * 1000;
	bool fits =
	    thousandths >= 0 && thousandths <= 33554430 && round(thousandths) / 1000 == bound;

	if (fits) {
		bit_writer_put_uvar(w, (uint64_t)round(thousandths) + 1);
		return;
	}
	bit_writer_put(w, 0, 1);
	bit_writer_put(w, bits_of_double(bound), 64);
}

static void put_layout(struct bit_writer *w, const struct histogram_layout *layout)
{
	put_threshold(w, layout->zero_threshold);
	bit_writer_put_var(w, layout->schema);
	put_spans(w, &layout->positive);
	put_spans(w, &layout->negative);
	if (layout->schema != HISTOGRAM_CHUNK_CUSTOM_SCHEMA)
		return;
	bit_writer_put_uvar(w, layout->n_bounds);
	for (size_t i = 0; i < layout->n_bounds; i++)
		put_bound(w, layout->bounds[i]);
}

/* --- samples ---------------------------------------------------------------------------------- */

static void put_whole(struct encoder *e, struct number *n, int64_t v)
{
	int64_t delta = (int64_t)((uint64_t)v - (uint64_t)n->whole);

	bit_writer_put_var(&e->w, (int64_t)((uint64_t)delta - (uint64_t)n->delta));
	n->whole = v;
	n->delta = delta;
}

static void put_xor(struct encoder *e, struct number *n, double v)
{
	uint64_t bits = bits_of_double(v);

	if (e->is_first)
		bit_writer_put(&e->w, bits, 64);
	else
		bit_writer_put_xor(&e->w, &n->window, n->bits, bits);
	n->bits = bits;
	n->window.leading = e->is_first ? 0xff : n->window.leading;
}

/* What does not fit is cut: bytes from outside may hold any number. */
static int64_t whole_of(double v)
{
	if (v >= 0x1p63)
		return INT64_MAX;
	return v >= -0x1p63 ? (int64_t)v : INT64_MIN;
}

static void put_count(struct encoder *e, struct number *n, double v)
{
	if (e->is_float) {
		put_xor(e, n, v);
	} else if (e->is_first) {
		bit_writer_put_uvar(&e->w, (uint64_t)whole_of(v));
		n->whole = whole_of(v);
	} else if (e->is_stale) {
		/* No change of the difference, whatever the counts were: so a reader goes on. */
		bit_writer_put_var(&e->w, 0);
		n->whole = (int64_t)((uint64_t)n->whole + (uint64_t)n->delta);
	} else {
		put_whole(e, n, whole_of(v));
	}
}

static void put_buckets(struct encoder *e, struct number *numbers, const double *v, size_t n)
{
	int64_t before = 0;

	for (size_t i = 0; i < n; i++) {
		if (e->is_float) {
			put_xor(e, &numbers[i], v ? v[i] : 0);
			continue;
		}
		int64_t whole = v ? whole_of(v[i]) : 0;
		if (e->is_first) {
			numbers[i].whole = (int64_t)((uint64_t)whole - (uint64_t)before);
			bit_writer_put_var(&e->w, numbers[i].whole);
		} else {
			put_whole(e, &numbers[i], (int64_t)((uint64_t)whole - (uint64_t)before));
		}
		before = whole;
	}
}

static void put_sample(struct encoder *e, const struct histogram_layout *layout,
		       const struct histogram_sample *s)
{
	e->is_stale = bits_of_double(s->sum) == STALE_SUM_BITS;
	if (e->is_first) {
		bit_writer_put_var(&e->w, s->t_ms);
		e->t.whole = s->t_ms;
	} else {
		put_whole(e, &e->t, s->t_ms);
	}
	put_count(e, &e->count, s->count);
	put_count(e, &e->zero_count, s->zero_count);
	put_xor(e, &e->sum, s->sum);
	if (e->is_stale && !e->is_first)
		return;
	put_buckets(e, e->positive, s->positive, layout->positive.n_buckets);
	put_buckets(e, e->negative, s->negative, layout->negative.n_buckets);
}

static void put_header(uint8_t *to, enum chunk_encoding encoding, const struct histogram_chunk *c,
		       uint8_t start_times)
{
	bool has_starts = has_start_times(encoding);

	store_be16(to, (uint16_t)(c->n | (has_starts ? (unsigned)c->reset << 8 : 0)));
	to[2] = has_starts ? start_times : (uint8_t)c->reset;
}

void histogram_chunk_encode(enum chunk_encoding encoding, const struct histogram_chunk *c,
			    struct buf *out)
{
	static const uint8_t header[HISTOGRAM_CHUNK_HEADER_BYTES];
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct start_time_writer starts = {0};
	bool has_starts = has_start_times(encoding);
	size_t start = out->n;

	assert(chunk_encoding_is_histogram(encoding));
	assert(c->n <= (has_starts ? 0x3fff : UINT16_MAX));
	struct encoder e = {
	    .w = {.out = out, .start = start, .n_bits = sizeof(header) * 8},
	    .is_float = !has_whole_counts(encoding),
	    .positive = ARENA_ARRAY(a, struct number, c->layout.positive.n_buckets),
	    .negative = ARENA_ARRAY(a, struct number, c->layout.negative.n_buckets),
	};
	if (!buf_append(out, header, sizeof(header)))
		return;
	if (c->n > 0)
		put_layout(&e.w, &c->layout);
	for (size_t i = 0; i < c->n; i++) {
		e.is_first = i == 0;
		put_sample(&e, &c->layout, &c->samples[i]);
		if (has_starts)
			start_time_put(&starts, &e.w, i, c->samples[i].t_ms,
				       i > 0 ? c->samples[i - 1].t_ms : 0, c->samples[i].st_ms);
	}
	put_header((uint8_t *)out->p + start, encoding, c, starts.header);
}
