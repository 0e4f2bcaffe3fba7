#include "cache/counted_cache.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

struct counted_cache {
	struct cache base; /* first, so that the two pointers convert */
	struct cache *inner;
	struct counter *requests, *hits;
};

static void get_multi(struct cache *base, struct ctx *ctx, const struct str *keys, size_t n,
		      struct arena *a, struct str *values)
{
	struct counted_cache *c = (struct counted_cache *)base;
	size_t n_hits = 0;

	counter_add(c->requests, (double)n);
	cache_get_multi(c->inner, ctx, keys, n, a, values);
	for (size_t i = 0; i < n; i++)
		n_hits += values[i].p != NULL;
	counter_add(c->hits, (double)n_hits);
}

static void set(struct cache *base, struct str key, struct str value, int64_t ttl_ms)
{
	cache_set(((struct counted_cache *)base)->inner, key, value, ttl_ms);
}

static const char *name(struct cache *base)
{
	return cache_name(((struct counted_cache *)base)->inner);
}

static void close_both(struct cache *base)
{
	cache_close(((struct counted_cache *)base)->inner);
	free(base);
}

static struct counter *counter_named(struct metrics *m, const char *kind, const char *what,
				     const char *help, const char *cache)
{
	char metric[128];

	snprintf(metric, sizeof(metric), "thanos_cache_%s_%s_total", kind, what);
	return counter_at(metrics_counters(m, metric, help, "name"), cache);
}

struct cache *counted_cache_new(struct cache *inner, const char *kind, struct metrics *m)
{
	static const struct cache_ops ops = {
	    .get_multi = get_multi,
	    .set = set,
	    .name = name,
	    .close = close_both,
	};
	struct counted_cache *c = NEW(struct counted_cache);
	char help[128];

	c->base.ops = &ops;
	c->inner = inner;
	snprintf(help, sizeof(help), "Total number of items requests to %s.", kind);
	c->requests = counter_named(m, kind, "requests", help, cache_name(inner));
	c->hits = counter_named(m, kind, "hits",
				"Total number of items requests to the cache that were a hit.",
				cache_name(inner));
	return &c->base;
}
