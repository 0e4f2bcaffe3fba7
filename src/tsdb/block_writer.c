#include "tsdb/block_writer.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "tsdb/chunks_reader.h"

#include <stdlib.h>

enum { INDEX_MEMORY_BYTES = 64 << 20 };

struct block_writer {
	struct index_writer *index;
	struct chunks_writer *chunks;
	struct block_stats stats;
};

struct block_writer *block_writer_open(const char *dir, const struct block_writer_options *options,
				       struct err *err)
{
	char *index auto_free(mem_free) = xasprintf("%s/index", dir);
	char *chunks auto_free(mem_free) = xasprintf("%s/chunks", dir);
	size_t memory_bytes = options->index_memory_bytes;
	struct block_writer *w auto_free(block_writer_close) = NEW(struct block_writer);

	w->stats.min_t_ms = INT64_MAX;
	w->stats.max_t_ms = INT64_MIN;
	w->chunks = chunks_writer_open(chunks, options->segment_bytes, err);
	if (!w->chunks)
		return NULL;
	w->index = index_writer_open(index, memory_bytes ? memory_bytes : INDEX_MEMORY_BYTES, err);
	return w->index ? take(w) : NULL;
}

void block_writer_close(struct block_writer *w)
{
	if (!w)
		return;
	index_writer_close(w->index);
	chunks_writer_close(w->chunks);
	free(w);
}

bool block_writer_add_symbol(struct block_writer *w, struct str symbol, struct err *err)
{
	return index_writer_add_symbol(w->index, symbol, err);
}

static bool count_samples(struct block_stats *stats, const struct chunk_data *c, struct err *err)
{
	size_t n;

	if (!chunk_num_samples(c, &n, err))
		return false;
	if (c->encoding == CHUNK_XOR || c->encoding == CHUNK_XOR2 || c->encoding == CHUNK_AGGR)
		stats->n_float_samples += n;
	else
		stats->n_histogram_samples += n;
	return true;
}

/* Thanos measures from one chunk to the next within a segment, and leaves the last two out. */
static void measure_chunks(struct block_stats *stats, const struct index_series *s)
{
	for (size_t i = 0; i + 2 < s->n_chunks; i++) {
		uint64_t ref = s->chunks[i].ref, next = s->chunks[i + 1].ref;
		if (chunk_ref_segment(ref) == chunk_ref_segment(next) &&
		    next - ref > stats->chunk_max_bytes)
			stats->chunk_max_bytes = next - ref;
	}
}

static bool count_series(struct block_stats *stats, const struct index_series *s,
			 const struct chunk_data *chunks, struct err *err)
{
	for (size_t i = 0; i < s->n_chunks; i++) {
		const struct chunk_meta *meta = &s->chunks[i];
		if (!count_samples(stats, &chunks[i], err))
			return false;
		if (meta->min_t_ms < stats->min_t_ms)
			stats->min_t_ms = meta->min_t_ms;
		if (meta->max_t_ms > stats->max_t_ms)
			stats->max_t_ms = meta->max_t_ms;
	}
	stats->n_series++;
	stats->n_chunks += s->n_chunks;
	measure_chunks(stats, s);
	return true;
}

bool block_writer_add_series(struct block_writer *w, struct index_series *series,
			     const struct chunk_data *chunks, struct err *err)
{
	return chunks_writer_add(w->chunks, chunks, series->n_chunks, series->chunks, err) &&
	       count_series(&w->stats, series, chunks, err) &&
	       index_writer_add_series(w->index, series, err);
}

bool block_writer_finish(struct block_writer *w, struct ctx *ctx, struct block_stats *out,
			 struct err *err)
{
	if (!chunks_writer_finish(w->chunks, err) || !index_writer_finish(w->index, ctx, err))
		return false;
	*out = w->stats;
	out->series_max_bytes = index_writer_series_max_bytes(w->index);
	out->size_bytes = index_writer_size_bytes(w->index) + chunks_writer_size_bytes(w->chunks);
	return true;
}
