/* replicator.h - blocks of one bucket copied into another: `tools bucket replicate`.
 *
 * The oldest block goes first, so that a compactor of the target never meets a gap that is filled
 * later. A run that is cut off is gone on with by the next one (block/copy.h).
 *
 * Threads: one run at a time.
 */
#ifndef TOOLS_REPLICATOR_H
#define TOOLS_REPLICATOR_H

#include "base/log.h"
#include "base/metric.h"
#include "base/time_text.h"
#include "model/bucket.h"
#include "model/matcher.h"
#include "model/ulid.h"

struct progress;

/* All pointers are borrowed until replicator_free(). */
struct replicator_options {
	struct bucket *from;
	struct bucket *to;
	struct matchers matchers; /* of external labels */
	const int64_t *resolutions_ms;
	size_t n_resolutions;
	const int64_t *levels; /* of compaction */
	size_t n_levels;
	const struct ulid *ids; /* if there are any: these blocks, whatever they are */
	size_t n_ids;
	struct time_or_duration min_time;
	struct time_or_duration max_time;
	bool ignore_marked; /* for deletion */
	struct clock *clock;
	struct metrics *metrics;   /* thanos_replicate_*; may be NULL */
	struct logger *logger;     /* may be NULL */
	struct progress *progress; /* may be NULL */
};

struct replicator;

struct replicator *replicator_new(const struct replicator_options *options);
void replicator_free(struct replicator *r); /* NULL is fine */
CLEANUP_DEFINE(struct replicator, replicator_free)

/* Once. */
bool replicator_run(struct replicator *r, struct ctx *ctx, struct err *err);
/* Every minute until `ctx` is done; what fails is logged and counted, and tried again. */
void replicator_repeat(struct replicator *r, struct ctx *ctx);

#endif
