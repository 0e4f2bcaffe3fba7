/* group.h - blocks that may be compacted together: those with the same external labels and the same
 * resolution.
 */
#ifndef COMPACTION_GROUP_H
#define COMPACTION_GROUP_H

#include "block/block_view.h"

struct compaction_group {
	struct str key; /* meta_group_key() */
	struct labels labels;
	int64_t resolution_ms;
	const struct meta **blocks; /* ascending by time of beginning, then by id */
	size_t n;
};

struct compaction_groups {
	struct compaction_group *v; /* ascending by key */
	size_t n, cap;
};

/* In memory of `a`; labels and blocks are borrowed from the view. */
struct compaction_groups compaction_groups_of(const struct block_view *view, struct arena *a);

#endif
