/* cache.h - a cache of bytes: what may be forgotten at any time, in memory or on another machine.
 *
 * A cache never fails a request: what it cannot answer, or not in time, is a miss, which it counts
 * in its own metrics. What was set may be gone at once, or appear later, or never.
 *
 * Threads: all operations but cache_close() may be called from any thread.
 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/ctx.h"

struct cache;

struct cache_ops {
	/* Every values[i] is a miss when this is called. Keys may be equal to each other. Values of
	 * hits live in `a` and are complete. No longer than `ctx` lasts, and than the cache's own
	 * time limit. */
	void (*get_multi)(struct cache *c, struct ctx *ctx, const struct str *keys, size_t n,
			  struct arena *a, struct str *values);
	/* Copies what it keeps and waits for nobody. `ttl_ms` > 0. */
	void (*set)(struct cache *c, struct str key, struct str value, int64_t ttl_ms);
	const char *(*name)(struct cache *c);
	/* Waits shortly for what is still on its way to the store. */
	void (*close)(struct cache *c);
};

struct cache {
	const struct cache_ops *ops;
};

/* values[i] is what is stored under keys[i]. A miss has p == NULL; an empty value has not. */
void cache_get_multi(struct cache *c, struct ctx *ctx, const struct str *keys, size_t n,
		     struct arena *a, struct str *values);
/* One key: false on a miss. */
bool cache_get(struct cache *c, struct ctx *ctx, struct str key, struct arena *a,
	       struct str *value);

/* The value counts for `ttl_ms` from now; at once past, it is not stored. */
void cache_set(struct cache *c, struct str key, struct str value, int64_t ttl_ms);

const char *cache_name(struct cache *c); /* as the label `name` of metrics has it */
void cache_close(struct cache *c);       /* NULL is fine; nobody uses it any more */
CLEANUP_DEFINE(struct cache, cache_close)

#endif
