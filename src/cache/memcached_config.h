/* memcached_config.h - the YAML of a memcached cache, as Thanos has it:
 *
 *	addresses: [dnssrv+_memcached._tcp.cache.svc]
 *	timeout: 300ms
 *	max_get_multi_batch_size: 1000
 *
 * Unknown keys are ignored, as in Thanos: yaml_unknown_key() with memcached_config_table finds them
 * for a warning.
 */
#ifndef CACHE_MEMCACHED_CONFIG_H
#define CACHE_MEMCACHED_CONFIG_H

#include "cache/circuit_breaker.h"

struct memcached_config {
	struct str *addresses; /* with discovery's prefixes */
	size_t n_addresses;
	int64_t timeout_ns;           /* of one batch, connecting included */
	int64_t max_idle_connections; /* per server */
	int64_t max_async_concurrency, max_async_buffer_size;
	int64_t max_get_multi_concurrency; /* 0: no limit */
	int64_t max_item_size_bytes;       /* 0: no limit */
	int64_t max_get_multi_batch_size;  /* 0: no limit */
	int64_t dns_update_interval_ns;
	bool auto_discovery;
	struct circuit_breaker_config set_breaker;
};

extern const struct yaml_table memcached_config_table;

/* `node` is what stands below `config:`; NULL is an empty one. Strings live in `a`. */
bool memcached_config_decode(const struct yaml_node *node, struct arena *a,
			     struct memcached_config *out, struct err *err);

#endif
