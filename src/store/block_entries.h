/* block_entries.h - reads many series entries of a block's index, from a cache as far as it has
 * them, and else with few requests to the bucket.
 */
#ifndef STORE_BLOCK_ENTRIES_H
#define STORE_BLOCK_ENTRIES_H

#include "model/time_range.h"
#include "store/block_request.h"
#include "store/range_parts.h"
#include "tsdb/index_series.h"

struct block_entry {
	struct index_series entry; /* its chunks: those in time */
	uint32_t ref;
	uint32_t size_bytes;
};

struct block_entries {
	struct block_entry *v;
	size_t n;
};

/* The entries of `refs`, which ascend; those without a chunk in `range` are left out. They live in
 * the arenas. Errors name the object and the offset. */
bool block_entries_read(const struct block_request *r, const uint32_t *refs, size_t n,
			struct time_range range, struct range_arenas *arenas,
			struct block_entries *out, struct err *err);

#endif
