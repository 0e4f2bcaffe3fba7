/* transport_config.h - `http_config` of object stores: the same keys and defaults for all of them,
 * as Thanos has it. Proxies come from the environment.
 */
#ifndef OBJSTORE_TRANSPORT_CONFIG_H
#define OBJSTORE_TRANSPORT_CONFIG_H

#include "codec/yaml.h"
#include "net/http_client.h"
#include "objstore/hedging.h"

struct transport_tls_config {
	struct str ca_file, cert_file, key_file, server_name;
	bool insecure_skip_verify;
};

struct transport_config {
	int64_t idle_timeout_ms, response_timeout_ms, handshake_timeout_ms;
	bool insecure_skip_verify;
	int64_t max_idle_connections, max_connections_per_host;
	bool disable_compression;
	struct transport_tls_config tls;
	/* Not of `http_config`, but beside the whole configuration; none unless it is set. */
	struct hedging_config hedging;
};

/* For the field `http_config` of a store's own table: sets the defaults. */
extern const struct yaml_table transport_config_table;

/* For a field of an int64_t in milliseconds: a duration in Prometheus' dialect. */
bool transport_decode_duration(const struct yaml_node *node, struct arena *a, void *out,
			       struct err *err);

/* Strings are those of the configuration. */
void transport_config_options(const struct transport_config *c, struct http_client_options *out);

#endif
