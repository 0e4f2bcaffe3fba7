#include "tsdb/block_reader.h"

#include "base/alloc.h"
#include "codec/aggr_chunk.h"
#include "tsdb/chunks_reader.h"
#include "tsdb/deletions.h"
#include "tsdb/postings_answer.h"
#include "tsdb/tombstones.h"

#include <stdlib.h>

struct block_reader {
	struct index_reader *index;
	struct chunks_reader *chunks;
	struct tombstones *tombstones;
};

static bool open_parts(struct block_reader *b, const char *dir, struct err *err)
{
	char *index auto_free(mem_free) = xasprintf("%s/index", dir);
	char *chunks auto_free(mem_free) = xasprintf("%s/chunks", dir);
	char *tombstones auto_free(mem_free) = xasprintf("%s/tombstones", dir);

	struct byte_source *src = byte_source_open_file(index, "index", err);
	if (!src)
		return false;
	b->index = index_reader_open(src, NULL, err);
	if (!b->index)
		return false;
	b->chunks = chunks_reader_open(chunks, CHUNKS_ANYWHERE, err);
	if (!b->chunks)
		return false;
	b->tombstones = tombstones_load(tombstones, err);
	return b->tombstones != NULL;
}

struct block_reader *block_reader_open(const char *dir, struct err *err)
{
	struct block_reader *b = NEW(struct block_reader);

	if (open_parts(b, dir, err))
		return b;
	err_wrap(err, "block %s", dir);
	block_reader_close(b);
	return NULL;
}

void block_reader_close(struct block_reader *b)
{
	if (!b)
		return;
	index_reader_close(b->index);
	chunks_reader_close(b->chunks);
	tombstones_free(b->tombstones);
	free(b);
}

struct index_reader *block_reader_index(struct block_reader *b)
{
	return b->index;
}

/* --- selection
 * ------------------------------------------------------------------------------------ */

struct select_iter {
	struct series_iter base; /* first, so that the two pointers convert */
	struct block_reader *block;
	struct ctx *ctx;
	struct time_range range;
	enum block_select what;
	struct arena *kept;    /* postings and symbols, as long as the iterator */
	struct arena *scratch; /* of the series given out last */
	struct symbol_lookup *symbols;
	struct postings_cursor postings;
};

static bool read_chunk(struct select_iter *it, const struct chunk_meta *meta, struct chunk *out,
		       struct err *err)
{
	struct chunk_data *aggrs;

	*out = (struct chunk){.min_t_ms = meta->min_t_ms, .max_t_ms = meta->max_t_ms};
	if (!chunks_reader_get(it->block->chunks, it->ctx, meta->ref, it->scratch, &out->raw, err))
		return false;
	if (out->raw.encoding != CHUNK_AGGR)
		return true;
	aggrs = ARENA_ARRAY(it->scratch, struct chunk_data, AGGR_N);
	if (!aggr_chunk_split(out->raw.data, out->raw.size_bytes, aggrs, err))
		return false;
	out->raw = (struct chunk_data){0};
	out->aggrs = aggrs;
	return true;
}

/* Read a chunk that is wanted, and take deleted samples out of it. */
static bool add_chunk(struct select_iter *it, const struct chunk_meta *meta, struct deletions d,
		      struct chunk *v, size_t *n, struct err *err)
{
	struct time_range range = {meta->min_t_ms, meta->max_t_ms};
	struct chunk *c = &v[*n];

	if (deletions_cover(d, range))
		return true;
	if (it->what == SELECT_LABELS) {
		*n += 1;
		return true;
	}
	if (!read_chunk(it, meta, c, err))
		return false;
	if (!c->aggrs && deletions_touch(d, range) &&
	    !chunk_without_deleted(c, d, it->scratch, c, err))
		return false;
	*n += c->aggrs || c->raw.data;
	return true;
}

/* The chunks within the range; *n is 0 when the series has none. */
static bool read_chunks(struct select_iter *it, const struct index_series *series, uint32_t ref,
			struct series *out, struct err *err)
{
	struct chunk *v = ARENA_ARRAY(it->scratch, struct chunk, series->n_chunks);
	struct deletions d;
	size_t n = 0;

	d.v = tombstones_of(it->block->tombstones, ref, &d.n);
	for (size_t i = 0; i < series->n_chunks; i++) {
		const struct chunk_meta *meta = &series->chunks[i];
		struct time_range range = {meta->min_t_ms, meta->max_t_ms};
		if (time_range_overlaps(range, it->range) && !add_chunk(it, meta, d, v, &n, err))
			return false;
	}
	out->chunks = v;
	out->n_chunks = n;
	return true;
}

static bool read_series(struct select_iter *it, uint32_t ref, struct series *out, struct err *err)
{
	struct index_reader *ix = it->block->index;
	struct index_series series;

	arena_clear(it->scratch);
	return ctx_check(it->ctx, err) && tracker_check(arena_tracker(it->scratch), err) &&
	       index_series_read(ix->src, it->ctx, ref, ix->toc.version, it->scratch, &series,
				 err) &&
	       read_chunks(it, &series, ref, out, err) &&
	       (out->n_chunks == 0 ||
		index_series_labels(&series, it->symbols, it->scratch, &out->labels, err));
}

static enum iter_result select_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct select_iter *it = (struct select_iter *)base;

	while (postings_next(&it->postings)) {
		struct series s = {0};
		if (!read_series(it, it->postings.ref, &s, err))
			return ITER_ERROR;
		if (s.n_chunks == 0)
			continue;
		if (it->what == SELECT_LABELS) {
			s.chunks = NULL;
			s.n_chunks = 0;
		}
		*out = s;
		return ITER_VALUE;
	}
	return ITER_END;
}

static void select_close(struct series_iter *base)
{
	struct select_iter *it = (struct select_iter *)base;

	arena_free(it->kept);
	arena_free(it->scratch);
	free(it);
}

static const struct series_iter_ops select_ops = {select_next, select_close};

struct series_iter *block_reader_select(struct block_reader *b, struct ctx *ctx,
					struct matchers matchers, struct time_range range,
					enum block_select what, struct tracker *tracker,
					struct err *err)
{
	struct select_iter *it = NEW(struct select_iter);
	struct postings list;

	*it = (struct select_iter){
	    .base.ops = &select_ops,
	    .block = b,
	    .ctx = ctx,
	    .range = range,
	    .what = what,
	    .kept = arena_new(tracker),
	    .scratch = arena_new(tracker),
	};
	if (!postings_for_matchers(b->index->src, b->index->postings, ctx, matchers, it->kept,
				   &list, err)) {
		select_close(&it->base);
		return NULL;
	}
	it->postings = postings_walk(list);
	it->symbols = symbol_lookup_new(b->index->symbols, ctx, it->kept);
	return &it->base;
}
