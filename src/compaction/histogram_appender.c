#include "compaction/histogram_appender.h"

#include "base/assert.h"
#include "model/samples.h"

/* --- what buckets two layouts have together --------------------------------------------------- */

/* One side of two layouts. Positions are in the list of all buckets that either of them has. */
struct joined_side {
	int32_t *index;
	size_t *at_a; /* where the buckets of each are in the list */
	size_t *at_b;
	size_t n;
	bool a_lacks;
	bool b_lacks;
};

struct joined_layouts {
	struct joined_side positive;
	struct joined_side negative;
};

static int32_t *indexes_of(struct arena *a, const struct histogram_spans *spans)
{
	int32_t *index = arena_alloc(a, spans->n_buckets * sizeof(*index));
	int64_t next = 0;
	size_t n = 0;

	for (size_t i = 0; i < spans->n; i++) {
		next += spans->v[i].offset;
		for (uint32_t k = 0; k < spans->v[i].length; k++)
			index[n++] = (int32_t)next++;
	}
	return index;
}

/* The common case: the spans are those of the chunk. */
static bool are_same_spans(const struct histogram_spans *a, const struct histogram_spans *b)
{
	if (a->v == b->v && a->n == b->n)
		return true;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].offset != b->v[i].offset || a->v[i].length != b->v[i].length)
			return false;
	return true;
}

static void join_sides(struct arena *arena, const struct histogram_spans *a,
		       const struct histogram_spans *b, struct joined_side *out)
{
	size_t n_a = a->n_buckets, n_b = b->n_buckets, i = 0, k = 0;
	const int32_t *index_a = indexes_of(arena, a), *index_b = indexes_of(arena, b);

	*out = (struct joined_side){
	    .index = arena_alloc(arena, (n_a + n_b) * sizeof(*out->index)),
	    .at_a = arena_alloc(arena, n_a * sizeof(*out->at_a)),
	    .at_b = arena_alloc(arena, n_b * sizeof(*out->at_b)),
	};
	while (i < n_a || k < n_b) {
		bool has_a = i < n_a && (k == n_b || index_a[i] <= index_b[k]);
		bool has_b = k < n_b && (i == n_a || index_b[k] <= index_a[i]);
		out->index[out->n] = has_a ? index_a[i] : index_b[k];
		if (has_a)
			out->at_a[i++] = out->n;
		else
			out->a_lacks = true;
		if (has_b)
			out->at_b[k++] = out->n;
		else
			out->b_lacks = true;
		out->n++;
	}
}

/* As few spans as possible. */
static struct histogram_spans spans_of(struct arena *a, const struct joined_side *side)
{
	struct histogram_span *v = arena_alloc(a, side->n * sizeof(*v));
	struct histogram_spans out = {.v = v, .n_buckets = side->n};

	for (size_t i = 0; i < side->n; i++) {
		int64_t gap = i ? (int64_t)side->index[i] - side->index[i - 1] - 1 : 1;
		if (gap == 0)
			v[out.n - 1].length++;
		else
			v[out.n++] = (struct histogram_span){
			    .offset = i ? (int32_t)gap : side->index[0],
			    .length = 1,
			};
	}
	return out;
}

/* Counts moved to their places among all buckets; zeros in between. */
static double *spread(struct arena *a, const double *counts, const size_t *at, size_t n,
		      size_t n_to)
{
	double *out = ARENA_ARRAY(a, double, n_to);

	for (size_t i = 0; i < n; i++)
		out[at[i]] = counts[i];
	return out;
}

/* Did a bucket shrink, or vanish with something in it? */
static bool is_side_reset(struct arena *a, const struct joined_side *side, const double *before,
			  size_t n_before, const double *now, size_t n_now)
{
	const double *x = spread(a, before, side->at_a, n_before, side->n);
	const double *y = spread(a, now, side->at_b, n_now, side->n);

	for (size_t i = 0; i < side->n; i++)
		if (x[i] > y[i])
			return true;
	return false;
}

/* --- may it be appended? ---------------------------------------------------------------------- */

static const struct histogram_sample *last_sample(const struct histogram_appender *p)
{
	return &p->chunk.samples[p->chunk.n - 1];
}

static bool have_same_bounds(const struct histogram_layout *a, const struct histogram_layout *b)
{
	if (a->n_bounds != b->n_bounds)
		return false;
	for (size_t i = 0; i < a->n_bounds; i++)
		if (a->bounds[i] != b->bounds[i])
			return false;
	return true;
}

static bool have_same_buckets(const struct histogram_layout *a, const struct histogram_layout *b)
{
	return are_same_spans(&a->positive, &b->positive) &&
	       are_same_spans(&a->negative, &b->negative);
}

enum fit {
	FITS,
	FITS_NOT,          /* nothing is known about a reset */
	FITS_NOT_NO_RESET, /* it is known that there was none */
	FITS_NOT_FOR_RESET,
};

/* Everything but the buckets. */
static enum fit compare_heads(const struct histogram_appender *p, const struct column_sample *s)
{
	const struct histogram_layout *a = &p->chunk.layout, *b = &s->layout;
	const struct histogram_sample *last = last_sample(p);

	if (p->chunk.reset == HISTOGRAM_CHUNK_GAUGE)
		return FITS_NOT_NO_RESET;
	if (s->hint == HISTOGRAM_RESET)
		return FITS_NOT_FOR_RESET;
	if (is_stale_nan(s->histogram.sum))
		return FITS;
	if (is_stale_nan(last->sum))
		return FITS_NOT;
	if (s->histogram.count < last->count)
		return FITS_NOT_FOR_RESET;
	if (a->schema != b->schema || a->zero_threshold != b->zero_threshold)
		return FITS_NOT;
	if (a->schema == HISTOGRAM_CHUNK_CUSTOM_SCHEMA && !have_same_bounds(a, b))
		return FITS_NOT_FOR_RESET;
	return s->histogram.zero_count < last->zero_count ? FITS_NOT_FOR_RESET : FITS;
}

static enum fit compare_gauge_heads(const struct histogram_appender *p,
				    const struct column_sample *s)
{
	const struct histogram_layout *a = &p->chunk.layout, *b = &s->layout;

	if (p->chunk.reset != HISTOGRAM_CHUNK_GAUGE || is_stale_nan(last_sample(p)->sum) ||
	    a->schema != b->schema || a->zero_threshold != b->zero_threshold ||
	    (a->schema == HISTOGRAM_CHUNK_CUSTOM_SCHEMA && !have_same_bounds(a, b)))
		return FITS_NOT;
	return FITS;
}

static bool are_buckets_reset(const struct histogram_appender *p, const struct column_sample *s,
			      const struct joined_layouts *j)
{
	const struct histogram_layout *a = &p->chunk.layout, *b = &s->layout;
	const struct histogram_sample *last = last_sample(p);

	return is_side_reset(p->a, &j->positive, last->positive, a->positive.n_buckets,
			     s->histogram.positive, b->positive.n_buckets) ||
	       is_side_reset(p->a, &j->negative, last->negative, a->negative.n_buckets,
			     s->histogram.negative, b->negative.n_buckets);
}

static bool is_same_reset(const double *before, const double *now, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (before[i] > now[i])
			return true;
	return false;
}

/* --- layouts that change ---------------------------------------------------------------------- */

/* The chunk's samples get the buckets that they lack. */
static void extend_chunk(struct histogram_appender *p, const struct joined_layouts *j,
			 const struct histogram_layout *to)
{
	struct histogram_layout *l = &p->chunk.layout;

	for (size_t i = 0; i < p->chunk.n; i++) {
		struct histogram_sample *s = &p->chunk.samples[i];
		if (j->positive.a_lacks)
			s->positive = spread(p->a, s->positive, j->positive.at_a,
					     l->positive.n_buckets, j->positive.n);
		if (j->negative.a_lacks)
			s->negative = spread(p->a, s->negative, j->negative.at_a,
					     l->negative.n_buckets, j->negative.n);
	}
	l->positive = to->positive;
	l->negative = to->negative;
}

static void extend_sample(struct histogram_appender *p, const struct joined_layouts *j,
			  struct column_sample *s)
{
	const struct histogram_layout *chunk = &p->chunk.layout;
	bool chunk_lacks = j->positive.a_lacks || j->negative.a_lacks;
	bool is_gauge = s->hint == HISTOGRAM_GAUGE;
	struct histogram_layout *l = &s->layout;

	if (j->positive.b_lacks)
		s->histogram.positive = spread(p->a, s->histogram.positive, j->positive.at_b,
					       l->positive.n_buckets, j->positive.n);
	if (j->negative.b_lacks)
		s->histogram.negative = spread(p->a, s->histogram.negative, j->negative.at_b,
					       l->negative.n_buckets, j->negative.n);
	/* Which spans tell the buckets is Prometheus' choice, and in the bytes. */
	if (!is_gauge && !chunk_lacks) {
		l->positive = chunk->positive;
		l->negative = chunk->negative;
		return;
	}
	if (is_gauge || j->positive.b_lacks)
		l->positive = spans_of(p->a, &j->positive);
	if (is_gauge || j->negative.b_lacks)
		l->negative = spans_of(p->a, &j->negative);
}

static void push_sample(struct histogram_appender *p, const struct histogram_sample *s)
{
	struct histogram_chunk *c = &p->chunk;

	if (c->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 32;
		c->samples = arena_grow(p->a, c->samples, p->cap * sizeof(*c->samples),
					cap * sizeof(*c->samples));
		p->cap = cap;
	}
	c->samples[c->n++] = *s;
}

static void join_layouts(struct histogram_appender *p, struct column_sample *s,
			 const struct joined_layouts *j)
{
	if (j->positive.b_lacks || j->negative.b_lacks)
		extend_sample(p, j, s);
	if (j->positive.a_lacks || j->negative.a_lacks)
		extend_chunk(p, j, &s->layout);
}

/* Gives whether it was appended. */
static enum fit append_to_layout(struct histogram_appender *p, const struct column_sample *s)
{
	const struct histogram_layout *l = &p->chunk.layout;
	const struct histogram_sample *last = last_sample(p);
	bool is_gauge = s->hint == HISTOGRAM_GAUGE;
	struct column_sample extended = *s;
	struct joined_layouts j;

	if (have_same_buckets(l, &s->layout)) {
		if (!is_gauge &&
		    (is_same_reset(last->positive, s->histogram.positive, l->positive.n_buckets) ||
		     is_same_reset(last->negative, s->histogram.negative, l->negative.n_buckets)))
			return FITS_NOT_FOR_RESET;
		push_sample(p, &s->histogram);
		return FITS;
	}
	join_sides(p->a, &l->positive, &s->layout.positive, &j.positive);
	join_sides(p->a, &l->negative, &s->layout.negative, &j.negative);
	if (!is_gauge && are_buckets_reset(p, s, &j))
		return FITS_NOT_FOR_RESET;
	join_layouts(p, &extended, &j);
	push_sample(p, &extended.histogram);
	return FITS;
}

/* Prometheus' appender of float histograms knows resets and nothing else. */
static enum histogram_chunk_reset header_for(enum fit fit, enum chunk_encoding encoding)
{
	if (fit == FITS_NOT_FOR_RESET)
		return HISTOGRAM_CHUNK_RESET;
	return fit == FITS_NOT_NO_RESET && encoding == CHUNK_HISTOGRAM ? HISTOGRAM_CHUNK_NOT_RESET
								       : HISTOGRAM_CHUNK_UNKNOWN;
}

void histogram_appender_begin(struct histogram_appender *p, struct arena *a,
			      const struct column_sample *s, enum histogram_chunk_reset reset)
{
	*p = (struct histogram_appender){
	    .a = a,
	    .encoding = s->encoding,
	    .chunk = {.reset = reset, .layout = s->layout},
	};
	if (s->hint == HISTOGRAM_GAUGE)
		p->chunk.reset = HISTOGRAM_CHUNK_GAUGE;
	else if (s->hint == HISTOGRAM_RESET)
		p->chunk.reset = HISTOGRAM_CHUNK_RESET;
	push_sample(p, &s->histogram);
}

bool histogram_appender_add(struct histogram_appender *p, const struct column_sample *s,
			    enum histogram_chunk_reset *reset)
{
	assert(p->chunk.n > 0 && s->encoding == p->encoding);
	bool is_gauge = s->hint == HISTOGRAM_GAUGE;
	enum fit fit = is_gauge ? compare_gauge_heads(p, s) : compare_heads(p, s);

	if (fit == FITS && is_stale_nan(s->histogram.sum))
		push_sample(p, &s->histogram);
	else if (fit == FITS)
		fit = append_to_layout(p, s);
	*reset = header_for(fit, p->encoding);
	return fit == FITS;
}

void histogram_appender_encode(const struct histogram_appender *p, struct buf *out)
{
	histogram_chunk_encode(p->encoding, &p->chunk, out);
}
