/* request_stats.h - what one request to a bucket store touched and fetched, and the metrics that
 * sum it up.
 *
 * "Touched" is what a request looked at, from the bucket or a cache; "fetched" is what it asked the
 * bucket for, gaps between wanted bytes included.
 *
 * Threads: counting may happen from any thread.
 */
#ifndef STORE_REQUEST_STATS_H
#define STORE_REQUEST_STATS_H

#include "base/metric.h"

#include <stdatomic.h>
#include <stdint.h>

enum request_data { REQUEST_POSTINGS, REQUEST_SERIES, REQUEST_CHUNKS, REQUEST_DATA_N };

struct request_data_stats {
	_Atomic uint64_t touched;
	_Atomic uint64_t touched_bytes;
	_Atomic uint64_t fetched;
	_Atomic uint64_t fetched_bytes;
	_Atomic uint64_t fetches; /* requests to the bucket */
	_Atomic int64_t fetch_ns; /* of all of them, one after the other */
};

struct request_metrics;

struct request_stats {
	struct request_data_stats data[REQUEST_DATA_N];
	_Atomic uint64_t postings_to_fetch; /* lists that no cache had */
	_Atomic uint64_t merged_series;
	_Atomic uint64_t merged_chunks;
	uint64_t blocks;
	int64_t get_all_ns;
	int64_t merge_ns;
	const struct request_metrics *metrics; /* may be NULL */
	const char *tenant;                    /* of the metrics */
};

/* All with `s` NULL count nothing. */
void request_stats_touched(struct request_stats *s, enum request_data data, uint64_t n,
			   uint64_t bytes);
void request_stats_fetched(struct request_stats *s, enum request_data data, uint64_t n,
			   uint64_t bytes, int64_t took_ns);

/* One batch of one block has been waited for. */
void request_stats_waited(struct request_stats *s, enum request_data data, int64_t took_ns);
/* A record was longer than estimated. */
void request_stats_refetched(struct request_stats *s, enum request_data data);
void request_stats_found_nothing(struct request_stats *s);

/* --- metrics -------------------------------------------------------------------------------- */

/* thanos_bucket_store_*; those that are NULL count nothing. Families have the label `tenant`, after
 * their others. */
struct request_metrics {
	struct family *data_touched; /* {data_type} */
	struct family *data_fetched;
	struct family *data_size_touched;
	struct family *data_size_fetched;
	struct family *blocks_queried;
	struct family *get_all_seconds;
	struct family *merge_seconds;
	struct family *result_series;
	struct family *sent_chunk_bytes;
	struct family *postings_bytes;
	struct family *queries_dropped; /* {reason} */
	struct family *refetches[REQUEST_DATA_N];
	struct family *fetch_seconds[REQUEST_DATA_N]; /* of one batch of one block */
	struct family *fetch_sum_seconds[REQUEST_DATA_N];
	struct family *empty_postings;
	struct counter *lazy_postings;
	struct family *lazy_groups; /* {reason}, and no tenant */
	struct counter *lazy_group_bytes;
	struct counter *lazy_overfetched_bytes;
};

/* `m` may be NULL. */
void request_metrics_init(struct request_metrics *out, struct metrics *m);
/* When all blocks are open, when all series have been sent, and when the request has ended, however
 * it did. */
void request_metrics_observe_start(const struct request_stats *s);
void request_metrics_observe_merge(const struct request_stats *s);
void request_metrics_observe(const struct request_stats *s);

#endif
