/* start_times.h - when the counter behind a sample began: what start timestamps say about resets.
 *
 * Delta temporality is a counter that begins anew with each sample. A start at or after its own
 * sample says nothing, and neither does 0.
 */
#ifndef PROMQL_START_TIMES_H
#define PROMQL_START_TIMES_H

#include "promql/range_source.h"

/* Whether samples i and i - 1 belong to different lives of a counter, by their start times alone.
 */
bool start_time_is_reset(const int64_t *t_ms, const int64_t *st_ms, size_t i);

/* Whether sample i claims time that is of sample i - 1 too. */
bool start_time_overlaps(const int64_t *t_ms, const int64_t *st_ms, size_t i);

/* Whether float i belongs to another life than float i - 1, by value or start time. */
static inline bool sample_is_reset(const struct samples *s, size_t i)
{
	return s->v[i] < s->v[i - 1] || (s->st_ms && start_time_is_reset(s->t_ms, s->st_ms, i));
}

/* Whether samples in one of the windows that have nothing but floats overlap. */
bool start_times_overlap(const struct samples *s, const struct plan_window *window,
			 const struct steps *steps);

#endif
