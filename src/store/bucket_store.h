/* bucket_store.h - the StoreAPI over the blocks of a bucket: what the store gateway serves.
 *
 * Threads: requests come from any thread; one thread syncs.
 */
#ifndef STORE_BUCKET_STORE_H
#define STORE_BUCKET_STORE_H

#include "base/gate.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/time_text.h"
#include "block/fetcher.h"
#include "model/store_api.h"
#include "store/block_catalog.h"
#include "store/store_limits.h"

struct bucket_store;

/* All pointers are borrowed until the store is closed. */
struct bucket_store_options {
	struct bucket *bucket;
	struct fetcher *fetcher;
	const char *data_dir;             /* of index-headers; NULL: none are kept */
	unsigned block_sync_concurrency;  /* 0: 20 */
	struct time_or_duration min_time; /* what is served */
	struct time_or_duration max_time;
	struct store_limits_config limits;
	struct gate *gate;          /* of series requests; NULL: none */
	size_t header_memory_bytes; /* of open index-headers; 0: 256 MiB */
	struct clock *clock;
	struct metrics *metrics; /* thanos_bucket_store_*; may be NULL */
	struct logger *logger;   /* may be NULL */
};

struct bucket_store *bucket_store_new(const struct bucket_store_options *options);
/* Borrowed; closing it closes the store. No request runs any more. */
struct store_api *bucket_store_api(struct bucket_store *s);

/* Look at the bucket: load new blocks, and drop those that are gone, unless the view was
 * incomplete. Blocks that cannot be loaded are logged and tried again next time. Fails when the
 * bucket cannot be listed, and with the reason of an incomplete view after what could be done was.
 */
bool bucket_store_sync(struct bucket_store *s, struct ctx *ctx, struct err *err);

/* The first sync: tried every `retry_interval_ms` until `give_up_after_ms` is over (Thanos: 10 s
 * and 30 s). Removes what is left in the data folder of blocks that are gone. The store then
 * answers. */
bool bucket_store_initial_sync(struct bucket_store *s, struct ctx *ctx, int64_t retry_interval_ms,
			       int64_t give_up_after_ms, struct err *err);

/* Syncs at this interval until `ctx` is done; failures are logged. */
void bucket_store_run(struct bucket_store *s, struct ctx *ctx, int64_t interval_ms);

/* The blocks served now; the caller's, to end with block_catalog_unref(). */
struct block_catalog *bucket_store_catalog(struct bucket_store *s);

#endif
