#include "tsdb/index_symbols.h"

#include "base/alloc.h"
#include "tsdb/index_toc.h"
#include "tsdb/section_scan_internal.h"

#include <stdlib.h>

enum { GROUP = 32, WINDOW_BYTES = 64 << 10, FIRST_READ_BYTES = 256 };

struct index_symbols {
	struct byte_source *src;
	uint64_t start;       /* of the contents in the source */
	uint64_t index_start; /* and in the index */
	uint32_t size;        /* of the contents */
	int version;
	uint32_t n;
	uint32_t *groups; /* where symbols 0, 32, 64 ... lie in the contents; then where all end */
};

static bool skip_symbol(struct section_scan *scan, struct err *err)
{
	for (;;) {
		const uint8_t *from = scan->c.p;
		byte_cursor_str(&scan->c);
		if (!scan->c.failed)
			return true;
		if (!section_scan_more(scan, from, err))
			return false;
	}
}

static bool read_count(struct section_scan *scan, uint32_t *n, struct err *err)
{
	while (byte_cursor_left(&scan->c) < 4)
		if (!section_scan_more(scan, scan->c.p, err))
			return false;
	*n = byte_cursor_be32(&scan->c);
	if (*n > scan->size - 4)
		return section_scan_corrupt(scan, err, "%u symbols in %u bytes", *n, scan->size);
	return true;
}

static bool scan_symbols(struct index_symbols *s, struct section_scan *scan, struct err *err)
{
	if (!read_count(scan, &s->n, err))
		return false;
	s->groups = xreallocarray(NULL, s->n / GROUP + 2, sizeof(*s->groups));
	for (uint32_t i = 0; i < s->n; i++) {
		if (i % GROUP == 0)
			s->groups[i / GROUP] = (uint32_t)section_scan_offset(scan);
		if (!skip_symbol(scan, err))
			return false;
	}
	s->groups[(s->n + GROUP - 1) / GROUP] = (uint32_t)section_scan_offset(scan);
	s->size = scan->size;
	return section_scan_check(scan, err);
}

struct index_symbols *index_symbols_open(struct byte_source *src, struct ctx *ctx, uint64_t offset,
					 uint64_t index_offset, int version, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(NULL);
	struct index_symbols *s = NEW(struct index_symbols);
	struct section_scan scan;

	*s = (struct index_symbols){
	    .src = src,
	    .start = offset + 4,
	    .index_start = index_offset + 4,
	    .version = version,
	};
	if (section_scan_open(&scan, src, ctx, offset, "symbols", WINDOW_BYTES, scratch, err) &&
	    scan_symbols(s, &scan, err))
		return s;
	index_symbols_close(s);
	return NULL;
}

void index_symbols_close(struct index_symbols *s)
{
	if (!s)
		return;
	free(s->groups);
	free(s);
}

size_t index_symbols_count(const struct index_symbols *s)
{
	return s->n;
}

bool index_symbols_are_offsets(const struct index_symbols *s)
{
	return s->version == INDEX_V1;
}

size_t index_symbols_memory_bytes(const struct index_symbols *s)
{
	return sizeof(*s) + (s->n / GROUP + 2) * sizeof(*s->groups);
}

/* --- lookup: a hash table from group (v1: symbol) to its strings
 * ---------------------------------- */

struct slot {
	uint32_t key;
	struct str *strings; /* NULL: free */
};

struct symbol_lookup {
	struct index_symbols *symbols;
	struct ctx *ctx;
	struct arena *a;
	struct slot *slots;
	size_t n_slots; /* a power of two */
	size_t n;
};

struct symbol_lookup *symbol_lookup_new(struct index_symbols *s, struct ctx *ctx, struct arena *a)
{
	struct symbol_lookup *l = ARENA_NEW(a, struct symbol_lookup);

	*l = (struct symbol_lookup){.symbols = s, .ctx = ctx, .a = a, .n_slots = 64};
	l->slots = ARENA_ARRAY(a, struct slot, l->n_slots);
	return l;
}

static struct slot *find_slot(struct symbol_lookup *l, uint32_t key)
{
	size_t i = key * UINT32_C(2654435761);

	for (;; i++) {
		struct slot *slot = &l->slots[i & (l->n_slots - 1)];
		if (!slot->strings || slot->key == key)
			return slot;
	}
}

static void grow(struct symbol_lookup *l)
{
	struct slot *old = l->slots;
	size_t n_old = l->n_slots;

	l->n_slots *= 4;
	l->slots = ARENA_ARRAY(l->a, struct slot, l->n_slots);
	for (size_t i = 0; i < n_old; i++)
		if (old[i].strings)
			*find_slot(l, old[i].key) = old[i];
}

static void remember(struct symbol_lookup *l, uint32_t key, struct str *strings)
{
	if (2 * l->n >= l->n_slots)
		grow(l);
	*find_slot(l, key) = (struct slot){key, strings};
	l->n++;
}

/* The symbols of one group, as many as there are. */
static struct str *read_group(struct symbol_lookup *l, uint32_t group, struct err *err)
{
	struct index_symbols *s = l->symbols;
	uint32_t from = s->groups[group], to = s->groups[group + 1];
	const uint8_t *p = byte_source_view(s->src, l->ctx, s->start + from, to - from, l->a, err);
	if (!p)
		return NULL;

	struct byte_cursor c = byte_cursor_of(p, to - from);
	struct str *strings = ARENA_ARRAY(l->a, struct str, GROUP);
	for (uint32_t i = 0; i < GROUP && group * GROUP + i < s->n; i++)
		strings[i] = byte_cursor_str(&c);
	if (c.failed) { /* the source changed since it was opened */
		err_set(err, ERR_CORRUPT, "%s: symbols: at byte %lu: an entry does not fit",
			s->src->name, s->start + from);
		return NULL;
	}
	return strings;
}

/* In version 1 a symbol's number is its offset in the index. */
static struct str *read_at_offset(struct symbol_lookup *l, uint32_t ref, struct err *err)
{
	struct index_symbols *s = l->symbols;
	uint64_t at = ref - s->index_start;
	size_t want = FIRST_READ_BYTES;

	if (ref < s->index_start || at >= s->size) {
		err_set(err, ERR_CORRUPT, "%s: symbols: there is none at byte %u", s->src->name,
			ref);
		return NULL;
	}
	for (;;) {
		size_t n = want < s->size - at ? want : s->size - at;
		const uint8_t *p = byte_source_view(s->src, l->ctx, s->start + at, n, l->a, err);
		if (!p)
			return NULL;
		struct byte_cursor c = byte_cursor_of(p, n);
		struct str symbol = byte_cursor_str(&c);
		if (!c.failed) {
			struct str *strings = ARENA_NEW(l->a, struct str);
			*strings = symbol;
			return strings;
		}
		if (n < want) {
			err_set(err, ERR_CORRUPT, "%s: symbols: at byte %u: an entry does not fit",
				s->src->name, ref);
			return NULL;
		}
		want *= 8;
	}
}

bool symbol_lookup_get(struct symbol_lookup *l, uint32_t ref, struct str *out, struct err *err)
{
	const struct index_symbols *s = l->symbols;
	bool v1 = s->version == INDEX_V1;
	uint32_t key = v1 ? ref : ref / GROUP;

	if (!v1 && ref >= s->n)
		return err_set(err, ERR_CORRUPT, "%s: symbols: number %u is wanted, there are %u",
			       s->src->name, ref, s->n);
	struct str *strings = find_slot(l, key)->strings;
	if (!strings) {
		strings = v1 ? read_at_offset(l, ref, err) : read_group(l, key, err);
		if (!strings)
			return false;
		remember(l, key, strings);
	}
	*out = strings[v1 ? 0 : ref % GROUP];
	return true;
}

/* --- all of them, in order ------------------------------------------------------------------- */

struct symbol_walk {
	struct index_symbols *symbols;
	struct section_scan scan;
	uint32_t n; /* given out */
};

struct symbol_walk *symbol_walk_new(struct index_symbols *s, struct ctx *ctx, struct arena *a)
{
	struct symbol_walk *w = ARENA_NEW(a, struct symbol_walk);

	w->symbols = s;
	section_scan_resume(&w->scan, s->src, ctx, s->start - 4, s->size, 4, "symbols",
			    WINDOW_BYTES, a);
	return w;
}

enum iter_result symbol_walk_next(struct symbol_walk *w, uint32_t *ref, struct str *text,
				  struct err *err)
{
	struct index_symbols *s = w->symbols;

	if (w->n == s->n)
		return ITER_END;
	*ref = s->version == INDEX_V1 ? (uint32_t)(s->index_start + section_scan_offset(&w->scan))
				      : w->n;
	for (;;) {
		const uint8_t *from = w->scan.c.p;
		*text = byte_cursor_str(&w->scan.c);
		if (!w->scan.c.failed)
			break;
		if (!section_scan_more(&w->scan, from, err))
			return ITER_ERROR;
	}
	w->n++;
	return ITER_VALUE;
}
