#include "model/histogram_samples.h"

#include "model/samples.h"

static const int32_t *indexes_of(struct arena *a, const struct histogram_spans *spans)
{
	int32_t *index = ARENA_ARRAY(a, int32_t, spans->n_buckets);
	int64_t next = 0;
	size_t n = 0;

	for (size_t i = 0; i < spans->n; i++) {
		next += spans->v[i].offset;
		for (uint32_t k = 0; k < spans->v[i].length; k++)
			index[n++] = (int32_t)next++;
	}
	return index;
}

/* A chunk does not know whether the one before it is still there, so that its first sample says
 * nothing; all others go on from the one before. */
static enum histogram_hint hint_of(const struct histogram_chunk *c, size_t i)
{
	if (c->reset == HISTOGRAM_CHUNK_GAUGE)
		return HISTOGRAM_GAUGE;
	return i > 0 ? HISTOGRAM_NOT_RESET : HISTOGRAM_UNKNOWN;
}

struct histogram *histograms_of_chunk(struct arena *a, const struct histogram_chunk *c,
				      size_t first, size_t end)
{
	const struct histogram_layout *l = &c->layout;
	struct histogram *out = ARENA_ARRAY(a, struct histogram, end - first);
	const int32_t *positive = indexes_of(a, &l->positive);
	const int32_t *negative = indexes_of(a, &l->negative);

	for (size_t i = first; i < end; i++) {
		const struct histogram_sample *s = &c->samples[i];
		struct histogram *h = &out[i - first];
		h->sum = s->sum;
		if (is_stale_nan(s->sum))
			continue;
		*h = (struct histogram){
		    .schema = l->schema,
		    .hint = hint_of(c, i),
		    .zero_threshold = l->zero_threshold,
		    .zero_count = s->zero_count,
		    .count = s->count,
		    .sum = s->sum,
		    .positive = {positive, s->positive, s->positive ? l->positive.n_buckets : 0},
		    .negative = {negative, s->negative, s->negative ? l->negative.n_buckets : 0},
		    .bounds = l->bounds,
		    .n_bounds = l->n_bounds,
		};
		histogram_reduce(a, h, HISTOGRAM_MAX_SCHEMA);
	}
	return out;
}

/* --- and back --------------------------------------------------------------------------------- */

struct indexes {
	const int32_t *v;
	size_t n;
};

static bool has_all(struct indexes all, const struct histogram_side *some)
{
	size_t i = 0;

	for (size_t k = 0; k < some->n; k++, i++) {
		while (i < all.n && all.v[i] < some->index[k])
			i++;
		if (i == all.n || all.v[i] != some->index[k])
			return false;
	}
	return true;
}

static struct indexes unite(struct arena *a, struct indexes x, const struct histogram_side *y)
{
	if (has_all(x, y))
		return x;
	int32_t *v = arena_alloc(a, (x.n + y->n) * sizeof(*v));
	size_t i = 0, k = 0, n = 0;
	while (i < x.n || k < y->n) {
		bool has_x = i < x.n && (k == y->n || x.v[i] <= y->index[k]);
		bool has_y = k < y->n && (i == x.n || y->index[k] <= x.v[i]);
		v[n++] = has_x ? x.v[i] : y->index[k];
		i += has_x;
		k += has_y;
	}
	return (struct indexes){v, n};
}

/* Runs of indexes, the fewest there can be; a gap that is too wide for one takes an empty run. */
static struct histogram_spans spans_of(struct arena *a, struct indexes x)
{
	enum { MAX_EMPTY = 2 }; /* all indexes fit 32 bits */
	struct histogram_span *v = arena_alloc(a, (x.n + MAX_EMPTY) * sizeof(*v));
	int64_t next = 0;
	size_t n = 0;

	for (size_t i = 0; i < x.n; i++) {
		for (; x.v[i] - next > INT32_MAX; next += INT32_MAX)
			v[n++] = (struct histogram_span){.offset = INT32_MAX};
		if (n == 0 || x.v[i] != next)
			v[n++] = (struct histogram_span){.offset = (int32_t)(x.v[i] - next)};
		v[n - 1].length++;
		next = (int64_t)x.v[i] + 1;
	}
	return (struct histogram_spans){v, n, x.n};
}

static double *spread(struct arena *a, struct indexes all, const struct histogram_side *side)
{
	double *v = ARENA_ARRAY(a, double, all.n);
	size_t i = 0;

	for (size_t k = 0; k < side->n; k++) {
		while (all.v[i] < side->index[k])
			i++;
		v[i] = side->count[k];
	}
	return v;
}

void histograms_to_chunk(struct arena *a, const int64_t *t_ms, struct histogram *const *h, size_t n,
			 enum histogram_chunk_reset reset, struct histogram_chunk *out)
{
	struct indexes positive = {0}, negative = {0};
	const struct histogram *any = h[0];

	for (size_t i = 0; i < n; i++) {
		if (is_stale_nan(h[i]->sum))
			continue;
		any = h[i];
		positive = unite(a, positive, &h[i]->positive);
		negative = unite(a, negative, &h[i]->negative);
	}
	*out = (struct histogram_chunk){
	    .reset = reset,
	    .layout = {.schema = any->schema,
		       .zero_threshold = any->zero_threshold,
		       .positive = spans_of(a, positive),
		       .negative = spans_of(a, negative),
		       .bounds = any->bounds,
		       .n_bounds = any->n_bounds},
	    .samples = ARENA_ARRAY(a, struct histogram_sample, n),
	    .n = n,
	};
	for (size_t i = 0; i < n; i++) {
		bool is_stale = is_stale_nan(h[i]->sum);
		out->samples[i] = (struct histogram_sample){
		    .t_ms = t_ms[i],
		    .count = h[i]->count,
		    .zero_count = h[i]->zero_count,
		    .sum = h[i]->sum,
		    .positive = is_stale ? NULL : spread(a, positive, &h[i]->positive),
		    .negative = is_stale ? NULL : spread(a, negative, &h[i]->negative),
		};
	}
}
