#include "cache/config.h"

#include "base/byte_size.h"
#include "cache/memcached.h"
#include "cache/redis.h"

#include <strings.h>

/* --- IN-MEMORY ----------------------------------------------------------------------------- */

const struct memory_cache_config memory_cache_default_config = {
    .max_bytes = 250 << 20,
    .max_item_bytes = 125 << 20,
};

static const struct yaml_field memory_fields[] = {
    YAML_FIELD_DECODED(struct memory_cache_config, "max_size", max_bytes, yaml_decode_byte_size),
    YAML_FIELD_DECODED(struct memory_cache_config, "max_item_size", max_item_bytes,
		       yaml_decode_byte_size),
};
static const struct yaml_table memory_table =
    YAML_TABLE("cache.InMemoryCacheConfig", struct memory_cache_config, memory_fields,
	       .unknown = YAML_UNKNOWN_IGNORED);

bool memory_cache_config_check(const struct memory_cache_config *c, struct err *err)
{
	return c->max_item_bytes <= c->max_bytes ||
	       err_set(err, ERR_INVALID,
		       "max item size (%s) cannot be bigger than overall cache size (%s)",
		       byte_size_str(c->max_item_bytes), byte_size_str(c->max_bytes));
}

bool memory_cache_config_decode(const struct yaml_node *config, struct memory_cache_config *out,
				struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	*out = memory_cache_default_config;
	return (!config || yaml_decode(config, &memory_table, a, out, err)) &&
	       memory_cache_config_check(out, err);
}

static bool open_memory(const struct yaml_node *config, const struct cache_context *context,
			struct cache **out, struct err *err)
{
	struct memory_cache_config c;

	if (!memory_cache_config_decode(config, &c, err))
		return false;
	*out = memory_cache_as_cache(memory_cache_new(&(struct memory_cache_options){
	    .name = context->name,
	    .max_bytes = (size_t)c.max_bytes,
	    .max_item_bytes = (size_t)c.max_item_bytes,
	    .tracker = context->tracker,
	    .clock = context->clock,
	    .metrics = context->metrics,
	}));
	return true;
}

/* --- MEMCACHED and REDIS
 * ----------------------------------------------------------------------------- */

/* Thanos passes over what it does not know without a word; a typing error deserves one. */
static void warn_of_unknown(const struct yaml_node *config, const struct yaml_table *table,
			    const struct cache_context *context)
{
	const struct yaml_node *key = yaml_unknown_key(config, table);

	if (key)
		log_warn(context->logger, "unknown key in the configuration of a cache is ignored",
			 LOG_STR("name", context->name), LOG_BYTES("key", key->text),
			 LOG_UINT("line", key->line));
}

static bool open_memcached(const struct yaml_node *config, const struct cache_context *context,
			   struct cache **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct memcached_config c;

	if (!memcached_config_decode(config, a, &c, err))
		return false;
	warn_of_unknown(config, &memcached_config_table, context);
	return memcached_cache_open(&c, context, NULL, out, err);
}

static bool open_redis(const struct yaml_node *config, const struct cache_context *context,
		       struct cache **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct redis_config c;

	if (!redis_config_decode(config, a, &c, err))
		return false;
	warn_of_unknown(config, &redis_config_table, context);
	return redis_cache_open(&c, context, out, err);
}

/* --- all types ----------------------------------------------------------------------------- */

typedef bool cache_open_fn(const struct yaml_node *config, const struct cache_context *context,
			   struct cache **out, struct err *err);

static const struct {
	const char *name;
	cache_open_fn *open; /* NULL: this build cannot */
} types[] = {
    [CACHE_IN_MEMORY] = {"IN-MEMORY", open_memory},
    [CACHE_MEMCACHED] = {"MEMCACHED", open_memcached},
    [CACHE_REDIS] = {"REDIS", open_redis},
    [CACHE_GROUPCACHE] = {"GROUPCACHE", NULL},
};

bool cache_type_parse(struct str text, enum cache_type *out)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strlen(types[i].name) != text.n ||
		    strncasecmp(types[i].name, text.p, text.n) != 0)
			continue;
		*out = (enum cache_type)i;
		return true;
	}
	return false;
}

const char *cache_type_name(enum cache_type type)
{
	return types[type].name;
}

bool cache_from_config(enum cache_type type, const struct yaml_node *config,
		       const struct cache_context *context, struct cache **out, struct err *err)
{
	if (!types[type].open)
		return err_set(err, ERR_UNSUPPORTED, "caches of type %s are not supported",
			       types[type].name);
	return types[type].open(config, context, out, err);
}
