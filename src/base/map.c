/* map.c - open addressing with linear probing; removing shifts the run behind back, so there are no
 * tombstones. At most three quarters of the slots are used.
 */
#include "base/map.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/hash.h"

#include <stdlib.h>

enum { SLOTS_MIN = 16 };

void map_done(struct map *m)
{
	free(m->slots);
	*m = (struct map){0};
}

void map_clear(struct map *m)
{
	if (m->n)
		memset(m->slots, 0, m->n_slots * sizeof(*m->slots));
	m->n = 0;
}

/* The entry of the key, or the free slot where it belongs. */
static struct map_entry *find(const struct map *m, struct str key, uint64_t hash)
{
	size_t mask = m->n_slots - 1;
	size_t i = hash & mask;

	while (m->slots[i].value && (m->slots[i].hash != hash || !str_eq(m->slots[i].key, key)))
		i = (i + 1) & mask;
	return &m->slots[i];
}

static void grow(struct map *m)
{
	struct map old = *m;

	m->n_slots = old.n_slots ? old.n_slots * 2 : SLOTS_MIN;
	m->slots = xcalloc(m->n_slots, sizeof(*m->slots));
	for (size_t i = 0; i < old.n_slots; i++)
		if (old.slots[i].value)
			*find(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

void *map_get(const struct map *m, struct str key)
{
	if (m->n == 0)
		return NULL;
	return find(m, key, hash_bytes(key))->value;
}

void **map_slot(struct map *m, struct str key)
{
	if (m->n >= m->n_slots / 4 * 3)
		grow(m);
	uint64_t hash = hash_bytes(key);
	struct map_entry *e = find(m, key, hash);
	if (!e->value) {
		e->key = key;
		e->hash = hash;
		m->n++;
	}
	return &e->value;
}

void *map_put(struct map *m, struct str key, void *value)
{
	assert(value);
	void **slot = map_slot(m, key);
	void *old = *slot;
	*slot = value;
	if (old)
		((struct map_entry *)((char *)slot - offsetof(struct map_entry, value)))->key = key;
	return old;
}

void *map_remove(struct map *m, struct str key)
{
	if (m->n == 0)
		return NULL;
	struct map_entry *e = find(m, key, hash_bytes(key));
	if (!e->value)
		return NULL;
	void *old = e->value;
	size_t mask = m->n_slots - 1;
	size_t hole = (size_t)(e - m->slots);

	/* Every entry of the run behind that may stand in the hole moves there. */
	for (size_t i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
		size_t home = m->slots[i].hash & mask;
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole] = (struct map_entry){0};
	m->n--;
	return old;
}

struct map_entry *map_next(const struct map *m, const struct map_entry *e)
{
	for (size_t i = e ? (size_t)(e - m->slots) + 1 : 0; i < m->n_slots; i++)
		if (m->slots[i].value)
			return &m->slots[i];
	return NULL;
}
