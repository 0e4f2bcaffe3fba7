#include "cache/cache.h"

void cache_get_multi(struct cache *c, struct ctx *ctx, const struct str *keys, size_t n,
		     struct arena *a, struct str *values)
{
	for (size_t i = 0; i < n; i++)
		values[i] = (struct str){0};
	if (n > 0 && !ctx_done(ctx))
		c->ops->get_multi(c, ctx, keys, n, a, values);
}

bool cache_get(struct cache *c, struct ctx *ctx, struct str key, struct arena *a, struct str *value)
{
	struct str found;

	cache_get_multi(c, ctx, &key, 1, a, &found);
	if (found.p)
		*value = found;
	return found.p != NULL;
}

void cache_set(struct cache *c, struct str key, struct str value, int64_t ttl_ms)
{
	if (ttl_ms > 0)
		c->ops->set(c, key, value, ttl_ms);
}

const char *cache_name(struct cache *c)
{
	return c->ops->name(c);
}

void cache_close(struct cache *c)
{
	if (c)
		c->ops->close(c);
}
