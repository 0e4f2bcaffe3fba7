#include "tsdb/index_series.h"

#include "codec/byte_cursor.h"
#include "codec/crc32c.h"
#include "tsdb/index_toc.h"

enum {
	ALIGNMENT = 16,
	CRC_BYTES = 4,
	FIRST_READ_BYTES = 512,
	ENTRY_MAX_BYTES = 64 << 20, /* a larger one is taken for corruption */
};

uint64_t index_series_offset(uint32_t ref, int version)
{
	return version == INDEX_V1 ? ref : (uint64_t)ref * ALIGNMENT;
}

uint64_t index_series_size(const uint8_t *p, size_t n)
{
	uint64_t content_bytes;
	size_t used = uvarint_get(p, p + n, &content_bytes);

	if (used == 0)
		return n < VARINT_MAX_BYTES ? n + 1 : 0;
	return content_bytes <= ENTRY_MAX_BYTES ? used + content_bytes + CRC_BYTES : 0;
}

static bool corrupt(const struct byte_cursor *c, const char *what, uint64_t n, struct err *err)
{
	return err_set(err, ERR_CORRUPT,
		       "series entry of %zu bytes: at byte %zu: %lu %s do not fit",
		       (size_t)(c->end - c->start), byte_cursor_offset(c), n, what);
}

static bool parse_labels(struct byte_cursor *c, struct arena *a, struct index_series *out,
			 struct err *err)
{
	uint64_t n = byte_cursor_uvarint(c);

	if (c->failed || n > byte_cursor_left(c) / 2) /* two bytes a label, at least */
		return corrupt(c, "labels", n, err);
	out->n_labels = n;
	out->labels = arena_alloc(a, n * sizeof(*out->labels));
	for (size_t i = 0; i < n; i++) {
		uint64_t name = byte_cursor_uvarint(c), value = byte_cursor_uvarint(c);
		if (c->failed || name > UINT32_MAX || value > UINT32_MAX)
			return corrupt(c, "labels", n, err);
		out->labels[i] = (struct symbol_pair){(uint32_t)name, (uint32_t)value};
	}
	return true;
}

/* Each chunk begins where the one before ended, in time; its reference is told by the difference.
 */
static bool parse_chunks(struct byte_cursor *c, struct arena *a, struct index_series *out,
			 struct err *err)
{
	uint64_t n = byte_cursor_uvarint(c);

	if (c->failed || n > byte_cursor_left(c) / 3) /* three bytes a chunk, at least */
		return corrupt(c, "chunks", n, err);
	out->n_chunks = n;
	out->chunks = arena_alloc(a, n * sizeof(*out->chunks));
	uint64_t t = 0, ref = 0;
	for (size_t i = 0; i < n; i++) {
		struct chunk_meta *meta = &out->chunks[i];
		t += i ? byte_cursor_uvarint(c) : (uint64_t)byte_cursor_varint(c);
		meta->min_t_ms = (int64_t)t;
		t += byte_cursor_uvarint(c);
		meta->max_t_ms = (int64_t)t;
		ref += i ? (uint64_t)byte_cursor_varint(c) : byte_cursor_uvarint(c);
		meta->ref = ref;
		if (c->failed)
			return corrupt(c, "chunks", n, err);
		if (meta->min_t_ms > meta->max_t_ms)
			return err_set(err, ERR_CORRUPT,
				       "series entry: chunk %zu of %lu lasts from %ld to %ld", i, n,
				       meta->min_t_ms, meta->max_t_ms);
	}
	return true;
}

bool index_series_parse_contents(struct str contents, struct arena *a, struct index_series *out,
				 struct err *err)
{
	struct byte_cursor c = byte_cursor_of(contents.p, contents.n);
	struct index_series series;

	if (!parse_labels(&c, a, &series, err) || !parse_chunks(&c, a, &series, err))
		return false;
	*out = series;
	return true;
}

struct str index_series_contents(const uint8_t *p, size_t n)
{
	struct byte_cursor c = byte_cursor_of(p, n);

	return byte_cursor_str(&c);
}

bool index_series_parse(const uint8_t *p, size_t n, struct arena *a, struct index_series *out,
			struct err *err)
{
	uint64_t size = index_series_size(p, n);
	if (size == 0 || size > n)
		return err_set(err, ERR_CORRUPT, "series entry: it does not fit in %zu bytes", n);

	uint64_t content_bytes = 0;
	size_t used = uvarint_get(p, p + n, &content_bytes);
	uint32_t got = crc32c(0, p + used, content_bytes);
	uint32_t want = load_be32(p + used + content_bytes);
	if (got != want)
		return err_set(err, ERR_CORRUPT,
			       "series entry of %lu bytes: checksum 0x%08x, want 0x%08x",
			       content_bytes, got, want);
	return index_series_parse_contents(str_from(p + used, content_bytes), a, out, err);
}

static const uint8_t *view_entry(struct byte_source *index, struct ctx *ctx, uint64_t offset,
				 struct arena *a, size_t *size, struct err *err)
{
	size_t want = FIRST_READ_BYTES;

	for (;;) {
		uint64_t left = offset < index->size_bytes ? index->size_bytes - offset : 0;
		size_t n = want < left ? want : left;
		const uint8_t *p = byte_source_view(index, ctx, offset, n, a, err);
		if (!p)
			return NULL;
		uint64_t need = index_series_size(p, n);
		*size = n;
		if (need == 0 || need <= n || n == left)
			return p;
		want = need;
	}
}

bool index_series_read(struct byte_source *index, struct ctx *ctx, uint32_t ref, int version,
		       struct arena *a, struct index_series *out, struct err *err)
{
	uint64_t offset = index_series_offset(ref, version);
	size_t size = 0;
	const uint8_t *p = view_entry(index, ctx, offset, a, &size, err);

	if (p && index_series_parse(p, size, a, out, err))
		return true;
	return err_wrap(err, "%s: series %u, at byte %lu", index->name, ref, offset);
}

bool index_series_labels(const struct index_series *s, struct symbol_lookup *symbols,
			 struct arena *a, struct labels *out, struct err *err)
{
	struct label *v = arena_alloc(a, s->n_labels * sizeof(*v));

	for (size_t i = 0; i < s->n_labels; i++) {
		if (!symbol_lookup_get(symbols, s->labels[i].name, &v[i].name, err) ||
		    !symbol_lookup_get(symbols, s->labels[i].value, &v[i].value, err))
			return err_wrap(err, "label %zu of a series", i);
		if (i && str_cmp(v[i - 1].name, v[i].name) >= 0)
			return err_set(err, ERR_CORRUPT,
				       "series: label \"%.64s\" comes before \"%.64s\"",
				       arena_cstr(a, v[i - 1].name), arena_cstr(a, v[i].name));
	}
	*out = (struct labels){v, s->n_labels};
	return true;
}
