/* group_compaction.h - one compaction of one group: a plan is made, its blocks become one, which is
 * uploaded, and they are marked for deletion.
 *
 * Cut off anywhere it leaves the group as it was, or with both the new block and its sources: those
 * are then duplicates, which nobody counts twice and the compactor marks later. A failure concerns
 * this group only and says what is to be done about it.
 */
#ifndef COMPACTION_GROUP_COMPACTION_H
#define COMPACTION_GROUP_COMPACTION_H

#include "block/file_hash.h"
#include "compaction/chunk_merge.h"
#include "compaction/plan_limits.h"

/* All pointers are borrowed. */
struct group_compaction {
	struct plan_limits limits; /* the bucket, among others */
	const char *dir;           /* work folders of groups are made in it */
	struct chunk_merger *merger;
	bool may_overlap; /* --compact.enable-vertical-compaction, or labels of replicas */
	enum block_hash hash;
	unsigned block_files_concurrency;
	struct counter
	    *n_marked_for_deletion; /* thanos_blocks_marked_for_deletion_total; may be NULL */
};

enum compaction_failure {
	COMPACTION_FAILED_OTHERWISE,
	COMPACTION_MUST_HALT,      /* a person has to look: Thanos stops here */
	COMPACTION_MAY_RETRY,      /* the bucket did not answer */
	COMPACTION_CHUNK_DISORDER, /* a block's chunks are not in order */
};

struct compaction_result {
	bool is_done; /* blocks changed: the group may have more to do */
	bool has_new_block;
	bool was_vertical;
	struct ulid new_block;
	/* On failure: */
	enum compaction_failure failure;
	bool has_bad_block;
	struct ulid bad_block; /* the one that is to blame */
};

/* *out is set on failure, too. */
bool group_compact(const struct group_compaction *c, struct ctx *ctx,
		   const struct compaction_group *g, struct compaction_result *out,
		   struct err *err);

/* Marks a block for deletion, even when `ctx` is cancelled: what was begun is ended, within five
 * minutes. One that is marked already keeps its mark. */
bool mark_for_deletion(struct bucket *b, struct clock *clock, struct ulid id, const char *details,
		       struct counter *n_marked, struct err *err);

#endif
