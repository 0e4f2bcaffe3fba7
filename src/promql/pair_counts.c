#include "promql/pair_counts.h"

#include "model/histogram.h"
#include "promql/start_times.h"
#include "promql/window_cursor.h"

#include <math.h>

static bool counts_histogram(enum pair_kind kind, const struct samples *s, size_t i)
{
	const struct histogram *before = s->hist[i - 1], *h = s->hist[i];

	if (!before || !h)
		return true;
	if (kind == PAIRS_CHANGED)
		return !histogram_equal(h, before);
	return (s->st_ms && start_time_is_reset(s->t_ms, s->st_ms, i)) ||
	       histogram_is_reset(h, before);
}

static bool counts(enum pair_kind kind, const struct samples *s, size_t i)
{
	double before = s->v[i - 1], v = s->v[i];

	if (kind == PAIRS_RESET)
		return sample_is_reset(s, i);
	return v != before && !(isnan(v) && isnan(before));
}

/* How many of the first i + 1 samples count. */
static size_t *count_up_to(const struct samples *s, enum pair_kind kind, struct arena *a)
{
	size_t *up_to = arena_alloc(a, s->n * sizeof(*up_to));
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (i > 0 && s->hist && (s->hist[i - 1] || s->hist[i]))
			n += counts_histogram(kind, s, i);
		else
			n += i > 0 && counts(kind, s, i);
		up_to[i] = n;
	}
	return up_to;
}

bool pair_count_windows(const struct samples *s, enum pair_kind kind,
			const struct plan_window *window, const struct steps *steps,
			struct arena *scratch, struct step_series *out)
{
	struct arena_mark mark = arena_mark(scratch);
	size_t *up_to = count_up_to(s, kind, scratch);
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n};

	bits_clear_all(out->present, steps->n);
	for (size_t step = 0; step < steps->n; step++) {
		int64_t end_ms = window_end(window, steps_at(steps, step));
		window_cursor_move(&c, end_ms - window->range_ms, end_ms);
		if (c.from == c.to)
			continue;
		size_t from =
		    window->bounds == BOUNDS_ANCHORED
			? window_cursor_anchor(&c, end_ms - window->range_ms, window->lookback_ms)
			: c.from;
		out->v[step] = (double)(up_to[c.to - 1] - up_to[from]);
		bits_set(out->present, step);
	}
	arena_rewind(scratch, mark);
	return bits_any(out->present, steps->n);
}
