/* cleaning.h - what nobody needs any more goes: blocks that were marked long enough ago, the rest
 * of uploads that were cut off, and blocks whose samples are all in another one.
 *
 * What fails is logged and counted, and left to the next time.
 */
#ifndef COMPACTION_CLEANING_H
#define COMPACTION_CLEANING_H

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "block/block_view.h"
#include "model/bucket.h"

/* An upload that has not changed for so long is not going on. */
#define PARTIAL_UPLOAD_MAX_AGE_MS (INT64_C(48) * 3600 * 1000)

/* All pointers are borrowed; the counters, and the logger, may be NULL. */
struct cleaning {
	struct bucket *bucket;
	struct clock *clock;
	int64_t delete_delay_ms;    /* --delete-delay */
	struct counter *n_cleaned;  /* thanos_compact_blocks_cleaned_total */
	struct counter *n_failures; /* thanos_compact_block_cleanup_failures_total */
	struct counter
	    *n_partial_attempts;   /* thanos_compact_aborted_partial_uploads_deletion_... */
	struct counter *n_marked;  /* thanos_compact_blocks_marked_total, for deletion */
	struct counter *n_garbage; /* thanos_compact_garbage_collected_blocks_total */
	struct logger *logger;
};

/* Of blocks with deletion marks those whose mark is older than the delay. */
bool clean_marked_blocks(const struct cleaning *c, struct ctx *ctx, const struct ulid *ids,
			 size_t n, struct err *err);
/* Folders without a meta.json that can be read. */
void clean_partial_uploads(const struct cleaning *c, struct ctx *ctx,
			   const struct partial_block *partial, size_t n);
/* Marks duplicates for deletion: "outdated block". */
bool mark_garbage(const struct cleaning *c, struct ctx *ctx, const struct ulid *ids, size_t n,
		  struct err *err);

#endif
