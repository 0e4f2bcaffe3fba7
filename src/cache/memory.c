#include "cache/memory.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/lock.h"
#include "cache/memory_metrics.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
	DEFAULT_PARTS = 16,
	USES_MAX = 3,             /* more uses of an item are not counted */
	KEEP_USES = 2,            /* of a new item, to be kept */
	NEW_SHARE = 10,           /* a tenth is for new items */
	KEEPING_BYTES = 32,       /* an item's share of the allocator and of the table, about */
	GHOST_SHARE_BYTES = 1024, /* one ghost for so many bytes of the budget */
	MIN_GHOSTS = 64,
	MIN_BUCKETS = 64,
	RELIEF_BYTES = 4 << 20, /* given back by one use, at most */
};

struct item {
	struct item *chain;         /* of the same bucket */
	struct item *newer, *older; /* in its queue */
	uint64_t hash;
	int64_t expires_ms; /* 0: never */
	_Atomic uint32_t refs;
	uint32_t key_bytes;
	size_t value_bytes;
	uint8_t kind;
	uint8_t uses;
	bool is_kept; /* in the main queue */
	char bytes[]; /* key, value */
};

/* First in, first out. */
struct item_queue {
	struct item *newest, *oldest;
	size_t bytes;
};

/* Locked alone, never two at once. */
struct part {
	struct mutex mu;
	/* All guarded by mu. */
	struct item **buckets; /* a power of two of them */
	size_t n_buckets;
	size_t n_items;
	struct item_queue fresh, kept;
	uint32_t *ghosts; /* high bits of hashes of what left the fresh queue, by their low ones */
	size_t n_ghosts;
};

struct kind_counts {
	_Atomic uint64_t requests, hits, expired, added, evicted, overflowed, items, value_bytes,
	    total_bytes;
};

struct memory_cache {
	struct cache base; /* first, so that the two pointers convert */
	struct memory_cache_options options;
	_Atomic size_t used_bytes;
	_Atomic size_t fresh_bytes;   /* of them, those of new items */
	_Atomic unsigned next_victim; /* the part to evict from next */
	struct kind_counts *counts;
	struct part *parts;
	struct memory_metrics *metrics;
};

/* --- items --------------------------------------------------------------------------------- */

static struct str item_key(const struct item *it)
{
	return str_from(it->bytes, it->key_bytes);
}

static struct str item_value(const struct item *it)
{
	return str_from(it->bytes + it->key_bytes, it->value_bytes);
}

static size_t bytes_for(struct str key, struct str value)
{
	return sizeof(struct item) + KEEPING_BYTES + key.n + value.n;
}

static size_t item_bytes(const struct item *it)
{
	return bytes_for(item_key(it), item_value(it));
}

static void item_unref(struct item *it)
{
	if (atomic_fetch_sub(&it->refs, 1) == 1)
		free(it);
}

/* --- queues and the table ------------------------------------------------------------------ */

static void queue_push(struct item_queue *q, struct item *it)
{
	it->newer = NULL;
	it->older = q->newest;
	*(q->newest ? &q->newest->newer : &q->oldest) = it;
	q->newest = it;
	q->bytes += item_bytes(it);
}

static void queue_drop(struct item_queue *q, struct item *it)
{
	*(it->newer ? &it->newer->older : &q->newest) = it->older;
	*(it->older ? &it->older->newer : &q->oldest) = it->newer;
	q->bytes -= item_bytes(it);
}

static struct item_queue *queue_of(struct part *p, const struct item *it)
{
	return it->is_kept ? &p->kept : &p->fresh;
}

/* Where the item with this key hangs, or NULL's place at the end of its bucket. */
static struct item **table_find(struct part *p, struct str key, uint64_t hash)
{
	struct item **at = &p->buckets[hash & (p->n_buckets - 1)];

	while (*at && ((*at)->hash != hash || !str_eq(item_key(*at), key)))
		at = &(*at)->chain;
	return at;
}

static void table_grow(struct part *p)
{
	size_t n = p->n_buckets * 2;
	struct item **buckets = xcalloc(n, sizeof(struct item *));

	for (size_t i = 0; i < p->n_buckets; i++) {
		for (struct item *it = p->buckets[i], *next; it; it = next) {
			next = it->chain;
			it->chain = buckets[it->hash & (n - 1)];
			buckets[it->hash & (n - 1)] = it;
		}
	}
	free(p->buckets);
	p->buckets = buckets;
	p->n_buckets = n;
}

/* --- ghosts: what left the fresh queue a short while ago ----------------------------------- */

static uint32_t *ghost_at(struct part *p, uint64_t hash)
{
	return &p->ghosts[hash & (p->n_ghosts - 1)];
}

static bool ghost_take(struct part *p, uint64_t hash)
{
	uint32_t *ghost = ghost_at(p, hash);
	bool was_here = *ghost == (uint32_t)(hash >> 32);

	if (was_here)
		*ghost = 0;
	return was_here;
}

/* --- in and out ---------------------------------------------------------------------------- */

static struct kind_counts *counts_of(struct memory_cache *c, const struct item *it)
{
	return &c->counts[it->kind];
}

static void link_item(struct memory_cache *c, struct part *p, struct item *it)
{
	struct kind_counts *counts = counts_of(c, it);

	if (p->n_items == p->n_buckets)
		table_grow(p);
	struct item **at = &p->buckets[it->hash & (p->n_buckets - 1)];
	it->chain = *at;
	*at = it;
	p->n_items++;
	queue_push(queue_of(p, it), it);
	if (!it->is_kept)
		atomic_fetch_add(&c->fresh_bytes, item_bytes(it));
	atomic_fetch_add(&counts->items, 1);
	atomic_fetch_add(&counts->value_bytes, it->value_bytes);
	atomic_fetch_add(&counts->total_bytes, item_bytes(it));
}

/* The budget gets its bytes back; the reference of the table ends. */
static void unlink_item(struct memory_cache *c, struct part *p, struct item **at)
{
	struct item *it = *at;
	struct kind_counts *counts = counts_of(c, it);
	size_t bytes = item_bytes(it);

	*at = it->chain;
	p->n_items--;
	queue_drop(queue_of(p, it), it);
	if (!it->is_kept)
		atomic_fetch_sub(&c->fresh_bytes, bytes);
	atomic_fetch_sub(&counts->items, 1);
	atomic_fetch_sub(&counts->value_bytes, it->value_bytes);
	atomic_fetch_sub(&counts->total_bytes, bytes);
	atomic_fetch_sub(&c->used_bytes, bytes);
	tracker_release(c->options.tracker, (int64_t)bytes);
	item_unref(it);
}

static void move_to_kept(struct memory_cache *c, struct part *p, struct item *it)
{
	if (!it->is_kept)
		atomic_fetch_sub(&c->fresh_bytes, item_bytes(it));
	queue_drop(queue_of(p, it), it);
	it->is_kept = true;
	queue_push(&p->kept, it);
}

/* Who goes next of a queue. Those in use are kept, or stay another while: their uses bound that. */
static struct item *choose_victim(struct memory_cache *c, struct part *p, bool from_fresh)
{
	for (;;) {
		struct item *it = from_fresh ? p->fresh.oldest : p->kept.oldest;
		if (!it || it->uses < (from_fresh ? KEEP_USES : 1))
			return it;
		it->uses = from_fresh ? 0 : it->uses - 1;
		move_to_kept(c, p, it);
	}
}

/* How many bytes it freed; 0 when there is nobody. */
static size_t evict_one(struct memory_cache *c, struct part *p, bool from_fresh)
{
	MUTEX_HOLD(&p->mu);
	struct item *it = choose_victim(c, p, from_fresh);

	if (!it)
		return 0;
	size_t bytes = item_bytes(it);
	if (from_fresh)
		*ghost_at(p, it->hash) = (uint32_t)(it->hash >> 32);
	atomic_fetch_add(&counts_of(c, it)->evicted, 1);
	unlink_item(c, p, table_find(p, item_key(it), it->hash));
	return bytes;
}

/* From all parts in turn. */
static size_t evict_somewhere(struct memory_cache *c)
{
	size_t n_parts = c->options.n_parts, bytes = 0;
	bool from_fresh = c->fresh_bytes >= c->used_bytes / NEW_SHARE;

	for (size_t i = 0; i < 2 * n_parts && bytes == 0; i++) {
		unsigned next = atomic_fetch_add(&c->next_victim, 1);
		bytes =
		    evict_one(c, &c->parts[next % n_parts], i < n_parts ? from_fresh : !from_fresh);
	}
	return bytes;
}

size_t memory_cache_shed(struct memory_cache *c, size_t bytes)
{
	size_t freed = 0;

	while (freed < bytes) {
		size_t n = evict_somewhere(c);
		if (n == 0)
			break;
		freed += n;
	}
	return freed;
}

/* What the tracker, or one above it, has beyond seven eighths of its limit. */
static size_t pressure_bytes(const struct tracker *t)
{
	int64_t most = 0;

	for (; t; t = t->parent) {
		int64_t over = t->used_bytes - (t->limit_bytes - t->limit_bytes / 8);
		if (t->limit_bytes > 0 && over > most)
			most = over;
	}
	return (size_t)most;
}

/* Not all at once: who asks waits for it. */
static void relieve(struct memory_cache *c)
{
	size_t bytes = pressure_bytes(c->options.tracker);

	if (bytes > 0)
		memory_cache_shed(c, bytes < RELIEF_BYTES ? bytes : RELIEF_BYTES);
}

/* Takes `bytes` from the budget and from the tracker. */
static bool make_room(struct memory_cache *c, size_t bytes)
{
	struct err err = ERR_INIT;

	if (bytes > c->options.max_bytes)
		return false;
	size_t used = atomic_fetch_add(&c->used_bytes, bytes) + bytes;
	while (used > c->options.max_bytes && evict_somewhere(c) > 0)
		used = atomic_load(&c->used_bytes);
	if (tracker_reserve(c->options.tracker, (int64_t)bytes, &err))
		return true;
	memory_cache_shed(c, bytes);
	if (tracker_reserve(c->options.tracker, (int64_t)bytes, &err))
		return true;
	atomic_fetch_sub(&c->used_bytes, bytes);
	return false;
}

/* --- the cache ----------------------------------------------------------------------------- */

static struct part *part_of(struct memory_cache *c, uint64_t hash)
{
	return &c->parts[(hash >> 48) % c->options.n_parts];
}

static unsigned kind_of(const struct memory_cache *c, struct str key)
{
	return c->options.kind_of ? c->options.kind_of(key) : 0;
}

static int64_t now_ms(const struct memory_cache *c)
{
	return clock_monotonic_ns(c->options.clock) / 1000000;
}

/* 0: never. */
static int64_t expiry_ms(const struct memory_cache *c, int64_t ttl_ms)
{
	int64_t now = now_ms(c);

	return ttl_ms == 0 || ttl_ms >= INT64_MAX - now ? 0 : now + ttl_ms;
}

static struct item *find_and_ref(struct memory_cache *c, struct str key)
{
	uint64_t hash = hash_bytes(key);
	struct part *p = part_of(c, hash);
	MUTEX_HOLD(&p->mu);
	struct item **at = table_find(p, key, hash);
	struct item *it = *at;

	if (!it)
		return NULL;
	if (it->expires_ms && it->expires_ms <= now_ms(c)) {
		atomic_fetch_add(&counts_of(c, it)->expired, 1);
		unlink_item(c, p, at);
		return NULL;
	}
	it->uses += it->uses < USES_MAX;
	atomic_fetch_add(&counts_of(c, it)->hits, 1);
	atomic_fetch_add(&it->refs, 1);
	return it;
}

bool memory_cache_get(struct memory_cache *c, struct str key, struct arena *a, struct str *value)
{
	atomic_fetch_add(&c->counts[kind_of(c, key)].requests, 1);
	struct item *it = find_and_ref(c, key);
	if (!it)
		return false;
	*value = arena_str(a, item_value(it));
	item_unref(it);
	return true;
}

static struct item *item_new(const struct memory_cache *c, struct str key, struct str value,
			     int64_t ttl_ms)
{
	struct item *it = xmalloc(sizeof(*it) + key.n + value.n);

	*it = (struct item){
	    .hash = hash_bytes(key),
	    .expires_ms = expiry_ms(c, ttl_ms),
	    .refs = 1,
	    .key_bytes = (uint32_t)key.n,
	    .value_bytes = value.n,
	    .kind = (uint8_t)kind_of(c, key),
	};
	memcpy(it->bytes, key.p, key.n);
	if (value.n)
		memcpy(it->bytes + key.n, value.p, value.n);
	return it;
}

static bool fits(const struct memory_cache *c, struct str key, struct str value)
{
	size_t max = c->options.max_item_bytes;

	return key.n <= UINT32_MAX && (max == 0 || value.n <= max);
}

void memory_cache_put(struct memory_cache *c, struct str key, struct str value, int64_t ttl_ms)
{
	unsigned kind = kind_of(c, key);

	if (!fits(c, key, value) || !make_room(c, bytes_for(key, value))) {
		atomic_fetch_add(&c->counts[kind].overflowed, 1);
		return;
	}
	struct item *it = item_new(c, key, value, ttl_ms);
	struct part *p = part_of(c, it->hash);
	MUTEX_HOLD(&p->mu);
	struct item **at = table_find(p, key, it->hash);
	if (*at) { /* the new one takes its place, and is as wanted */
		it->uses = (*at)->uses;
		it->is_kept = (*at)->is_kept;
		unlink_item(c, p, at);
	} else {
		it->is_kept = ghost_take(p, it->hash);
		atomic_fetch_add(&c->counts[kind].added, 1);
	}
	link_item(c, p, it);
}

/* --- as a cache ---------------------------------------------------------------------------- */

static void memory_get_multi(struct cache *base, struct ctx *ctx, const struct str *keys, size_t n,
			     struct arena *a, struct str *values)
{
	struct memory_cache *c = (struct memory_cache *)base;

	(void)ctx;
	for (size_t i = 0; i < n; i++)
		memory_cache_get(c, keys[i], a, &values[i]);
	relieve(c);
}

static void memory_set(struct cache *base, struct str key, struct str value, int64_t ttl_ms)
{
	memory_cache_put((struct memory_cache *)base, key, value, ttl_ms);
}

static const char *memory_name(struct cache *base)
{
	const char *name = ((struct memory_cache *)base)->options.name;
	return name ? name : "memory";
}

static void memory_close(struct cache *base)
{
	memory_cache_free((struct memory_cache *)base);
}

static const struct cache_ops memory_ops = {
    .get_multi = memory_get_multi,
    .set = memory_set,
    .name = memory_name,
    .close = memory_close,
};

struct cache *memory_cache_as_cache(struct memory_cache *c)
{
	return &c->base;
}

/* --- making it ----------------------------------------------------------------------------- */

static size_t power_of_two(size_t at_least)
{
	size_t n = 1;

	while (n < at_least)
		n *= 2;
	return n;
}

static void part_init(struct part *p, size_t max_bytes)
{
	size_t n_ghosts = max_bytes / GHOST_SHARE_BYTES;

	mutex_init(&p->mu, RANK_CACHE);
	p->n_buckets = MIN_BUCKETS;
	p->buckets = xcalloc(p->n_buckets, sizeof(*p->buckets));
	p->n_ghosts = power_of_two(n_ghosts < MIN_GHOSTS ? MIN_GHOSTS : n_ghosts);
	p->ghosts = xcalloc(p->n_ghosts, sizeof(*p->ghosts));
}

struct memory_cache *memory_cache_new(const struct memory_cache_options *options)
{
	struct memory_cache *c = NEW(struct memory_cache);

	c->base.ops = &memory_ops;
	c->options = *options;
	if (c->options.n_parts == 0)
		c->options.n_parts = DEFAULT_PARTS;
	if (c->options.n_kinds == 0)
		c->options.n_kinds = 1;
	assert(c->options.n_kinds <= UINT8_MAX);
	if (!c->options.clock)
		c->options.clock = &clock_system;
	c->counts = xcalloc(c->options.n_kinds, sizeof(*c->counts));
	c->parts = xcalloc(c->options.n_parts, sizeof(*c->parts));
	for (unsigned i = 0; i < c->options.n_parts; i++)
		part_init(&c->parts[i], c->options.max_bytes / c->options.n_parts);
	c->metrics = memory_metrics_new_named(options->metrics, c, memory_name(&c->base));
	return c;
}

static void part_done(struct memory_cache *c, struct part *p)
{
	for (size_t i = 0; i < p->n_buckets; i++)
		while (p->buckets[i])
			unlink_item(c, p, &p->buckets[i]);
	free(p->buckets);
	free(p->ghosts);
	mutex_done(&p->mu);
}

void memory_cache_free(struct memory_cache *c)
{
	if (!c)
		return;
	memory_metrics_free(c->metrics);
	for (unsigned i = 0; i < c->options.n_parts; i++)
		part_done(c, &c->parts[i]);
	free(c->parts);
	free(c->counts);
	free(c);
}

size_t memory_cache_max_bytes(const struct memory_cache *c)
{
	return c->options.max_bytes;
}

size_t memory_cache_max_item_bytes(const struct memory_cache *c)
{
	return c->options.max_item_bytes;
}

struct memory_cache_counts memory_cache_counts(const struct memory_cache *c, unsigned kind)
{
	const struct kind_counts *k = &c->counts[kind];

	return (struct memory_cache_counts){
	    .requests = atomic_load(&k->requests),
	    .hits = atomic_load(&k->hits),
	    .expired = atomic_load(&k->expired),
	    .added = atomic_load(&k->added),
	    .evicted = atomic_load(&k->evicted),
	    .overflowed = atomic_load(&k->overflowed),
	    .items = atomic_load(&k->items),
	    .value_bytes = atomic_load(&k->value_bytes),
	    .total_bytes = atomic_load(&k->total_bytes),
	};
}
