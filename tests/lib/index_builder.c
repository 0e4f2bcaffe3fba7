#include "tests/lib/index_builder.h"

#include "base/fs.h"
#include "base/map.h"
#include "base/vec.h"
#include "codec/bits.h"
#include "codec/crc32c.h"
#include "codec/varint.h"
#include "tests/lib/expect.h"
#include "tests/lib/series_text.h"
#include "tests/lib/temp_dir.h"
#include "tsdb/index_toc.h"

enum { INDEX_MAX_BYTES = 64 << 20 };

struct pair {
	struct str name;
	struct str value;
	VEC(uint32_t) refs;
	uint64_t offset; /* of its list */
};

struct builder {
	int version;
	struct arena *a;
	struct buf out;
	VEC(struct str) symbols;
	VEC(uint32_t) symbol_refs;
	VEC(struct pair) pairs;
	struct map pair_numbers; /* by name and value, until they are sorted */
	struct index_toc toc;
};

static void put_be32(struct buf *b, uint32_t v)
{
	uint8_t bytes[4];
	store_be32(bytes, v);
	buf_append(b, bytes, sizeof(bytes));
}

static void put_be64(struct buf *b, uint64_t v)
{
	put_be32(b, (uint32_t)(v >> 32));
	put_be32(b, (uint32_t)v);
}

static void put_uvarint(struct buf *b, uint64_t v)
{
	uint8_t bytes[VARINT_MAX_BYTES];
	buf_append(b, bytes, uvarint_put(bytes, v));
}

static void put_str(struct buf *b, struct str s)
{
	put_uvarint(b, s.n);
	buf_append_str(b, s);
}

static void put_crc(struct buf *b, size_t from)
{
	put_be32(b, crc32c(0, b->p + from, b->n - from));
}

static void align(struct buf *b, size_t to)
{
	while (b->n % to)
		buf_putc(b, 0);
}

void index_fix_section(struct buf *index, uint64_t offset)
{
	uint8_t *p = (uint8_t *)index->p + offset;
	uint32_t size = load_be32(p);
	store_be32(p + 4 + size, crc32c(0, p + 4, size));
}

/* Where the length goes; end_section() fills it in. */
static size_t begin_section(struct buf *b)
{
	put_be32(b, 0);
	return b->n - 4;
}

static void end_section(struct buf *b, size_t at)
{
	store_be32(b->p + at, (uint32_t)(b->n - at - 4));
	put_crc(b, at + 4);
}

static int compare_strs(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static void collect_symbols(struct builder *b, const struct built_series *series, size_t n)
{
	VEC(struct str) all = {0};

	for (size_t i = 0; i < n; i++) {
		struct labels ls = labels_from_text(b->a, series[i].labels);
		for (size_t k = 0; k < ls.n; k++) {
			vec_push(&all, ls.v[k].name);
			vec_push(&all, ls.v[k].value);
		}
	}
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), compare_strs);
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || !str_eq(all.v[i - 1], all.v[i]))
			vec_push(&b->symbols, all.v[i]);
	vec_done(&all);
}

static void put_symbols(struct builder *b)
{
	b->toc.symbols = b->out.n;
	size_t section = begin_section(&b->out);
	put_be32(&b->out, (uint32_t)b->symbols.n);
	for (size_t i = 0; i < b->symbols.n; i++) {
		vec_push(&b->symbol_refs, (uint32_t)(b->version == INDEX_V1 ? b->out.n : i));
		put_str(&b->out, b->symbols.v[i]);
	}
	end_section(&b->out, section);
}

static uint32_t symbol_ref(const struct builder *b, struct str s)
{
	const struct str *at = bsearch(&s, b->symbols.v, b->symbols.n, sizeof(s), compare_strs);
	return b->symbol_refs.v[at - b->symbols.v];
}

static void add_posting(struct builder *b, struct str name, struct str value, uint32_t ref)
{
	struct str key = str_of(arena_printf(b->a, "%.*s\xff%.*s", STR_FMT(name), STR_FMT(value)));
	void **number = map_slot(&b->pair_numbers, key); /* from 1 */

	if (!*number) {
		vec_push(&b->pairs, (struct pair){.name = name, .value = value});
		*number = (void *)b->pairs.n;
	}
	vec_push(&b->pairs.v[(size_t)*number - 1].refs, ref);
}

static void put_chunks(struct buf *out, const struct chunk_meta *v, size_t n)
{
	int64_t t = 0;

	put_uvarint(out, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t step = (uint64_t)(v[i].min_t_ms - t);
		put_uvarint(out, i ? step : zigzag_encode(v[i].min_t_ms));
		put_uvarint(out, (uint64_t)(v[i].max_t_ms - v[i].min_t_ms));
		put_uvarint(out, i ? zigzag_encode((int64_t)(v[i].ref - v[i - 1].ref)) : v[i].ref);
		t = v[i].max_t_ms;
	}
}

static void put_series(struct builder *b, const struct built_series *s)
{
	struct labels ls = labels_from_text(b->a, s->labels);
	struct buf content auto_done(buf_done) = BUF_INIT(1 << 20);

	put_uvarint(&content, ls.n);
	for (size_t k = 0; k < ls.n; k++) {
		put_uvarint(&content, symbol_ref(b, ls.v[k].name));
		put_uvarint(&content, symbol_ref(b, ls.v[k].value));
	}
	put_chunks(&content, s->chunks, s->n_chunks);

	if (b->version != INDEX_V1)
		align(&b->out, 16);
	uint32_t ref = (uint32_t)(b->version == INDEX_V1 ? b->out.n : b->out.n / 16);
	put_uvarint(&b->out, content.n);
	size_t from = b->out.n;
	buf_append_str(&b->out, buf_str(&content));
	put_crc(&b->out, from);

	add_posting(b, STR(""), STR(""), ref);
	for (size_t k = 0; k < ls.n; k++)
		add_posting(b, ls.v[k].name, ls.v[k].value, ref);
}

static int compare_pairs(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	int c = str_cmp(a->name, b->name);
	return c ? c : str_cmp(a->value, b->value);
}

static void put_postings(struct builder *b)
{
	align(&b->out, 4);
	b->toc.postings = b->out.n;
	for (size_t i = 0; i < b->pairs.n; i++) {
		struct pair *p = &b->pairs.v[i];
		align(&b->out, 4);
		p->offset = b->out.n;
		size_t section = begin_section(&b->out);
		put_be32(&b->out, (uint32_t)p->refs.n);
		for (size_t k = 0; k < p->refs.n; k++)
			put_be32(&b->out, p->refs.v[k]);
		end_section(&b->out, section);
	}
}

static void put_table(struct builder *b)
{
	b->toc.postings_table = b->out.n;
	size_t section = begin_section(&b->out);
	put_be32(&b->out, (uint32_t)b->pairs.n);
	for (size_t i = 0; i < b->pairs.n; i++) {
		size_t k = b->version == INDEX_V1 ? b->pairs.n - 1 - i : i;
		put_uvarint(&b->out, 2);
		put_str(&b->out, b->pairs.v[k].name);
		put_str(&b->out, b->pairs.v[k].value);
		put_uvarint(&b->out, b->pairs.v[k].offset);
	}
	end_section(&b->out, section);
}

static void put_toc(struct builder *b)
{
	size_t from = b->out.n;

	put_be64(&b->out, b->toc.symbols);
	put_be64(&b->out, b->toc.series);
	put_be64(&b->out, 0);
	put_be64(&b->out, 0);
	put_be64(&b->out, b->toc.postings);
	put_be64(&b->out, b->toc.postings_table);
	put_crc(&b->out, from);
}

struct buf index_build(int version, const struct built_series *series, size_t n)
{
	struct builder b = {
	    .version = version, .a = arena_new(NULL), .out = BUF_INIT(INDEX_MAX_BYTES)};

	put_be32(&b.out, INDEX_MAGIC);
	buf_putc(&b.out, (char)version);
	collect_symbols(&b, series, n);
	put_symbols(&b);
	b.toc.series = b.out.n;
	for (size_t i = 0; i < n; i++)
		put_series(&b, &series[i]);
	if (b.pairs.n)
		qsort(b.pairs.v, b.pairs.n, sizeof(*b.pairs.v), compare_pairs);
	put_postings(&b);
	put_table(&b);
	put_toc(&b);

	for (size_t i = 0; i < b.pairs.n; i++)
		vec_done(&b.pairs.v[i].refs);
	vec_done(&b.pairs);
	map_done(&b.pair_numbers);
	vec_done(&b.symbols);
	vec_done(&b.symbol_refs);
	arena_free(b.a);
	return b.out;
}

struct buf index_build_numbered(int version, size_t n)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct built_series *series = ARENA_ARRAY(a, struct built_series, n);

	for (size_t i = 0; i < n; i++) {
		struct chunk_meta chunks[] = {
		    {.ref = 8 + i * 200, .min_t_ms = (int64_t)i, .max_t_ms = (int64_t)i + 99},
		    {.ref = 108 + i * 200, .min_t_ms = (int64_t)i + 100, .max_t_ms = 1000000},
		};
		series[i].labels = arena_printf(a, "__name__=\"m\" %s i=\"%04zu\"",
						i % 2 ? "" : "even=\"yes\"", i);
		series[i].n_chunks = 2;
		series[i].chunks = memcpy(arena_alloc(a, sizeof(chunks)), chunks, sizeof(chunks));
	}
	return index_build(version, series, n);
}

static struct index_variant variant_of(int which, struct buf bytes)
{
	struct index_variant v = {.version = which % 2 + 1, .bytes = bytes};
	struct err err = ERR_INIT;

	if (which < 2) {
		v.src = byte_source_of_memory("index", bytes.p, bytes.n);
		return v;
	}
	v.dir = temp_dir_new();
	char *path auto_free(mem_free) = xasprintf("%s/index", v.dir);
	expect_ok(fs_write_atomic(path, buf_str(&bytes), 0644, &err), err);
	v.src = byte_source_open_file(path, "index", &err);
	assert_non_null(v.src);
	return v;
}

struct index_variant index_variant_new(int which, const struct built_series *series, size_t n)
{
	return variant_of(which, index_build(which % 2 + 1, series, n));
}

struct index_variant index_variant_numbered(int which, size_t n)
{
	return variant_of(which, index_build_numbered(which % 2 + 1, n));
}

void index_variant_done(struct index_variant *v)
{
	byte_source_close(v->src);
	buf_done(&v->bytes);
	if (v->dir)
		temp_dir_remove(v->dir);
}
