/* source_block.h - a block that is to be merged: its series one after the other, each with all of
 * its chunks, read front to back.
 *
 * Chunks with start timestamps come as those without, since a downsampler, the StoreAPI and Thanos
 * know nothing of them. Deleted samples are left out.
 *
 * Memory: windows of some megabytes, and one series.
 */
#ifndef COMPACTION_SOURCE_BLOCK_H
#define COMPACTION_SOURCE_BLOCK_H

#include "model/series.h"
#include "model/time_range.h"
#include "tsdb/index_reader.h"
#include "tsdb/tombstones.h"

struct source_block;

struct source_options {
	const char *name; /* in errors; copied */
	struct byte_source *index;
	struct byte_source **segments; /* the array is only borrowed */
	size_t n_segments;
	struct tombstones *tombstones; /* NULL: nothing was deleted */
	struct ctx *ctx;               /* outlives it; may be NULL */
	/* What meta.json says, the end exclusive: chunks that lie elsewhere make it corrupt. */
	bool has_range;
	int64_t min_t_ms;
	int64_t max_t_ms;
};

/* Takes the sources and the tombstones, also on failure. */
struct source_block *source_block_new(const struct source_options *options, struct err *err);
/* A block in a local folder: index, chunks/, tombstones. */
struct source_block *source_block_open(const char *dir, struct ctx *ctx, struct err *err);
void source_block_close(struct source_block *b); /* NULL is fine */
CLEANUP_DEFINE(struct source_block, source_block_close)

const char *source_block_name(const struct source_block *b);
/* Borrowed. */
struct index_symbols *source_block_symbols(struct source_block *b);

/* Why the last call of source_block_next() failed, as far as others do something about it. */
enum source_fault {
	SOURCE_OTHER_FAULT,
	SOURCE_DISORDER, /* chunks of a series overlap, or do not ascend */
};
enum source_fault source_block_fault(const struct source_block *b);

/* Labels are told by the numbers that the block's index knows them by. An aggregate chunk stays
 * whole, as raw data of encoding CHUNK_AGGR. */
struct source_series {
	struct symbol_pair *labels;
	size_t n_labels;
	struct chunk *chunks;
	size_t n_chunks;
};

/* Of the next series that has samples in `range`, those samples. The series may be written to; it
 * is borrowed until the next call. A chunk that is there twice is taken once. ERR_CORRUPT when
 * chunks are not in order. */
enum iter_result source_block_next(struct source_block *b, struct time_range range,
				   struct source_series *out, struct err *err);

#endif
