#include "objstore/transport_config.h"

#include "base/duration.h"

enum { CONNECT_TIMEOUT_MS = 30000 };

bool transport_decode_duration(const struct yaml_node *node, struct arena *a, void *out,
			       struct err *err)
{
	struct str text = {0};

	(void)a;
	return yaml_to_str(node, &text, err) &&
	       (text.n == 0 || model_duration_parse(text, out, err) ||
		yaml_fail(node, err, "%s", err->msg));
}

#define DURATION(name, member)                                                                     \
	YAML_FIELD_DECODED(struct transport_config, name, member, transport_decode_duration)

static const struct yaml_field tls_fields[] = {
    YAML_FIELD(struct transport_tls_config, "ca_file", ca_file, YAML_STR),
    YAML_FIELD(struct transport_tls_config, "cert_file", cert_file, YAML_STR),
    YAML_FIELD(struct transport_tls_config, "key_file", key_file, YAML_STR),
    YAML_FIELD(struct transport_tls_config, "server_name", server_name, YAML_STR),
    YAML_FIELD(struct transport_tls_config, "insecure_skip_verify", insecure_skip_verify,
	       YAML_BOOL),
};
static const struct yaml_table tls_table =
    YAML_TABLE("exthttp.TLSConfig", struct transport_tls_config, tls_fields);

static const struct yaml_field fields[] = {
    DURATION("idle_conn_timeout", idle_timeout_ms),
    DURATION("response_header_timeout", response_timeout_ms),
    YAML_FIELD(struct transport_config, "insecure_skip_verify", insecure_skip_verify, YAML_BOOL),
    DURATION("tls_handshake_timeout", handshake_timeout_ms),
    {.name = "expect_continue_timeout", .type = YAML_IGNORED},
    YAML_FIELD(struct transport_config, "max_idle_conns", max_idle_connections, YAML_I64),
    {.name = "max_idle_conns_per_host", .type = YAML_IGNORED},
    YAML_FIELD(struct transport_config, "max_conns_per_host", max_connections_per_host, YAML_I64),
    YAML_FIELD_SUB(struct transport_config, "tls_config", tls, &tls_table),
    YAML_FIELD(struct transport_config, "disable_compression", disable_compression, YAML_BOOL),
};

static void set_defaults(void *out)
{
	*(struct transport_config *)out = (struct transport_config){
	    .idle_timeout_ms = 90000,
	    .response_timeout_ms = 120000,
	    .handshake_timeout_ms = 10000,
	    .max_idle_connections = 100,
	};
}

static bool validate(const struct yaml_node *node, void *out, struct err *err)
{
	const struct transport_config *c = out;

	return (c->max_idle_connections >= 0 && c->max_connections_per_host >= 0) ||
	       yaml_fail(node, err, "http_config: negative value");
}

const struct yaml_table transport_config_table =
    YAML_TABLE("exthttp.HTTPConfig", struct transport_config, fields, .set_defaults = set_defaults,
	       .validate = validate);

static const char *given(struct str s)
{
	return s.n ? s.p : NULL;
}

void transport_config_options(const struct transport_config *c, struct http_client_options *out)
{
	*out = (struct http_client_options){
	    .tls.ca.file = given(c->tls.ca_file),
	    .tls.certificate.file = given(c->tls.cert_file),
	    .tls.key.file = given(c->tls.key_file),
	    .tls.server_name = given(c->tls.server_name),
	    .tls.insecure_skip_verify = c->insecure_skip_verify || c->tls.insecure_skip_verify,
	    .max_idle_connections = (size_t)c->max_idle_connections,
	    .max_connections_per_host = (size_t)c->max_connections_per_host,
	    .idle_timeout_ms = c->idle_timeout_ms,
	    .connect_timeout_ms = CONNECT_TIMEOUT_MS + c->handshake_timeout_ms,
	    .response_timeout_ms = c->response_timeout_ms,
	    .disable_compression = true, /* objects are what they are */
	};
}
