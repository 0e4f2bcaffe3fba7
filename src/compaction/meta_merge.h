/* meta_merge.h - what the meta.json of a compacted block says, from those of its sources.
 */
#ifndef COMPACTION_META_MERGE_H
#define COMPACTION_META_MERGE_H

#include "block/meta.h"

/* Times, level, sources and parents, in memory of `a`. The rest is the caller's to tell. */
struct meta meta_merge(const struct meta *const *sources, size_t n, struct arena *a);

/* The extensions of a group's blocks together: members that all of them have (blocks without
 * extensions do not count), with the first one's values. JSON in memory of `a`, or empty. */
struct str extensions_merge(const struct meta *const *metas, size_t n, struct arena *a);

#endif
