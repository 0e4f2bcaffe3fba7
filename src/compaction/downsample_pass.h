/* downsample_pass.h - one pass over a bucket: every block that is due for it is downloaded,
 * downsampled, and what comes of it uploaded.
 *
 * A block whose work fails does not keep others from theirs. What a pass that was cut off has
 * downloaded is used by the next one.
 */
#ifndef COMPACTION_DOWNSAMPLE_PASS_H
#define COMPACTION_DOWNSAMPLE_PASS_H

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "block/block_view.h"
#include "block/file_hash.h"
#include "model/bucket.h"

/* thanos_compact_downsample_*, by the resolution of the source. */
struct downsample_metrics {
	struct family *total;
	struct family *failures;
	struct family *duration;
};

/* In a NULL registry nothing is counted. */
struct downsample_metrics downsample_metrics_make(struct metrics *m);

/* All pointers are borrowed. */
struct downsample_pass_options {
	struct bucket *bucket;
	const char *dir;           /* its own; gone after a pass without failures */
	unsigned concurrency;      /* blocks at once; 0: one */
	unsigned file_concurrency; /* files of a block that are moved at once; 0: one */
	enum block_hash hash;
	struct downsample_metrics metrics;
	struct clock *clock;
	struct logger *logger; /* may be NULL */
};

struct downsample_pass_result {
	uint64_t n_done;
	uint64_t n_marked; /* not to be downsampled, by their marks */
	uint64_t n_failed;
};

/* False when any block failed, with the first failure in *err; each is logged. */
bool downsample_pass(const struct downsample_pass_options *options, struct ctx *ctx,
		     const struct block_view *view, struct downsample_pass_result *out,
		     struct err *err);

#endif
