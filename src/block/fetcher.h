/* fetcher.h - which blocks are in a bucket, again and again.
 *
 * A meta.json never changes once it is there, so each is read from the bucket once: it is kept in
 * memory and in a local folder (`meta_cache.h`). What a fetch asks of the bucket:
 *
 * - Seldom, every `scan_interval_ms`, and always at the first time, all objects are listed. That
 *   tells of every block whether its meta.json is there, and which have a deletion mark.
 * - Else only the root is listed: a request for every thousand blocks. A folder that was known as
 *   a block stays one; of every other one its meta.json is asked for.
 * - Before a block that was known counts as gone, its meta.json is asked for: listings may be late
 *   or incomplete. The same is done for those that someone suspects.
 *
 * The result goes through the filters in their order.
 *
 * Threads: one fetch at a time per fetcher.
 */
#ifndef BLOCK_FETCHER_H
#define BLOCK_FETCHER_H

#include "base/log.h"
#include "base/metric.h"
#include "block/block_view.h"
#include "block/filters.h"
#include "model/bucket.h"

/* How blocks are found: --block-discovery-strategy. */
enum block_discovery {
	BLOCK_DISCOVERY_CONCURRENT, /* as told above */
	BLOCK_DISCOVERY_RECURSIVE,  /* list all objects every time */
};

/* All pointers are borrowed until fetcher_free(). */
struct fetcher_options {
	struct bucket *bucket;
	enum block_discovery discovery;
	unsigned concurrency; /* of reading meta.json; 0: 32 */
	const char *data_dir; /* NULL: nothing is kept on disk */
	/* How old what is known of deletion marks and of vanished meta.json files may be; 0: all
	 * objects are listed every time. */
	int64_t scan_interval_ms;
	/* Keep of a meta.json what selecting blocks and reading them needs, and not which files it
	 * has, what it was made from but for its sources, and what other programs wrote into it. */
	bool keeps_little;
	struct clock *clock; /* NULL: the system's */
	struct block_filter *const *filters;
	size_t n_filters;
	struct metrics *metrics; /* thanos_blocks_meta_*; may be NULL */
	struct logger *logger;   /* may be NULL */
};

struct fetcher;

struct fetcher *fetcher_new(const struct fetcher_options *options);
void fetcher_free(struct fetcher *f); /* NULL is fine */
CLEANUP_DEFINE(struct fetcher, fetcher_free)

/* An object of that block was not there: the next fetch looks at it. From any thread. */
void fetcher_suspect(struct fetcher *f, struct ulid id);

/* Fails when the bucket cannot be listed or a filter fails. Otherwise *out is the caller's, to end
 * with block_view_done(); look at out->n_failed before concluding that a block is gone. */
bool fetcher_fetch(struct fetcher *f, struct ctx *ctx, struct block_view *out, struct err *err);

#endif
