#include "cache/refresher.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/lock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

struct refresher {
	char *name;
	int64_t interval_ns;
	void (*fn)(void *arg, struct ctx *ctx);
	void *arg;
	struct ctx *ctx;
	pthread_t thread;
	struct mutex mu;
	pthread_cond_t asked;
	bool is_urgent; /* guarded by mu */
};

/* False when the refresher ends. */
static bool wait_for_turn(struct refresher *r)
{
	struct ctx_waker waker;
	int64_t now_ns = clock_monotonic_ns(&clock_system);
	int64_t turn_ns = now_ns + r->interval_ns;
	int64_t earliest_ns = now_ns + REFRESHER_PAUSE_MS * NS_PER_MS;

	ctx_waker_start(&waker, r->ctx, &r->asked, &r->mu.os);
	mutex_lock(&r->mu);
	bool goes_on = true;
	while (goes_on && now_ns < turn_ns) {
		if (r->is_urgent && earliest_ns < turn_ns)
			turn_ns = earliest_ns;
		goes_on = ctx_wait_until(r->ctx, turn_ns, &r->asked, &r->mu.os);
		now_ns = clock_monotonic_ns(&clock_system);
	}
	r->is_urgent = false;
	mutex_unlock(&r->mu);
	ctx_waker_stop(&waker);
	return goes_on;
}

static void *run(void *arg)
{
	struct refresher *r = arg;

	pthread_setname_np(pthread_self(), r->name);
	while (wait_for_turn(r))
		r->fn(r->arg, r->ctx);
	return NULL;
}

static void destroy(struct refresher *r)
{
	ctx_free(r->ctx);
	pthread_cond_destroy(&r->asked);
	mutex_done(&r->mu);
	free(r->name);
	free(r);
}

struct refresher *refresher_new(const char *name, int64_t interval_ms,
				void (*fn)(void *arg, struct ctx *ctx), void *arg, struct err *err)
{
	struct refresher *r = NEW(struct refresher);

	*r = (struct refresher){
	    .name = xstrndup(name, strnlen(name, 15)),
	    .interval_ns = (interval_ms < DAY_MS ? interval_ms : DAY_MS) * NS_PER_MS,
	    .fn = fn,
	    .arg = arg,
	    .ctx = ctx_new(NULL, CTX_NO_DEADLINE),
	};
	mutex_init(&r->mu, RANK_LEAF);
	ctx_cond_init(&r->asked);
	int failed = pthread_create(&r->thread, NULL, run, r);
	if (failed) {
		err_set_errno(err, failed, "thread %s", name);
		destroy(r);
		return NULL;
	}
	return r;
}

void refresher_hurry(struct refresher *r)
{
	MUTEX_HOLD(&r->mu);
	r->is_urgent = true;
	pthread_cond_signal(&r->asked);
}

void refresher_free(struct refresher *r)
{
	if (!r)
		return;
	ctx_cancel(r->ctx, ERR_CANCELED, "%s: the end", r->name);
	pthread_join(r->thread, NULL);
	destroy(r);
}
