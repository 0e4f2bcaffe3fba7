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
