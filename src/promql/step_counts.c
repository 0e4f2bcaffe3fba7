#include "promql/step_counts.h"

#include <stdbool.h>

enum {
	RUN_STEPS = 64,   /* that are tried at once */
	NEAR_SAMPLES = 8, /* that are looked at one by one */
};

static size_t count_until(const struct step_counter *c, int64_t t_ms, size_t from)
{
	/* The next step is usually a few samples on; the first one may be anywhere. */
	size_t near = c->n - from < NEAR_SAMPLES ? c->n : from + NEAR_SAMPLES;
	while (from < near && c->t_ms[from] <= t_ms)
		from++;
	if (from < near)
		return from;
	size_t i = from, stride = 1;
	while (i < c->n && c->t_ms[i] <= t_ms) {
		from = i + 1;
		i += stride;
		stride *= 2;
	}
	size_t end = i < c->n ? i : c->n;
	while (from < end) {
		size_t mid = from + (end - from) / 2;
		if (c->t_ms[mid] <= t_ms)
			from = mid + 1;
		else
			end = mid;
	}
	return from;
}

/* Whether the steps behind the first one of a run are each `stride` samples on; t_ms[0] is the
 * first sample that is after the first step, which is at until_ms. */
static bool is_regular(const int64_t *t_ms, size_t stride, int64_t until_ms, int64_t step_ms)
{
	uint64_t odd = 0; /* in the sign */

	for (size_t i = 1; i < RUN_STEPS; i++) {
		uint64_t until = (uint64_t)until_ms + i * (uint64_t)step_ms;
		t_ms += stride;
		odd |= until - (uint64_t)t_ms[-1];
		odd |= (uint64_t)t_ms[0] - 1 - until;
	}
	return odd >> 63 == 0;
}

/* Scrapes come at a pace and so do steps: then there is nothing to search, only to verify. */
static bool count_regular_run(struct step_counter *c, int64_t t_ms, int64_t step_ms, uint32_t *out)
{
	size_t first = count_until(c, t_ms, c->next);
	size_t stride = count_until(c, t_ms + step_ms, first) - first;
	size_t reach = stride * (RUN_STEPS - 1);

	c->next = first;
	if (stride == 0 || c->n <= reach || first >= c->n - reach ||
	    !is_regular(c->t_ms + first, stride, t_ms, step_ms))
		return false;
	for (size_t i = 0; i < RUN_STEPS; i++)
		out[i] = (uint32_t)(first + i * stride);
	c->next = first + reach;
	return true;
}

static void count_each(struct step_counter *c, int64_t t_ms, int64_t step_ms, uint32_t *out,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		c->next = count_until(c, t_ms + (int64_t)i * step_ms, c->next);
		out[i] = (uint32_t)c->next;
	}
}

void step_counts(struct step_counter *c, int64_t t_ms, int64_t step_ms, uint32_t *out, size_t n)
{
	for (size_t i = 0; i < n; i += RUN_STEPS) {
		int64_t run_ms = t_ms + (int64_t)i * step_ms;
		size_t left = n - i;
		if (left >= RUN_STEPS && count_regular_run(c, run_ms, step_ms, out + i))
			continue;
		count_each(c, run_ms, step_ms, out + i, left < RUN_STEPS ? left : RUN_STEPS);
	}
}
