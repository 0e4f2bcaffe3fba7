/* fetcher.h - which blocks are in a bucket, again and again.
 *
 * A meta.json never changes once it is there, so each is read from the bucket once: it is kept in
 * memory and in `<data-dir>/meta-syncer/<ULID>/meta.json`, as Thanos does. A fetch lists the
 * bucket, reads what is new, and sends the result through the filters in their order.
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
	BLOCK_DISCOVERY_CONCURRENT, /* list the root, ask for each meta.json */
	BLOCK_DISCOVERY_RECURSIVE,  /* list every object; sees when a meta.json was replaced */
};

/* All pointers are borrowed until fetcher_free(). */
struct fetcher_options {
	struct bucket *bucket;
	enum block_discovery discovery;
	unsigned concurrency; /* of reading meta.json; 0: 32 */
	const char *data_dir; /* NULL: nothing is kept on disk */
	struct block_filter *const *filters;
	size_t n_filters;
	struct metrics *metrics; /* thanos_blocks_meta_*; may be NULL */
	struct logger *logger;   /* may be NULL */
};

struct fetcher;

struct fetcher *fetcher_new(const struct fetcher_options *options);
void fetcher_free(struct fetcher *f); /* NULL is fine */
CLEANUP_DEFINE(struct fetcher, fetcher_free)

/* Fails when the bucket cannot be listed or a filter fails. Otherwise *out is the caller's, to end
 * with block_view_done(); look at out->n_failed before concluding that a block is gone. */
bool fetcher_fetch(struct fetcher *f, struct ctx *ctx, struct block_view *out, struct err *err);

#endif
