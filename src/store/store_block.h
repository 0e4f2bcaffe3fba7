/* store_block.h - a block in a bucket as the store gateway serves it.
 *
 * What stays in memory is what selecting blocks needs: id, times, labels. The symbols and postings
 * table of its index are had from `header_cache.h` when a query wants them.
 *
 * Threads: any number of threads may use a block at once.
 */
#ifndef STORE_STORE_BLOCK_H
#define STORE_STORE_BLOCK_H

#include "block/meta.h"
#include "model/bucket.h"
#include "store/header_cache.h"

struct store_block;

struct store_block_options {
	struct bucket *bucket;
	struct header_cache *headers;
};

/* Nothing is read from the bucket. `meta` gets a reference; what the options point to outlives the
 * block. ERR_UNSUPPORTED for a resolution that no downsampling makes. */
struct store_block *store_block_open(const struct store_block_options *options, struct meta *meta,
				     struct err *err);
struct store_block *store_block_ref(struct store_block *b);
void store_block_unref(struct store_block *b); /* NULL is fine */
CLEANUP_DEFINE(struct store_block, store_block_unref)

/* It is gone from the bucket, or hidden there: its local folder is removed. Requests that have the
 * block go on. */
void store_block_drop(struct store_block *b);

const struct meta *store_block_meta(const struct store_block *b);
struct ulid store_block_id(const struct store_block *b);

/* Borrowed; for what prepares headers. */
struct block_header *store_block_header(struct store_block *b);

/* Open for as long as it is used; store_block_put_header() must follow. NULL on failure. */
const struct index_header *store_block_get_header(struct store_block *b, struct ctx *ctx,
						  struct err *err);
void store_block_put_header(struct store_block *b);

/* The index of the bucket, while the header is open. Borrowed. */
struct byte_source *store_block_index(struct store_block *b);

/* Bytes [start, end) of the index, or of a segment of chunks, counted from zero, with one request
 * to the bucket; fewer when the object is not so long. */
bool store_block_get_index(struct store_block *b, struct ctx *ctx, uint64_t start, uint64_t end,
			   struct byte_sink *sink, struct err *err);
bool store_block_get_chunks(struct store_block *b, struct ctx *ctx, uint32_t segment,
			    uint64_t start, uint64_t end, struct byte_sink *sink, struct err *err);

#endif
