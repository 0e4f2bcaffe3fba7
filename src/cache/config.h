/* config.h - the cache that a configuration describes: `{type, config}`.
 *
 * Whoever has such a configuration reads what stands beside `type` and `config` itself, and comes
 * here with the two. As in Thanos, unknown keys in the `config` of IN-MEMORY are passed over.
 */
#ifndef CACHE_CONFIG_H
#define CACHE_CONFIG_H

#include "base/log.h"
#include "cache/memory.h"
#include "codec/yaml.h"

enum cache_type {
	CACHE_IN_MEMORY,
	CACHE_MEMCACHED,
	CACHE_REDIS,
	CACHE_GROUPCACHE, /* known, and not supported */
};

/* What Thanos calls it, in upper or lower case. */
bool cache_type_parse(struct str text, enum cache_type *out);
const char *cache_type_name(enum cache_type type);

/* All is borrowed, and outlives the cache. */
struct cache_context {
	const char *name; /* label `name` of its metrics: "index-cache", "caching-bucket" */
	struct clock *clock;
	struct metrics *metrics; /* may be NULL */
	struct logger *logger;   /* may be NULL */
	struct tracker *tracker; /* charged for what is kept in memory; may be NULL */
};

/* `config` may be NULL or null: all defaults. Fails with ERR_INVALID, and with ERR_UNSUPPORTED for
 * a type that this build cannot speak to. Errors quote no secrets. */
bool cache_from_config(enum cache_type type, const struct yaml_node *config,
		       const struct cache_context *context, struct cache **out, struct err *err);

/* The `config` of IN-MEMORY. */
struct memory_cache_config {
	int64_t max_bytes;      /* `max_size`, 250MB */
	int64_t max_item_bytes; /* `max_item_size`, 125MB */
};

bool memory_cache_config_decode(const struct yaml_node *config, struct memory_cache_config *out,
				struct err *err);
/* The check of the two, for sizes from elsewhere. */
bool memory_cache_config_check(const struct memory_cache_config *c, struct err *err);
/* 250MB and 125MB. */
extern const struct memory_cache_config memory_cache_default_config;

#endif
