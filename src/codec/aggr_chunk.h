/* aggr_chunk.h - a chunk of a downsampled block: up to five chunks in one, an aggregate each, for
 * the same windows of time.
 *
 * Format: docs/formats/chunks.md.
 */
#ifndef CODEC_AGGR_CHUNK_H
#define CODEC_AGGR_CHUNK_H

#include "base/buf.h"
#include "codec/chunk.h"

/* The aggregates inside an aggregate chunk's bytes, which are borrowed; data is NULL where one is
 * absent. ERR_CORRUPT when they do not fit; what lies behind the fifth does not matter. */
bool aggr_chunk_split(const uint8_t *data, size_t size, struct chunk_data out[AGGR_N],
		      struct err *err);

/* Appends the chunk to `out`; an overflow shows there. A part without data is absent, and so is one
 * without bytes, which the format cannot tell from it. */
void aggr_chunk_encode(const struct chunk_data parts[AGGR_N], struct buf *out);

#endif
