/* store_caches.h - what a store gateway keeps of the bucket, by its flags: --index-cache-size,
 * --index-cache.config, --store.caching-bucket.config, --matcher-cache-size.
 */
#ifndef CMD_STORE_CACHES_H
#define CMD_STORE_CACHES_H

#include "base/flags.h"
#include "cache/config.h"
#include "model/bucket.h"

struct store_cache_flags {
	int64_t index_cache_bytes;
	struct flag_content index_cache;
	struct flag_content caching_bucket;
	int64_t max_matchers; /* <= 0: none are kept */
};

extern const struct flag_spec STORE_CACHE_FLAGS[4];

struct index_cache;
struct matcher_cache;

/* The bucket behind a cache, where one is configured. Takes `inner`, also on failure. The name in
 * the context is not used, here and below. */
bool store_caching_bucket(const struct store_cache_flags *f, const struct cache_context *context,
			  struct bucket *inner, struct bucket **out, struct err *err);

/* There always is one. */
bool store_index_cache(const struct store_cache_flags *f, const struct cache_context *context,
		       struct index_cache **out, struct err *err);

/* NULL: none is wanted. */
struct matcher_cache *store_matcher_cache(const struct store_cache_flags *f, struct metrics *m);

#endif
