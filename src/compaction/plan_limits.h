/* plan_limits.h - plans that would make too large a block, or that nobody can carry out: the block
 * that is to blame is marked not to be compacted, and another plan is made.
 */
#ifndef COMPACTION_PLAN_LIMITS_H
#define COMPACTION_PLAN_LIMITS_H

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "block/gathered_marks.h"
#include "compaction/group.h"
#include "compaction/planner.h"

/* All pointers are borrowed. */
struct plan_limits {
	struct bucket *bucket;
	const int64_t *ranges_ms;
	size_t n_ranges;
	int64_t max_index_bytes; /* --compact.block-max-index-size */
	const struct gathered_marks *no_compact;
	struct clock *clock;
	struct family *marked; /* thanos_compact_blocks_marked_total; may be NULL */
	struct logger *logger; /* may be NULL */
};

/* The next plan for a group. The indexes of its blocks take less than 85 % of the limit in all, and
 * no downsampled blocks overlap in it. The plan lives in `a`. */
bool plan_within_limits(const struct plan_limits *l, struct ctx *ctx,
			const struct compaction_group *g, struct arena *a,
			struct compaction_plan *out, struct err *err);

/* Marks a block not to be compacted. One that has a mark keeps it. */
bool mark_no_compact(const struct plan_limits *l, struct ctx *ctx, struct ulid id,
		     const char *reason, const char *details, struct err *err);

#endif
