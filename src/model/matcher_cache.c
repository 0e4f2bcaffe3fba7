#include "model/matcher_cache.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/lock.h"
#include "base/map.h"

#include <stdlib.h>

struct item {
	struct item *newer, *older;
	struct matcher *matcher;
	struct str key; /* the type, the length of the name, the name, the value */
	char bytes[];
};

struct matcher_cache {
	size_t max_items;
	struct mutex mu;
	/* guarded by mu */
	struct map by_key;
	struct item *newest, *oldest;
	struct {
		struct counter *requests, *hits, *evicted;
		struct gauge *items;
	} metrics;
};

/* --- the order of use ----------------------------------------------------------------------- */

static void unlink_item(struct matcher_cache *c, struct item *it)
{
	*(it->newer ? &it->newer->older : &c->newest) = it->older;
	*(it->older ? &it->older->newer : &c->oldest) = it->newer;
}

static void link_newest(struct matcher_cache *c, struct item *it)
{
	it->newer = NULL;
	it->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = it;
	c->newest = it;
}

/* --- items ---------------------------------------------------------------------------------- */

static void put_key(struct buf *key, enum matcher_type type, struct str name, struct str value)
{
	buf_printf(key, "%d:%zu:", (int)type, name.n);
	buf_append_str(key, name);
	buf_append_str(key, value);
}

/* Takes the reference. */
static struct item *item_new(struct str key, struct matcher *m)
{
	struct item *it = xmalloc(sizeof(*it) + key.n);

	memcpy(it->bytes, key.p, key.n);
	it->key = str_from(it->bytes, key.n);
	it->matcher = m;
	return it;
}

static void item_free(struct item *it)
{
	matcher_unref(it->matcher);
	free(it);
}

static struct matcher *find(struct matcher_cache *c, struct str key)
{
	MUTEX_HOLD(&c->mu);
	struct item *it = map_get(&c->by_key, key);

	if (!it)
		return NULL;
	unlink_item(c, it);
	link_newest(c, it);
	return matcher_ref(it->matcher);
}

static void evict_oldest(struct matcher_cache *c)
{
	struct item *it = c->oldest;

	unlink_item(c, it);
	map_remove(&c->by_key, it->key);
	item_free(it);
	counter_inc(c->metrics.evicted);
}

/* Unless somebody was faster. */
static void add(struct matcher_cache *c, struct str key, struct matcher *m)
{
	MUTEX_HOLD(&c->mu);
	if (map_get(&c->by_key, key))
		return;
	if (c->by_key.n == c->max_items)
		evict_oldest(c);
	struct item *it = item_new(key, matcher_ref(m));
	map_put(&c->by_key, it->key, it);
	link_newest(c, it);
	gauge_set(c->metrics.items, (double)c->by_key.n);
}

/* --- the cache ------------------------------------------------------------------------------ */

struct matcher *matcher_cache_get(struct matcher_cache *c, enum matcher_type type, struct str name,
				  struct str value, struct err *err)
{
	if (!c || (type != MATCH_RE && type != MATCH_NRE))
		return matcher_new(type, name, value, err);
	struct buf key auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	put_key(&key, type, name, value);
	counter_inc(c->metrics.requests);
	struct matcher *m = find(c, buf_str(&key));
	if (m) {
		counter_inc(c->metrics.hits);
		return m;
	}
	m = matcher_new(type, name, value, err);
	if (m)
		add(c, buf_str(&key), m);
	return m;
}

struct matcher_cache *matcher_cache_new(size_t max_items, struct metrics *m)
{
	struct matcher_cache *c = NEW(struct matcher_cache);

	assert(max_items > 0);
	c->max_items = max_items;
	mutex_init(&c->mu, RANK_CACHE);
	c->metrics.requests = metrics_counter(m, "thanos_matchers_cache_requests_total",
					      "Total number of cache requests for series matchers");
	c->metrics.hits = metrics_counter(m, "thanos_matchers_cache_hits_total",
					  "Total number of cache hits for series matchers");
	c->metrics.evicted = metrics_counter(m, "thanos_matchers_cache_evicted_total",
					     "Total number of items evicted from the cache");
	c->metrics.items =
	    metrics_gauge(m, "thanos_matchers_cache_items", "Total number of cached items");
	gauge_set(metrics_gauge(m, "thanos_matchers_cache_max_items",
				"Maximum number of items that can be cached"),
		  (double)max_items);
	return c;
}

void matcher_cache_free(struct matcher_cache *c)
{
	if (!c)
		return;
	while (c->oldest) {
		struct item *it = c->oldest;
		unlink_item(c, it);
		item_free(it);
	}
	map_done(&c->by_key);
	mutex_done(&c->mu);
	free(c);
}
