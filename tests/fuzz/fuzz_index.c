/* A whole index, as it comes and with its checksums put right: walk everything there is. A source
 * in memory and one that is read piece by piece must give the same. */
#include "base/alloc.h"
#include "base/assert.h"
#include "codec/bits.h"
#include "codec/crc32c.h"
#include "codec/varint.h"
#include "tsdb/index_reader.h"

#include <stdlib.h>
#include <xxhash.h>

/* --- a source that is not in memory
 * --------------------------------------------------------------- */

struct piecewise {
	struct byte_source base; /* first, so that the two pointers convert */
	const uint8_t *p;
};

static bool piecewise_read(struct byte_source *src, struct ctx *ctx, uint64_t offset, void *to,
			   size_t n, struct err *err)
{
	(void)ctx;
	(void)err;
	memcpy(to, ((struct piecewise *)src)->p + offset, n);
	return true;
}

static void piecewise_close(struct byte_source *src)
{
	free(src);
}

static struct byte_source *piecewise_of(const uint8_t *p, size_t n)
{
	static const struct byte_source_ops ops = {piecewise_read, piecewise_close};
	struct piecewise *s = NEW(struct piecewise);

	*s = (struct piecewise){
	    .base = {.ops = &ops, .name = "index", .size_bytes = n},
	    .p = p,
	};
	return &s->base;
}

/* --- the walk
 * ------------------------------------------------------------------------------------- */

enum { MAX_LISTS = 200, MAX_SERIES = 200 };

struct walk {
	struct index_reader *ix;
	struct arena *a;
	struct symbol_lookup *symbols;
	uint64_t digest; /* of all that was seen */
	size_t n_lists, n_series;
};

static void saw(struct walk *w, const void *p, size_t n)
{
	w->digest = XXH64(p, n, w->digest);
}

static void saw_err(struct walk *w, const struct err *err)
{
	assert(err->code == ERR_CORRUPT && err->msg[0]);
	saw(w, err->msg, strlen(err->msg));
}

static void walk_series(struct walk *w, uint32_t ref)
{
	struct index_series s;
	struct labels ls;
	struct err err = ERR_INIT;

	if (w->n_series++ >= MAX_SERIES)
		return;
	struct index_reader *ix = w->ix;
	if (!index_series_read(ix->src, NULL, ref, ix->toc.version, w->a, &s, &err) ||
	    !index_series_labels(&s, w->symbols, w->a, &ls, &err)) {
		saw_err(w, &err);
		return;
	}
	saw(w, s.chunks, s.n_chunks * sizeof(*s.chunks));
	for (size_t i = 0; i < ls.n; i++) {
		saw(w, ls.v[i].name.p, ls.v[i].name.n);
		saw(w, ls.v[i].value.p, ls.v[i].value.n);
	}
}

static void walk_list(struct walk *w, struct postings_range range)
{
	struct postings list;
	struct err err = ERR_INIT;

	if (range.end == 0 || w->n_lists++ >= MAX_LISTS)
		return;
	assert(range.start < range.end && range.end <= w->ix->src->size_bytes);
	const uint8_t *p =
	    byte_source_view(w->ix->src, NULL, range.start, range.end - range.start, w->a, &err);
	if (!postings_parse(p, range.end - range.start, &list, &err)) {
		saw_err(w, &err);
		return;
	}
	struct postings_cursor c = postings_walk(list);
	while (postings_next(&c))
		walk_series(w, c.ref);
}

static void walk_values(struct walk *w, struct str name)
{
	struct index_values *it =
	    index_values_new(w->ix->postings, NULL, name, (struct str){0}, w->a);
	struct err err = ERR_INIT;
	struct str value, last = {0};
	struct postings_range range, found;
	enum iter_result r;
	size_t n = 0;

	while ((r = index_values_next(it, &value, &range, &err)) == ITER_VALUE) {
		assert(n++ == 0 || str_cmp(last, value) < 0);
		last = arena_str(w->a, value);
		saw(w, value.p, value.n);
		assert(index_postings_find(w->ix->postings, NULL, name, &last, 1, &found, &err));
		assert(found.start == range.start && found.end == range.end);
		walk_list(w, range);
	}
	assert(r == ITER_END);
}

/* The digest of everything in the index. */
static uint64_t walk_index(struct byte_source *src)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct walk w = {.a = a};
	struct err err = ERR_INIT;
	struct matcher *none auto_free(matcher_unref) =
	    matcher_new(MATCH_EQ, STR("no"), STR(""), &err);
	struct str_list names;

	w.ix = index_reader_open(src, NULL, &err);
	if (!w.ix) {
		saw_err(&w, &err);
		return w.digest;
	}
	w.symbols = symbol_lookup_new(w.ix->symbols, NULL, a);
	assert(index_label_names(w.ix, NULL, (struct matchers){0}, a, &names, &err));
	walk_list(&w, index_postings_all(w.ix->postings));
	for (size_t i = 0; i < names.n; i++)
		walk_values(&w, names.v[i]);
	if (!index_label_names(w.ix, NULL, (struct matchers){&none, 1}, a, &names, &err))
		saw_err(&w, &err);
	index_reader_close(w.ix);
	return w.digest;
}

/* --- checksums
 * ------------------------------------------------------------------------------------ */

static void fix_section(uint8_t *p, size_t size, uint64_t at)
{
	if (at > size || size - at < 8)
		return;
	uint32_t n = load_be32(p + at);
	if (n <= size - at - 8)
		store_be32(p + at + 4 + n, crc32c(0, p + at + 4, n));
}

static void fix_series(uint8_t *p, size_t size, uint64_t at)
{
	uint64_t n;

	if (at >= size)
		return;
	size_t used = uvarint_get(p + at, p + size, &n);
	if (used && size - at - used >= 4 && n <= size - at - used - 4)
		store_be32(p + at + used + n, crc32c(0, p + at + used, n));
}

/* Entries are where the writer puts them: series on every 16th byte, lists on every fourth. */
static void fix_checksums(uint8_t *p, size_t size)
{
	if (size < INDEX_HEADER_BYTES + INDEX_TOC_BYTES)
		return;
	uint8_t *toc = p + size - INDEX_TOC_BYTES;
	uint64_t series = load_be64(toc + 8), postings = load_be64(toc + 32);
	uint64_t table = load_be64(toc + 40);

	for (uint64_t at = (series + 15) / 16 * 16; at < size && at < postings; at += 16)
		fix_series(p, size, at);
	for (uint64_t at = postings; postings < size && at < table && at + 8 <= size; at += 4)
		if (load_be32(p + at) % 4 == 0 && load_be32(p + at) < 4096)
			fix_section(p, size - 4, at);
	fix_section(p, size, load_be64(toc));
	fix_section(p, size, table);
	store_be32(toc + INDEX_TOC_BYTES - 4, crc32c(0, toc, INDEX_TOC_BYTES - 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = xmalloc(size + 1);

	memcpy(p, data, size);
	walk_index(byte_source_of_memory("index", p, size));
	fix_checksums(p, size);
	uint64_t digest = walk_index(byte_source_of_memory("index", p, size));
	assert(walk_index(piecewise_of(p, size)) == digest);
	free(p);
	return 0;
}
