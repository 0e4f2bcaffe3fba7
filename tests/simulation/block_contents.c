#include "tests/simulation/block_contents.h"

#include "base/arena.h"
#include "block/block_id.h"
#include "block/object_source.h"
#include "codec/aggr_chunk.h"
#include "compaction/source_block.h"

#include <inttypes.h>

struct reading {
	unsigned length;
	unsigned tenant;
	struct arena *a;
	struct symbol_lookup *symbols;
	struct block_contents *out;
};

static struct byte_source *source_of(struct bucket *b, const struct meta *m, const char *file)
{
	struct object_attrs attrs;
	struct err err = ERR_INIT;

	if (!bucket_attrs(b, NULL, block_object(m->id, file), &attrs, &err))
		return NULL;
	return object_source_new(b, block_object(m->id, file), (uint64_t)attrs.size_bytes);
}

static struct source_block *open_block(struct bucket *b, const struct meta *m, struct err *err)
{
	struct byte_source *index = source_of(b, m, INDEX_FILENAME);
	struct byte_source *segment = source_of(b, m, CHUNKS_DIRNAME "/000001");

	if (!index || !segment) {
		byte_source_close(index);
		byte_source_close(segment);
		err_set(err, ERR_CORRUPT, "no index, or no chunks");
		return NULL;
	}
	return source_block_new(&(struct source_options){.name = "made",
							 .index = index,
							 .segments = &segment,
							 .n_segments = 1,
							 .has_range = true,
							 .min_t_ms = m->min_t_ms,
							 .max_t_ms = m->max_t_ms},
				err);
}

static bool read_raw(struct reading *r, struct labels labels, const struct chunk *c,
		     struct err *err)
{
	int64_t t_ms[256];
	double v[256];
	size_t n;

	if (!chunk_num_samples(&c->raw, &n, err))
		return false;
	if (n > 256)
		return err_set(err, ERR_CORRUPT, "a chunk of %zu samples", n);
	if (!chunk_decode_floats(&c->raw, t_ms, v, NULL, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint64_t bit = data_sample(r->length, r->tenant, labels, t_ms[i], v[i]);
		if (bit == 0 || r->out->samples & bit)
			return err_set(err, ERR_CORRUPT, "sample %g at %" PRId64 " %s", v[i],
				       t_ms[i], bit ? "is there twice" : "was invented");
		r->out->samples |= bit;
		r->out->n_samples++;
	}
	return true;
}

static bool read_counts(struct reading *r, const struct chunk *c, struct err *err)
{
	struct chunk_data parts[AGGR_N];
	int64_t t_ms[256];
	double v[256];
	size_t n;

	if (!aggr_chunk_split(c->raw.data, c->raw.size_bytes, parts, err) ||
	    !chunk_num_samples(&parts[AGGR_COUNT], &n, err))
		return false;
	if (n > 256)
		return err_set(err, ERR_CORRUPT, "a chunk of %zu windows", n);
	if (!chunk_decode_floats(&parts[AGGR_COUNT], t_ms, v, NULL, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		r->out->n_samples += (unsigned)v[i];
	return true;
}

static bool read_series(struct reading *r, const struct source_series *s, struct err *err)
{
	struct index_series entry = {.labels = s->labels, .n_labels = s->n_labels};
	struct labels labels;

	if (!index_series_labels(&entry, r->symbols, r->a, &labels, err))
		return false;
	for (size_t i = 0; i < s->n_chunks; i++)
		if (!(s->chunks[i].raw.encoding == CHUNK_AGGR
			  ? read_counts(r, &s->chunks[i], err)
			  : read_raw(r, labels, &s->chunks[i], err)))
			return false;
	return true;
}

bool block_contents_read(struct bucket *b, const struct meta *meta, unsigned length,
			 unsigned tenant, struct block_contents *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct source_block *block auto_free(source_block_close) = open_block(b, meta, err);
	struct reading r = {.length = length, .tenant = tenant, .a = a, .out = out};
	struct time_range all = {INT64_MIN, INT64_MAX};
	struct source_series series;

	*out = (struct block_contents){0};
	if (!block)
		return false;
	r.symbols = symbol_lookup_new(source_block_symbols(block), NULL, a);
	for (;;) {
		enum iter_result result = source_block_next(block, all, &series, err);
		if (result != ITER_VALUE)
			return result == ITER_END;
		if (!read_series(&r, &series, err))
			return false;
	}
}
