#include "objstore/swift.h"

enum {
	/* Thanos: 1 GiB. A segment waits in memory until it is acknowledged. */
	DEFAULT_SEGMENT_BYTES = 64 << 20,
	DEFAULT_RETRIES = 3,
	MAX_RETRIES = 100,
	DEFAULT_CONNECT_TIMEOUT_MS = 10000,
	DEFAULT_STALL_TIMEOUT_MS = 5 * 60 * 1000,
};

#define MAX_SEGMENT_BYTES (INT64_C(5) << 30) /* as Swift allows unless told otherwise */

#define FIELD(name, member, type) YAML_FIELD(struct swift_config, name, member, type)
#define WHO(name, member)         FIELD(name, identity.member, YAML_STR)
#define DURATION(name, member)                                                                     \
	YAML_FIELD_DECODED(struct swift_config, name, member, transport_decode_duration)

static const struct yaml_field fields[] = {
    FIELD("auth_version", identity.auth_version, YAML_I64),
    WHO("auth_url", auth_url),
    WHO("username", username),
    WHO("user_domain_name", user_domain_name),
    WHO("user_domain_id", user_domain_id),
    WHO("user_id", user_id),
    WHO("password", password),
    WHO("domain_id", domain_id),
    WHO("domain_name", domain_name),
    WHO("application_credential_id", application_credential_id),
    WHO("application_credential_name", application_credential_name),
    WHO("application_credential_secret", application_credential_secret),
    WHO("project_id", project_id),
    WHO("project_name", project_name),
    WHO("project_domain_id", project_domain_id),
    WHO("project_domain_name", project_domain_name),
    WHO("region_name", region),
    FIELD("container_name", container, YAML_STR),
    FIELD("large_object_chunk_size", segment_bytes, YAML_I64),
    FIELD("large_object_segments_container_name", segments_container, YAML_STR),
    FIELD("retries", retries, YAML_I64),
    DURATION("connect_timeout", connect_timeout_ms),
    DURATION("timeout", stall_timeout_ms),
    FIELD("use_dynamic_large_objects", use_dynamic_large_objects, YAML_BOOL),
    YAML_FIELD_SUB(struct swift_config, "http_config", http, &transport_config_table),
};
static const struct yaml_table table = YAML_TABLE("swift.Config", struct swift_config, fields);

static bool check(const struct swift_config *c, struct err *err)
{
	if (c->container.n == 0)
		return err_set(err, ERR_INVALID, "no container_name specified");
	if (str_find_char(c->container, '/') < c->container.n ||
	    str_find_char(c->segments_container, '/') < c->segments_container.n)
		return err_set(err, ERR_INVALID, "the name of a container has no '/'");
	if (c->segment_bytes < 1 || c->segment_bytes > MAX_SEGMENT_BYTES)
		return err_set(err, ERR_INVALID,
			       "large_object_chunk_size %ld: 1 byte to 5 GiB are allowed",
			       c->segment_bytes);
	if (c->retries < 0 || c->retries > MAX_RETRIES)
		return err_set(err, ERR_INVALID, "retries %ld: 0 to %d are allowed", c->retries,
			       MAX_RETRIES);
	return true;
}

bool swift_config_decode(const struct yaml_node *config, struct arena *a, struct swift_config *out,
			 struct err *err)
{
	*out = (struct swift_config){
	    .segment_bytes = DEFAULT_SEGMENT_BYTES,
	    .retries = DEFAULT_RETRIES,
	    .connect_timeout_ms = DEFAULT_CONNECT_TIMEOUT_MS,
	    .stall_timeout_ms = DEFAULT_STALL_TIMEOUT_MS,
	};
	if (!yaml_decode(config, &table, a, out, err) || !check(out, err))
		return false;
	if (out->retries == 0)
		out->retries = DEFAULT_RETRIES; /* as there */
	if (out->segments_container.n == 0)
		out->segments_container = out->container;
	return true;
}
