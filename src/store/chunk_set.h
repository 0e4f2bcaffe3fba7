/* chunk_set.h - the chunks of one series, collected from several places. */
#ifndef STORE_CHUNK_SET_H
#define STORE_CHUNK_SET_H

#include "model/series.h"

/* The StoreAPI's order: min time, max time, then raw, count, sum, min, max, counter. */
int chunk_cmp(const struct chunk *a, const struct chunk *b);

/* Sort `v` by chunk_cmp(), in place, and drop chunks that others repeat, told by the xxhash64 of
 * their fields, by Thanos' rule (in the .c file). The number left. `scratch` is left as it was. */
size_t chunks_unite(struct arena *scratch, struct chunk *v, size_t n);

#endif
