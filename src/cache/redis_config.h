/* redis_config.h - the YAML of a redis cache, as Thanos has it:
 *
 *	addr: redis:6379
 *	password: ...
 *	tls_enabled: true
 *	tls_config: {ca_file: /etc/ca.pem}
 *
 * With `master_name`, `addr` is a comma-separated list of sentinels. Unknown keys are ignored, as
 * in Thanos: yaml_unknown_key() with redis_config_table finds them for a warning. `cache_size`,
 * redis' caching in the client, is accepted and means nothing here: what is fetched belongs to the
 * request, and the caches above are in memory where they should be.
 */
#ifndef CACHE_REDIS_CONFIG_H
#define CACHE_REDIS_CONFIG_H

#include "cache/circuit_breaker.h"

struct redis_tls_config {
	struct str ca_file, cert_file, key_file, server_name, min_version;
	bool insecure_skip_verify;
};

struct redis_config {
	struct str addr;
	struct str prefix; /* of all keys */
	struct str username, password;
	int64_t db;
	int64_t dial_timeout_ns, read_timeout_ns, write_timeout_ns;
	int64_t max_get_multi_concurrency, get_multi_batch_size; /* 0: no limit */
	int64_t max_set_multi_concurrency, set_multi_batch_size; /* 0: no limit */
	bool tls_enabled;
	struct redis_tls_config tls;
	int64_t cache_size_bytes;
	struct str master_name;
	int64_t max_async_buffer_size, max_async_concurrency;
	struct circuit_breaker_config set_breaker;
};

extern const struct yaml_table redis_config_table;

/* `node` is what stands below `config:`; NULL is an empty one. Strings live in `a`. */
bool redis_config_decode(const struct yaml_node *node, struct arena *a, struct redis_config *out,
			 struct err *err);

#endif
