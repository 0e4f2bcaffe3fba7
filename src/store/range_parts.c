#include "store/range_parts.h"

#include "base/assert.h"

#include <stdatomic.h>

size_t range_parts_plan(const struct range_item *items, size_t n, uint64_t max_gap_bytes,
			struct arena *a, struct range_part **out)
{
	struct {
		struct range_part *v;
		size_t n, cap;
	} parts = {0};

	for (size_t i = 0; i < n; i++) {
		struct range_part *last = parts.n ? &parts.v[parts.n - 1] : NULL;
		if (last && items[i].start <= last->end + max_gap_bytes) {
			last->end = items[i].end > last->end ? items[i].end : last->end;
			last->n++;
			continue;
		}
		struct range_part next = {items[i].start, items[i].end, i, 1};
		ARENA_PUSH(a, &parts, next);
	}
	*out = parts.v;
	return parts.n;
}

/* --- at once ------------------------------------------------------------------------------- */

struct run {
	range_part_fn *fn;
	void *arg;
	size_t n_parts;
	_Atomic size_t next;
	_Atomic size_t n_workers;
	_Atomic bool failed;
	struct err err; /* of the worker that set `failed` first */
};

static void work(void *arg)
{
	struct run *run = arg;
	size_t worker = atomic_fetch_add(&run->n_workers, 1);

	while (!run->failed) {
		struct err err = ERR_INIT;
		size_t i = atomic_fetch_add(&run->next, 1);
		if (i >= run->n_parts)
			return;
		if (run->fn(run->arg, worker, i, &err))
			continue;
		if (!atomic_exchange(&run->failed, true))
			run->err = err;
	}
}

bool range_parts_run(struct pool *pool, size_t n_parts, range_part_fn *fn, void *arg,
		     struct err *err)
{
	struct run run = {.fn = fn, .arg = arg, .n_parts = n_parts};
	struct pool_group group;
	struct err busy = ERR_INIT;

	if (!pool || n_parts < 2) {
		work(&run);
	} else {
		pool_group_init(&group, pool);
		for (size_t i = 1; i < n_parts && i < RANGE_WORKERS_MAX; i++)
			if (!pool_group_run(&group, work, &run, &busy))
				break; /* this thread does it all the same */
		work(&run);
		pool_group_wait(&group);
	}
	if (run.failed)
		*err = run.err;
	return !run.failed;
}

/* --- memory -------------------------------------------------------------------------------- */

struct arena *range_arena(struct range_arenas *arenas, size_t worker)
{
	assert(worker < RANGE_WORKERS_MAX);
	if (!arenas->v[worker])
		arenas->v[worker] = arena_new(arenas->tracker);
	return arenas->v[worker];
}

void range_arenas_clear(struct range_arenas *arenas)
{
	for (size_t i = 0; i < RANGE_WORKERS_MAX; i++)
		if (arenas->v[i])
			arena_clear(arenas->v[i]);
}

void range_arenas_done(struct range_arenas *arenas)
{
	for (size_t i = 0; i < RANGE_WORKERS_MAX; i++) {
		arena_free(arenas->v[i]);
		arenas->v[i] = NULL;
	}
}
