#include "promql/windows.h"

#include "base/assert.h"
#include "promql/step_counts.h"

struct windows windows_find(const struct samples *s, const struct plan_window *window,
			    const struct steps *steps, struct arena *a)
{
	uint32_t *from = arena_alloc(a, steps->n * sizeof(*from));
	uint32_t *to = arena_alloc(a, steps->n * sizeof(*to));
	int64_t end_ms = window_end(window, steps->start_ms);
	int64_t step_ms = window->pinned ? 0 : steps->step_ms;

	struct step_counter starts = {.t_ms = s->t_ms, .n = s->n}, ends = starts;

	assert(s->n <= UINT32_MAX);
	step_counts(&starts, end_ms - window->range_ms, step_ms, from, steps->n);
	step_counts(&ends, end_ms, step_ms, to, steps->n);
	return (struct windows){from, to, steps->n};
}

void windows_present(const struct windows *w, size_t at_least, uint64_t *present)
{
	bits_clear_all(present, w->n);
	for (size_t i = 0; i < w->n; i++)
		present[i / 64] |= (uint64_t)(w->to[i] - w->from[i] >= at_least) << (i % 64);
}
