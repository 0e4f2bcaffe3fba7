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
#include "store/block_request.h"
#include "store/store_limits.h"
#include "tsdb/postings_plan.h"

struct bucket_store;

/* What is done for index-headers before a request wants them. */
enum header_warming {
	WARM_OPEN,    /* all are brought to the disk, and opened as long as there is room */
	WARM_ON_DISK, /* all are brought to the disk */
	WARM_NOTHING,
};

/* How requests are answered. */
struct bucket_request_options {
	struct index_cache *index_cache; /* NULL: none */
	struct postings_thrift thrift;   /* --store.enable-lazy-expanded-postings */
	struct fetch_sizes sizes;
	size_t batch_series; /* entries of a block's index read at once; 0: 10,000 */
	size_t memory_bytes; /* that one request holds at least, about, as it is sent; 0: 64 MiB */
	/* Up to which all requests together hold more, where that saves requests to the bucket. */
	int64_t ahead_bytes;
};

/* All pointers are borrowed until the store is closed. */
struct bucket_store_options {
	struct bucket *bucket;
	struct fetcher *fetcher;
	const char *data_dir;            /* of index-headers; NULL: they are kept in memory */
	unsigned block_sync_concurrency; /* of making index-headers; 0: 20 */
	enum header_warming warming;
	unsigned header_keep_every;       /* 0: every 32nd; as in index_postings_open() */
	int64_t header_idle_timeout_ms;   /* open ones are closed after it; 0: never */
	struct time_or_duration min_time; /* what is served */
	struct time_or_duration max_time;
	struct store_limits_config limits;
	struct bucket_request_options requests;
	struct gate *gate;          /* of series requests; NULL: none */
	size_t header_memory_bytes; /* of open index-headers; 0: 256 MiB */
	struct tracker *memory;     /* of the process; may be NULL */
	struct clock *clock;
	struct metrics *metrics; /* thanos_bucket_store_*; may be NULL */
	struct logger *logger;   /* may be NULL */
};

struct bucket_store *bucket_store_new(const struct bucket_store_options *options);
/* Borrowed; closing it closes the store. No request runs any more. */
struct store_api *bucket_store_api(struct bucket_store *s);

/* Look at the bucket: serve new blocks, and drop those that are gone, unless the view was
 * incomplete. Of a block only its meta.json is read. Fails when the bucket cannot be listed, and
 * with the reason of an incomplete view after what could be done was. */
bool bucket_store_sync(struct bucket_store *s, struct ctx *ctx, struct err *err);

/* The first sync: tried again after `retry_interval_ms`, until that was waited for
 * `give_up_after_ms` in all (Thanos: 10 s and 30 s). Removes what is left in the data folder of
 * blocks that are gone. The store then answers. */
bool bucket_store_initial_sync(struct bucket_store *s, struct ctx *ctx, int64_t retry_interval_ms,
			       int64_t give_up_after_ms, struct err *err);

/* Syncs at this interval until `ctx` is done; failures are logged. */
void bucket_store_run(struct bucket_store *s, struct ctx *ctx, int64_t interval_ms);

/* Brings index-headers here, those first that were used last, then those with the newest data, and
 * again after each sync, until `ctx` is done; closes idle ones. On a thread of its own. What was
 * used is remembered in the data folder. */
void bucket_store_warm(struct bucket_store *s, struct ctx *ctx);

/* The blocks served now; the caller's, to end with block_catalog_unref(). */
struct block_catalog *bucket_store_catalog(struct bucket_store *s);

#endif
