#include "base/pool.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STACK_BYTES = 512 * 1024, IDLE_TIMEOUT_MS = 10000 };

struct task {
	struct task *next;
	pool_fn *fn;
	void *arg;
};

struct pool {
	struct pool_options options;
	char name[16];
	struct mutex mu;
	pthread_cond_t work;    /* a task came, or the pool stops */
	pthread_cond_t changed; /* room in the backlog, a task ended, a thread ended */

	/* All guarded by mu. */
	struct task *first, **last;
	size_t n_queued;
	unsigned n_threads;
	unsigned n_busy;
	bool draining;
	bool stopping;
};

static _Thread_local struct pool *current;

struct pool *pool_new(const struct pool_options *options)
{
	assert(options->max_threads > 0);
	struct pool *p = NEW(struct pool);
	p->options = *options;
	if (p->options.stack_bytes == 0)
		p->options.stack_bytes = STACK_BYTES;
	if (p->options.idle_timeout_ms == 0)
		p->options.idle_timeout_ms = IDLE_TIMEOUT_MS;
	snprintf(p->name, sizeof(p->name), "%s", options->name ? options->name : "pool");
	mutex_init(&p->mu, RANK_QUEUE);
	ctx_cond_init(&p->work);
	ctx_cond_init(&p->changed);
	p->last = &p->first;
	return p;
}

static struct task *task_take(struct pool *p)
{
	struct task *t = p->first;
	p->first = t->next;
	if (!p->first)
		p->last = &p->first;
	p->n_queued--;
	return t;
}

static struct timespec after_ms(int64_t ms)
{
	int64_t ns = clock_monotonic_ns(&clock_system) + ms * 1000000;
	return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

/* `mu` held. False when this thread shall end. */
static bool wait_for_work(struct pool *p)
{
	struct timespec until = after_ms(p->options.idle_timeout_ms);
	int rc = 0;

	while (!p->first && !p->stopping && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&p->work, &p->mu.os, &until);
	return p->first != NULL;
}

static void *worker_main(void *arg)
{
	struct pool *p = arg;

	current = p;
	mutex_lock(&p->mu);
	while (wait_for_work(p)) {
		struct task *t = task_take(p);
		p->n_busy++;
		pthread_cond_broadcast(&p->changed);
		mutex_unlock(&p->mu);
		t->fn(t->arg);
		free(t);
		mutex_lock(&p->mu);
		p->n_busy--;
		pthread_cond_broadcast(&p->changed);
	}
	p->n_threads--;
	pthread_cond_broadcast(&p->changed);
	mutex_unlock(&p->mu);
	return NULL;
}

static bool start_thread(struct pool *p, struct err *err)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, p->options.stack_bytes);
	int rc = pthread_create(&thread, &attr, worker_main, p);
	pthread_attr_destroy(&attr);
	if (rc != 0) {
		err_set_errno(err, rc, "starting a thread of pool %s", p->name);
		err->code = ERR_UNAVAILABLE;
		return false;
	}
	pthread_setname_np(thread, p->name);
	p->n_threads++;
	return true;
}

static bool has_room(const struct pool *p)
{
	return p->n_busy + p->n_queued < p->options.max_threads + p->options.max_backlog;
}

static bool refuse_while_draining(const struct pool *p, struct err *err)
{
	return err_set(err, ERR_CANCELED, "pool %s takes no more tasks: it is shutting down",
		       p->name);
}

/* `mu` held, and there is room. */
static bool enqueue(struct pool *p, pool_fn *fn, void *arg, struct err *err)
{
	/* A thread that is starting will take a task as well as one that waits for work. */
	bool needs_thread =
	    p->n_busy + p->n_queued >= p->n_threads && p->n_threads < p->options.max_threads;
	if (needs_thread && !start_thread(p, err) && p->n_threads == 0)
		return false;

	struct task *t = xmalloc(sizeof(*t));
	*t = (struct task){.fn = fn, .arg = arg};
	*p->last = t;
	p->last = &t->next;
	p->n_queued++;
	pthread_cond_signal(&p->work);
	return true;
}

bool pool_submit(struct pool *p, pool_fn *fn, void *arg, struct err *err)
{
	MUTEX_HOLD(&p->mu);
	if (p->draining)
		return refuse_while_draining(p, err);
	if (!has_room(p))
		return err_set(err, ERR_LIMIT,
			       "pool %s is full: %u threads are busy and %zu tasks wait", p->name,
			       p->n_threads, p->n_queued);
	return enqueue(p, fn, arg, err);
}

bool pool_submit_wait(struct pool *p, struct ctx *ctx, pool_fn *fn, void *arg, struct err *err)
{
	struct ctx_waker waker;
	bool done;

	assert(current != p);
	if (!ctx_check(ctx, err))
		return false;
	ctx_waker_start(&waker, ctx, &p->changed, &p->mu.os);
	mutex_lock(&p->mu);
	while (!p->draining && !has_room(p) && ctx_wait(ctx, &p->changed, &p->mu.os))
		;
	if (p->draining)
		done = refuse_while_draining(p, err);
	else if (!has_room(p))
		done = ctx_check(ctx, err);
	else
		done = enqueue(p, fn, arg, err);
	mutex_unlock(&p->mu);
	ctx_waker_stop(&waker);
	return done;
}

bool pool_drain(struct pool *p, struct ctx *ctx, struct err *err)
{
	struct ctx_waker waker;

	assert(current != p);
	ctx_waker_start(&waker, ctx, &p->changed, &p->mu.os);
	mutex_lock(&p->mu);
	p->draining = true;
	pthread_cond_broadcast(&p->changed);
	while ((p->n_queued || p->n_busy) && ctx_wait(ctx, &p->changed, &p->mu.os))
		;
	bool done = !p->n_queued && !p->n_busy;
	mutex_unlock(&p->mu);
	ctx_waker_stop(&waker);
	if (!done) {
		ctx_check(ctx, err);
		err_wrap(err, "waiting for the tasks of pool %s", p->name);
	}
	return done;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	assert(current != p);
	mutex_lock(&p->mu);
	p->draining = true;
	p->stopping = true; /* each thread ends when it finds no more work */
	pthread_cond_broadcast(&p->work);
	while (p->n_threads)
		pthread_cond_wait(&p->changed, &p->mu.os);
	mutex_unlock(&p->mu);
	assert(!p->first);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->changed);
	mutex_done(&p->mu);
	free(p);
}

struct pool_stats pool_stats(struct pool *p)
{
	MUTEX_HOLD(&p->mu);
	return (struct pool_stats){p->n_threads, p->n_busy, p->n_queued};
}

/* --- groups ----------------------------------------------------------------------------------- */

struct group_task {
	struct pool_group *group;
	pool_fn *fn;
	void *arg;
};

void pool_group_init(struct pool_group *g, struct pool *p)
{
	*g = (struct pool_group){.pool = p, .mu = PTHREAD_MUTEX_INITIALIZER};
	pthread_cond_init(&g->ended, NULL);
}

static void group_leave(struct pool_group *g)
{
	pthread_mutex_lock(&g->mu);
	if (--g->n_running == 0)
		pthread_cond_broadcast(&g->ended);
	pthread_mutex_unlock(&g->mu);
}

static void group_task_main(void *arg)
{
	struct group_task task = *(struct group_task *)arg;

	free(arg);
	task.fn(task.arg);
	group_leave(task.group);
}

bool pool_group_run(struct pool_group *g, pool_fn *fn, void *arg, struct err *err)
{
	struct group_task *task = xmalloc(sizeof(*task));

	*task = (struct group_task){g, fn, arg};
	pthread_mutex_lock(&g->mu);
	g->n_running++;
	pthread_mutex_unlock(&g->mu);
	if (pool_submit(g->pool, group_task_main, task, err))
		return true;
	free(task);
	group_leave(g);
	return false;
}

void pool_group_wait(struct pool_group *g)
{
	assert(current != g->pool);
	pthread_mutex_lock(&g->mu);
	while (g->n_running)
		pthread_cond_wait(&g->ended, &g->mu);
	pthread_mutex_unlock(&g->mu);
	pthread_cond_destroy(&g->ended);
	pthread_mutex_destroy(&g->mu);
}
