/* index_symbols.h - the strings of an index, by the number that series know them by.
 *
 * Opening reads the section once, checks it, and keeps the place of every 32nd symbol. The source
 * is an index, or a file that holds a copy of its symbol section (an index-header).
 *
 * Threads: an open table never changes; a lookup belongs to one thread.
 */
#ifndef TSDB_INDEX_SYMBOLS_H
#define TSDB_INDEX_SYMBOLS_H

#include "base/iter.h"
#include "tsdb/byte_source.h"

struct index_symbols;

/* The section is at `offset` of `src` and was at `index_offset` of the index, which has `version`.
 * `src` outlives the table. */
struct index_symbols *index_symbols_open(struct byte_source *src, struct ctx *ctx, uint64_t offset,
					 uint64_t index_offset, int version, struct err *err);
void index_symbols_close(struct index_symbols *s); /* NULL is fine */
CLEANUP_DEFINE(struct index_symbols, index_symbols_close)

size_t index_symbols_count(const struct index_symbols *s);
/* Series know them by their offsets (version 1), not by 0, 1, 2, ... */
bool index_symbols_are_offsets(const struct index_symbols *s);
size_t index_symbols_memory_bytes(const struct index_symbols *s);

/* The lookups of one request, which mostly ask for the same few symbols: what was read stays in its
 * arena. */
struct symbol_lookup;

/* Lives in `a`. All three outlive it; `ctx` may be NULL. */
struct symbol_lookup *symbol_lookup_new(struct index_symbols *s, struct ctx *ctx, struct arena *a);
/* Valid as long as the arena (and the source, where that is memory). */
bool symbol_lookup_get(struct symbol_lookup *l, uint32_t ref, struct str *out, struct err *err);

/* All symbols once, in the order in which they lie. */
struct symbol_walk;

/* Lives in `a`, like all it reads. */
struct symbol_walk *symbol_walk_new(struct index_symbols *s, struct ctx *ctx, struct arena *a);
/* What series know it by, and its text, which is borrowed until the next call. */
enum iter_result symbol_walk_next(struct symbol_walk *w, uint32_t *ref, struct str *text,
				  struct err *err);

#endif
