/* store_limits.h - what one request to a store may touch.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef STORE_STORE_LIMITS_H
#define STORE_STORE_LIMITS_H

#include "base/err.h"
#include "base/metric.h"

#include <stdatomic.h>
#include <stdint.h>

/* 0: no limit. */
struct store_limits_config {
	uint64_t series;
	uint64_t samples; /* counted as chunks of 120 */
	uint64_t bytes;   /* fetched from the bucket */
};

enum { STORE_SAMPLES_PER_CHUNK = 120 };

enum store_limit { STORE_LIMIT_SERIES, STORE_LIMIT_CHUNKS, STORE_LIMIT_BYTES, STORE_LIMIT_N };

/* Of one request. */
struct store_limits {
	uint64_t allowed[STORE_LIMIT_N];
	_Atomic uint64_t used[STORE_LIMIT_N];
	struct family
	    *dropped; /* thanos_bucket_store_queries_dropped_total{reason,tenant}, or NULL */
	const char *tenant;
};

/* `dropped` may be NULL; it and `tenant` are borrowed. */
void store_limits_init(struct store_limits *l, const struct store_limits_config *config,
		       struct family *dropped, const char *tenant);
/* Fails with ERR_LIMIT and Thanos' words: "exceeded series limit: limit 5 violated (got 6)". `l`
 * may be NULL: no limits. */
bool store_limits_reserve(struct store_limits *l, enum store_limit which, uint64_t n,
			  struct err *err);

#endif
