/* shipper.h - brings the finished blocks of a local TSDB into the bucket.
 *
 * A sync looks at every block of the folder, oldest first, and uploads those that are not in the
 * bucket yet, with the external labels added to their meta.json. It works on hard links, so that
 * Prometheus may delete a block meanwhile. It can be cut off at any point: what counts is whether
 * meta.json is in the bucket, and that comes last.
 *
 * Threads: one sync at a time; shipper_set_labels() from any thread.
 */
#ifndef BLOCK_SHIPPER_H
#define BLOCK_SHIPPER_H

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "block/file_hash.h"
#include "model/bucket.h"
#include "model/labels.h"

struct shipper;

/* All pointers are borrowed until shipper_free(). */
struct shipper_options {
	const char *dir; /* of the TSDB */
	struct bucket *bucket;
	const char *source;              /* META_SOURCE_* of what is uploaded */
	const char *state_filename;      /* NULL: SHIPPER_STATE_FILENAME */
	bool upload_compacted;           /* blocks of level 2 and higher, too */
	bool allow_out_of_order_uploads; /* go on after a block that failed */
	bool skip_corrupted_blocks;
	enum block_hash hash;
	unsigned upload_concurrency;
	void (*on_block)(void *arg, size_t n_done, size_t n_all); /* before each; may be NULL */
	void *on_block_arg;
	struct clock *clock;
	struct metrics *metrics; /* thanos_shipper_*; may be NULL */
	struct logger *logger;   /* may be NULL */
};

struct shipper *shipper_new(const struct shipper_options *options);
void shipper_free(struct shipper *s); /* NULL is fine */
CLEANUP_DEFINE(struct shipper, shipper_free)

/* The external labels of what is uploaded from now on; copied. */
void shipper_set_labels(struct shipper *s, struct labels labels);

/* *n_uploaded is set on failure, too. */
bool shipper_sync(struct shipper *s, struct ctx *ctx, size_t *n_uploaded, struct err *err);

#endif
