/* downsample.h - a block at a coarser resolution: count, sum, minimum, maximum and counter of each
 * series over windows of 5 minutes, made of raw samples, or of one hour, made of those.
 *
 * What comes out is what Thanos makes of the same block. Memory is bounded by the longest series,
 * not by the block: one pass over the source. Deleted samples of a block with tombstones are not
 * left out, as they are not by Thanos: tombstones stay behind when a block is uploaded.
 */
#ifndef COMPACTION_DOWNSAMPLE_H
#define COMPACTION_DOWNSAMPLE_H

#include "base/ctx.h"
#include "base/log.h"
#include "block/meta.h"
#include "compaction/downsample_series.h"

struct downsample_job {
	const char *source_dir; /* the block's folder: index, chunks/ */
	const struct meta *source;
	const char *out_dir;   /* where <id>/ appears, whole or not at all */
	struct ulid id;        /* of the new block */
	int64_t resolution_ms; /* RESOLUTION_5M_MS or RESOLUTION_1H_MS */
	struct logger *logger; /* of series that have no samples; may be NULL */
};

struct downsample_result {
	uint64_t n_series;  /* written */
	uint64_t n_empty;   /* of which nothing was left */
	uint64_t n_chunks;  /* read */
	uint64_t n_samples; /* that the new block has */
};

/* ERR_INVALID when the block has that resolution already; ERR_CORRUPT names the series by its place
 * in the index. */
bool downsample_block(const struct downsample_job *job, struct ctx *ctx,
		      struct downsample_result *out, struct err *err);

#endif
