/* step_counts.h - how many samples of a series are not after each step: where its window ends, and
 * which sample is its newest.
 */
#ifndef PROMQL_STEP_COUNTS_H
#define PROMQL_STEP_COUNTS_H

#include <stddef.h>
#include <stdint.h>

/* A column of times that ascend, and how far it was counted. */
struct step_counter {
	const int64_t *t_ms;
	size_t n; /* fits 32 bits */
	size_t next;
};

/* out[i] becomes the number of times that are at most t_ms + i * step_ms. No call begins before the
 * last time of the one before it. */
void step_counts(struct step_counter *c, int64_t t_ms, int64_t step_ms, uint32_t *out, size_t n);

#endif
