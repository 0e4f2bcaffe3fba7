#include "cache/redis_config.h"

#include "base/duration.h"
#include "cache/remote_limits.h"
#include "net/tls.h"

/* This file is read by yaml.v3 in Thanos, which takes no bare numbers for durations. */
static bool decode_duration(const struct yaml_node *node, struct arena *a, void *out,
			    struct err *err)
{
	struct err ignored;
	int64_t number;

	if (yaml_to_i64(node, &number, &ignored))
		return yaml_fail(node, err, "cannot unmarshal !!int `%.*s` into time.Duration",
				 STR_FMT(node->text));
	return yaml_decode_duration(node, a, out, err);
}

static const struct yaml_field tls_fields[] = {
    YAML_FIELD(struct redis_tls_config, "ca_file", ca_file, YAML_STR),
    YAML_FIELD(struct redis_tls_config, "cert_file", cert_file, YAML_STR),
    YAML_FIELD(struct redis_tls_config, "key_file", key_file, YAML_STR),
    YAML_FIELD(struct redis_tls_config, "server_name", server_name, YAML_STR),
    YAML_FIELD(struct redis_tls_config, "insecure_skip_verify", insecure_skip_verify, YAML_BOOL),
    YAML_FIELD(struct redis_tls_config, "min_version", min_version, YAML_STR),
};

static const struct yaml_table tls_table = YAML_TABLE(
    "cacheutil.TLSConfig", struct redis_tls_config, tls_fields, .unknown = YAML_UNKNOWN_IGNORED);

static const struct yaml_field fields[] = {
    YAML_FIELD(struct redis_config, "addr", addr, YAML_STR),
    YAML_FIELD(struct redis_config, "prefix", prefix, YAML_STR),
    YAML_FIELD(struct redis_config, "username", username, YAML_STR),
    YAML_FIELD(struct redis_config, "password", password, YAML_STR),
    YAML_FIELD(struct redis_config, "db", db, YAML_I64),
    YAML_FIELD_DECODED(struct redis_config, "dial_timeout", dial_timeout_ns, decode_duration),
    YAML_FIELD_DECODED(struct redis_config, "read_timeout", read_timeout_ns, decode_duration),
    YAML_FIELD_DECODED(struct redis_config, "write_timeout", write_timeout_ns, decode_duration),
    YAML_FIELD(struct redis_config, "max_get_multi_concurrency", max_get_multi_concurrency,
	       YAML_I64),
    YAML_FIELD(struct redis_config, "get_multi_batch_size", get_multi_batch_size, YAML_I64),
    YAML_FIELD(struct redis_config, "max_set_multi_concurrency", max_set_multi_concurrency,
	       YAML_I64),
    YAML_FIELD(struct redis_config, "set_multi_batch_size", set_multi_batch_size, YAML_I64),
    YAML_FIELD(struct redis_config, "tls_enabled", tls_enabled, YAML_BOOL),
    YAML_FIELD_SUB(struct redis_config, "tls_config", tls, &tls_table),
    YAML_FIELD_DECODED(struct redis_config, "cache_size", cache_size_bytes, yaml_decode_byte_size),
    YAML_FIELD(struct redis_config, "master_name", master_name, YAML_STR),
    YAML_FIELD(struct redis_config, "max_async_buffer_size", max_async_buffer_size, YAML_I64),
    YAML_FIELD(struct redis_config, "max_async_concurrency", max_async_concurrency, YAML_I64),
    YAML_FIELD_SUB(struct redis_config, "set_async_circuit_breaker_config", set_breaker,
		   &circuit_breaker_config_table),
};

static void set_defaults(void *out)
{
	struct redis_config *c = out;
	struct circuit_breaker_config breaker = c->set_breaker; /* has its own already */

	*c = (struct redis_config){
	    .dial_timeout_ns = 5 * NS_PER_S,
	    .read_timeout_ns = 3 * NS_PER_S,
	    .write_timeout_ns = 3 * NS_PER_S,
	    .max_get_multi_concurrency = 100,
	    .get_multi_batch_size = 100,
	    .max_set_multi_concurrency = 100,
	    .set_multi_batch_size = 100,
	    .max_async_concurrency = 20,
	    .max_async_buffer_size = 10000,
	    .set_breaker = breaker,
	};
}

static bool validate_tls(const struct yaml_node *node, const struct redis_tls_config *c,
			 struct err *err)
{
	enum tls_version version;
	struct err why;

	if ((c->cert_file.n > 0) != (c->key_file.n > 0))
		return yaml_fail(node, err, "both client key and certificate must be provided");
	if (c->min_version.n > 0 && !tls_version_parse(c->min_version.p, &version, &why))
		return yaml_fail(node, err, "tls_config.min_version invalid: %s", why.msg);
	return true;
}

static bool validate(const struct yaml_node *node, void *out, struct err *err)
{
	const struct redis_config *c = out;

	if (c->addr.n == 0)
		return yaml_fail(node, err, "no redis addr provided");
	if (c->tls_enabled && !validate_tls(node, &c->tls, err))
		return false;
	if (c->max_async_concurrency == 0)
		return yaml_fail(node, err, "max_async_concurrency must be positive");
	const struct remote_limit limits[] = {
	    {"db", c->db, INT32_MAX},
	    {"dial_timeout", c->dial_timeout_ns, INT64_MAX},
	    {"read_timeout", c->read_timeout_ns, INT64_MAX},
	    {"write_timeout", c->write_timeout_ns, INT64_MAX},
	    {"max_get_multi_concurrency", c->max_get_multi_concurrency, REMOTE_MAX_CONNECTIONS},
	    {"get_multi_batch_size", c->get_multi_batch_size, INT64_MAX},
	    {"max_set_multi_concurrency", c->max_set_multi_concurrency, REMOTE_MAX_CONNECTIONS},
	    {"set_multi_batch_size", c->set_multi_batch_size, INT64_MAX},
	    {"max_async_buffer_size", c->max_async_buffer_size, REMOTE_MAX_QUEUE},
	    {"max_async_concurrency", c->max_async_concurrency, REMOTE_MAX_CONNECTIONS},
	};
	return remote_limits_check(node, limits, sizeof(limits) / sizeof(limits[0]), err);
}

const struct yaml_table redis_config_table =
    YAML_TABLE("cacheutil.RedisClientConfig", struct redis_config, fields,
	       .unknown = YAML_UNKNOWN_IGNORED, .set_defaults = set_defaults, .validate = validate);

bool redis_config_decode(const struct yaml_node *node, struct arena *a, struct redis_config *out,
			 struct err *err)
{
	static const struct yaml_node nothing = {.kind = YAML_MAP, .line = 1};

	return yaml_decode(yaml_is_null(node) ? &nothing : node, &redis_config_table, a, out,
			   err) ||
	       err_wrap(err, "redis configuration");
}
