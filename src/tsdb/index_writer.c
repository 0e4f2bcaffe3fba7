#include "tsdb/index_writer.h"

#include "codec/bits.h"
#include "codec/crc32c.h"
#include "codec/varint.h"
#include "tsdb/index_writer_internal.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	ENTRY_MAX_BYTES = 64 << 20, /* as the reader's limit */
	/* What one label and one chunk take at most: two and three varints. */
	LABEL_MAX_BYTES = 2 * 5,
	CHUNK_MAX_ENTRY_BYTES = 3 * VARINT_MAX_BYTES,
	FIRST_NAME_SLOTS = 256,
};

/* --- opening, sections ------------------------------------------------------------------------ */

struct index_writer *index_writer_open(const char *path, size_t memory_bytes, struct err *err)
{
	uint8_t head[INDEX_HEADER_BYTES];
	struct file_writer *file auto_free(file_writer_close) = file_writer_open(path, 0666, err);

	store_be32(head, INDEX_MAGIC);
	head[4] = INDEX_V2;
	if (!file || !file_writer_put(file, head, sizeof(head), err))
		return NULL;
	struct index_writer *w = NEW(struct index_writer);
	*w = (struct index_writer){
	    .file = take(file),
	    .memory_bytes = memory_bytes,
	    .entry = BUF_INIT(ENTRY_MAX_BYTES),
	    .last_symbol = BUF_INIT(ENTRY_MAX_BYTES),
	    .toc = {.symbols = sizeof(head), .version = INDEX_V2},
	};
	/* The length of the section and the number of symbols are written when they are known. */
	if (file_writer_put(w->file, "alenblen", 8, err))
		return w;
	index_writer_close(w);
	return NULL;
}

void index_writer_close(struct index_writer *w)
{
	if (!w)
		return;
	file_writer_close(w->file);
	buf_done(&w->entry);
	buf_done(&w->last_symbol);
	vec_done(&w->uses.names);
	free(w->uses.slots);
	vec_done(&w->last_labels);
	free(w);
}

uint64_t index_writer_size_bytes(const struct index_writer *w)
{
	return w->file->at;
}

uint64_t index_writer_n_series(const struct index_writer *w)
{
	return w->n_series;
}

uint64_t index_writer_series_max_bytes(const struct index_writer *w)
{
	return w->series_max_bytes;
}

static bool crc_sink_write(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	struct crc_sink *sink = (struct crc_sink *)base;

	sink->crc = crc32c(sink->crc, p, n);
	return !sink->to || byte_sink_write(sink->to, p, n, err);
}

struct crc_sink crc_sink_to(struct byte_sink *to)
{
	return (struct crc_sink){.base.write = crc_sink_write, .to = to};
}

struct byte_source *index_writer_reopen(struct file_writer *file, struct err *err)
{
	return file_writer_flush(file, err) ? byte_source_open_file(file->path, file->path, err)
					    : NULL;
}

/* --- symbols ---------------------------------------------------------------------------------- */

bool index_writer_add_symbol(struct index_writer *w, struct str symbol, struct err *err)
{
	uint8_t length[VARINT_MAX_BYTES];
	size_t n = uvarint_put(length, symbol.n);

	if (w->n_symbols && str_cmp(buf_str(&w->last_symbol), symbol) >= 0)
		return err_set(err, ERR_INVALID, "symbol \"%.*s\" after \"%.*s\": not ascending",
			       STR_FMT(symbol), STR_FMT(buf_str(&w->last_symbol)));
	if (w->file->at + n + symbol.n - w->toc.symbols > UINT32_MAX)
		return err_set(err, ERR_LIMIT, "%s: %u symbols take more than 4 GiB", w->file->path,
			       w->n_symbols);
	if (!file_writer_put(w->file, length, n, err) ||
	    !file_writer_put(w->file, symbol.p, symbol.n, err))
		return false;
	w->n_symbols++;
	buf_clear(&w->last_symbol);
	buf_append_str(&w->last_symbol, symbol);
	return !w->last_symbol.overflowed ||
	       err_set(err, ERR_LIMIT, "a symbol of %zu bytes", symbol.n);
}

bool index_writer_end_symbols(struct index_writer *w, struct err *err)
{
	uint8_t head[8], tail[4];
	uint64_t start = w->toc.symbols + 4, end = w->file->at;
	struct crc_sink sum = crc_sink_to(NULL);

	if (w->symbols_are_complete)
		return true;
	store_be32(head, (uint32_t)(end - start));
	store_be32(head + 4, w->n_symbols);
	if (!file_writer_patch(w->file, w->toc.symbols, head, sizeof(head), err))
		return false;
	struct byte_source *src auto_free(byte_source_close) = index_writer_reopen(w->file, err);
	if (!src || !byte_source_copy(src, NULL, start, end, &sum.base, err))
		return false;
	store_be32(tail, sum.crc);
	if (!file_writer_put(w->file, tail, sizeof(tail), err))
		return false;
	w->toc.series = w->file->at;
	w->symbols_are_complete = true;
	return true;
}

/* --- names in use ----------------------------------------------------------------------------- */

static uint32_t *find_slot(struct name_uses *uses, uint32_t symbol)
{
	for (size_t i = symbol * UINT32_C(2654435761);; i++) {
		uint32_t *slot = &uses->slots[i & (uses->n_slots - 1)];
		if (!*slot || uses->names.v[*slot - 1].symbol == symbol)
			return slot;
	}
}

struct name_use *name_uses_find(struct name_uses *uses, uint32_t symbol)
{
	uint32_t at = uses->n_slots ? *find_slot(uses, symbol) : 0;

	return at ? &uses->names.v[at - 1] : NULL;
}

static void grow_slots(struct name_uses *uses)
{
	free(uses->slots);
	uses->n_slots = uses->n_slots ? 4 * uses->n_slots : FIRST_NAME_SLOTS;
	uses->slots = xcalloc(uses->n_slots, sizeof(*uses->slots));
	for (size_t i = 0; i < uses->names.n; i++)
		*find_slot(uses, uses->names.v[i].symbol) = (uint32_t)i + 1;
}

static void count_name(struct name_uses *uses, uint32_t symbol)
{
	struct name_use *use = name_uses_find(uses, symbol);

	if (use) {
		use->n_series++;
		return;
	}
	if (2 * (uses->names.n + 1) > uses->n_slots)
		grow_slots(uses);
	vec_push(&uses->names, (struct name_use){.symbol = symbol, .n_series = 1});
	*find_slot(uses, symbol) = (uint32_t)uses->names.n;
}

/* --- series ----------------------------------------------------------------------------------- */

/* Symbols ascend, so their numbers compare as their strings do. */
static int compare_labels(const struct symbol_pair *a, size_t n_a, const struct symbol_pair *b,
			  size_t n_b)
{
	for (size_t i = 0; i < n_a && i < n_b; i++) {
		if (a[i].name != b[i].name)
			return a[i].name < b[i].name ? -1 : 1;
		if (a[i].value != b[i].value)
			return a[i].value < b[i].value ? -1 : 1;
	}
	return n_a < n_b ? -1 : n_a > n_b;
}

static bool check_labels(const struct index_writer *w, const struct index_series *s,
			 struct err *err)
{
	for (size_t i = 0; i < s->n_labels; i++) {
		const struct symbol_pair *l = &s->labels[i];
		if (l->name >= w->n_symbols || l->value >= w->n_symbols)
			return err_set(err, ERR_INVALID,
				       "series %" PRIu64 ": symbols %u and %u, there are %u",
				       w->n_series, l->name, l->value, w->n_symbols);
		if (i && l[-1].name >= l->name)
			return err_set(err, ERR_INVALID,
				       "series %" PRIu64 ": label names do not ascend",
				       w->n_series);
	}
	if (w->n_series &&
	    compare_labels(w->last_labels.v, w->last_labels.n, s->labels, s->n_labels) >= 0)
		return err_set(err, ERR_INVALID, "series %" PRIu64 ": not behind the one before",
			       w->n_series);
	return true;
}

static bool check_chunks(const struct index_writer *w, const struct index_series *s,
			 struct err *err)
{
	for (size_t i = 0; i < s->n_chunks; i++) {
		const struct chunk_meta *c = &s->chunks[i];
		if (c->max_t_ms < c->min_t_ms || (i && c->min_t_ms <= c[-1].max_t_ms))
			return err_set(err, ERR_INVALID,
				       "series %" PRIu64 ": chunk %zu from %" PRId64 " to %" PRId64
				       " ms: not behind the one before",
				       w->n_series, i, c->min_t_ms, c->max_t_ms);
	}
	return true;
}

static uint8_t *put_labels(uint8_t *to, const struct index_series *s)
{
	to += uvarint_put(to, s->n_labels);
	for (size_t i = 0; i < s->n_labels; i++) {
		to += uvarint_put(to, s->labels[i].name);
		to += uvarint_put(to, s->labels[i].value);
	}
	return to;
}

/* Each chunk is told by its distance from the one before. */
static uint8_t *put_chunks(uint8_t *to, const struct index_series *s)
{
	uint64_t t = 0, ref = 0;

	to += uvarint_put(to, s->n_chunks);
	for (size_t i = 0; i < s->n_chunks; i++) {
		const struct chunk_meta *c = &s->chunks[i];
		uint64_t min_t = (uint64_t)c->min_t_ms, max_t = (uint64_t)c->max_t_ms;
		to += i ? uvarint_put(to, min_t - t) : varint_put(to, c->min_t_ms);
		to += uvarint_put(to, max_t - min_t);
		to += i ? varint_put(to, (int64_t)(c->ref - ref)) : uvarint_put(to, c->ref);
		t = max_t;
		ref = c->ref;
	}
	return to;
}

/* Contents and their checksum, in w->entry. */
static bool make_entry(struct index_writer *w, const struct index_series *s, struct err *err)
{
	size_t at_most = 24 + s->n_labels * LABEL_MAX_BYTES + s->n_chunks * CHUNK_MAX_ENTRY_BYTES;

	buf_clear(&w->entry);
	uint8_t *start = (uint8_t *)buf_reserve(&w->entry, at_most);
	if (!start)
		return err_set(err, ERR_LIMIT,
			       "series %" PRIu64 " with %zu labels and %zu chunks: too large",
			       w->n_series, s->n_labels, s->n_chunks);
	uint8_t *end = put_chunks(put_labels(start, s), s);
	store_be32(end, crc32c(0, start, (size_t)(end - start)));
	buf_grown(&w->entry, (size_t)(end - start) + 4);
	return true;
}

static bool put_entry(struct index_writer *w, struct err *err)
{
	uint8_t length[VARINT_MAX_BYTES];
	size_t n = uvarint_put(length, w->entry.n - 4);

	if (!file_writer_align(w->file, SERIES_ALIGNMENT, err))
		return false;
	if (w->file->at + n + w->entry.n > INDEX_MAX_BYTES)
		return err_set(err, ERR_LIMIT,
			       "%s: more than 64 GiB, with series %" PRIu64 " and more to come",
			       w->file->path, w->n_series);
	uint64_t at = w->file->at;
	if (w->last_series_at && at - w->last_series_at > w->series_max_bytes)
		w->series_max_bytes = at - w->last_series_at;
	w->last_series_at = at;
	return file_writer_put(w->file, length, n, err) &&
	       file_writer_put(w->file, w->entry.p, w->entry.n, err);
}

bool index_writer_add_series(struct index_writer *w, const struct index_series *s, struct err *err)
{
	if (!index_writer_end_symbols(w, err) || !check_labels(w, s, err) ||
	    !check_chunks(w, s, err) || !make_entry(w, s, err) || !put_entry(w, err))
		return false;

	vec_clear(&w->last_labels);
	for (size_t i = 0; i < s->n_labels; i++) {
		vec_push(&w->last_labels, s->labels[i]);
		count_name(&w->uses, s->labels[i].name);
	}
	w->n_series++;
	return true;
}

/* --- the end ---------------------------------------------------------------------------------- */

static bool put_toc(struct index_writer *w, struct err *err)
{
	uint8_t bytes[INDEX_TOC_BYTES];
	const uint64_t sections[] = {w->toc.symbols,       w->toc.series,
				     w->toc.label_indices, w->toc.label_indices_table,
				     w->toc.postings,      w->toc.postings_table};

	for (size_t i = 0; i < 6; i++)
		store_be64(bytes + 8 * i, sections[i]);
	store_be32(bytes + 48, crc32c(0, bytes, 48));
	return file_writer_put(w->file, bytes, sizeof(bytes), err);
}

bool index_writer_finish(struct index_writer *w, struct ctx *ctx, struct err *err)
{
	return index_writer_end_symbols(w, err) && index_writer_put_postings(w, ctx, err) &&
	       put_toc(w, err) && file_writer_sync(w->file, err);
}
