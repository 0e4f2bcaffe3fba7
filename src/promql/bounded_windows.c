#include "promql/bounded_windows.h"

#include "promql/bounded_histograms.h"
#include "promql/duration.h"
#include "promql/window_cursor.h"

static double interpolate(const struct samples *s, size_t i, int64_t t_ms, bool is_counter)
{
	double before = s->v[i], after = s->v[i + 1];

	if (is_counter && after < before)
		before = 0; /* it was reset, and began there */
	return before + (after - before) * (double)(t_ms - s->t_ms[i]) /
			    (double)(s->t_ms[i + 1] - s->t_ms[i]);
}

/* The window that ends at end_ms; false when no sample in reach is behind its start. */
static bool move(struct window_cursor *c, const struct plan_window *window, int64_t end_ms,
		 struct bounded_window *b)
{
	b->start_ms = end_ms - window->range_ms;
	b->end_ms = end_ms;
	b->smoothed = window->bounds == BOUNDS_SMOOTHED;
	window_cursor_move(c, b->start_ms, b->smoothed ? end_ms - 1 : end_ms);
	b->first = window_cursor_anchor(c, b->start_ms, window->lookback_ms);
	/* The sample at the end, or the first one behind it. */
	if (b->smoothed && c->to < c->n && c->t_ms[c->to] <= end_ms + window->lookback_ms)
		b->last = c->to;
	else if (c->to > c->from)
		b->last = c->to - 1;
	else
		return false;
	return c->t_ms[b->first] <= end_ms;
}

static double left_value(const struct samples *s, const struct bounded_window *b, bool is_counter)
{
	if (b->smoothed && s->t_ms[b->first] < b->start_ms)
		return interpolate(s, b->first, b->start_ms, is_counter);
	return s->v[b->first];
}

static double right_value(const struct samples *s, const struct bounded_window *b, bool is_counter)
{
	if (b->smoothed && b->last > b->first && s->t_ms[b->last] > b->end_ms)
		return interpolate(s, b->last - 1, b->end_ms, is_counter);
	return s->v[b->last];
}

/* The samples strictly inside, [*from, *to). */
static void inside(const struct samples *s, const struct bounded_window *b, size_t *from,
		   size_t *to)
{
	*from = b->first + (s->t_ms[b->first] <= b->start_ms);
	*to = b->last + (s->t_ms[b->last] < b->end_ms);
}

static double lost_by_resets(const struct samples *s, const struct bounded_window *b, double left,
			     double right)
{
	double lost = 0, before = left;
	size_t from, to;

	inside(s, b, &from, &to);
	for (size_t i = from; i < to; i++) {
		if (s->v[i] < before)
			lost += before;
		before = s->v[i];
	}
	return right < before ? lost + before : lost;
}

static double rate_of(const struct samples *s, enum rate_kind kind, const struct bounded_window *b)
{
	bool is_counter = kind != RATE_DELTA;
	double left = left_value(s, b, is_counter), right = right_value(s, b, is_counter);
	double increase = right - left;

	if (is_counter)
		increase += lost_by_resets(s, b, left, right);
	if (kind == RATE_PER_SECOND)
		increase /= seconds_of_ms(b->end_ms - b->start_ms);
	return increase;
}

enum contents {
	ONLY_FLOATS,
	ONLY_HISTOGRAMS,
	MIXED,
};

static enum contents contents_of(const struct samples *s, const struct window_cursor *c)
{
	size_t n = 0;

	for (size_t i = c->from; s->hist && i < c->to; i++)
		n += s->hist[i] != NULL;
	if (n == 0)
		return ONLY_FLOATS;
	return n == c->to - c->from ? ONLY_HISTOGRAMS : MIXED;
}

/* All that a window may look at, whether it needs it or not. */
static enum contents contents_in_reach(const struct samples *s, const struct plan_window *window,
				       int64_t end_ms, struct window_cursor *reach)
{
	int64_t behind_ms = window->bounds == BOUNDS_SMOOTHED ? window->lookback_ms : 0;

	window_cursor_move(reach, end_ms - window->range_ms - window->lookback_ms,
			   end_ms + behind_ms);
	return contents_of(s, reach);
}

bool bounded_rate_windows(const struct samples *s, enum rate_kind kind,
			  const struct plan_window *window, const struct steps *steps,
			  const struct note_place *place, struct arena *a, struct step_series *out)
{
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n}, reach = c;
	struct bounded_window b;

	bits_clear_all(out->present, steps->n);
	for (size_t step = 0; step < steps->n; step++) {
		int64_t end_ms = window_end(window, steps_at(steps, step));
		enum contents contents = contents_in_reach(s, window, end_ms, &reach);
		if (contents == MIXED)
			note_mixed_samples(place);
		if (contents == MIXED || !move(&c, window, end_ms, &b))
			continue;
		if (contents == ONLY_FLOATS) {
			out->v[step] = rate_of(s, kind, &b);
			bits_set(out->present, step);
			continue;
		}
		out->hist[step] = bounded_histogram_rate(s, &b, kind, place, a);
		if (out->hist[step])
			bits_set(out->present, step);
	}
	return bits_any(out->present, steps->n);
}

bool bounded_window_samples(const struct samples *s, const struct plan_window *window, int64_t t_ms,
			    struct arena *a, struct samples *out, struct err *err)
{
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n}, reach = c;
	int64_t end_ms = window_end(window, t_ms);
	struct bounded_window b;
	size_t from, to;

	*out = (struct samples){0};
	if (contents_in_reach(s, window, end_ms, &reach) != ONLY_FLOATS)
		return err_set(err, ERR_EXECUTION, "%s modifier is not supported with histograms",
			       window->bounds == BOUNDS_SMOOTHED ? "smoothed" : "anchored");
	if (!move(&c, window, end_ms, &b))
		return true;
	inside(s, &b, &from, &to);
	samples_reserve(a, out, to - from + 2);
	out->t_ms[0] = b.start_ms;
	out->v[0] = left_value(s, &b, false);
	memcpy(out->t_ms + 1, s->t_ms + from, (to - from) * sizeof(*out->t_ms));
	memcpy(out->v + 1, s->v + from, (to - from) * sizeof(*out->v));
	out->n = to - from + 2;
	out->t_ms[out->n - 1] = b.end_ms;
	out->v[out->n - 1] = right_value(s, &b, false);
	return true;
}

/* --- instant selectors ------------------------------------------------------------------------ */

bool smoothed_samples(const struct samples *s, const struct plan_window *window,
		      const struct steps *steps, const struct note_place *place, struct arena *a,
		      struct step_series *out)
{
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n}, reach = c;

	bits_clear_all(out->present, steps->n);
	for (size_t step = 0; step < steps->n; step++) {
		int64_t t_ms = window_end(window, steps_at(steps, step));
		window_cursor_move(&c, t_ms - window->range_ms, t_ms);
		window_cursor_move(&reach, t_ms - window->range_ms, t_ms + window->range_ms);
		enum contents contents = contents_of(s, &reach);
		if (contents == MIXED)
			note_mixed_samples(place);
		if (contents == MIXED || c.from == c.to)
			continue;
		size_t last = c.to - 1;
		bool has_next = reach.to > c.to;
		if (contents == ONLY_HISTOGRAMS) {
			out->hist[step] = smoothed_histogram(s, last, has_next, t_ms, place, a);
			if (out->hist[step])
				bits_set(out->present, step);
			continue;
		}
		out->v[step] = has_next && c.t_ms[last] < t_ms ? interpolate(s, last, t_ms, false)
							       : s->v[last];
		bits_set(out->present, step);
	}
	return bits_any(out->present, steps->n);
}
