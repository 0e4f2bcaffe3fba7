/* bucket_store_internal.h - what the parts of the bucket store share. */
#ifndef STORE_BUCKET_STORE_INTERNAL_H
#define STORE_BUCKET_STORE_INTERNAL_H

#include "base/lock.h"
#include "model/time_range.h"
#include "store/block_series.h"
#include "store/bucket_store.h"
#include "store/request_stats.h"

struct bucket_store_metrics {
	struct counter *block_loads;
	struct counter *block_load_failures;
	struct counter *block_drops;
	struct gauge *blocks_loaded;
	struct gauge *last_loaded_s;
	struct histogram_metric *block_load_seconds;
};

struct bucket_store {
	struct store_api base; /* first, so that the two pointers convert */
	struct bucket_store_options options;
	struct header_cache *headers;
	struct bucket_store_metrics metrics;
	struct request_metrics request_metrics;
	struct pool *blocks; /* threads that work on one block of a request each, and */
	struct pool *ranges; /* those that fetch parts of its objects for them */
	struct window_budget ahead;
	struct mutex mu;

	/* Guarded by mu. */
	struct block_catalog *catalog;
	uint64_t n_catalogs;    /* there were so far */
	bool is_ready;          /* the first sync is done */
	bool is_health_new;     /* the catalog shows broken blocks, or lacks healed ones */
	bool is_sync_wanted;    /* a request missed an object */
	pthread_cond_t changed; /* a new catalog, or is_health_new */
};

/* In bucket_series.c and bucket_labels.c. */
struct series_iter *bucket_store_series(struct store_api *base, struct ctx *ctx,
					const struct series_request *req, struct notes *notes,
					struct tracker *tracker, struct err *err);
bool bucket_store_label_names(struct store_api *base, struct ctx *ctx,
			      const struct label_request *req, struct notes *notes, struct arena *a,
			      struct str_list *out, struct err *err);
bool bucket_store_label_values(struct store_api *base, struct ctx *ctx,
			       const struct label_request *req, struct notes *notes,
			       struct arena *a, struct str_list *out, struct err *err);

/* What metrics call it: the default tenant when it has no name. Lives in `a`. */
const char *bucket_store_tenant(struct str tenant, struct arena *a);

/* The options of reading any block for the request, but for what depends on the block. `n_blocks`
 * share the memory of the request. */
struct block_series_options bucket_store_block_options(struct bucket_store *s, struct str tenant,
						       size_t n_blocks);

/* Whether the matchers of a request's hints, on external labels and __block_id, want the block. */
bool store_block_is_wanted(const struct store_block *b, struct matchers block_matchers);

/* [min, max] of a request, cut to what the store serves. */
struct time_range bucket_store_clamp(struct bucket_store *s, int64_t min_t_ms, int64_t max_t_ms);

/* A failure of one block fails the request: as Thanos, with ERR_ABORTED, unless it is the caller's.
 * A limit that is passed is reported with the matchers that did it. */
void bucket_store_abort(struct matchers matchers, struct err *err);

#endif
