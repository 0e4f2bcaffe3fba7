/* ctx.c - a context is a flag with a reason, a deadline, and a list of hooks.
 *
 * A child is one more hook of its parent. Hooks run without the context's lock, one at a time;
 * `running` lets ctx_remove_hook() wait for the one that is at work.
 */
#include "base/ctx.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct ctx {
	struct ctx *parent;
	struct ctx_hook parent_hook;
	int64_t deadline_ns;
	pthread_mutex_t mu;
	pthread_cond_t hook_ended;
	struct ctx_hook *hooks;   /* guarded by mu */
	struct ctx_hook *running; /* guarded by mu */
	enum err_code code;       /* guarded by mu; ERR_OK while not canceled */
	char reason[256];
};

static void link_hook(struct ctx *ctx, struct ctx_hook *hook)
{
	hook->next = ctx->hooks;
	hook->link = &ctx->hooks;
	if (hook->next)
		hook->next->link = &hook->next;
	ctx->hooks = hook;
}

static void unlink_hook(struct ctx_hook *hook)
{
	*hook->link = hook->next;
	if (hook->next)
		hook->next->link = hook->link;
	hook->link = NULL;
}

void ctx_cancel(struct ctx *ctx, enum err_code code, const char *fmt, ...)
{
	va_list args;

	pthread_mutex_lock(&ctx->mu);
	if (ctx->code != ERR_OK) {
		pthread_mutex_unlock(&ctx->mu);
		return;
	}
	va_start(args, fmt);
	vsnprintf(ctx->reason, sizeof(ctx->reason), fmt, args);
	va_end(args);
	ctx->code = code;
	while (ctx->hooks) {
		struct ctx_hook *hook = ctx->hooks;
		unlink_hook(hook);
		ctx->running = hook;
		pthread_mutex_unlock(&ctx->mu);
		hook->fn(hook);
		pthread_mutex_lock(&ctx->mu);
		ctx->running = NULL;
		pthread_cond_broadcast(&ctx->hook_ended);
	}
	pthread_mutex_unlock(&ctx->mu);
}

void ctx_add_hook(struct ctx *ctx, struct ctx_hook *hook)
{
	hook->link = NULL;
	pthread_mutex_lock(&ctx->mu);
	bool canceled = ctx->code != ERR_OK;
	if (!canceled)
		link_hook(ctx, hook);
	pthread_mutex_unlock(&ctx->mu);
	if (canceled)
		hook->fn(hook);
}

void ctx_remove_hook(struct ctx *ctx, struct ctx_hook *hook)
{
	pthread_mutex_lock(&ctx->mu);
	if (hook->link)
		unlink_hook(hook);
	while (ctx->running == hook)
		pthread_cond_wait(&ctx->hook_ended, &ctx->mu);
	pthread_mutex_unlock(&ctx->mu);
}

static void parent_canceled(struct ctx_hook *hook)
{
	struct ctx *ctx = (struct ctx *)((char *)hook - offsetof(struct ctx, parent_hook));
	struct err err = ERR_INIT;

	ctx_check(ctx->parent, &err);
	ctx_cancel(ctx, err.code, "%s", err.msg);
}

struct ctx *ctx_new(struct ctx *parent, int64_t deadline_ns)
{
	struct ctx *ctx = NEW(struct ctx);
	pthread_mutex_init(&ctx->mu, NULL);
	pthread_cond_init(&ctx->hook_ended, NULL);
	ctx->deadline_ns = deadline_ns;
	ctx->parent = parent;
	if (parent) {
		if (parent->deadline_ns < deadline_ns)
			ctx->deadline_ns = parent->deadline_ns;
		ctx->parent_hook.fn = parent_canceled;
		ctx_add_hook(parent, &ctx->parent_hook);
	}
	return ctx;
}

struct ctx *ctx_new_timeout_ms(struct ctx *parent, int64_t timeout_ms)
{
	int64_t ns;
	if (__builtin_mul_overflow(timeout_ms, 1000000, &ns) ||
	    __builtin_add_overflow(clock_monotonic_ns(&clock_system), ns, &ns))
		ns = CTX_NO_DEADLINE;
	return ctx_new(parent, ns);
}

void ctx_free(struct ctx *ctx)
{
	if (!ctx)
		return;
	if (ctx->parent)
		ctx_remove_hook(ctx->parent, &ctx->parent_hook);
	ctx_cancel(ctx, ERR_CANCELED, "the work this belongs to has ended");
	assert(!ctx->hooks && !ctx->running);
	pthread_cond_destroy(&ctx->hook_ended);
	pthread_mutex_destroy(&ctx->mu);
	free(ctx);
}

bool ctx_check(struct ctx *ctx, struct err *err)
{
	if (!ctx)
		return true;
	pthread_mutex_lock(&ctx->mu);
	enum err_code code = ctx->code;
	if (code != ERR_OK)
		err_set(err, code, "%s", ctx->reason);
	pthread_mutex_unlock(&ctx->mu);
	if (code != ERR_OK)
		return false;
	if (ctx->deadline_ns != CTX_NO_DEADLINE &&
	    clock_monotonic_ns(&clock_system) >= ctx->deadline_ns)
		return err_set(err, ERR_TIMEOUT, "context deadline exceeded");
	return true;
}

bool ctx_done(struct ctx *ctx)
{
	struct err err;
	return !ctx_check(ctx, &err);
}

int64_t ctx_deadline_ns(struct ctx *ctx)
{
	return ctx ? ctx->deadline_ns : CTX_NO_DEADLINE;
}

int64_t ctx_remaining_ms(struct ctx *ctx)
{
	int64_t deadline = ctx_deadline_ns(ctx);
	if (deadline == CTX_NO_DEADLINE)
		return INT64_MAX;
	int64_t left = deadline - clock_monotonic_ns(&clock_system);
	return left > 0 ? (left + 999999) / 1000000 : 0;
}

void ctx_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static void wake(struct ctx_hook *hook)
{
	struct ctx_waker *w = (struct ctx_waker *)hook;
	pthread_mutex_lock(w->mu);
	pthread_cond_broadcast(w->cond);
	pthread_mutex_unlock(w->mu);
}

void ctx_waker_start(struct ctx_waker *w, struct ctx *ctx, pthread_cond_t *cond,
		     pthread_mutex_t *mu)
{
	*w = (struct ctx_waker){.hook.fn = wake, .ctx = ctx, .cond = cond, .mu = mu};
	if (ctx)
		ctx_add_hook(ctx, &w->hook);
}

void ctx_waker_stop(struct ctx_waker *w)
{
	if (w->ctx)
		ctx_remove_hook(w->ctx, &w->hook);
}

static bool wait_until(int64_t until_ns, pthread_cond_t *cond, pthread_mutex_t *mu)
{
	if (until_ns == CTX_NO_DEADLINE)
		return pthread_cond_wait(cond, mu) == 0;
	struct timespec ts = {
	    .tv_sec = until_ns / 1000000000,
	    .tv_nsec = until_ns % 1000000000,
	};
	return pthread_cond_timedwait(cond, mu, &ts) == 0;
}

bool ctx_wait_until(struct ctx *ctx, int64_t until_ns, pthread_cond_t *cond, pthread_mutex_t *mu)
{
	int64_t deadline_ns = ctx_deadline_ns(ctx);

	if (ctx_done(ctx))
		return false;
	wait_until(until_ns < deadline_ns ? until_ns : deadline_ns, cond, mu);
	return !ctx_done(ctx);
}

bool ctx_wait(struct ctx *ctx, pthread_cond_t *cond, pthread_mutex_t *mu)
{
	return ctx_wait_until(ctx, CTX_NO_DEADLINE, cond, mu);
}

bool ctx_sleep_ms(struct ctx *ctx, int64_t ms)
{
	pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never;
	struct ctx_waker waker;
	int64_t until = clock_monotonic_ns(&clock_system) + ms * 1000000;

	if (until > ctx_deadline_ns(ctx))
		until = ctx_deadline_ns(ctx);
	ctx_cond_init(&never);
	ctx_waker_start(&waker, ctx, &never, &mu);
	pthread_mutex_lock(&mu);
	while (!ctx_done(ctx) && clock_monotonic_ns(&clock_system) < until)
		wait_until(until, &never, &mu);
	pthread_mutex_unlock(&mu);
	ctx_waker_stop(&waker);
	pthread_cond_destroy(&never);
	return !ctx_done(ctx);
}
