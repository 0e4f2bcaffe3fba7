#include "tests/lib/fake_cache.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/map.h"

#include <stdlib.h>

struct item {
	char *key, *value;
	size_t n;
	int64_t ttl_ms;
};

struct fake_cache {
	struct cache base; /* first, so that the two pointers convert */
	char *name;
	struct mutex mu;
	struct map items; /* of struct item; this and the rest guarded by mu */
	bool broken;
	size_t n_asked, n_set;
};

static void item_free(struct item *it)
{
	if (!it)
		return;
	free(it->key);
	free(it->value);
	free(it);
}

static void get_multi(struct cache *base, struct ctx *ctx, const struct str *keys, size_t n,
		      struct arena *a, struct str *values)
{
	struct fake_cache *c = (struct fake_cache *)base;

	(void)ctx;
	MUTEX_HOLD(&c->mu);
	c->n_asked += n;
	for (size_t i = 0; i < n && !c->broken; i++) {
		const struct item *it = map_get(&c->items, keys[i]);
		if (it)
			values[i] = arena_str(a, str_from(it->value, it->n));
	}
}

static void set(struct cache *base, struct str key, struct str value, int64_t ttl_ms)
{
	struct fake_cache *c = (struct fake_cache *)base;
	struct item *it = NEW(struct item);

	*it = (struct item){
	    .key = xstrndup(key.p, key.n),
	    .value = xmalloc(value.n + 1),
	    .n = value.n,
	    .ttl_ms = ttl_ms,
	};
	if (value.n)
		memcpy(it->value, value.p, value.n);
	MUTEX_HOLD(&c->mu);
	c->n_set++;
	item_free(map_put(&c->items, str_of(it->key), it));
}

static const char *name(struct cache *base)
{
	return ((struct fake_cache *)base)->name;
}

static void forget(struct fake_cache *c)
{
	for (struct map_entry *m = map_next(&c->items, NULL); m; m = map_next(&c->items, m))
		item_free(m->value);
	map_clear(&c->items);
}

static void close_fake(struct cache *base)
{
	struct fake_cache *c = (struct fake_cache *)base;

	forget(c);
	map_done(&c->items);
	mutex_done(&c->mu);
	free(c->name);
	free(c);
}

struct fake_cache *fake_cache_new(const char *cache_label)
{
	static const struct cache_ops ops = {
	    .get_multi = get_multi,
	    .set = set,
	    .name = name,
	    .close = close_fake,
	};
	struct fake_cache *c = NEW(struct fake_cache);

	c->base.ops = &ops;
	c->name = xstrdup(cache_label);
	mutex_init(&c->mu, RANK_LEAF);
	return c;
}

struct cache *fake_cache_as_cache(struct fake_cache *c)
{
	return &c->base;
}

void fake_cache_set_broken(struct fake_cache *c, bool broken)
{
	MUTEX_HOLD(&c->mu);
	c->broken = broken;
}

void fake_cache_forget(struct fake_cache *c)
{
	MUTEX_HOLD(&c->mu);
	forget(c);
}

size_t fake_cache_n_items(struct fake_cache *c)
{
	MUTEX_HOLD(&c->mu);
	return c->items.n;
}

size_t fake_cache_n_asked(struct fake_cache *c)
{
	MUTEX_HOLD(&c->mu);
	return c->n_asked;
}

size_t fake_cache_n_set(struct fake_cache *c)
{
	MUTEX_HOLD(&c->mu);
	return c->n_set;
}

int64_t fake_cache_ttl_ms(struct fake_cache *c, const char *key)
{
	MUTEX_HOLD(&c->mu);
	const struct item *it = map_get(&c->items, str_of(key));
	return it ? it->ttl_ms : 0;
}
