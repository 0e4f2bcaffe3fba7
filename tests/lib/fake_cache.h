/* fake_cache.h - a cache that keeps everything it is given, and tells what it was asked. */
#ifndef TESTS_LIB_FAKE_CACHE_H
#define TESTS_LIB_FAKE_CACHE_H

#include "cache/cache.h"

struct fake_cache;

/* cache_close() ends it. */
struct fake_cache *fake_cache_new(const char *name);
struct cache *fake_cache_as_cache(struct fake_cache *c);

/* All keys are misses from now on, or hits again. */
void fake_cache_set_broken(struct fake_cache *c, bool broken);
void fake_cache_forget(struct fake_cache *c);
size_t fake_cache_n_items(struct fake_cache *c);
size_t fake_cache_n_asked(struct fake_cache *c); /* keys */
size_t fake_cache_n_set(struct fake_cache *c);
/* The time to live that `key` was last set with; 0 when it is not there. */
int64_t fake_cache_ttl_ms(struct fake_cache *c, const char *key);

#endif
