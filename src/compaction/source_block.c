#include "compaction/source_block.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"
#include "codec/bits.h"
#include "codec/crc32c.h"
#include "codec/plain_chunk.h"
#include "compaction/read_window.h"
#include "tsdb/chunks_reader.h"
#include "tsdb/deletions.h"

#include <stdlib.h>

enum {
	POSTINGS_WINDOW_BYTES = 64 << 10,
	SERIES_WINDOW_BYTES = 1 << 20,
	CHUNKS_WINDOW_BYTES = 4 << 20,
	FIRST_CHUNK_BYTES = 2048,
	NO_SEGMENT = -1,
};

/* The list of all series, which is not held in memory. */
struct postings_stream {
	struct read_window window;
	uint64_t at;
	uint64_t end; /* of the list; its checksum follows */
	uint32_t crc;
};

struct source_block {
	char *name;
	struct ctx *ctx;
	struct index_reader *index;
	VEC(struct byte_source *) segments;
	struct tombstones *tombstones;
	bool has_range;
	int64_t min_t_ms;
	int64_t max_t_ms; /* exclusive */
	enum source_fault fault;
	struct postings_stream postings;
	struct read_window series;
	struct read_window chunks;
	int64_t segment; /* that `chunks` is open on */
	struct arena *a; /* of the series given out last */
};

/* --- opening ---------------------------------------------------------------------------------- */

static bool read_be32(struct source_block *b, uint64_t at, uint32_t *out, struct err *err)
{
	uint8_t bytes[4];

	if (!byte_source_read(b->index->src, b->ctx, at, bytes, 4, err))
		return false;
	*out = load_be32(bytes);
	return true;
}

/* The list is its length, how many there are, and they. */
static bool open_postings(struct source_block *b, struct err *err)
{
	struct postings_range range = index_postings_all(b->index->postings);
	struct postings_stream *p = &b->postings;
	uint32_t size = 0, n = 0;
	uint8_t count[4];

	read_window_init(&p->window, POSTINGS_WINDOW_BYTES);
	read_window_open(&p->window, b->index->src);
	if (range.end == 0)
		return true;
	if (!read_be32(b, range.start, &size, err) || !read_be32(b, range.start + 4, &n, err))
		return false;
	if (size != UINT64_C(4) * n + 4)
		return err_set(err, ERR_CORRUPT, "index: %u series in a list of %u bytes", n, size);
	store_be32(count, n);
	p->crc = crc32c(0, count, 4);
	p->at = range.start + 8;
	p->end = range.start + 4 + size;
	return true;
}

struct source_block *source_block_new(const struct source_options *options, struct err *err)
{
	struct source_block *b auto_free(source_block_close) = NEW(struct source_block);

	b->name = xstrdup(options->name);
	b->ctx = options->ctx;
	b->tombstones = options->tombstones;
	b->has_range = options->has_range;
	b->min_t_ms = options->min_t_ms;
	b->max_t_ms = options->max_t_ms;
	b->a = arena_new(NULL);
	b->segment = NO_SEGMENT;
	read_window_init(&b->series, SERIES_WINDOW_BYTES);
	read_window_init(&b->chunks, CHUNKS_WINDOW_BYTES);
	for (size_t i = 0; i < options->n_segments; i++)
		vec_push(&b->segments, options->segments[i]);
	b->index = index_reader_open(options->index, b->ctx, err);
	if (!b->index || !open_postings(b, err)) {
		err_wrap(err, "block %s", b->name);
		return NULL;
	}
	read_window_open(&b->series, b->index->src);
	return take(b);
}

void source_block_close(struct source_block *b)
{
	if (!b)
		return;
	read_window_done(&b->postings.window);
	read_window_done(&b->series);
	read_window_done(&b->chunks);
	index_reader_close(b->index);
	for (size_t i = 0; i < b->segments.n; i++)
		byte_source_close(b->segments.v[i]);
	vec_done(&b->segments);
	tombstones_free(b->tombstones);
	arena_free(b->a);
	free(b->name);
	free(b);
}

struct sources {
	struct byte_source **v;
	size_t n, cap;
};

static bool open_files(const char *dir, struct sources *out, struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	char *chunks auto_free(mem_free) = xasprintf("%s/chunks", dir);

	if (!fs_list(chunks, &names, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		char *path auto_free(mem_free) = xasprintf("%s/%s", chunks, names.v[i]);
		char *name auto_free(mem_free) = xasprintf("chunks/%s", names.v[i]);
		struct byte_source *src = byte_source_open_file(path, name, err);
		if (!src)
			return false;
		vec_push(out, src);
	}
	return true;
}

static struct source_block *open_dir(const char *dir, struct ctx *ctx, struct sources *segments,
				     struct err *err)
{
	char *index auto_free(mem_free) = xasprintf("%s/index", dir);
	char *tombstones auto_free(mem_free) = xasprintf("%s/tombstones", dir);

	if (!open_files(dir, segments, err))
		return NULL;
	struct tombstones *ts auto_free(tombstones_free) = tombstones_load(tombstones, err);
	if (!ts)
		return NULL;
	struct byte_source *src = byte_source_open_file(index, "index", err);
	if (!src)
		return NULL;
	size_t n = segments->n;
	segments->n = 0;
	return source_block_new(&(struct source_options){.name = dir,
							 .index = src,
							 .segments = segments->v,
							 .n_segments = n,
							 .tombstones = take(ts),
							 .ctx = ctx},
				err);
}

struct source_block *source_block_open(const char *dir, struct ctx *ctx, struct err *err)
{
	struct sources segments = {0};
	struct source_block *b = open_dir(dir, ctx, &segments, err);

	for (size_t i = 0; i < segments.n; i++)
		byte_source_close(segments.v[i]);
	vec_done(&segments);
	return b;
}

const char *source_block_name(const struct source_block *b)
{
	return b->name;
}

enum source_fault source_block_fault(const struct source_block *b)
{
	return b->fault;
}

struct index_symbols *source_block_symbols(struct source_block *b)
{
	return b->index->symbols;
}

/* --- the next series ---------------------------------------------------------------------------
 */

static enum iter_result next_posting(struct source_block *b, uint32_t *ref, struct err *err)
{
	struct postings_stream *p = &b->postings;
	size_t n;

	if (p->at >= p->end)
		return ITER_END;
	const uint8_t *bytes = read_window_get(&p->window, b->ctx, p->at, 8, &n, err);
	if (!bytes)
		return ITER_ERROR;
	if (n < 8) {
		err_set(err, ERR_CORRUPT, "index: the list of all series is cut off");
		return ITER_ERROR;
	}
	p->crc = crc32c(p->crc, bytes, 4);
	p->at += 4;
	*ref = load_be32(bytes);
	if (p->at == p->end && load_be32(bytes + 4) != p->crc) {
		err_set(err, ERR_CORRUPT,
			"index: the list of all series: checksum 0x%08x, want 0x%08x", p->crc,
			load_be32(bytes + 4));
		return ITER_ERROR;
	}
	return ITER_VALUE;
}

static bool read_entry(struct source_block *b, uint32_t ref, struct index_series *out,
		       struct err *err)
{
	uint64_t at = index_series_offset(ref, b->index->toc.version);

	for (size_t need = 1;;) {
		size_t n;
		const uint8_t *p = read_window_get(&b->series, b->ctx, at, need, &n, err);
		if (!p)
			return false;
		uint64_t size = index_series_size(p, n);
		if (size == 0 || size <= n || n < need)
			return index_series_parse(p, n, b->a, out, err) ||
			       err_wrap(err, "index: series %u, at byte %lu", ref, at);
		need = (size_t)size;
	}
}

static bool parse_chunk_at(struct source_block *b, uint32_t offset, struct chunk_data *out,
			   struct err *err)
{
	for (size_t need = FIRST_CHUNK_BYTES;;) {
		size_t n, size;
		const uint8_t *p = read_window_get(&b->chunks, b->ctx, offset, need, &n, err);
		if (!p || !chunk_parse(p, n, out, &size, err))
			return false;
		if (out->data)
			return true;
		if (n < need || size <= need)
			return err_set(err, ERR_CORRUPT, "%zu bytes are wanted, %zu are left", size,
				       n);
		need = size;
	}
}

/* Not before it is read: a source from afar reads ahead as soon as it is touched. */
static bool open_segment(struct source_block *b, uint32_t segment, struct err *err)
{
	if (!chunk_segment_check(b->segments.v[segment], b->ctx, err))
		return false;
	read_window_open(&b->chunks, b->segments.v[segment]);
	b->segment = segment;
	return true;
}

/* Its bytes go into b->a: the window moves on. */
static bool read_chunk(struct source_block *b, uint64_t ref, struct chunk_data *out,
		       struct err *err)
{
	uint32_t segment = chunk_ref_segment(ref), offset = chunk_ref_offset(ref);
	struct chunk_data c;

	if (segment >= b->segments.n || offset < CHUNK_SEGMENT_HEADER_BYTES)
		return err_set(err, ERR_CORRUPT, "chunk at byte %u of segment %u: there are %zu",
			       offset, segment + 1, b->segments.n);
	if (b->segment != segment && !open_segment(b, segment, err))
		return false;
	if (!parse_chunk_at(b, offset, &c, err))
		return err_wrap(err, "%s: chunk at byte %u", b->segments.v[segment]->name, offset);
	c.data = (const uint8_t *)arena_str(b->a, str_from(c.data, c.size_bytes)).p;
	return chunk_make_plain(&c, b->a, out, err);
}

static bool is_repeated(const struct chunk_meta *c)
{
	return c->min_t_ms == c[-1].min_t_ms && c->max_t_ms == c[-1].max_t_ms;
}

static bool check_order(struct source_block *b, const struct index_series *s, struct err *err)
{
	for (size_t i = 1; i < s->n_chunks; i++) {
		const struct chunk_meta *c = &s->chunks[i];
		if (c->min_t_ms > c[-1].max_t_ms || is_repeated(c))
			continue;
		b->fault = SOURCE_DISORDER;
		return err_set(
		    err, ERR_CORRUPT,
		    "chunk %zu of a series begins at %ld, the one before ends at %ld: out of order",
		    i, c->min_t_ms, c[-1].max_t_ms);
	}
	return true;
}

/* Prometheus has made blocks with chunks that begin where the block ends; those are left out, the
 * next block has them. */
static bool check_range(const struct source_block *b, const struct index_series *s, struct err *err)
{
	for (size_t i = 0; b->has_range && i < s->n_chunks; i++) {
		const struct chunk_meta *c = &s->chunks[i];
		bool is_inside = c->min_t_ms >= b->min_t_ms && c->max_t_ms <= b->max_t_ms;
		if (!is_inside && c->min_t_ms != b->max_t_ms)
			return err_set(
			    err, ERR_CORRUPT,
			    "chunk %zu of a series, from %ld to %ld, lies outside of its "
			    "block, from %ld to %ld",
			    i, c->min_t_ms, c->max_t_ms, b->min_t_ms, b->max_t_ms);
	}
	return true;
}

/* What tombstones tell, and what lies outside of the range. */
static struct deletions deletions_of(struct source_block *b, uint32_t ref, struct time_range range)
{
	struct deletions d = {0};
	const struct time_range *v = NULL;
	size_t n = 0;

	if (b->tombstones)
		v = tombstones_of(b->tombstones, ref, &n);
	struct time_range *all = ARENA_ARRAY(b->a, struct time_range, n + 2);
	for (size_t i = 0; i < n; i++)
		all[d.n++] = v[i];
	if (range.min_t_ms > INT64_MIN)
		all[d.n++] = (struct time_range){INT64_MIN, range.min_t_ms - 1};
	if (range.max_t_ms < INT64_MAX)
		all[d.n++] = (struct time_range){range.max_t_ms + 1, INT64_MAX};
	d.v = all;
	return d;
}

static bool is_same_as_last(const struct source_series *s, const struct chunk *c)
{
	const struct chunk *last = c - 1;

	return s->n_chunks > 0 && last->min_t_ms == c->min_t_ms && last->max_t_ms == c->max_t_ms &&
	       str_eq(str_from(last->raw.data, last->raw.size_bytes),
		      str_from(c->raw.data, c->raw.size_bytes));
}

/* Adds the chunk's samples that are not deleted, if there are any. */
static bool add_chunk(struct source_block *b, const struct chunk_meta *meta, struct deletions d,
		      struct source_series *out, struct err *err)
{
	struct time_range range = {meta->min_t_ms, meta->max_t_ms};
	struct chunk *c = &out->chunks[out->n_chunks];

	bool is_beyond = b->has_range && meta->min_t_ms >= b->max_t_ms;
	if (is_beyond || deletions_cover(d, range))
		return true;
	*c = (struct chunk){.min_t_ms = meta->min_t_ms, .max_t_ms = meta->max_t_ms};
	if (!read_chunk(b, meta->ref, &c->raw, err))
		return false;
	bool is_cut = c->raw.encoding != CHUNK_AGGR && deletions_touch(d, range);
	if (is_cut && !chunk_without_deleted(c, d, b->a, c, err))
		return false;
	if (c->raw.data && !is_same_as_last(out, c))
		out->n_chunks++;
	return true;
}

static bool read_series(struct source_block *b, uint32_t ref, struct time_range range,
			struct source_series *out, struct err *err)
{
	struct index_series s;

	arena_clear(b->a);
	*out = (struct source_series){0};
	if (!read_entry(b, ref, &s, err) || !check_order(b, &s, err) || !check_range(b, &s, err))
		return false;
	struct deletions d = deletions_of(b, ref, range);
	out->labels = s.labels;
	out->n_labels = s.n_labels;
	out->chunks = arena_alloc(b->a, s.n_chunks * sizeof(*out->chunks));
	for (size_t i = 0; i < s.n_chunks; i++)
		if (!add_chunk(b, &s.chunks[i], d, out, err))
			return false;
	return true;
}

enum iter_result source_block_next(struct source_block *b, struct time_range range,
				   struct source_series *out, struct err *err)
{
	for (;;) {
		uint32_t ref;
		enum iter_result r = next_posting(b, &ref, err);
		if (r == ITER_VALUE && !read_series(b, ref, range, out, err))
			r = ITER_ERROR;
		if (r == ITER_ERROR)
			err_wrap(err, "block %s", b->name);
		if (r != ITER_VALUE || out->n_chunks > 0)
			return r;
	}
}
