#include "promql/start_times.h"

#include "promql/window_cursor.h"

bool start_time_is_reset(const struct samples *s, size_t i)
{
	int64_t start_ms = s->st_ms[i], before_ms = s->t_ms[i - 1];
	int64_t start_before_ms = s->st_ms[i - 1];

	if (start_ms == 0 || start_ms >= s->t_ms[i] || start_ms < before_ms)
		return false;
	/* A start at the sample before is that of a delta. It may also be that of a counter whose
	 * start is not known, but then the sample before has none either. */
	if (start_ms == before_ms)
		return start_before_ms != 0 && start_before_ms < before_ms;
	return true;
}

static bool overlaps(const struct samples *s, size_t i)
{
	return s->st_ms[i] != 0 && s->st_ms[i] < s->t_ms[i - 1] && s->st_ms[i] != s->st_ms[i - 1];
}

/* The first sample from `i` on that overlaps the one before it; n when there is none. */
static size_t next_overlap(const struct samples *s, size_t i)
{
	while (i < s->n && !overlaps(s, i))
		i++;
	return i;
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
		if (next < c.to)
			return true;
	}
	return false;
}
