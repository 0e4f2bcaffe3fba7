/* downsample_plan.h - which blocks are to be downsampled: those of 40 hours and more to 5 minutes,
 * and of these the ones of 10 days and more to an hour, unless somebody has done it.
 */
#ifndef COMPACTION_DOWNSAMPLE_PLAN_H
#define COMPACTION_DOWNSAMPLE_PLAN_H

#include "block/block_view.h"
#include "compaction/downsample_series.h"

/* Shorter blocks are not worth it: nothing would be left of their chunks. The compactor makes them
 * longer first, and its retention has to leave it the time. */
#define DOWNSAMPLE_MIN_RAW_MS (INT64_C(40) * 3600 * 1000)
#define DOWNSAMPLE_MIN_5M_MS  (INT64_C(10) * 24 * 3600 * 1000)

struct downsample_task {
	const struct meta *source; /* borrowed from the view */
	int64_t resolution_ms;     /* that it is to have */
};

struct downsample_plan {
	VEC(struct downsample_task) tasks; /* ascending by block id */
};

void downsample_plan_done(struct downsample_plan *plan);

/* A block has been downsampled when all of its sources are among those of blocks with the coarser
 * resolution. ERR_UNSUPPORTED when a block has a resolution that Thanos does not know. The plan is
 * the caller's also on failure. */
bool downsample_plan_make(const struct block_view *view, struct downsample_plan *out,
			  struct err *err);

#endif
