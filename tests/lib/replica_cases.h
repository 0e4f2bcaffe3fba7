/* replica_cases.h - made-up replicas of one series, as pairs of Prometheus servers leave them:
 * scraped at the same interval, not at the same time, with gaps, jitter, restarts and resets.
 */
#ifndef TESTS_LIB_REPLICA_CASES_H
#define TESTS_LIB_REPLICA_CASES_H

#include "model/samples.h"

struct replica_case {
	struct samples *v;
	size_t n;
};

/* The same for the same seed; in memory of `a`. */
struct replica_case replica_case_make(struct arena *a, uint64_t seed);

#endif
