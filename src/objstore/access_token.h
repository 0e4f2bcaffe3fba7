/* access_token.h - a token that goes with every request to a store and is fetched again some
 * minutes before it expires.
 *
 * Threads: any; one at a time fetches.
 */
#ifndef OBJSTORE_ACCESS_TOKEN_H
#define OBJSTORE_ACCESS_TOKEN_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/ctx.h"

struct access_token;

/* *token lives in `a`; *lifetime_ms is how long it holds from now, INT64_MAX for ever. */
typedef bool access_token_fetch_fn(void *arg, struct ctx *ctx, struct arena *a, struct str *token,
				   int64_t *lifetime_ms, struct err *err);

struct access_token *access_token_new(struct clock *clock, access_token_fetch_fn *fetch, void *arg);
void access_token_free(struct access_token *t); /* NULL is fine */
CLEANUP_DEFINE(struct access_token, access_token_free)

/* In memory of `a`. A token that still holds is good enough when there is no new one. */
bool access_token_get(struct access_token *t, struct ctx *ctx, struct arena *a, struct str *out,
		      struct err *err);
/* The store refuses it: the next call fetches another. */
void access_token_drop(struct access_token *t);

#endif
