#include "cache/memcached_config.h"

#include "base/duration.h"
#include "cache/remote_limits.h"

static const struct yaml_field fields[] = {
    YAML_FIELD_LIST(struct memcached_config, "addresses", addresses, n_addresses, YAML_STR),
    YAML_FIELD_DECODED(struct memcached_config, "timeout", timeout_ns, yaml_decode_duration),
    YAML_FIELD(struct memcached_config, "max_idle_connections", max_idle_connections, YAML_I64),
    YAML_FIELD(struct memcached_config, "max_async_concurrency", max_async_concurrency, YAML_I64),
    YAML_FIELD(struct memcached_config, "max_async_buffer_size", max_async_buffer_size, YAML_I64),
    YAML_FIELD(struct memcached_config, "max_get_multi_concurrency", max_get_multi_concurrency,
	       YAML_I64),
    YAML_FIELD_DECODED(struct memcached_config, "max_item_size", max_item_size_bytes,
		       yaml_decode_byte_size),
    YAML_FIELD(struct memcached_config, "max_get_multi_batch_size", max_get_multi_batch_size,
	       YAML_I64),
    YAML_FIELD_DECODED(struct memcached_config, "dns_provider_update_interval",
		       dns_update_interval_ns, yaml_decode_duration),
    YAML_FIELD(struct memcached_config, "auto_discovery", auto_discovery, YAML_BOOL),
    YAML_FIELD_SUB(struct memcached_config, "set_async_circuit_breaker_config", set_breaker,
		   &circuit_breaker_config_table),
};

static void set_defaults(void *out)
{
	struct memcached_config *c = out;
	struct circuit_breaker_config breaker = c->set_breaker; /* has its own already */

	*c = (struct memcached_config){
	    .timeout_ns = 500 * NS_PER_MS,
	    .max_idle_connections = 100,
	    .max_async_concurrency = 20,
	    .max_async_buffer_size = 10000,
	    .max_get_multi_concurrency = 100,
	    .max_item_size_bytes = 1 << 20,
	    .dns_update_interval_ns = 10 * NS_PER_S,
	    .set_breaker = breaker,
	};
}

static bool validate(const struct yaml_node *node, void *out, struct err *err)
{
	struct memcached_config *c = out;

	if (c->n_addresses == 0)
		return yaml_fail(node, err, "no memcached addresses provided");
	if (c->dns_update_interval_ns <= 0)
		return yaml_fail(node, err, "DNS provider update interval must be positive");
	if (c->max_async_concurrency <= 0)
		return yaml_fail(node, err, "max async concurrency must be positive");
	/* The zeroes of Go's client. */
	if (c->timeout_ns == 0)
		c->timeout_ns = 500 * NS_PER_MS;
	if (c->max_idle_connections <= 0)
		c->max_idle_connections = 2;
	const struct remote_limit limits[] = {
	    {"timeout", c->timeout_ns, INT64_MAX},
	    {"max_idle_connections", c->max_idle_connections, REMOTE_MAX_CONNECTIONS},
	    {"max_async_concurrency", c->max_async_concurrency, REMOTE_MAX_CONNECTIONS},
	    {"max_async_buffer_size", c->max_async_buffer_size, REMOTE_MAX_QUEUE},
	    {"max_get_multi_concurrency", c->max_get_multi_concurrency, REMOTE_MAX_CONNECTIONS},
	    {"max_get_multi_batch_size", c->max_get_multi_batch_size, INT64_MAX},
	};
	return remote_limits_check(node, limits, sizeof(limits) / sizeof(limits[0]), err);
}

const struct yaml_table memcached_config_table =
    YAML_TABLE("cacheutil.MemcachedClientConfig", struct memcached_config, fields,
	       .unknown = YAML_UNKNOWN_IGNORED, .set_defaults = set_defaults, .validate = validate);

bool memcached_config_decode(const struct yaml_node *node, struct arena *a,
			     struct memcached_config *out, struct err *err)
{
	static const struct yaml_node nothing = {.kind = YAML_MAP, .line = 1};

	return yaml_decode(yaml_is_null(node) ? &nothing : node, &memcached_config_table, a, out,
			   err) ||
	       err_wrap(err, "memcached configuration");
}
