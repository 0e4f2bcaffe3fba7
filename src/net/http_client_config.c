#include "net/http_client_config.h"

#define NS_PER_MS  INT64_C(1000000)
#define NS_PER_S   INT64_C(1000000000)
#define FOREVER_MS (INT64_C(365) * 24 * 3600 * 1000)

/* --- the tables ------------------------------------------------------------------------------- */

static const struct yaml_field basic_auth_fields[] = {
    YAML_FIELD(struct http_basic_auth_config, "username", username, YAML_STR),
    YAML_FIELD(struct http_basic_auth_config, "password", password, YAML_STR),
    YAML_FIELD(struct http_basic_auth_config, "password_file", password_file, YAML_STR),
};

static const struct yaml_field tls_fields[] = {
    YAML_FIELD(struct http_tls_config, "ca_file", ca_file, YAML_STR),
    YAML_FIELD(struct http_tls_config, "cert_file", cert_file, YAML_STR),
    YAML_FIELD(struct http_tls_config, "key_file", key_file, YAML_STR),
    YAML_FIELD(struct http_tls_config, "server_name", server_name, YAML_STR),
    YAML_FIELD(struct http_tls_config, "insecure_skip_verify", insecure_skip_verify, YAML_BOOL),
};

static const struct yaml_field transport_fields[] = {
    YAML_FIELD(struct http_transport_config, "max_idle_conns", max_idle_conns, YAML_I64),
    {.name = "max_idle_conns_per_host", .type = YAML_IGNORED},
    YAML_FIELD(struct http_transport_config, "max_conns_per_host", max_conns_per_host, YAML_I64),
    YAML_FIELD(struct http_transport_config, "idle_conn_timeout", idle_conn_timeout_ns, YAML_I64),
    YAML_FIELD(struct http_transport_config, "response_header_timeout", response_header_timeout_ns,
	       YAML_I64),
    {.name = "expect_continue_timeout", .type = YAML_IGNORED},
    YAML_FIELD(struct http_transport_config, "disable_compression", disable_compression, YAML_BOOL),
    YAML_FIELD(struct http_transport_config, "tls_handshake_timeout", tls_handshake_timeout_ns,
	       YAML_I64),
    YAML_FIELD(struct http_transport_config, "dialer_timeout", dialer_timeout_ns, YAML_I64),
};

static void set_defaults(void *out)
{
	struct http_client_config *c = out;

	*c = (struct http_client_config){
	    .transport.max_idle_conns = 100,
	    .transport.idle_conn_timeout_ns = 90 * NS_PER_S,
	    .transport.tls_handshake_timeout_ns = 10 * NS_PER_S,
	    .transport.dialer_timeout_ns = 5 * NS_PER_S,
	};
}

static bool validate(const struct yaml_node *node, void *out, struct err *err)
{
	const struct http_client_config *c = out;
	const struct http_transport_config *t = &c->transport;
	const struct http_basic_auth_config *b = &c->basic_auth;

	if (c->bearer_token.n && c->bearer_token_file.n)
		return yaml_fail(
		    node, err,
		    "at most one of bearer_token & bearer_token_file must be configured");
	if ((b->username.n || b->password.n || b->password_file.n) &&
	    (c->bearer_token.n || c->bearer_token_file.n))
		return yaml_fail(node, err,
				 "at most one of basic_auth, bearer_token & bearer_token_file must "
				 "be configured");
	if (b->password.n && b->password_file.n)
		return yaml_fail(node, err,
				 "at most one of basic_auth password & password_file must be "
				 "configured");
	if (t->max_idle_conns < 0 || t->max_conns_per_host < 0 || t->idle_conn_timeout_ns < 0 ||
	    t->response_header_timeout_ns < 0 || t->tls_handshake_timeout_ns < 0 ||
	    t->dialer_timeout_ns < 0)
		return yaml_fail(node, err, "transport_config: negative value");
	return true;
}

/* One set of tables refuses unknown keys, the other ignores them. */
#define TABLES(prefix, unknown_keys)                                                               \
	static const struct yaml_table prefix##_basic_auth =                                       \
	    YAML_TABLE("clientconfig.BasicAuth", struct http_basic_auth_config, basic_auth_fields, \
		       .unknown = (unknown_keys));                                                 \
	static const struct yaml_table prefix##_tls =                                              \
	    YAML_TABLE("clientconfig.TLSConfig", struct http_tls_config, tls_fields,               \
		       .unknown = (unknown_keys));                                                 \
	static const struct yaml_table prefix##_transport =                                        \
	    YAML_TABLE("clientconfig.TransportConfig", struct http_transport_config,               \
		       transport_fields, .unknown = (unknown_keys));                               \
	static const struct yaml_field prefix##_fields[] = {                                       \
	    YAML_FIELD_SUB(struct http_client_config, "basic_auth", basic_auth,                    \
			   &prefix##_basic_auth),                                                  \
	    YAML_FIELD(struct http_client_config, "bearer_token", bearer_token, YAML_STR),         \
	    YAML_FIELD(struct http_client_config, "bearer_token_file", bearer_token_file,          \
		       YAML_STR),                                                                  \
	    YAML_FIELD(struct http_client_config, "proxy_url", proxy_url, YAML_STR),               \
	    YAML_FIELD_SUB(struct http_client_config, "tls_config", tls, &prefix##_tls),           \
	    YAML_FIELD_SUB(struct http_client_config, "transport_config", transport,               \
			   &prefix##_transport),                                                   \
	};

TABLES(strict, YAML_UNKNOWN_REFUSED)
TABLES(lenient, YAML_UNKNOWN_IGNORED)

const struct yaml_table http_client_config_table =
    YAML_TABLE("clientconfig.HTTPClientConfig", struct http_client_config, strict_fields,
	       .set_defaults = set_defaults, .validate = validate);

static const struct yaml_table lenient_table =
    YAML_TABLE("clientconfig.HTTPClientConfig", struct http_client_config, lenient_fields,
	       .unknown = YAML_UNKNOWN_IGNORED, .set_defaults = set_defaults, .validate = validate);

bool http_client_config_parse(struct str text, struct arena *a, struct http_client_config *out,
			      struct err *err)
{
	struct yaml_node *root;

	return (yaml_parse(text, a, &root, err) &&
		yaml_decode(root, &lenient_table, a, out, err)) ||
	       err_wrap(err, "HTTP client configuration");
}

/* --- as options ------------------------------------------------------------------------------- */

static const char *given(struct str s)
{
	return s.n ? s.p : NULL;
}

static int64_t ms_of(int64_t ns)
{
	return ns / NS_PER_MS + (ns % NS_PER_MS > 0);
}

void http_client_config_options(const struct http_client_config *c, struct http_client_options *out)
{
	const struct http_transport_config *t = &c->transport;
	bool has_limit = t->dialer_timeout_ns && t->tls_handshake_timeout_ns;

	*out = (struct http_client_options){
	    .tls.ca.file = given(c->tls.ca_file),
	    .tls.certificate.file = given(c->tls.cert_file),
	    .tls.key.file = given(c->tls.key_file),
	    .tls.server_name = given(c->tls.server_name),
	    .tls.insecure_skip_verify = c->tls.insecure_skip_verify,
	    .username = given(c->basic_auth.username),
	    .password = given(c->basic_auth.password),
	    .password_file = given(c->basic_auth.password_file),
	    .bearer_token = given(c->bearer_token),
	    .bearer_token_file = given(c->bearer_token_file),
	    .proxy_url = c->proxy_url.n ? c->proxy_url.p : "",
	    .max_idle_connections = (size_t)t->max_idle_conns,
	    .max_connections_per_host = (size_t)t->max_conns_per_host,
	    .idle_timeout_ms =
		t->idle_conn_timeout_ns ? ms_of(t->idle_conn_timeout_ns) : FOREVER_MS,
	    .connect_timeout_ms =
		has_limit ? ms_of(t->dialer_timeout_ns) + ms_of(t->tls_handshake_timeout_ns)
			  : FOREVER_MS,
	    .response_timeout_ms = ms_of(t->response_header_timeout_ns),
	    .disable_compression = t->disable_compression,
	};
}
