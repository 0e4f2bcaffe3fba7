#include "objstore/access_token.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdlib.h>

enum { RENEW_BEFORE_MS = 4 * 60 * 1000, RETRY_AFTER_MS = 30 * 1000 };

struct access_token {
	struct clock *clock;
	access_token_fetch_fn *fetch;
	void *arg;
	pthread_mutex_t mu;
	struct arena *a;           /* of the grant */
	struct access_grant grant; /* guarded by mu, as all below */
	int64_t renew_ms;          /* when to fetch the next one; INT64_MIN: there is none */
	int64_t expires_ms;
};

struct access_token *access_token_new(struct clock *clock, access_token_fetch_fn *fetch, void *arg)
{
	struct access_token *t = NEW(struct access_token);

	*t = (struct access_token){
	    .clock = clock,
	    .fetch = fetch,
	    .arg = arg,
	    .a = arena_new(NULL),
	    .renew_ms = INT64_MIN,
	    .expires_ms = INT64_MIN,
	};
	pthread_mutex_init(&t->mu, NULL);
	return t;
}

void access_token_free(struct access_token *t)
{
	if (!t)
		return;
	arena_free(t->a);
	pthread_mutex_destroy(&t->mu);
	free(t);
}

static void copy_grant(const struct access_grant *from, struct arena *a, struct access_grant *to)
{
	*to = *from;
	for (size_t i = 0; i < ACCESS_PARTS; i++)
		to->parts[i] = arena_str(a, from->parts[i]);
}

/* With t->mu held. What lives shorter than usual is used for most of its life all the same. */
static bool renew(struct access_token *t, struct ctx *ctx, int64_t now_ms, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct access_grant grant = {.lifetime_ms = INT64_MAX};

	if (!t->fetch(t->arg, ctx, a, &grant, err)) {
		t->renew_ms = now_ms + RETRY_AFTER_MS;
		return t->expires_ms > now_ms;
	}
	arena_clear(t->a);
	copy_grant(&grant, t->a, &t->grant);
	t->renew_ms = t->expires_ms = INT64_MAX;
	if (grant.lifetime_ms < INT64_MAX) {
		int64_t quarter_ms = grant.lifetime_ms / 4;
		t->expires_ms = now_ms + grant.lifetime_ms;
		t->renew_ms =
		    t->expires_ms - (quarter_ms < RENEW_BEFORE_MS ? quarter_ms : RENEW_BEFORE_MS);
	}
	return true;
}

bool access_token_get(struct access_token *t, struct ctx *ctx, struct arena *a,
		      struct access_grant *out, struct err *err)
{
	int64_t now_ms = clock_wall_ms(t->clock);

	pthread_mutex_lock(&t->mu);
	bool is_fresh = now_ms < t->renew_ms && now_ms < t->expires_ms;
	bool ok = is_fresh || renew(t, ctx, now_ms, err);
	if (ok)
		copy_grant(&t->grant, a, out);
	pthread_mutex_unlock(&t->mu);
	return ok;
}

void access_token_drop(struct access_token *t)
{
	pthread_mutex_lock(&t->mu);
	t->renew_ms = t->expires_ms = INT64_MIN;
	pthread_mutex_unlock(&t->mu);
}
