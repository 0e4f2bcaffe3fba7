/* access_token.h - what a store lets us in by, a token or a key of several parts, fetched again
 * some minutes before it expires.
 *
 * Threads: any; one at a time fetches.
 */
#ifndef OBJSTORE_ACCESS_TOKEN_H
#define OBJSTORE_ACCESS_TOKEN_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/ctx.h"

struct access_token;

enum { ACCESS_PARTS = 3 };

struct access_grant {
	struct str parts[ACCESS_PARTS]; /* what they are is the store's business */
	int64_t lifetime_ms;            /* from now; INT64_MAX: for ever */
};

/* Strings live in `a`. */
typedef bool access_token_fetch_fn(void *arg, struct ctx *ctx, struct arena *a,
				   struct access_grant *out, struct err *err);

struct access_token *access_token_new(struct clock *clock, access_token_fetch_fn *fetch, void *arg);
void access_token_free(struct access_token *t); /* NULL is fine */
CLEANUP_DEFINE(struct access_token, access_token_free)

/* In memory of `a`. When there is no new one, the old one is good enough while it holds: another
 * attempt to renew it is made half a minute later. */
bool access_token_get(struct access_token *t, struct ctx *ctx, struct arena *a,
		      struct access_grant *out, struct err *err);
/* The store refuses it: the next call fetches another. */
void access_token_drop(struct access_token *t);

#endif
