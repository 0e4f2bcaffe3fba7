/* bucket_compaction.h - all that there is to compact in a bucket, until nothing is left to do.
 *
 * A round reads what is in the bucket, cleans up, and gives each group one compaction. A group that
 * fails is set aside with a report, and others go on; a round in which no group changed is the
 * last.
 */
#ifndef COMPACTION_BUCKET_COMPACTION_H
#define COMPACTION_BUCKET_COMPACTION_H

#include "block/fetcher.h"
#include "block/remembering_filter.h"
#include "compaction/cleaning.h"
#include "compaction/group_compaction.h"

struct group_metrics {
	/* thanos_compact_group_*, by resolution. */
	struct family *runs_started;
	struct family *runs_completed;
	struct family *compactions;
	struct family *vertical_compactions;
	struct family *failures;
	/* athanor_compact_groups_set_aside, by reason: in the last run, or in this one so far. */
	struct family *set_aside;
};

/* In a NULL registry nothing is counted. */
struct group_metrics group_metrics_make(struct metrics *m);

/* All pointers are borrowed. */
struct bucket_compaction {
	struct fetcher *fetcher;
	/* Two of its filters: of deletion marks, and of duplicates. */
	const struct remembering_filter *marked;
	const struct remembering_filter *duplicates;
	struct cleaning cleaning;
	struct group_compaction group;
	bool skip_disorder;   /* --compact.skip-block-with-out-of-order-chunks */
	unsigned concurrency; /* groups at once; 0: one */
	struct group_metrics metrics;
};

struct bucket_compaction_result {
	size_t n_compactions;
	size_t n_failed_groups;
	/* Of all failures the worst: one that must halt before one that is neither, those before
	 * what may be tried again. */
	enum compaction_failure failure;
};

/* False when anything failed, with the reason of the worst failure in *err. */
bool bucket_compaction_run(const struct bucket_compaction *c, struct ctx *ctx,
			   struct bucket_compaction_result *out, struct err *err);

#endif
