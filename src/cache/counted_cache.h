/* counted_cache.h - a cache that counts what is asked of it and what it had:
 * thanos_cache_<kind>_requests_total and _hits_total, per name.
 */
#ifndef CACHE_COUNTED_CACHE_H
#define CACHE_COUNTED_CACHE_H

#include "base/metric.h"
#include "cache/cache.h"

/* Takes `inner`. `kind` is "memcached" or "redis"; `m` outlives the cache. */
struct cache *counted_cache_new(struct cache *inner, const char *kind, struct metrics *m);

#endif
