/* time_range.h - spans of milliseconds. */
#ifndef MODEL_TIME_RANGE_H
#define MODEL_TIME_RANGE_H

#include <stdbool.h>
#include <stdint.h>

/* Both ends inclusive. */
struct time_range {
	int64_t min_t_ms;
	int64_t max_t_ms;
};

static inline bool time_range_overlaps(struct time_range a, struct time_range b)
{
	return a.min_t_ms <= b.max_t_ms && b.min_t_ms <= a.max_t_ms;
}

static inline bool time_range_has(struct time_range r, int64_t t_ms)
{
	return r.min_t_ms <= t_ms && t_ms <= r.max_t_ms;
}

#endif
