/* memory.h - a cache of bytes in this process, within a budget.
 *
 * What it keeps is chosen by S3-FIFO: a new item waits in a small queue, a tenth of the memory;
 * only what is asked for again while it is there moves to the main queue, or comes there at once
 * when it returns soon after it left. So one large scan does not push out what is used every
 * minute, and finding an item moves nothing: it counts.
 *
 * The budget covers keys, values and what is needed to keep them, and is charged to a tracker as
 * well. Where that one has no room, the cache makes some or does not keep the item. Where seven
 * eighths of its limit are used, by whomever, each use of the cache makes it smaller.
 *
 * Threads: all functions but memory_cache_free() may be called from any thread.
 */
#ifndef CACHE_MEMORY_H
#define CACHE_MEMORY_H

#include "base/clock.h"
#include "base/metric.h"
#include "cache/cache.h"

struct memory_cache;

struct memory_cache_options {
	const char *name; /* of the cache, borrowed; NULL: "memory" */
	size_t max_bytes;
	size_t max_item_bytes;   /* of a value; 0: only max_bytes counts */
	struct tracker *tracker; /* may be NULL; outlives the cache */
	struct clock *clock;     /* of times to live; NULL: the system's */
	unsigned n_parts;        /* with a lock each; 0: 16 */
	struct metrics *metrics; /* thanos_cache_inmemory_*, under the name; may be NULL */
	/* Items are counted by kind; NULL: all are of kind 0. */
	unsigned n_kinds;
	unsigned (*kind_of)(struct str key); /* below n_kinds */
};

struct memory_cache *memory_cache_new(const struct memory_cache_options *options);
void memory_cache_free(struct memory_cache *c); /* NULL is fine */
CLEANUP_DEFINE(struct memory_cache, memory_cache_free)

/* Borrowed; closing it frees the cache. */
struct cache *memory_cache_as_cache(struct memory_cache *c);

/* The value, copied into `a`; false when it is not there or has outlived its time. */
bool memory_cache_get(struct memory_cache *c, struct str key, struct arena *a, struct str *value);

/* Copies both. Replaces a value of the same key. `ttl_ms` 0: it lives as long as it is wanted. */
void memory_cache_put(struct memory_cache *c, struct str key, struct str value, int64_t ttl_ms);

/* Drops items, those wanted least first, until `bytes` are free of what it held, or it is empty.
 * How many were freed. */
size_t memory_cache_shed(struct memory_cache *c, size_t bytes);

struct memory_cache_counts {
	uint64_t requests;
	uint64_t hits;
	uint64_t expired; /* requests for what had outlived its time */
	uint64_t added;
	uint64_t evicted;    /* to make room; replaced and outlived ones are not counted */
	uint64_t overflowed; /* not kept: too large, or the process had no room */
	uint64_t items;
	uint64_t value_bytes;
	uint64_t total_bytes; /* with keys and what keeps them */
};

/* As they were given. */
size_t memory_cache_max_bytes(const struct memory_cache *c);
size_t memory_cache_max_item_bytes(const struct memory_cache *c);

struct memory_cache_counts memory_cache_counts(const struct memory_cache *c, unsigned kind);

#endif
