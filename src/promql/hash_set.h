/* hash_set.h - a set of 64-bit hashes: has this label set been seen before? Eight bytes for each,
 * on trust that two label sets do not have the same hash, as Prometheus trusts.
 */
#ifndef PROMQL_HASH_SET_H
#define PROMQL_HASH_SET_H

#include "base/arena.h"

struct hash_set {
	struct arena *arena; /* borrowed */
	uint64_t *slots;     /* 0 is free */
	size_t n_slots;      /* a power of two */
	size_t n;
};

/* False when it was there already. */
bool hash_set_add(struct hash_set *set, uint64_t hash);

#endif
