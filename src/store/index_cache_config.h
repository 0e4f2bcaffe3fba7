/* index_cache_config.h - the index cache that --index-cache.config describes:
 * `{type, config, enabled_items, ttl}`. Unknown keys are errors, as in Thanos.
 */
#ifndef STORE_INDEX_CACHE_CONFIG_H
#define STORE_INDEX_CACHE_CONFIG_H

#include "cache/config.h"
#include "store/index_cache.h"

/* The context's name is not used: it is "index-cache". */
bool index_cache_from_config(struct str yaml, const struct cache_context *context,
			     struct index_cache **out, struct err *err);

/* In memory, of this size: --index-cache.size. Items may be as large as they may by default, so
 * that a size below that is refused. */
bool index_cache_of_size(int64_t max_bytes, const struct cache_context *context,
			 struct index_cache **out, struct err *err);

#endif
