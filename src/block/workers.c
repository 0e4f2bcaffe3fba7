#include "block/workers.h"

void block_workers_run(unsigned n_threads, size_t n_items, pool_fn *fn, void *arg)
{
	unsigned n = n_items < n_threads ? (unsigned)n_items : n_threads;
	struct err err = ERR_INIT;

	if (n < 2) {
		fn(arg);
		return;
	}
	struct pool *pool auto_free(pool_free) =
	    pool_new(&(const struct pool_options){.name = "blocks", .max_threads = n});
	for (unsigned i = 0; i < n; i++)
		if (!pool_submit(pool, fn, arg, &err)) {
			fn(arg); /* no more threads to be had: this one does its part */
			break;
		}
	pool_drain(pool, NULL, &err);
}
