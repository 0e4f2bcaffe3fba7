/* memcached_metrics.h - thanos_memcached_*, with the label `name`. */
#ifndef CACHE_MEMCACHED_METRICS_H
#define CACHE_MEMCACHED_METRICS_H

#include "base/metric.h"
#include "cache/memcached_config.h"

enum memcached_op { MEMCACHED_GET_MULTI, MEMCACHED_SET, MEMCACHED_N_OPS };

enum memcached_failure {
	MEMCACHED_TIMEOUT,
	MEMCACHED_MALFORMED_KEY,
	MEMCACHED_SERVER_ERROR,
	MEMCACHED_NETWORK_ERROR,
	MEMCACHED_OTHER,
	MEMCACHED_N_FAILURES,
};

struct memcached_metrics {
	struct counter *operations[MEMCACHED_N_OPS];
	struct counter *failures[MEMCACHED_N_OPS][MEMCACHED_N_FAILURES];
	struct histogram_metric *duration[MEMCACHED_N_OPS]; /* of what succeeded, in seconds */
	struct histogram_metric *data_size[MEMCACHED_N_OPS];
	struct counter *set_too_large, *set_buffer_full;
};

/* `m` may be NULL. Also sets thanos_memcached_client_info. */
void memcached_metrics_init(struct memcached_metrics *mm, struct metrics *m,
			    const struct memcached_config *config, const char *name);

/* Counts a failure by the reason that its code gives. */
void memcached_metrics_fail(const struct memcached_metrics *mm, enum memcached_op op,
			    const struct err *err);
/* Counts a success that began at `start_ns` of the monotonic system clock. */
void memcached_metrics_succeed(const struct memcached_metrics *mm, enum memcached_op op,
			       int64_t start_ns, size_t n_bytes);

#endif
