#include "promql/hash_set.h"

static bool put(uint64_t *slots, size_t n_slots, uint64_t hash)
{
	size_t i = hash & (n_slots - 1);

	while (slots[i] != 0) {
		if (slots[i] == hash)
			return false;
		i = (i + 1) & (n_slots - 1);
	}
	slots[i] = hash;
	return true;
}

static void grow(struct hash_set *set)
{
	size_t n_slots = set->n_slots ? set->n_slots * 2 : 64;
	uint64_t *slots = ARENA_ARRAY(set->arena, uint64_t, n_slots);

	for (size_t i = 0; i < set->n_slots; i++)
		if (set->slots[i] != 0)
			put(slots, n_slots, set->slots[i]);
	set->slots = slots;
	set->n_slots = n_slots;
}

bool hash_set_add(struct hash_set *set, uint64_t hash)
{
	if (set->n * 2 >= set->n_slots)
		grow(set);
	bool added = put(set->slots, set->n_slots, hash ? hash : 1);
	set->n += added;
	return added;
}
