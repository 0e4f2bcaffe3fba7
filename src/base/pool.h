/* pool.h - worker threads: a task runs from start to end on one of them, with blocking calls.
 *
 * Threads start on demand, up to a maximum, have small stacks, and end after some idle time. Tasks
 * that find no free thread wait in a bounded backlog.
 *
 * The rule that keeps it free of deadlocks: no task waits for another task of its own pool.
 * pool_group_wait() and pool_submit_wait() stop the program when a task breaks it.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/cleanup.h"
#include "base/ctx.h"

#include <stddef.h>

typedef void pool_fn(void *arg);

struct pool;

struct pool_options {
	const char *name; /* the threads' name, at most 11 bytes are seen; copied */
	unsigned max_threads;
	size_t max_backlog;      /* tasks waiting for a thread; 0: no task ever waits */
	size_t stack_bytes;      /* 0: 512 KiB */
	int64_t idle_timeout_ms; /* 0: 10 s */
};

struct pool *pool_new(const struct pool_options *options);
/* Waits for all tasks, those in the backlog included. Not from one of its own tasks. */
void pool_free(struct pool *p); /* NULL is fine */
CLEANUP_DEFINE(struct pool, pool_free)

/* Fails with ERR_LIMIT when all threads are busy and the backlog is full, with ERR_CANCELED after
 * pool_drain(), and with ERR_UNAVAILABLE when the system gives no first thread. */
bool pool_submit(struct pool *p, pool_fn *fn, void *arg, struct err *err);
/* The same, but waits for room. Not from one of its own tasks. */
bool pool_submit_wait(struct pool *p, struct ctx *ctx, pool_fn *fn, void *arg, struct err *err);

/* Refuse new tasks and wait until all accepted ones have ended; false when `ctx` was done first.
 * `ctx` may be NULL. */
bool pool_drain(struct pool *p, struct ctx *ctx, struct err *err);

struct pool_stats {
	unsigned n_threads;
	unsigned n_busy;
	size_t n_backlog;
};
struct pool_stats pool_stats(struct pool *p);

/* Some tasks to be waited for together:
 *
 *	struct pool_group g;
 *	pool_group_init(&g, pool);
 *	for (...) if (!pool_group_run(&g, fn, &work[i], &err)) fn(&work[i]);
 *	pool_group_wait(&g);
 *
 * lives in the caller's frame. A task refused with ERR_LIMIT is best done by the caller itself. */
struct pool_group {
	struct pool *pool;
	pthread_mutex_t mu;
	pthread_cond_t ended;
	size_t n_running; /* guarded by mu */
};

void pool_group_init(struct pool_group *g, struct pool *p);
bool pool_group_run(struct pool_group *g, pool_fn *fn, void *arg, struct err *err);
/* Waits for all, and ends the group. Tell the tasks to stop early by their own ctx. */
void pool_group_wait(struct pool_group *g);

#endif
