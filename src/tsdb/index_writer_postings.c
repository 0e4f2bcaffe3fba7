/* index_writer_postings.c - the second half of writing an index: the series are read again, in as
 * many passes as memory asks for, and each pass gives the lists of some label names.
 */
#include "base/iter.h"
#include "codec/bits.h"
#include "codec/byte_cursor.h"
#include "codec/crc32c.h"
#include "tsdb/index_writer_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	WINDOW_BYTES = 4 << 20,
	RADIX_BITS = 11,
	RADIX = 1 << RADIX_BITS,
	REFS_AT_ONCE = 4096,
	/* So many symbols are looked up before what was read for them is dropped. */
	LOOKUPS_AT_ONCE = 4096,
	BYTES_PER_PAIR = 2 * sizeof(uint64_t), /* sorting needs the room twice */
};

/* One label use: the value's symbol above the series' reference. */
static uint64_t pair_of(uint32_t value, uint32_t ref)
{
	return (uint64_t)value << 32 | ref;
}

/* --- the series, once more -------------------------------------------------------------------- */

struct series_walk {
	struct byte_source *src; /* ends with the last series */
	struct ctx *ctx;
	uint8_t *window;
	size_t window_bytes;
	uint64_t window_at; /* of its first byte in the file */
	size_t n;           /* bytes in it */
	uint64_t at;        /* the next series, if there is one */
};

/* The bytes from `at` on, at least `need` of them or all there are, at the start of the window. */
static bool fill_window(struct series_walk *walk, size_t need, struct err *err)
{
	uint64_t left = walk->src->size_bytes - walk->at;

	if (need > walk->window_bytes) {
		walk->window_bytes = need;
		walk->window = xrealloc(walk->window, need);
	}
	walk->n = left < walk->window_bytes ? (size_t)left : walk->window_bytes;
	walk->window_at = walk->at;
	return ctx_check(walk->ctx, err) &&
	       byte_source_read(walk->src, walk->ctx, walk->at, walk->window, walk->n, err);
}

/* The next series' reference, and a cursor at its labels. Between series there are zeros. */
static enum iter_result next_series(struct series_walk *walk, uint32_t *ref, struct byte_cursor *c,
				    struct err *err)
{
	uint64_t at = (walk->at + SERIES_ALIGNMENT - 1) / SERIES_ALIGNMENT * SERIES_ALIGNMENT;

	if (at >= walk->src->size_bytes)
		return ITER_END;
	walk->at = at;
	for (size_t need = 1;;) {
		size_t skip = (size_t)(at - walk->window_at);
		if (at >= walk->window_at && skip < walk->n && walk->n - skip >= need) {
			const uint8_t *p = walk->window + skip;
			uint64_t size = index_series_size(p, walk->n - skip);
			if (size <= walk->n - skip) {
				*ref = (uint32_t)(at / SERIES_ALIGNMENT);
				*c = byte_cursor_of(p, (size_t)size);
				byte_cursor_uvarint(c);
				walk->at = at + size;
				return ITER_VALUE;
			}
			need = (size_t)size;
		}
		if (!fill_window(walk, need, err))
			return ITER_ERROR;
	}
}

/* For each series in turn; stops when `visit` fails. */
typedef bool visit_fn(void *arg, uint32_t ref, struct byte_cursor *labels, struct err *err);

static bool walk_series(struct index_writer *w, struct byte_source *src, struct ctx *ctx,
			visit_fn *visit, void *arg, struct err *err)
{
	struct series_walk walk = {.src = src, .ctx = ctx, .at = w->toc.series};
	struct byte_cursor labels;
	enum iter_result r;
	uint32_t ref;

	walk.window_bytes = WINDOW_BYTES;
	walk.window = xmalloc(WINDOW_BYTES);
	while ((r = next_series(&walk, &ref, &labels, err)) == ITER_VALUE)
		if (!visit(arg, ref, &labels, err)) {
			r = ITER_ERROR;
			break;
		}
	free(walk.window);
	return r == ITER_END;
}

static bool gather(void *arg, uint32_t ref, struct byte_cursor *c, struct err *err)
{
	struct name_uses *uses = arg;
	uint64_t n = byte_cursor_uvarint(c);

	(void)err; /* our own bytes */
	for (uint64_t i = 0; i < n; i++) {
		uint32_t name = (uint32_t)byte_cursor_uvarint(c);
		uint32_t value = (uint32_t)byte_cursor_uvarint(c);
		struct name_use *use = name_uses_find(uses, name);
		if (use->pairs)
			use->pairs[use->n_pairs++] = pair_of(value, ref);
	}
	return true;
}

/* --- sorting ---------------------------------------------------------------------------------- */

/* One digit of the value, keeping the order of what is equal in it. */
static void sort_digit(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
	size_t at[RADIX] = {0};

	for (size_t i = 0; i < n; i++)
		at[from[i] >> shift & (RADIX - 1)]++;
	for (size_t digit = 0, sum = 0; digit < RADIX; digit++) {
		size_t count = at[digit];
		at[digit] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[from[i] >> shift & (RADIX - 1)]++] = from[i];
}

/* By value; the references came ascending and stay so. The result is in one of the two arrays. */
static uint64_t *sort_pairs(uint64_t *pairs, uint64_t *room, size_t n, uint32_t n_symbols)
{
	for (unsigned bit = 0; bit < 32 && n_symbols >> bit; bit += RADIX_BITS) {
		sort_digit(pairs, room, n, 32 + bit);
		uint64_t *sorted = room;
		room = pairs;
		pairs = sorted;
	}
	return pairs;
}

/* --- lists and their table -------------------------------------------------------------------- */

struct postings_output {
	struct index_writer *w;
	struct file_writer *table; /* entries only: how many there are is known at the end */
	uint32_t n_lists;
	struct index_symbols *symbols;
	struct arena *a; /* of the lookup */
	struct symbol_lookup *lookup;
	size_t n_lookups;
};

static bool lookup_symbol(struct postings_output *out, uint32_t symbol, struct str *text,
			  struct err *err)
{
	if (!out->lookup || ++out->n_lookups % LOOKUPS_AT_ONCE == 0) {
		arena_clear(out->a);
		out->lookup = symbol_lookup_new(out->symbols, NULL, out->a);
	}
	return symbol_lookup_get(out->lookup, symbol, text, err);
}

static void append_str(struct buf *b, struct str s)
{
	uint8_t length[VARINT_MAX_BYTES];

	buf_append(b, length, uvarint_put(length, s.n));
	buf_append_str(b, s);
}

static bool put_table_entry(struct postings_output *out, struct str name, struct str value,
			    struct err *err)
{
	struct buf *entry = &out->w->entry;
	uint8_t offset[VARINT_MAX_BYTES];

	buf_clear(entry);
	buf_putc(entry, 2); /* strings in the key */
	append_str(entry, name);
	append_str(entry, value);
	buf_append(entry, offset, uvarint_put(offset, out->w->file->at));
	if (entry->overflowed || out->table->at + entry->n + 4 > UINT32_MAX)
		return err_set(err, ERR_LIMIT,
			       "%s: the table of %u postings lists takes more than 4 GiB",
			       out->w->file->path, out->n_lists);
	out->n_lists++;
	return file_writer_put(out->table, entry->p, entry->n, err);
}

/* A list is put together of runs of references. */
struct list_writer {
	struct file_writer *file;
	uint32_t crc;
	size_t n;
	uint8_t bytes[4 * REFS_AT_ONCE];
};

static bool flush_list(struct list_writer *list, struct err *err)
{
	size_t n = list->n;

	list->crc = crc32c(list->crc, list->bytes, n);
	list->n = 0;
	return file_writer_put(list->file, list->bytes, n, err);
}

static bool put_number(struct list_writer *list, uint32_t v, struct err *err)
{
	store_be32(list->bytes + list->n, v);
	list->n += 4;
	return list->n < sizeof(list->bytes) || flush_list(list, err);
}

static bool begin_list(struct postings_output *out, struct list_writer *list, struct str name,
		       struct str value, uint64_t n_refs, struct err *err)
{
	uint8_t length[4];

	if (n_refs > UINT32_MAX / 4 - 1)
		return err_set(err, ERR_LIMIT, "%s: a list of %" PRIu64 " postings",
			       out->w->file->path, n_refs);
	*list = (struct list_writer){.file = out->w->file};
	store_be32(length, (uint32_t)(4 * n_refs + 4));
	return file_writer_align(out->w->file, 4, err) && put_table_entry(out, name, value, err) &&
	       file_writer_put(out->w->file, length, 4, err) &&
	       put_number(list, (uint32_t)n_refs, err);
}

static bool end_list(struct list_writer *list, struct err *err)
{
	uint8_t crc[4];

	if (!flush_list(list, err))
		return false;
	store_be32(crc, list->crc);
	return file_writer_put(list->file, crc, 4, err);
}

static bool put_ref(void *arg, uint32_t ref, struct byte_cursor *labels, struct err *err)
{
	(void)labels;
	return put_number(arg, ref, err);
}

/* All series, under the empty name and value. */
static bool put_all(struct postings_output *out, struct byte_source *src, struct ctx *ctx,
		    struct err *err)
{
	struct list_writer list;

	return begin_list(out, &list, STR(""), STR(""), out->w->n_series, err) &&
	       walk_series(out->w, src, ctx, put_ref, &list, err) && end_list(&list, err);
}

/* A list for each value among the n pairs. */
static bool put_lists(struct postings_output *out, struct str name, const uint64_t *pairs, size_t n,
		      struct err *err)
{
	struct list_writer list;

	for (size_t i = 0, end; i < n; i = end) {
		uint32_t value = (uint32_t)(pairs[i] >> 32);
		struct str text;
		for (end = i + 1; end < n && pairs[end] >> 32 == value;)
			end++;
		if (!lookup_symbol(out, value, &text, err) ||
		    !begin_list(out, &list, name, text, end - i, err))
			return false;
		for (; i < end; i++)
			if (!put_number(&list, (uint32_t)pairs[i], err))
				return false;
		if (!end_list(&list, err))
			return false;
	}
	return true;
}

static bool put_name(struct postings_output *out, struct name_use *use, uint64_t *room,
		     struct err *err)
{
	struct str text;

	if (!lookup_symbol(out, use->symbol, &text, err))
		return false;
	char *name auto_free(mem_free) = xstrndup(text.p, text.n);
	return put_lists(out, str_from(name, text.n),
			 sort_pairs(use->pairs, room, use->n_pairs, out->w->n_symbols),
			 use->n_pairs, err);
}

/* --- passes ----------------------------------------------------------------------------------- */

static int compare_uses(const void *a, const void *b)
{
	const struct name_use *x = *(struct name_use *const *)a, *y = *(struct name_use *const *)b;

	return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

/* How many of the n names fit into one pass, at least one; *n_pairs is what they need. */
static size_t names_of_pass(struct name_use **names, size_t n, size_t max_pairs, size_t *n_pairs)
{
	size_t taken = 1;

	*n_pairs = names[0]->n_series;
	while (taken < n && *n_pairs + names[taken]->n_series <= max_pairs)
		*n_pairs += names[taken++]->n_series;
	return taken;
}

static bool run_pass(struct postings_output *out, struct name_use **names, size_t n, size_t n_pairs,
		     struct byte_source *src, struct ctx *ctx, struct err *err)
{
	uint64_t *pairs auto_free(mem_free) = xreallocarray(NULL, n_pairs, BYTES_PER_PAIR);
	uint64_t *room = pairs + n_pairs, *at = pairs;

	for (size_t i = 0; i < n; at += names[i++]->n_series) {
		names[i]->pairs = at;
		names[i]->n_pairs = 0;
	}
	bool ok = walk_series(out->w, src, ctx, gather, &out->w->uses, err);
	for (size_t i = 0; i < n; i++) {
		ok = ok && put_name(out, names[i], room, err);
		names[i]->pairs = NULL;
	}
	return ok;
}

static bool put_all_lists(struct postings_output *out, struct byte_source *src, struct ctx *ctx,
			  struct err *err)
{
	struct index_writer *w = out->w;
	size_t n = w->uses.names.n, n_pairs;
	struct name_use **names auto_free(mem_free) = xcalloc(n + 1, sizeof(struct name_use *));

	for (size_t i = 0; i < n; i++)
		names[i] = &w->uses.names.v[i];
	qsort(names, n, sizeof(struct name_use *), compare_uses);

	bool ok = put_all(out, src, ctx, err);
	for (size_t i = 0, taken; ok && i < n; i += taken) {
		taken = names_of_pass(names + i, n - i, w->memory_bytes / BYTES_PER_PAIR, &n_pairs);
		ok = run_pass(out, names + i, taken, n_pairs, src, ctx, err);
	}
	return ok;
}

/* The table's length, number of entries, entries and checksum. */
static bool put_table(struct postings_output *out, struct err *err)
{
	struct file_writer *to = out->w->file;
	struct crc_sink sum = crc_sink_to(&to->sink);
	uint8_t bytes[4];

	out->w->toc.label_indices_table = out->w->toc.postings_table = to->at;
	struct byte_source *entries auto_free(byte_source_close) =
	    index_writer_reopen(out->table, err);
	store_be32(bytes, (uint32_t)out->table->at + 4);
	if (!entries || !file_writer_put(to, bytes, 4, err))
		return false;
	store_be32(bytes, out->n_lists);
	if (!byte_sink_write(&sum.base, bytes, 4, err) ||
	    !byte_source_copy(entries, NULL, 0, entries->size_bytes, &sum.base, err))
		return false;
	store_be32(bytes, sum.crc);
	return file_writer_put(to, bytes, 4, err);
}

static bool put_sections(struct postings_output *out, struct ctx *ctx, struct err *err)
{
	struct index_writer *w = out->w;
	struct byte_source *src auto_free(byte_source_close) = index_writer_reopen(w->file, err);

	if (!src)
		return false;
	struct index_symbols *symbols auto_free(index_symbols_close) =
	    index_symbols_open(src, ctx, w->toc.symbols, w->toc.symbols, INDEX_V2, err);
	if (!symbols)
		return false;
	out->symbols = symbols;
	w->toc.label_indices = w->toc.postings = w->file->at;
	return put_all_lists(out, src, ctx, err) && put_table(out, err);
}

bool index_writer_put_postings(struct index_writer *w, struct ctx *ctx, struct err *err)
{
	char *path auto_free(mem_free) = xasprintf("%s_tmp_po", w->file->path);
	struct file_writer *table auto_free(file_writer_close) = file_writer_open(path, 0666, err);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct postings_output out = {.w = w, .table = table, .a = a};

	if (!table)
		return false;
	bool ok = put_sections(&out, ctx, err);
	unlink(path);
	return ok;
}
