/* loop.c - a libuv loop per thread, and a queue of calls from other threads.
 *
 * A loop runs until it is told to stop and its last member (connection, client) has gone; then
 * the handles that are left, timers, are closed.
 */
#include "net/loop.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "net/loop_internal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

struct loops {
	size_t n;
	_Atomic size_t next;
	struct loop *v[LOOPS_MAX];
};

struct loop_timer {
	uv_timer_t uv;
	void (*fn)(void *arg);
	void *arg;
};

/* --- members and flushes ---------------------------------------------------------------------- */

void loop_member_add(struct loop *loop, struct loop_member *m)
{
	m->next = loop->members;
	m->link = &loop->members;
	if (m->next)
		m->next->link = &m->next;
	loop->members = m;
}

void loop_member_remove(struct loop_member *m)
{
	*m->link = m->next;
	if (m->next)
		m->next->link = m->link;
	m->link = NULL;
}

void loop_flush_schedule(struct loop *loop, struct loop_flush *f)
{
	if (f->link)
		return;
	f->next = loop->flushes;
	f->link = &loop->flushes;
	if (f->next)
		f->next->link = &f->next;
	loop->flushes = f;
}

void loop_flush_cancel(struct loop_flush *f)
{
	if (!f->link)
		return;
	*f->link = f->next;
	if (f->next)
		f->next->link = f->link;
	f->link = NULL;
}

static void before_sleep(uv_prepare_t *handle)
{
	struct loop *loop = handle->data;

	while (loop->flushes) {
		struct loop_flush *f = loop->flushes;
		loop_flush_cancel(f);
		f->fn(f);
	}
}

/* --- calls from other threads ----------------------------------------------------------------- */

void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	pthread_mutex_lock(&loop->mu);
	bool first = loop->posted.n == 0;
	vec_push(&loop->posted, (struct loop_task){.fn = fn, .arg = arg});
	if (first)
		uv_async_send(&loop->wake);
	pthread_mutex_unlock(&loop->mu);
}

static void run_posted(struct loop *loop)
{
	pthread_mutex_lock(&loop->mu);
	__typeof__(loop->posted) tasks = loop->posted;
	loop->posted.v = loop->running.v;
	loop->posted.cap = loop->running.cap;
	loop->posted.n = 0;
	pthread_mutex_unlock(&loop->mu);
	for (size_t i = 0; i < tasks.n; i++)
		tasks.v[i].fn(tasks.v[i].arg);
	loop->running.v = tasks.v; /* two arrays take turns */
	loop->running.cap = tasks.cap;
}

static void woken(uv_async_t *handle)
{
	run_posted(handle->data);
}

struct call {
	void (*fn)(void *arg);
	void *arg;
	pthread_mutex_t mu;
	pthread_cond_t ended;
	bool has_ended; /* guarded by mu */
};

static void run_call(void *arg)
{
	struct call *call = arg;

	call->fn(call->arg);
	pthread_mutex_lock(&call->mu);
	call->has_ended = true;
	pthread_cond_signal(&call->ended);
	pthread_mutex_unlock(&call->mu);
}

void loop_call(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct call call = {
	    .fn = fn,
	    .arg = arg,
	    .mu = PTHREAD_MUTEX_INITIALIZER,
	    .ended = PTHREAD_COND_INITIALIZER,
	};

	assert(!loop_is_current(loop));
	loop_post(loop, run_call, &call);
	pthread_mutex_lock(&call.mu);
	while (!call.has_ended)
		pthread_cond_wait(&call.ended, &call.mu);
	pthread_mutex_unlock(&call.mu);
	pthread_mutex_destroy(&call.mu);
	pthread_cond_destroy(&call.ended);
}

bool loop_is_current(const struct loop *loop)
{
	return pthread_equal(loop->thread, pthread_self());
}

/* --- threads ---------------------------------------------------------------------------------- */

static void block_signals(void)
{
	static const int let_through[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
					  SIGABRT, SIGTRAP, SIGPROF};
	sigset_t blocked;

	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(let_through) / sizeof(*let_through); i++)
		sigdelset(&blocked, let_through[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, NULL);
}

static void timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, handle->type == UV_TIMER ? timer_closed : NULL);
}

/* Each turn again, because a callback may add another. */
static void stop_members(struct loop *loop)
{
	for (struct loop_member *m = loop->members, *next; m; m = next) {
		next = m->next;
		m->stop(m);
	}
}

static void *run_loop(void *arg)
{
	struct loop *loop = arg;

	block_signals();
	pthread_mutex_lock(&loop->mu); /* loop->thread is written once we get it */
	pthread_mutex_unlock(&loop->mu);
	while (!loop->stopping || loop->members) {
		if (loop->stopping)
			stop_members(loop);
		uv_run(&loop->uv, UV_RUN_ONCE);
	}
	run_posted(loop);
	uv_walk(&loop->uv, close_handle, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	return NULL;
}

static void loop_destroy(struct loop *loop)
{
	int busy = uv_loop_close(&loop->uv);
	assert(busy == 0);
	pthread_mutex_destroy(&loop->mu);
	vec_done(&loop->posted);
	vec_done(&loop->running);
	free(loop->read_bytes);
	free(loop->gather_bytes);
	free(loop);
}

static struct loop *loop_start(struct err *err)
{
	struct loop *loop = NEW(struct loop);

	int failed = uv_loop_init(&loop->uv);
	if (failed) {
		free(loop);
		err_set(err, ERR_INTERNAL, "event loop: %s", uv_strerror(failed));
		return NULL;
	}
	pthread_mutex_init(&loop->mu, NULL);
	loop->read_bytes = xmalloc(LOOP_READ_BYTES);
	loop->gather_bytes = xmalloc(LOOP_GATHER_BYTES);
	uv_prepare_init(&loop->uv, &loop->before_sleep);
	uv_prepare_start(&loop->before_sleep, before_sleep);
	loop->before_sleep.data = loop;
	loop->wake.data = loop;
	failed = uv_async_init(&loop->uv, &loop->wake, woken);
	if (!failed) {
		pthread_mutex_lock(&loop->mu);
		failed = -pthread_create(&loop->thread, NULL, run_loop, loop);
		pthread_mutex_unlock(&loop->mu);
	}
	if (!failed)
		return loop;
	err_set(err, ERR_INTERNAL, "event loop: %s", uv_strerror(failed));
	uv_walk(&loop->uv, close_handle, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	loop_destroy(loop);
	return NULL;
}

static void begin_to_stop(void *arg)
{
	struct loop *loop = arg;
	loop->stopping = true;
}

struct loops *loops_start(size_t n_threads, struct err *err)
{
	struct loops *loops = NEW(struct loops);

	assert(n_threads >= 1 && n_threads <= LOOPS_MAX);
	while (loops->n < n_threads) {
		struct loop *loop = loop_start(err);
		if (!loop) {
			loops_stop(loops);
			return NULL;
		}
		loops->v[loops->n++] = loop;
	}
	return loops;
}

void loops_stop(struct loops *loops)
{
	if (!loops)
		return;
	for (size_t i = 0; i < loops->n; i++)
		loop_post(loops->v[i], begin_to_stop, loops->v[i]);
	for (size_t i = 0; i < loops->n; i++)
		pthread_join(loops->v[i]->thread, NULL);
	for (size_t i = 0; i < loops->n; i++)
		loop_destroy(loops->v[i]);
	free(loops);
}

size_t loops_count(const struct loops *loops)
{
	return loops->n;
}

struct loop *loops_get(struct loops *loops, size_t i)
{
	assert(i < loops->n);
	return loops->v[i];
}

struct loop *loops_next(struct loops *loops)
{
	return loops->v[atomic_fetch_add(&loops->next, 1) % loops->n];
}

/* --- time ------------------------------------------------------------------------------------- */

int64_t loop_now_ms(struct loop *loop)
{
	return (int64_t)uv_now(&loop->uv);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct loop_timer *timer = NEW(struct loop_timer);

	timer->fn = fn;
	timer->arg = arg;
	uv_timer_init(&loop->uv, &timer->uv);
	timer->uv.data = timer;
	return timer;
}

static void timer_fired(uv_timer_t *handle)
{
	struct loop_timer *timer = handle->data;
	timer->fn(timer->arg);
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms)
{
	uv_timer_start(&timer->uv, timer_fired, delay_ms < 0 ? 0 : (uint64_t)delay_ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
	uv_timer_stop(&timer->uv);
}

void loop_timer_free(struct loop_timer *timer)
{
	if (timer)
		uv_close((uv_handle_t *)&timer->uv, timer_closed);
}
