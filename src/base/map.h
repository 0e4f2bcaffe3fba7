/* map.h - a hash map from bytes to a pointer.
 *
 *	struct map by_name = {0};
 *	map_put(&by_name, e->name, e);
 *	for (struct map_entry *m = map_next(&by_name, NULL); m; m = map_next(&by_name, m))
 *		use(m->key, m->value);
 *	map_done(&by_name);
 *
 * Keys are borrowed: they live at least as long as their entry, usually inside the value. Values
 * are not NULL, so that map_get() can say "absent". The order of iteration means nothing.
 *
 * Threads: any number of readers, or one writer.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_entry {
	struct str key;
	void *value; /* NULL: the slot is free */
	uint64_t hash;
};

struct map {
	struct map_entry *slots; /* a power of two of them */
	size_t n_slots;
	size_t n; /* entries */
};

void map_done(struct map *m); /* the values are the caller's */
void map_clear(struct map *m);

void *map_get(const struct map *m, struct str key); /* NULL when absent */
/* The value that was replaced, or NULL. When a value is replaced, so is the key. */
void *map_put(struct map *m, struct str key, void *value);
/* The value that was removed, or NULL. Ends any iteration under way. */
void *map_remove(struct map *m, struct str key);

/* Where the value of `key` is; *slot is NULL when the key is new, and the caller then sets it
 * before the next call on the map. Saves the second lookup of get-or-create. */
void **map_slot(struct map *m, struct str key);

/* The first entry after `e`, or the first of all when `e` is NULL; NULL at the end. Entries must
 * not be added or removed meanwhile. */
struct map_entry *map_next(const struct map *m, const struct map_entry *e);

#endif
