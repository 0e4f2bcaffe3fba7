#include "cmd/common_flags.h"

#include "model/relabel.h"
#include "net/tls.h"

#include <stdlib.h>

const char *const TLS_VERSION_CHOICES[] = {"1.0", "1.1", "1.2", "1.3", NULL};

const struct flag_spec HTTP_FLAGS[3] = {
    {.name = "http-address",
     FLAG_STRING(struct http_flags, address),
     .default_text = "0.0.0.0:10902",
     .help = "Listen host:port for HTTP endpoints."},
    {.name = "http-grace-period",
     FLAG_MODEL_DURATION(struct http_flags, grace_ms),
     .default_text = "2m",
     .help = "Time to wait after an interrupt received for HTTP Server."},
    {.name = "http.config",
     FLAG_STRING(struct http_flags, config_file),
     .default_text = "",
     .help = "[EXPERIMENTAL] Path to the configuration file that can enable TLS or "
	     "authentication for all HTTP endpoints."},
};

const struct flag_spec GRPC_FLAGS[9] = {
    {.name = "grpc-address",
     FLAG_STRING(struct grpc_flags, address),
     .default_text = "0.0.0.0:10901",
     .help = "Listen ip:port address for gRPC endpoints (StoreAPI). Make sure this address is "
	     "routable from other components."},
    {.name = "grpc-server-tls-cert",
     FLAG_STRING(struct grpc_flags, certificate_file),
     .default_text = "",
     .help = "TLS Certificate for gRPC server, leave blank to disable TLS"},
    {.name = "grpc-server-tls-key",
     FLAG_STRING(struct grpc_flags, key_file),
     .default_text = "",
     .help = "TLS Key for the gRPC server, leave blank to disable TLS"},
    {.name = "grpc-server-tls-client-ca",
     FLAG_STRING(struct grpc_flags, client_ca_file),
     .default_text = "",
     .help = "TLS CA to verify clients against. If no client CA is specified, there is no "
	     "client verification on server side. (tls.NoClientCert)"},
    {.name = "grpc-server-tls-min-version",
     FLAG_ENUM(struct grpc_flags, min_version),
     .choices = TLS_VERSION_CHOICES,
     .default_text = "1.3",
     .help = "TLS supported minimum version for gRPC server. If no version is specified, it'll "
	     "default to 1.3. Allowed values: [\"1.0\", \"1.1\", \"1.2\", \"1.3\"]"},
    {.name = "grpc-server-tls-ciphers",
     FLAG_STRINGS(struct grpc_flags, ciphers),
     .help = "TLS cipher suites for gRPC server, by Go's names (repeated). TLS 1.3 has its own."},
    {.name = "grpc-server-tls-curves",
     FLAG_STRINGS(struct grpc_flags, curves),
     .help = "TLS curves for gRPC server (repeated): CurveP256, CurveP384, CurveP521, X25519."},
    {.name = "grpc-server-max-connection-age",
     FLAG_DURATION(struct grpc_flags, max_connection_age_ms),
     .default_text = "60m",
     .help = "The grpc server max connection age. This controls how often to re-establish "
	     "connections and redo TLS handshakes."},
    {.name = "grpc-grace-period",
     FLAG_DURATION(struct grpc_flags, grace_ms),
     .default_text = "2m",
     .help = "Time to wait after an interrupt received for GRPC Server."},
};

const struct flag_spec MEMORY_FLAGS[1] = {
    {.name = "store.max-memory",
     FLAG_BYTES(struct memory_flags, max_memory_bytes),
     .default_text = "0",
     .help = "How much memory all requests together may use, and what is kept for them. A request "
	     "that would use more fails. 0: 80% of the memory that the system or the control group "
	     "allows."},
};

const struct flag_spec LIMIT_FLAGS[2] = {
    {.name = "store.limits.request-series",
     FLAG_UINT(struct limit_flags, request_series),
     .default_text = "0",
     .help = "The maximum series allowed for a single Series request. The Series call fails if "
	     "this limit is exceeded. 0 means no limit."},
    {.name = "store.limits.request-samples",
     FLAG_UINT(struct limit_flags, request_samples),
     .default_text = "0",
     .help = "The maximum samples allowed for a single Series request, The Series call fails "
	     "if this limit is exceeded. 0 means no limit. NOTE: For efficiency the limit is "
	     "internally implemented as 'chunks limit' considering each chunk contains a "
	     "maximum of 120 samples."},
};

const struct flag_spec SELECTOR_FLAGS[1] = {
    {.name = "selector.relabel-config",
     FLAG_CONTENT(struct selector_flags, relabel_config),
     .help = "YAML file with relabeling configuration that allows selecting blocks to act on "
	     "based on their external labels. It follows thanos sharding relabel-config syntax. "
	     "For format details see: "
	     "https://thanos.io/tip/thanos/sharding.md/#relabelling"},
};

const struct flag_spec REQUEST_LOG_FLAGS[1] = {
    {.name = "request.logging-config",
     FLAG_CONTENT(struct request_log_flags, config),
     .help = "YAML file with request logging configuration. See format details: "
	     "https://thanos.io/tip/thanos/logging.md/#configuration"},
};

const struct flag_spec GRPC_CLIENT_FLAGS[] = {
    {.name = "grpc-compression",
     FLAG_ENUM(struct grpc_client_flags, compression),
     .choices = FLAG_CHOICES("none", "snappy"),
     .default_text = "none",
     .help = "Compression algorithm to use for gRPC requests to other clients. Must be one of: "
	     "snappy, none"},
    {.name = "grpc-client-tls-secure",
     FLAG_BOOL(struct grpc_client_flags, tls),
     .help = "Use TLS when talking to the gRPC server"},
    {.name = "grpc-client-tls-skip-verify",
     FLAG_BOOL(struct grpc_client_flags, skip_verify),
     .help = "Disable TLS certificate verification i.e self signed, signed by fake CA"},
    {.name = "grpc-client-tls-cert",
     FLAG_STRING(struct grpc_client_flags, certificate_file),
     .default_text = "",
     .help = "TLS Certificates to use to identify this client to the server"},
    {.name = "grpc-client-tls-key",
     FLAG_STRING(struct grpc_client_flags, key_file),
     .default_text = "",
     .help = "TLS Key for the client's certificate"},
    {.name = "grpc-client-tls-ca",
     FLAG_STRING(struct grpc_client_flags, ca_file),
     .default_text = "",
     .help = "TLS CA Certificates to use to verify gRPC servers"},
    {.name = "grpc-client-server-name",
     FLAG_STRING(struct grpc_client_flags, server_name),
     .default_text = "",
     .help = "Server name to verify the hostname on the returned gRPC certificates. See "
	     "https://tools.ietf.org/html/rfc4366#section-3.1"},
    {.name = "grpc-client-tls-min-version",
     FLAG_ENUM(struct grpc_client_flags, min_version),
     .choices = TLS_VERSION_CHOICES,
     .default_text = "1.3",
     .help = "TLS supported minimum version for gRPC client."},
};

bool grpc_client_tls(const struct grpc_client_flags *f, struct tls_client **out, struct err *err)
{
	static const char *const alpn[] = {"h2", NULL};
	struct tls_settings settings = {
	    .certificate.file = *f->certificate_file ? f->certificate_file : NULL,
	    .key.file = *f->key_file ? f->key_file : NULL,
	    .ca.file = *f->ca_file ? f->ca_file : NULL,
	    .alpn = alpn,
	    .server_name = *f->server_name ? f->server_name : NULL,
	    .insecure_skip_verify = f->skip_verify,
	};

	*out = NULL;
	if (!f->tls)
		return true;
	if (!tls_version_parse(TLS_VERSION_CHOICES[f->min_version], &settings.min_version, err))
		return false;
	*out = tls_client_new(&settings, err);
	return *out || err_wrap(err, "TLS of the gRPC client");
}

bool selector_rules(const struct selector_flags *f, struct relabel **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str yaml;

	return flag_content_load(&f->relabel_config, a, &yaml, err) &&
	       (relabel_parse(yaml, RELABEL_SELECTOR, out, err) ||
		err_wrap(err, "--selector.relabel-config"));
}

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str *flag_names(const struct flag_list *values, struct arena *a, size_t *n)
{
	struct {
		struct str *v;
		size_t n, cap;
	} all = {0};

	for (size_t i = 0; i < values->n; i++) {
		struct str rest = str_of(values->v[i]), name;
		while (rest.n > 0) {
			rest = str_split(rest, ',', &name);
			name = str_trim(name, " ");
			if (name.n > 0)
				ARENA_PUSH(a, &all, name);
		}
	}
	if (all.n > 0)
		qsort(all.v, all.n, sizeof(*all.v), str_order);
	*n = 0;
	for (size_t i = 0; i < all.n; i++)
		if (*n == 0 || !str_eq(all.v[*n - 1], all.v[i]))
			all.v[(*n)++] = all.v[i];
	return all.v;
}
