#include "promql/windows.h"

#include "base/assert.h"

/* How many samples are at or before each of n times that are step_ms apart. */
static void count_until(const struct samples *s, int64_t t_ms, int64_t step_ms, uint32_t *out,
			size_t n)
{
	size_t i = 0;

	for (size_t step = 0; step < n; step++) {
		int64_t until_ms = t_ms + (int64_t)step * step_ms;
		while (i < s->n && s->t_ms[i] <= until_ms)
			i++;
		out[step] = (uint32_t)i;
	}
}

struct windows windows_find(const struct samples *s, const struct plan_window *window,
			    const struct steps *steps, struct arena *a)
{
	uint32_t *from = arena_alloc(a, steps->n * sizeof(*from));
	uint32_t *to = arena_alloc(a, steps->n * sizeof(*to));
	int64_t end_ms = window_end(window, steps->start_ms);
	int64_t step_ms = window->pinned ? 0 : steps->step_ms;

	assert(s->n <= UINT32_MAX);
	count_until(s, end_ms - window->range_ms, step_ms, from, steps->n);
	count_until(s, end_ms, step_ms, to, steps->n);
	return (struct windows){from, to, steps->n};
}

void windows_present(const struct windows *w, size_t at_least, uint64_t *present)
{
	bits_clear_all(present, w->n);
	for (size_t i = 0; i < w->n; i++)
		present[i / 64] |= (uint64_t)(w->to[i] - w->from[i] >= at_least) << (i % 64);
}
