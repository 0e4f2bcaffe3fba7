#include "store/index_cache_config.h"

#include "base/duration.h"

enum { DEFAULT_TTL_MS = 24 * 3600 * 1000 };

struct document {
	struct str type;
	struct yaml_node *config;
	struct str *enabled_items;
	size_t n_enabled_items;
	int64_t ttl_ns;
};

static const struct yaml_field fields[] = {
    YAML_FIELD(struct document, "type", type, YAML_STR),
    YAML_FIELD(struct document, "config", config, YAML_NODE),
    YAML_FIELD_LIST(struct document, "enabled_items", enabled_items, n_enabled_items, YAML_STR),
    YAML_FIELD_DECODED(struct document, "ttl", ttl_ns, yaml_decode_duration),
};
static const struct yaml_table table =
    YAML_TABLE("storecache.IndexCacheConfig", struct document, fields);

/* No list: all of them. */
static bool enable(struct index_cache_options *o, const struct str *names, size_t n,
		   struct err *err)
{
	enum index_cache_item item;

	for (int i = 0; i < INDEX_CACHE_N_ITEMS; i++)
		o->is_disabled[i] = n > 0;
	for (size_t i = 0; i < n; i++) {
		if (!index_cache_item_parse(names[i], &item))
			return err_set(err, ERR_INVALID, "unsupported item type %.*s",
				       STR_FMT(names[i]));
		o->is_disabled[item] = false;
	}
	return true;
}

static bool set_memory(const struct memory_cache_config *c, struct index_cache_options *o,
		       struct err *err)
{
	o->max_bytes = (size_t)c->max_bytes;
	o->max_item_bytes = (size_t)c->max_item_bytes;
	return memory_cache_config_check(c, err);
}

static bool set_cache(const struct document *d, const struct cache_context *context,
		      struct index_cache_options *o, struct err *err)
{
	struct memory_cache_config memory;
	enum cache_type type;

	if (!cache_type_parse(d->type, &type) || type == CACHE_GROUPCACHE)
		return err_set(err, ERR_INVALID, "index cache with type %.*s is not supported",
			       STR_FMT(d->type));
	bool ok =
	    type == CACHE_IN_MEMORY
		? memory_cache_config_decode(d->config, &memory, err) && set_memory(&memory, o, err)
		: cache_from_config(type, d->config, context, &o->cache, err);
	return ok || err_wrap(err, "create %s index cache", cache_type_name(type));
}

static struct index_cache_options options_of(const struct cache_context *context)
{
	return (struct index_cache_options){
	    .tracker = context->tracker,
	    .clock = context->clock,
	    .metrics = context->metrics,
	    .logger = context->logger,
	};
}

bool index_cache_from_config(struct str yaml, const struct cache_context *context,
			     struct index_cache **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct index_cache_options o = options_of(context);
	struct cache_context named = *context;
	struct document d = {0};
	struct yaml_node *root;

	named.name = "index-cache";
	if (!yaml_parse(yaml, a, &root, err) || !yaml_decode(root, &table, a, &d, err))
		return err_wrap(err, "parsing config YAML file");
	if (!enable(&o, d.enabled_items, d.n_enabled_items, err) || !set_cache(&d, &named, &o, err))
		return false;
	o.ttl_ms = d.ttl_ns ? d.ttl_ns / NS_PER_MS : DEFAULT_TTL_MS;
	*out = index_cache_new(&o);
	return true;
}

bool index_cache_of_size(int64_t max_bytes, const struct cache_context *context,
			 struct index_cache **out, struct err *err)
{
	struct memory_cache_config memory = {
	    .max_bytes = max_bytes,
	    .max_item_bytes = memory_cache_default_config.max_item_bytes,
	};
	struct index_cache_options o = options_of(context);

	if (!set_memory(&memory, &o, err))
		return false;
	*out = index_cache_new(&o);
	return true;
}
