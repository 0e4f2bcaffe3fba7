/* index_health.h - whether the series and chunks that an index tells are as they should be. */
#ifndef TOOLS_INDEX_HEALTH_H
#define TOOLS_INDEX_HEALTH_H

#include "base/buf.h"
#include "tsdb/index_reader.h"

struct index_health {
	size_t n_series;
	size_t n_chunks;
	size_t n_out_of_order_series; /* that have such chunks */
	size_t n_out_of_order_chunks; /* that overlap the one before, or are older */
	size_t n_duplicated_chunks;   /* with the times of the one before */
	/* Chunks that reach outside of the block's times; of these, ... */
	size_t n_outside_chunks;
	size_t n_complete_outside_chunks; /* ... those that have nothing inside, ... */
	size_t n_issue_347_chunks;        /* ... and those that begin where the block ends */
};

/* Reads all series. Fails with ERR_CORRUPT where there is nothing to count: series out of order,
 * without labels or chunks, or unreadable. */
bool index_health_read(struct index_reader *ix, struct ctx *ctx, int64_t min_t_ms, int64_t max_t_ms,
		       struct index_health *out, struct err *err);

/* False when all is well; else Thanos' text for what is not. */
bool index_health_problems(const struct index_health *h, struct buf *out);

#endif
