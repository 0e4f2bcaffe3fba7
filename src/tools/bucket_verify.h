/* bucket_verify.h - looks for blocks that are not as they should be: `tools bucket verify`.
 *
 * What is found is logged as a warning, with Thanos' texts. Blocks that are marked for deletion do
 * not count.
 */
#ifndef TOOLS_BUCKET_VERIFY_H
#define TOOLS_BUCKET_VERIFY_H

#include "base/clock.h"
#include "base/log.h"
#include "model/bucket.h"
#include "model/ulid.h"

struct progress;

enum bucket_issue {
	ISSUE_OVERLAPPED_BLOCKS,     /* blocks of one group share times; cannot be repaired */
	ISSUE_INDEX_KNOWN_ISSUES,    /* chunks out of order or outside of the block's times */
	ISSUE_DUPLICATED_COMPACTION, /* the same compaction was done twice */
	BUCKET_ISSUE_N,
};

extern const char *const BUCKET_ISSUE_NAMES[BUCKET_ISSUE_N];

/* All pointers are borrowed. */
struct bucket_verify_options {
	struct bucket *bucket;
	struct bucket *backup; /* where a block is copied to before a repair removes it */
	const enum bucket_issue *issues;
	size_t n_issues;
	const struct ulid *ids; /* NULL: all blocks; only of ISSUE_INDEX_KNOWN_ISSUES */
	size_t n_ids;
	bool repair;
	int64_t delete_delay_ms; /* 0: what a repair removes is deleted, else it is marked */
	struct clock *clock;
	struct logger *logger;     /* may be NULL */
	struct progress *progress; /* may be NULL */
};

/* Fails when something could not be looked at or repaired, not when something is wrong. */
bool bucket_verify(const struct bucket_verify_options *options, struct ctx *ctx, struct err *err);

#endif
