/* ctx.h - deadline and cancellation of a piece of work; every call that may wait takes one.
 *
 * Contexts form a tree: canceling one cancels all below it. Waiting code either polls ctx_check(),
 * waits with ctx_wait() on its own condition, or registers a hook that unblocks it.
 *
 * Threads: all functions may be called from any thread; a context outlives its children.
 */
#ifndef BASE_CTX_H
#define BASE_CTX_H

#include "base/cleanup.h"
#include "base/err.h"

#include <pthread.h>
#include <stdint.h>

struct ctx;

/* Called once, from the thread that cancels. A deadline calls no hook: who waits, waits no longer
 * than ctx_deadline_ns(). It may take the lock of the work it wakes, and must not call back into
 * this context. */
struct ctx_hook {
	void (*fn)(struct ctx_hook *hook);
	struct ctx_hook *next, **link; /* the context's own */
};

#define CTX_NO_DEADLINE INT64_MAX

/* `parent` may be NULL. The deadline is in clock_monotonic_ns() of the system clock; the earlier of
 * this one and the parent's counts. */
struct ctx *ctx_new(struct ctx *parent, int64_t deadline_ns);
struct ctx *ctx_new_timeout_ms(struct ctx *parent, int64_t timeout_ms);
/* Cancels what is still running below. NULL is fine. */
void ctx_free(struct ctx *ctx);
CLEANUP_DEFINE(struct ctx, ctx_free)

/* The first reason given is kept. `fmt` says who canceled and why. */
void ctx_cancel(struct ctx *ctx, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Fails with ERR_TIMEOUT or the code and text of the cancellation. `ctx` may be NULL. */
bool ctx_check(struct ctx *ctx, struct err *err);
bool ctx_done(struct ctx *ctx);            /* the same without the reason */
int64_t ctx_deadline_ns(struct ctx *ctx);  /* CTX_NO_DEADLINE when it has none */
int64_t ctx_remaining_ms(struct ctx *ctx); /* >= 0; INT64_MAX without a deadline */

/* If the context is done already, the hook is called at once. */
void ctx_add_hook(struct ctx *ctx, struct ctx_hook *hook);
/* After this the hook is not running and will not run. The caller holds no lock that it takes. */
void ctx_remove_hook(struct ctx *ctx, struct ctx_hook *hook);

/* Waiting on a condition, so that neither a signal nor a cancellation is missed:
 *
 *	struct ctx_waker waker;
 *	ctx_waker_start(&waker, ctx, &q->changed, &q->mu); // without q->mu
 *	pthread_mutex_lock(&q->mu);
 *	while (queue_empty(q) && ctx_wait(ctx, &q->changed, &q->mu))
 *		;
 *	...
 *	pthread_mutex_unlock(&q->mu);
 *	ctx_waker_stop(&waker);
 *
 * The condition must use CLOCK_MONOTONIC: make it with ctx_cond_init(). */
struct ctx_waker {
	struct ctx_hook hook; /* first, so that the two pointers convert */
	struct ctx *ctx;
	pthread_cond_t *cond;
	pthread_mutex_t *mu;
};

void ctx_cond_init(pthread_cond_t *cond);
void ctx_waker_start(struct ctx_waker *w, struct ctx *ctx, pthread_cond_t *cond,
		     pthread_mutex_t *mu);
void ctx_waker_stop(struct ctx_waker *w);

/* Wait once, `mu` held; false when the context is done (now or already before). */
bool ctx_wait(struct ctx *ctx, pthread_cond_t *cond, pthread_mutex_t *mu);

/* The same, and true as well once clock_monotonic_ns() has reached `until_ns`. */
bool ctx_wait_until(struct ctx *ctx, int64_t until_ns, pthread_cond_t *cond, pthread_mutex_t *mu);

/* Sleep; false when the context was done before the time was over. */
bool ctx_sleep_ms(struct ctx *ctx, int64_t ms);

#endif
