/* block_writer.h - writes index and chunks of a block, series by series.
 *
 * Symbols first, all of them; then the series in the order of their labels, each with all of its
 * chunks. Memory does not grow with the number of samples.
 */
#ifndef TSDB_BLOCK_WRITER_H
#define TSDB_BLOCK_WRITER_H

#include "tsdb/chunks_writer.h"
#include "tsdb/index_writer.h"

struct block_writer_options {
	uint64_t segment_bytes;    /* 0: CHUNK_SEGMENT_BYTES */
	size_t index_memory_bytes; /* for gathering postings; 0: 64 MiB */
};

struct block_stats {
	uint64_t n_series;
	uint64_t n_chunks;
	uint64_t n_float_samples;
	uint64_t n_histogram_samples;
	int64_t min_t_ms; /* of the samples; INT64_MAX and INT64_MIN when there are none */
	int64_t max_t_ms; /* inclusive */
	/* The two that Thanos keeps in meta.json, measured its way. */
	uint64_t series_max_bytes;
	uint64_t chunk_max_bytes;
	uint64_t size_bytes; /* of index and chunks */
};

struct block_writer;

/* <dir>/index and <dir>/chunks/. The folder is made. */
struct block_writer *block_writer_open(const char *dir, const struct block_writer_options *options,
				       struct err *err);
/* NULL is fine. */
void block_writer_close(struct block_writer *w);
CLEANUP_DEFINE(struct block_writer, block_writer_close)

/* Strictly ascending; numbered from 0. */
bool block_writer_add_symbol(struct block_writer *w, struct str symbol, struct err *err);
/* Of series->chunks the times are used; the references are set. */
bool block_writer_add_series(struct block_writer *w, struct index_series *series,
			     const struct chunk_data *chunks, struct err *err);
/* Then both are complete and synced. */
bool block_writer_finish(struct block_writer *w, struct ctx *ctx, struct block_stats *out,
			 struct err *err);

#endif
