/* checkpoint.h - what is still needed of the segments of a log that are to be removed.
 *
 * `<wal>/checkpoint.NNNNNNNN` is a log of its own, in place of the segments up to that number: the
 * series that are left, and of samples, exemplars, tombstones and metadata what is not too old. It
 * appears whole, by a rename; a crash on the way leaves one that ends with ".tmp", which is removed
 * by the next. The order is: checkpoint, segments, older checkpoints; so that a reader who takes
 * the last checkpoint and the segments behind it misses nothing whenever the process ended.
 *
 * Format: Prometheus' (tsdb/docs/format/wal.md). Threads: one at a time per log.
 */
#ifndef HEAD_CHECKPOINT_H
#define HEAD_CHECKPOINT_H

#include "base/ctx.h"
#include "head/wal_format.h"

struct checkpoint_options {
	const char *wal_dir;
	uint32_t upto; /* the last segment whose records go into it */
	enum wal_compression compression;
	int64_t min_t_ms; /* samples before are not needed any more */
	/* Is the series still there? The answer for a series does not change meanwhile. */
	bool (*keep)(uint64_t ref, void *arg);
	void *arg;
};

/* Of the records read, and of those left out. */
struct checkpoint_counts {
	uint64_t n_series;
	uint64_t n_dropped_series;
	uint64_t n_samples;
	uint64_t n_dropped_samples;
};

/* ERR_CORRUPT when the log is broken: then nothing has changed. Where there is one up to that
 * segment or a later one, nothing is done. */
bool checkpoint_write(const struct checkpoint_options *options, struct ctx *ctx,
		      struct checkpoint_counts *counts, struct err *err);

/* The newest one: *dir is the caller's to free(). *dir is NULL when there is none. */
bool checkpoint_find(const char *wal_dir, char **dir, uint32_t *number, struct err *err);

/* Checkpoints before that number, and unfinished ones. */
bool checkpoint_remove_old(const char *wal_dir, uint32_t before, struct err *err);

#endif
