/* workers.h - one piece of work over many blocks, done by several threads. */
#ifndef BLOCK_WORKERS_H
#define BLOCK_WORKERS_H

#include "base/pool.h"

/* Runs fn(arg) on up to `n_threads` threads, no more than there are items, and waits for all. The
 * function takes items until there are none. */
void block_workers_run(unsigned n_threads, size_t n_items, pool_fn *fn, void *arg);

#endif
