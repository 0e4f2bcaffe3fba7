/* overlap_groups.h - blocks of a bucket that overlap in time with others of their group, which the
 * compactor would not know what to do with.
 */
#ifndef BLOCK_OVERLAP_GROUPS_H
#define BLOCK_OVERLAP_GROUPS_H

#include "block/block_view.h"

/* Blocks that overlap one after the other. */
struct overlap {
	struct str group; /* meta_group_key() */
	int64_t min_t_ms; /* what all of them share, as Prometheus computes it: with three */
	int64_t max_t_ms; /* or more blocks max_t_ms may be the smaller one */
	const struct meta **metas; /* ascending by min_t_ms, of the view */
	size_t n;
};

struct overlap_list {
	struct overlap *v;
	size_t n, cap;
};

/* In memory of `a`, ascending by group and time. Grouped as Prometheus' OverlappingBlocks does. */
struct overlap_list overlap_groups(const struct block_view *view, struct arena *a);

/* Prometheus' text for one: "[mint: 0, maxt: 9, range: 0s, blocks: 2]: <ulid: ...>, ...". */
void overlap_format(const struct overlap *o, struct buf *out);

#endif
