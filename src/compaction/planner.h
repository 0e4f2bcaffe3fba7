/* planner.h - which blocks of a group are compacted next, as Thanos chooses them.
 *
 * First what overlaps. Then, from the smallest range of time to the largest, two or more blocks
 * that lie in one aligned range and fill it or are followed by newer ones; the newest block of the
 * group is left alone for a while. Last a large block of which much was deleted.
 */
#ifndef COMPACTION_PLANNER_H
#define COMPACTION_PLANNER_H

#include "block/meta.h"

/* 1 h, 2 h, 8 h, 2 d, 14 d; the first n + 1 of them are for a --debug.max-compaction-level of n. */
enum { COMPACTION_N_RANGES = 5 };
extern const int64_t COMPACTION_RANGES_MS[COMPACTION_N_RANGES];

struct planned_block {
	const struct meta *meta;
	bool is_excluded; /* marked not to be compacted: others are compacted around it, not over it
			   */
};

struct compaction_plan {
	const struct meta **blocks; /* ascending by time; in memory of the arena */
	size_t n;                   /* 0: there is nothing to do */
};

/* `blocks` ascend by the time of their beginning. */
struct compaction_plan compaction_plan_make(const struct planned_block *blocks, size_t n,
					    const int64_t *ranges_ms, size_t n_ranges,
					    struct arena *a);

/* Whether any two of the plan's blocks overlap. */
bool compaction_plan_overlaps(const struct compaction_plan *plan);

#endif
