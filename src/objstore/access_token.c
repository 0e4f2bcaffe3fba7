#include "objstore/access_token.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdlib.h>

enum { RENEW_BEFORE_MS = 4 * 60 * 1000 };

struct access_token {
	struct clock *clock;
	access_token_fetch_fn *fetch;
	void *arg;
	pthread_mutex_t mu;
	struct arena *a;    /* of the token */
	struct str token;   /* guarded by mu */
	int64_t expires_ms; /* guarded by mu; INT64_MIN: there is none */
};

struct access_token *access_token_new(struct clock *clock, access_token_fetch_fn *fetch, void *arg)
{
	struct access_token *t = NEW(struct access_token);

	*t = (struct access_token){
	    .clock = clock,
	    .fetch = fetch,
	    .arg = arg,
	    .a = arena_new(NULL),
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

/* With t->mu held. */
static bool renew(struct access_token *t, struct ctx *ctx, int64_t now_ms, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	int64_t lifetime_ms;
	struct str token;

	if (!t->fetch(t->arg, ctx, a, &token, &lifetime_ms, err))
		return t->expires_ms > now_ms;
	arena_clear(t->a);
	t->token = arena_str(t->a, token);
	t->expires_ms = lifetime_ms == INT64_MAX ? INT64_MAX : now_ms + lifetime_ms;
	return true;
}

bool access_token_get(struct access_token *t, struct ctx *ctx, struct arena *a, struct str *out,
		      struct err *err)
{
	int64_t now_ms = clock_wall_ms(t->clock);

	pthread_mutex_lock(&t->mu);
	bool ok = t->expires_ms > now_ms + RENEW_BEFORE_MS || renew(t, ctx, now_ms, err);
	if (ok)
		*out = arena_str(a, t->token);
	pthread_mutex_unlock(&t->mu);
	return ok;
}

void access_token_drop(struct access_token *t)
{
	pthread_mutex_lock(&t->mu);
	t->expires_ms = INT64_MIN;
	pthread_mutex_unlock(&t->mu);
}
