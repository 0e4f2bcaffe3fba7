/* http_client_config.h - the YAML of an HTTP client: --prometheus.http-client, and `http_config` in
 * other files. Keys and defaults are Thanos'; durations are nanoseconds.
 *
 *	basic_auth: {username: u, password_file: /run/secret}
 *	tls_config: {ca_file: /etc/ca.pem}
 *	transport_config: {max_conns_per_host: 10}
 *
 * expect_continue_timeout is accepted and means nothing here; max_idle_conns_per_host likewise:
 * idle connections are limited together.
 */
#ifndef NET_HTTP_CLIENT_CONFIG_H
#define NET_HTTP_CLIENT_CONFIG_H

#include "codec/yaml.h"
#include "net/http_client.h"

struct http_basic_auth_config {
	struct str username, password, password_file;
};

struct http_tls_config {
	struct str ca_file, cert_file, key_file, server_name;
	bool insecure_skip_verify;
};

struct http_transport_config {
	int64_t max_idle_conns, max_conns_per_host;
	int64_t idle_conn_timeout_ns, response_header_timeout_ns;
	int64_t tls_handshake_timeout_ns, dialer_timeout_ns;
	bool disable_compression;
};

struct http_client_config {
	struct http_basic_auth_config basic_auth;
	struct str bearer_token, bearer_token_file, proxy_url;
	struct http_tls_config tls;
	struct http_transport_config transport;
};

/* As a part of a strict file, where unknown keys are refused. Sets the defaults and validates. */
extern const struct yaml_table http_client_config_table;

/* A document of its own, as --prometheus.http-client has it: unknown keys are ignored, as in
 * Thanos. An empty one gives the defaults. Strings live in `a`. */
bool http_client_config_parse(struct str text, struct arena *a, struct http_client_config *out,
			      struct err *err);

/* The options for http_client_new(); redirects and user agent are left to the caller. Strings are
 * those of the configuration. Unlike a client without configuration, this one has no proxy unless
 * the file names one. */
void http_client_config_options(const struct http_client_config *config,
				struct http_client_options *out);

#endif
