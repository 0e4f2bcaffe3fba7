#include "cmd/common_flags.h"

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

const struct flag_spec GRPC_FLAGS[8] = {
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
    {.name = "grpc-grace-period",
     FLAG_DURATION(struct grpc_flags, grace_ms),
     .default_text = "2m",
     .help = "Time to wait after an interrupt received for GRPC Server."},
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
