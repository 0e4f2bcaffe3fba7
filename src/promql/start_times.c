#include "promql/start_times.h"

#include "promql/window_cursor.h"

bool start_time_is_reset(const int64_t *t_ms, const int64_t *st_ms, size_t i)
{
	int64_t start_ms = st_ms[i], before_ms = t_ms[i - 1], start_before_ms = st_ms[i - 1];

	if (start_ms == 0 || start_ms >= t_ms[i] || start_ms < before_ms)
		return false;
	/* A start at the sample before is that of a delta. It may also be that of a counter whose
	 * start is not known, but then the sample before has none either. */
	if (start_ms == before_ms)
		return start_before_ms != 0 && start_before_ms < before_ms;
	return true;
}

bool start_time_overlaps(const int64_t *t_ms, const int64_t *st_ms, size_t i)
{
	return st_ms[i] != 0 && st_ms[i] < t_ms[i - 1] && st_ms[i] != st_ms[i - 1];
}

/* The first sample from `i` on that overlaps the one before it; n when there is none. */
static size_t next_overlap(const struct samples *s, size_t i)
{
	while (i < s->n && !start_time_overlaps(s->t_ms, s->st_ms, i))
		i++;
	return i;
}

static bool has_only_floats(const struct samples *s, size_t from, size_t to)
{
	for (size_t i = from; s->hist && i < to; i++)
		if (s->hist[i])
			return false;
	return true;
}

bool start_times_overlap(const struct samples *s, const struct plan_window *window,
			 const struct steps *steps)
{
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n};
	size_t next = next_overlap(s, 1);

	for (size_t step = 0; step < steps->n && next < s->n; step++) {
		int64_t end_ms = window_end(window, steps_at(steps, step));
		window_cursor_move(&c, end_ms - window->range_ms, end_ms);
		if (next <= c.from)
			next = next_overlap(s, c.from + 1);
		if (next < c.to && has_only_floats(s, c.from, c.to))
			return true;
	}
	return false;
}
