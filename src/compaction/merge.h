/* merge.h - several blocks into one: series by series in the order of their labels, chunk by chunk.
 *
 * Memory: what sources and the writer take, four bytes for each symbol of each source, and one
 * series with its chunks.
 */
#ifndef COMPACTION_MERGE_H
#define COMPACTION_MERGE_H

#include "compaction/chunk_merge.h"
#include "compaction/source_block.h"
#include "tsdb/block_writer.h"

struct merge_options {
	struct chunk_merger *merger; /* for series that are in several sources */
	struct time_range range;     /* of the block: samples outside of it are left out */
};

/* All of `sources`, which are borrowed and at their beginning. The order in which they are given
 * decides which of two samples at one time is kept: ascending by time, as Prometheus has them. The
 * writer is left to be finished. On failure *bad is the source that is to blame, or n. */
bool merge_blocks(struct source_block *const *sources, size_t n,
		  const struct merge_options *options, struct ctx *ctx, struct block_writer *to,
		  size_t *bad, struct err *err);

#endif
