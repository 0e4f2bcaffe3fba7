/* range_parts.h - many ranges of bytes, fetched with few requests, several of them at once. */
#ifndef STORE_RANGE_PARTS_H
#define STORE_RANGE_PARTS_H

#include "base/arena.h"
#include "base/pool.h"

enum {
	RANGE_MAX_GAP_BYTES =
	    512 << 10,         /* two ranges this near are fetched together, as in Thanos */
	RANGE_WORKERS_MAX = 8, /* of one call */
};

struct range_item {
	uint64_t start;
	uint64_t end;
};

/* One request: bytes [start, end) have the items `first` to first + n - 1. */
struct range_part {
	uint64_t start;
	uint64_t end;
	size_t first;
	size_t n;
};

/* For items with ascending starts. Gives the number of parts; *out lives in `a`. */
size_t range_parts_plan(const struct range_item *items, size_t n, uint64_t max_gap_bytes,
			struct arena *a, struct range_part **out);

/* One part; `worker` is below RANGE_WORKERS_MAX, and no two calls with the same one run at once. */
typedef bool range_part_fn(void *arg, size_t worker, size_t part, struct err *err);

/* Calls `fn` for all parts, on threads of the pool besides this one, which is none of the pool's.
 * After a failure, which is the result, no more are begun. `pool` may be NULL. */
bool range_parts_run(struct pool *pool, size_t n_parts, range_part_fn *fn, void *arg,
		     struct err *err);

/* Memory of the workers, ended together. */
struct range_arenas {
	struct tracker *tracker;
	struct arena *v[RANGE_WORKERS_MAX]; /* NULL until one is used */
};

struct arena *range_arena(struct range_arenas *arenas, size_t worker);
void range_arenas_clear(struct range_arenas *arenas);
void range_arenas_done(struct range_arenas *arenas);

#endif
