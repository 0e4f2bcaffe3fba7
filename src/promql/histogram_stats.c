#include "promql/histogram_stats.h"

/* Where reading has come to: the first sample at or after the end of the last window. */
struct stats_reader {
	const struct samples *s;
	struct histogram *stats; /* by sample */
	size_t next;
	bool next_is_read; /* because it lies on that end */
	const struct histogram
	    *last; /* the last one since there was a gap; no marker of staleness */
};

/* What is known of a histogram without its buckets. */
static struct histogram stats_of(const struct histogram *h)
{
	return (struct histogram){
	    .schema = h->schema, .hint = h->hint, .count = h->count, .sum = h->sum};
}

static void read_next(struct stats_reader *r)
{
	const struct histogram *h = r->s->hist[r->next];
	struct histogram *stats = &r->stats[r->next];

	if (r->next_is_read || !h || is_stale_nan(h->sum))
		return;
	if (h->hint == HISTOGRAM_UNKNOWN && r->last)
		stats->hint =
		    histogram_is_reset(h, r->last) ? HISTOGRAM_RESET : HISTOGRAM_NOT_RESET;
	r->last = h;
}

static void skip_to(struct stats_reader *r, int64_t t_ms)
{
	const struct samples *s = r->s;

	if (r->next == s->n || s->t_ms[r->next] >= t_ms)
		return;
	while (r->next < s->n && s->t_ms[r->next] < t_ms)
		r->next++;
	r->next_is_read = false;
	r->last = NULL;
}

/* The sample that lies on the start is no part of the window, but is read. */
static void read_window(struct stats_reader *r, int64_t start_ms, int64_t end_ms)
{
	const struct samples *s = r->s;

	skip_to(r, start_ms);
	for (; r->next < s->n && s->t_ms[r->next] < end_ms; r->next++) {
		read_next(r);
		r->next_is_read = false;
	}
	if (r->next < s->n && s->t_ms[r->next] == end_ms) {
		read_next(r);
		r->next_is_read = true;
	}
}

void histogram_stats_read(struct samples *s, const struct plan_window *window,
			  const struct steps *steps, struct arena *a)
{
	struct stats_reader r = {.s = s, .stats = arena_alloc(a, s->n * sizeof(*r.stats))};
	struct histogram **hist = ARENA_ARRAY(a, struct histogram *, s->n);

	for (size_t i = 0; i < s->n; i++) {
		if (!s->hist[i])
			continue;
		r.stats[i] = stats_of(s->hist[i]);
		hist[i] = &r.stats[i];
	}
	int64_t before_ms = window->bounds != BOUNDS_PLAIN ? window->lookback_ms : 0;
	int64_t behind_ms = window->bounds == BOUNDS_SMOOTHED ? window->lookback_ms : 0;
	for (size_t i = 0; i < steps->n; i++) {
		int64_t end_ms = window_end(window, steps_at(steps, i));
		read_window(&r, end_ms - window->range_ms - before_ms, end_ms + behind_ms);
	}
	s->hist = hist;
}
