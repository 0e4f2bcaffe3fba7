/* symbol_set.h - collects the strings of an index that is to be written, and numbers them.
 */
#ifndef TSDB_SYMBOL_SET_H
#define TSDB_SYMBOL_SET_H

#include "base/arena.h"

struct symbol_set;

/* `tracker` may be NULL and otherwise outlives the set. */
struct symbol_set *symbol_set_new(struct tracker *tracker);
void symbol_set_free(struct symbol_set *set); /* NULL is fine */
CLEANUP_DEFINE(struct symbol_set, symbol_set_free)

size_t symbol_set_count(const struct symbol_set *set);

/* By what this text is known until all are there: 0, 1, 2, ... in the order of first mention. */
uint32_t symbol_set_add(struct symbol_set *set, struct str text);

/* After the last one: the text's number in ascending order, and the text of a number. */
void symbol_set_sort(struct symbol_set *set);
uint32_t symbol_set_number(const struct symbol_set *set, uint32_t mention);
struct str symbol_set_text(const struct symbol_set *set, uint32_t number);

#endif
