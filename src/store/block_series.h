/* block_series.h - the series of one block in a bucket that answer a request, in batches.
 *
 * Postings are worked out first. Then, batch by batch, series entries are read in ranges, those
 * without a chunk in time are passed over, external labels are added and replica labels removed,
 * and the chunks of the batch are read in ranges.
 */
#ifndef STORE_BLOCK_SERIES_H
#define STORE_BLOCK_SERIES_H

#include "model/store_api.h"
#include "model/time_range.h"
#include "store/store_block.h"
#include "store/store_limits.h"

/* All pointers are borrowed until the iterator is closed. */
struct block_series_options {
	struct matchers matchers; /* on labels of series; none of them on external ones */
	struct time_range range;
	bool skip_chunks;
	unsigned aggrs;         /* of enum aggr_set */
	const struct str *drop; /* replica labels */
	size_t n_drop;
	const struct shard_info *shard; /* may be NULL */
	struct store_limits *limits;    /* may be NULL */
	size_t max_batch_chunks;        /* 0: a default */
};

/* Takes no reference: the block outlives the iterator, as does `ctx`. NULL on failure. What it
 * holds is charged to `tracker`. Errors name the block and the object. */
struct series_iter *block_series_new(struct store_block *b, struct ctx *ctx,
				     const struct block_series_options *options,
				     struct tracker *tracker, struct err *err);

#endif
