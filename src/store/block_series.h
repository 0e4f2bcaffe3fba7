/* block_series.h - the series of one block in a bucket that answer a request.
 *
 * Postings are worked out first. Then series entries are read in batches; those without a chunk in
 * time are passed over, external labels are added and replica labels removed. The chunks of a batch
 * are read at once where there is memory for it, and else in windows of bounded size; one window is
 * given out while the next is on its way.
 */
#ifndef STORE_BLOCK_SERIES_H
#define STORE_BLOCK_SERIES_H

#include "model/store_api.h"
#include "model/time_range.h"
#include "store/block_request.h"
#include "store/window_budget.h"
#include "tsdb/postings_plan.h"

/* All pointers are borrowed until the iterator is closed. */
struct block_series_options {
	struct matchers matchers; /* on labels of series; none of them on external ones */
	struct time_range range;
	bool skip_chunks;
	unsigned aggrs;         /* of enum aggr_set */
	const struct str *drop; /* replica labels */
	size_t n_drop;
	const struct shard_info *shard; /* may be NULL */
	int64_t limit;                  /* more series than these are not asked for; 0: none */
	struct store_limits *limits;    /* may be NULL */
	struct request_stats *stats;    /* may be NULL */
	struct index_cache *cache;      /* may be NULL */
	struct str tenant;
	struct postings_thrift thrift;
	struct fetch_sizes sizes;
	struct pool *ranges; /* see block_request.h; may be NULL */
	struct pool *ahead;  /* loads the next window meanwhile; may be NULL. Not the same one. */
	size_t batch_series; /* entries read at once; 0: 10,000, as in Thanos */
	size_t window_bytes; /* of series given out together, about; 0: a default */

	/* Both grow by what it allows, up to `batch_series_max` entries and the chunks of all of
	 * them; may be NULL. The request asks `n_blocks`. */
	struct window_budget *budget;
	size_t batch_series_max;
	size_t n_blocks;
};

enum { ENTRY_MEMORY_BYTES = 512 }; /* that an entry of a batch takes, about */

/* Takes no reference: the block outlives the iterator, as does `ctx`. NULL on failure. What it
 * holds is charged to `tracker`. Errors name the block and the object. */
struct series_iter *block_series_new(struct store_block *b, struct ctx *ctx,
				     const struct block_series_options *options,
				     struct tracker *tracker, struct err *err);

#endif
