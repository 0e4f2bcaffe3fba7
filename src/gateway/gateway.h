/* gateway.h - the store gateway: what is in the bucket, filtered, and a StoreAPI over it. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "block/fetcher.h"
#include "block/filters.h"
#include "store/bucket_store.h"

struct gateway_options {
	struct bucket *bucket;
	struct bucket *parquet_bucket;  /* NULL: no block is converted */
	const struct relabel *selector; /* NULL: all blocks count */
	const char *data_dir;           /* NULL: nothing is kept on disk */
	enum block_discovery discovery;
	unsigned fetch_concurrency;
	unsigned sync_concurrency;
	enum header_warming warming;
	unsigned header_keep_every;
	int64_t header_idle_timeout_ms;
	struct tracker *memory; /* of the process; may be NULL */
	struct time_or_duration min_time;
	struct time_or_duration max_time;
	int64_t consistency_delay_ms;
	int64_t ignore_deletion_marks_delay_ms;
	struct store_limits_config limits;
	struct bucket_request_options requests;
	struct gate *gate; /* of series requests */
	struct clock *clock;
	struct metrics *metrics;
	struct logger *logger;
};

struct gateway;

/* What is pointed to is borrowed until gateway_free(). */
struct gateway *gateway_new(const struct gateway_options *options);
void gateway_free(struct gateway *g); /* NULL is fine; requests have ended */
CLEANUP_DEFINE(struct gateway, gateway_free)

struct bucket_store *gateway_store(struct gateway *g);

#endif
