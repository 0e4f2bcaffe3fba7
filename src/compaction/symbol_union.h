/* symbol_union.h - the symbols of several indexes as those of one.
 *
 * Symbols ascend in every index, so the numbers of the union compare as the strings do: series of
 * different blocks are compared without looking at a string.
 */
#ifndef COMPACTION_SYMBOL_UNION_H
#define COMPACTION_SYMBOL_UNION_H

#include "tsdb/index_symbols.h"

/* From an index's names for its symbols to their numbers in the union. */
struct symbol_map {
	uint32_t *numbers;
	uint32_t
	    *refs; /* ascending, where they are not 0, 1, 2, ... (index version 1); else NULL */
	size_t n, cap;
};

void symbol_map_done(struct symbol_map *m);
/* ERR_CORRUPT when the index has no such symbol. */
bool symbol_map_get(const struct symbol_map *m, uint32_t ref, uint32_t *out, struct err *err);

/* Gets the symbols of the union in ascending order, numbered from 0. */
struct symbol_sink {
	bool (*add)(struct symbol_sink *sink, struct str symbol, struct err *err);
};

/* Fills maps[i] for symbols[i]. ERR_CORRUPT when the symbols of one do not ascend; `bad` is which
 * one it was, or n. */
bool symbol_union_make(struct index_symbols *const *symbols, size_t n, struct ctx *ctx,
		       struct symbol_sink *sink, struct symbol_map *maps, size_t *bad,
		       struct err *err);

#endif
