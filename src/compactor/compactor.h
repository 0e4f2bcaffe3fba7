/* compactor.h - a compactor put together: the blocks of a bucket are compacted and downsampled,
 * kept as long as they are wanted, and deleted some time later.
 */
#ifndef COMPACTOR_COMPACTOR_H
#define COMPACTOR_COMPACTOR_H

#include "block/retention.h"
#include "compaction/bucket_compaction.h"

/* All pointers are borrowed until compactor_free(). */
struct compactor_options {
	struct bucket *bucket;
	const char *data_dir; /* <data_dir>/compact, downsample, cleaner, meta-syncer */
	/* What is looked at: */
	enum block_discovery discovery;
	unsigned fetch_concurrency;
	struct time_or_duration min_time;
	struct time_or_duration max_time;
	const struct relabel *selector; /* NULL: all blocks */
	int64_t consistency_delay_ms;
	/* What is done: */
	const struct str *replica_labels;
	size_t n_replica_labels;
	bool dedup_by_penalty;
	bool may_overlap;   /* labels of replicas imply it */
	unsigned max_level; /* --debug.max-compaction-level, below COMPACTION_N_RANGES */
	int64_t max_index_bytes;
	bool skip_disorder;
	bool no_downsampling;
	unsigned compaction_concurrency;
	unsigned downsample_concurrency;
	unsigned block_files_concurrency;
	enum block_hash hash;
	struct retention retention;
	int64_t delete_delay_ms;

	struct clock *clock;
	struct metrics *metrics; /* thanos_compact_*; may be NULL */
	struct logger *logger;   /* may be NULL */
};

struct compactor;

struct compactor *compactor_new(const struct compactor_options *options);
void compactor_free(struct compactor *c); /* NULL is fine */
CLEANUP_DEFINE(struct compactor, compactor_free)

/* Everything that there is to do now: compaction, two passes of downsampling, retention, and the
 * rests of uploads. On failure *failure says what may be done about it; retention and cleaning are
 * left out then. */
bool compactor_iterate(struct compactor *c, struct ctx *ctx, enum compaction_failure *failure,
		       struct err *err);

/* Deletes marked blocks whose time is over, and the rests of uploads. May run beside an iteration,
 * once at a time. */
bool compactor_clean(struct compactor *c, struct ctx *ctx, struct err *err);

/* For thanos_compact_halted and thanos_compact_retries_total. */
void compactor_note_halt(struct compactor *c);
void compactor_note_retry(struct compactor *c);

#endif
