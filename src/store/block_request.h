/* block_request.h - what everything that reads one block for one request has in common.
 *
 * Threads: may be used by several at once, as far as what it points to may.
 */
#ifndef STORE_BLOCK_REQUEST_H
#define STORE_BLOCK_REQUEST_H

#include "base/pool.h"
#include "store/index_cache.h"
#include "store/request_stats.h"
#include "store/store_block.h"
#include "store/store_limits.h"

/* Estimates that decide how much is fetched; 0: Thanos' defaults. */
struct fetch_sizes {
	uint64_t
	    series_bytes; /* of one entry of the index at most: --debug.estimated-max-series-size */
	uint64_t chunk_bytes; /* --debug.estimated-max-chunk-size */
};

enum { ESTIMATED_SERIES_BYTES = 64 << 10, ESTIMATED_CHUNK_BYTES = 16000 };

/* All but the block may be NULL, and is borrowed. */
struct block_request {
	struct store_block *block;
	struct ctx *ctx;
	struct tracker *tracker;
	struct store_limits *limits;
	struct request_stats *stats;
	struct index_cache *cache;
	struct str tenant;
	struct pool
	    *ranges; /* fetches several ranges at once; none of its threads makes requests */
	struct fetch_sizes sizes;
	int index_version;
};

/* What is fetched for an entry of the index while its size is not known: the estimate, or what
 * meta.json knows to be the most. */
uint64_t block_request_series_bytes(const struct block_request *r);

struct index_cache_block block_request_cached(const struct block_request *r);

/* Bytes [start, end) of the index or of a segment of chunks, counted against the limit of bytes and
 * as one fetch of `n` things. */
bool block_request_get_index(const struct block_request *r, enum request_data data, size_t n,
			     uint64_t start, uint64_t end, struct byte_sink *sink, struct err *err);
bool block_request_get_chunks(const struct block_request *r, uint32_t segment, size_t n,
			      uint64_t start, uint64_t end, struct byte_sink *sink,
			      struct err *err);

#endif
