/* block_chunks.h - reads many chunks of a block in a bucket, in few requests. */
#ifndef STORE_BLOCK_CHUNKS_H
#define STORE_BLOCK_CHUNKS_H

#include "model/series.h"
#include "store/block_request.h"
#include "store/range_parts.h"

/* A chunk to read, and where it goes: min and max time are set already. */
struct chunk_load {
	uint64_t ref;
	struct chunk *to;
};

/* Sorts `loads`. Bytes go into the arenas; of aggregates only those of `aggrs` are filled (enum
 * aggr_set). Errors name the object and the offset. */
bool block_chunks_load(const struct block_request *r, struct chunk_load *loads, size_t n,
		       unsigned aggrs, struct range_arenas *arenas, struct err *err);

#endif
