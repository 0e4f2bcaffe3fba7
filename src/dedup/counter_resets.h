/* counter_resets.h - a counter without its resets: what it would be if it had never started again.
 *
 * In the counter aggregate of a downsampled chunk the last sample is there twice: with the value
 * after resets were taken out, and at the same time once more with the raw one. The next chunk is
 * compared with that. Raw chunks go the same way, so that a series may begin downsampled and go
 * on raw.
 */
#ifndef DEDUP_COUNTER_RESETS_H
#define DEDUP_COUNTER_RESETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Between the chunks of a series. Starts as all zero. */
struct counter_resets {
	bool is_started;
	int64_t last_t_ms;
	double last_v; /* as the chunk has it */
	double total;  /* as it would be */
};

/* In place over the samples of the next chunk; how many remain. NaN and markers of staleness go,
 * and so does what is not newer than the sample before it. */
size_t counter_resets_apply(struct counter_resets *state, int64_t *t_ms, double *v, size_t n);

#endif
