/* chunks_reader.h - the chunks of a block: where they lie, and their bytes.
 *
 * Format: docs/formats/chunks.md. A chunk is named by segment << 32 | offset, segments counted from
 * zero.
 */
#ifndef TSDB_CHUNKS_READER_H
#define TSDB_CHUNKS_READER_H

#include "codec/chunk.h"
#include "tsdb/byte_source.h"

#define CHUNK_SEGMENT_MAGIC UINT32_C(0x85bd40dd)

enum {
	CHUNK_SEGMENT_HEADER_BYTES = 8,
	CHUNK_MAX_BYTES = 64 << 20, /* a larger one is taken for corruption */
	/* What one chunk is fetched with while its size is not known (Thanos' estimate). */
	CHUNK_ESTIMATED_BYTES = 16000,
	/* Two chunks this near are fetched together. */
	CHUNK_RANGE_MAX_GAP_BYTES = 512 << 10,
};

static inline uint32_t chunk_ref_segment(uint64_t ref)
{
	return (uint32_t)(ref >> 32);
}

static inline uint32_t chunk_ref_offset(uint64_t ref)
{
	return (uint32_t)ref;
}

/* Checks magic and version. */
bool chunk_segment_check(struct byte_source *segment, struct ctx *ctx, struct err *err);

/* The chunk that begins at `p`, borrowed, its checksum checked. When `n` bytes are too few,
 * out->data is NULL and *size says how many are needed, as far as they tell; else *size is what it
 * takes. */
bool chunk_parse(const uint8_t *p, size_t n, struct chunk_data *out, size_t *size, struct err *err);

/* One fetch: bytes [start, end) of a segment hold the chunks refs[first] to refs[first + n - 1].
 * `end` may lie behind the segment's. */
struct chunk_range {
	uint32_t segment;
	uint64_t start;
	uint64_t end;
	size_t first;
	size_t n;
};

/* The fetches for chunks with ascending `refs`: neighbours with at most `max_gap` bytes between
 * them are put together. Gives their number; *out lives in `a`. */
size_t chunk_ranges_plan(const uint64_t *refs, size_t n, uint64_t estimated_bytes, uint64_t max_gap,
			 struct arena *a, struct chunk_range **out);

struct chunks_reader;

/* Takes the sources, also on failure; the array is copied. */
struct chunks_reader *chunks_reader_new(struct byte_source **segments, size_t n, struct ctx *ctx,
					struct err *err);
enum chunks_access {
	CHUNKS_ANYWHERE,
	CHUNKS_FRONT_TO_BACK, /* reads ahead; one thread only (sequential_source.h) */
};

/* All segment files of a folder, by name; it may be empty. */
struct chunks_reader *chunks_reader_open(const char *dir, enum chunks_access access,
					 struct err *err);
void chunks_reader_close(struct chunks_reader *r); /* NULL is fine */
CLEANUP_DEFINE(struct chunks_reader, chunks_reader_close)

/* The bytes live in `a`, or in the source where that is memory. */
bool chunks_reader_get(struct chunks_reader *r, struct ctx *ctx, uint64_t ref, struct arena *a,
		       struct chunk_data *out, struct err *err);

#endif
