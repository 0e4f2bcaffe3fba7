#include "tests/lib/stored_samples.h"

#include "model/histogram.h"

/* A chunk has one layout; a counter that lost anything starts another one. */
static bool continues_chunk(const struct histogram *before, const struct histogram *h)
{
	bool was_gauge = before->hint == HISTOGRAM_GAUGE, is_gauge = h->hint == HISTOGRAM_GAUGE;

	if (is_stale_nan(h->sum))
		return true;
	if (is_stale_nan(before->sum) || was_gauge != is_gauge || h->schema != before->schema ||
	    h->zero_threshold != before->zero_threshold || h->n_bounds != before->n_bounds ||
	    (h->n_bounds &&
	     memcmp(h->bounds, before->bounds, h->n_bounds * sizeof(*h->bounds)) != 0))
		return false;
	if (is_gauge)
		return true;
	struct histogram unhinted = *h;
	unhinted.hint = h->hint == HISTOGRAM_RESET ? HISTOGRAM_RESET : HISTOGRAM_UNKNOWN;
	return !histogram_is_reset(&unhinted, before);
}

static void store_histogram(struct arena *a, struct samples *s, const struct histogram *before,
			    const struct histogram *h)
{
	struct histogram *stored = histogram_copy(a, h);

	if (h->hint != HISTOGRAM_GAUGE)
		stored->hint =
		    before && continues_chunk(before, h) ? HISTOGRAM_NOT_RESET : HISTOGRAM_UNKNOWN;
	if (is_stale_nan(h->sum))
		*stored = (struct histogram){.sum = h->sum};
	samples_need_histograms(a, s);
	s->hist[s->n] = stored;
	s->v[s->n] = h->sum;
}

void samples_of_points(struct arena *a, const struct series_line *line, int64_t step_ms,
		       struct samples *out)
{
	static const struct histogram stale = {0};
	const struct histogram *before = NULL;

	samples_reserve(a, out, line->points.n);
	for (size_t k = 0; k < line->points.n; k++) {
		const struct point *p = &line->points.v[k];
		const struct histogram *h = p->kind == POINT_HISTOGRAM ? p->histogram : NULL;
		if (p->kind == POINT_NONE)
			continue;
		/* The series is gone as what it was. */
		if (p->kind == POINT_FLOAT && is_stale_nan(p->v) && before) {
			struct histogram *marker = histogram_copy(a, &stale);
			marker->sum = p->v;
			h = marker;
		}
		out->t_ms[out->n] = (int64_t)k * step_ms;
		out->v[out->n] = p->v;
		if (out->hist)
			out->hist[out->n] = NULL;
		if (h)
			store_histogram(a, out, before, h);
		before = h;
		out->n++;
	}
}
