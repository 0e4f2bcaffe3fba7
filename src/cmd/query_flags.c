#include "cmd/query_flags.h"

#include "api/tenancy.h"

static const struct flag_spec endpoint_specs[] = {
    {.name = "endpoint",
     FLAG_STRINGS(struct endpoint_flags, endpoints),
     .help = "Addresses of statically configured Thanos API servers (repeatable)."},
    {.name = "endpoint-strict",
     FLAG_STRINGS(struct endpoint_flags, strict),
     .help = "Addresses of only statically configured Thanos API servers that are always used, "
	     "even if the health check fails (repeatable)."},
    {.name = "endpoint.info-timeout",
     FLAG_MODEL_DURATION(struct endpoint_flags, info_timeout_ms),
     .default_text = "5s",
     .help = "Timeout of gRPC Info requests.",
     .attrs = FLAG_HIDDEN},
    {.name = "store.unhealthy-timeout",
     FLAG_MODEL_DURATION(struct endpoint_flags, unhealthy_timeout_ms),
     .default_text = "5m",
     .help = "Timeout before an unhealthy store is cleaned from the store UI page."},
    {.name = "store.response-timeout",
     FLAG_MODEL_DURATION(struct endpoint_flags, response_timeout_ms),
     .default_text = "0ms",
     .help = "If a Store doesn't send any data in this specified duration then a Store will be "
	     "ignored and partial data will be returned if it's enabled. 0 disables timeout."},
};

static const struct flag_spec web_specs[] = {
    {.name = "web.route-prefix",
     FLAG_STRING(struct web_flags, route_prefix),
     .default_text = "",
     .help = "Prefix for API and UI endpoints. Defaults to the value of --web.external-prefix."},
    {.name = "web.external-prefix",
     FLAG_STRING(struct web_flags, external_prefix),
     .default_text = "",
     .help = "Static prefix for all HTML links and redirect URLs in the UI query web interface. "
	     "The built-in page has relative links, which need no prefix."},
    {.name = "web.disable-cors",
     FLAG_BOOL(struct web_flags, disable_cors),
     .help = "Whether to disable CORS headers to be set by Thanos. By default Thanos sets CORS "
	     "headers to be allowed by all."},
};

static const struct flag_spec engine_specs[] = {
    {.name = "query.timeout",
     FLAG_MODEL_DURATION(struct engine_flags, timeout_ms),
     .default_text = "2m",
     .help = "Maximum time to process query by query node."},
    {.name = "query.max-concurrent",
     FLAG_INT(struct engine_flags, max_concurrent),
     .default_text = "20",
     .help = "Maximum number of queries processed concurrently by query node."},
    {.name = "query.max-concurrent-select",
     FLAG_INT(struct engine_flags, max_concurrent_select),
     .default_text = "4",
     .help = "Maximum number of select requests made concurrently per a query."},
    {.name = "query.lookback-delta",
     FLAG_MODEL_DURATION(struct engine_flags, lookback_delta_ms),
     .help = "The maximum lookback duration for retrieving metrics during expression "
	     "evaluations. PromQL always evaluates the query for the certain timestamp "
	     "(query range timestamps are deduced by step). Since scrape intervals might be "
	     "different, PromQL looks back for given amount of time to get latest sample. If "
	     "it exceeds the maximum lookback delta it assumes series is stale and returns "
	     "none (a gap). This is why lookback delta should be set to at least 2 times of "
	     "the slowest scrape interval. If unset it will use the promql default of 5m."},
    {.name = "query.dynamic-lookback-delta",
     FLAG_BOOL(struct engine_flags, dynamic_lookback),
     .default_text = "true",
     .help = "Allow for larger lookback duration for queries based on resolution.",
     .attrs = FLAG_HIDDEN},
    {.name = "query.default-evaluation-interval",
     FLAG_MODEL_DURATION(struct engine_flags, default_evaluation_interval_ms),
     .default_text = "1m",
     .help = "Set default evaluation interval for sub queries."},
    {.name = "query.default-step",
     FLAG_MODEL_DURATION(struct engine_flags, default_step_ms),
     .default_text = "1s",
     .help = "Set default step for range queries. Default step is only used when step is not "
	     "set in UI. In such cases, Thanos UI will use default step to calculate resolution "
	     "(resolution = max(rangeSeconds / 250, defaultStep)). This will not work from "
	     "Grafana, but Grafana has __step variable which can be used."},
    {.name = "query.instant.default.max_source_resolution",
     FLAG_MODEL_DURATION(struct engine_flags, instant_max_resolution_ms),
     .default_text = "0s",
     .help = "default value for max_source_resolution for instant queries. If not set, defaults "
	     "to 0s only taking raw resolution into account. 1h can be a good value if you use "
	     "instant queries over time ranges that incorporate times outside of your "
	     "raw-retention.",
     .attrs = FLAG_HIDDEN},
    {.name = "query.metadata.default-time-range",
     FLAG_MODEL_DURATION(struct engine_flags, metadata_range_ms),
     .default_text = "0s",
     .help = "The default metadata time range duration for retrieving labels through Labels and "
	     "Series API when the range parameters are not specified. The zero value means "
	     "range covers the time since the beginning."},
    {.name = "query.auto-downsampling",
     FLAG_BOOL(struct engine_flags, auto_downsampling),
     .help = "Enable automatic adjustment (step / 5) to what source of data should be used in "
	     "store gateways if no max_source_resolution param is specified."},
    {.name = "query.partial-response",
     FLAG_BOOL(struct engine_flags, partial_response),
     .default_text = "true",
     .help = "Enable partial response for queries if no partial_response param is specified. "
	     "--no-query.partial-response for disabling."},
    {.name = "query.promql-engine",
     FLAG_ENUM(struct engine_flags, engine),
     .choices = FLAG_CHOICES("prometheus", "thanos"),
     .default_text = "prometheus",
     .help = "Default PromQL engine to use. One engine answers to both names; only as thanos "
	     "it knows extended rate functions."},
    {.name = "query.mode",
     FLAG_ENUM(struct engine_flags, mode),
     .choices = FLAG_CHOICES("local", "distributed"),
     .default_text = "local",
     .help = "PromQL query mode. One of: local, distributed."},
    {.name = "deduplication.func",
     FLAG_ENUM(struct engine_flags, dedup),
     .choices = FLAG_CHOICES("penalty", "chain"),
     .default_text = "penalty",
     .help = "[EXPERIMENTAL] Deduplication algorithm for merging overlapping series. Possible "
	     "values are: \"penalty\", \"chain\". If no value is specified, penalty based "
	     "deduplication algorithm will be used. When set to chain, the default compact "
	     "deduplication merger is used, which performs 1:1 deduplication for samples. At "
	     "least one replica label has to be set via --query.replica-label flag."},
    {.name = "query.replica-label",
     FLAG_STRINGS(struct engine_flags, replica_labels),
     .help = "Labels to treat as a replica indicator along which data is deduplicated. Still "
	     "you will be able to query without deduplication using 'dedup=false' parameter. "
	     "Data includes time series, recording rules, and alerting rules. Flag may be "
	     "specified multiple times as well as a comma separated list of labels."},
    {.name = "query.partition-label",
     FLAG_STRINGS(struct engine_flags, partition_labels),
     .help = "Labels that partition the leaf queriers. This is used to scope down the labelsets of "
	     "leaf queriers when using the distributed query mode. If set, these labels must form "
	     "a partition of the leaf queriers. Partition labels must not intersect with replica "
	     "labels. Every TSDB of a leaf querier must have these labels. This is useful when "
	     "there are multiple external labels that are irrelevant for the partition as it "
	     "allows the distributed engine to ignore them for some optimizations. If this is "
	     "empty then all labels are used as partition labels."},
    {.name = "query.distributed-with-overlapping-interval",
     FLAG_BOOL(struct engine_flags, overlapping_interval),
     .help = "Allow for distributed queries using an engines lowest MinT.",
     .attrs = FLAG_HIDDEN},
    {.name = "enable-feature",
     FLAG_STRINGS(struct engine_flags, features),
     .help = "Comma separated experimental feature names to enable. The current list of "
	     "features is promql-experimental-functions."},
    {.name = "query.enable-x-functions",
     FLAG_BOOL(struct engine_flags, x_functions),
     .help = "Whether to enable extended rate functions (xrate, xincrease and xdelta). "
	     "Only has effect when used with Thanos engine."},
    {.name = "query.max-memory",
     FLAG_BYTES(struct engine_flags, max_memory_bytes),
     .default_text = "0",
     .help = "How much memory all queries together may use. A query that would use more fails. "
	     "0: 80% of the memory that the system or the control group allows."},
    {.name = "query.max-memory-per-query",
     FLAG_BYTES(struct engine_flags, max_memory_per_query_bytes),
     .default_text = "0",
     .help = "How much memory one query may use. 0: as much as all together."},
    {.name = "query.active-query-path",
     FLAG_STRING(struct engine_flags, active_query_path),
     .default_text = "",
     .help = "Directory to log currently active queries in the queries.active file."},
    {.name = "query.max-samples",
     FLAG_INT(struct engine_flags, max_samples),
     .default_text = "0",
     .help = "How many samples one query may hold at once. A query that would hold more fails. 0: "
	     "no limit."},
    {.name = "query.max-series",
     FLAG_INT(struct engine_flags, max_series),
     .default_text = "0",
     .help = "How many series all selectors of a query may select together. A query that would "
	     "select more fails. 0: no limit."},
    {.name = "query.engine-threads",
     FLAG_INT(struct engine_flags, n_threads),
     .default_text = "0",
     .help = "How many threads may evaluate one query. The answer does not depend on it. 0: as "
	     "many as processors may be used at once."},
};

static const struct flag_spec tenancy_specs[] = {
    {.name = "query.tenant-header",
     FLAG_STRING(struct tenancy_flags, header),
     .default_text = TENANT_HEADER,
     .help = "HTTP header to determine tenant."},
    {.name = "query.default-tenant-id",
     FLAG_STRING(struct tenancy_flags, default_tenant),
     .default_text = TENANT_DEFAULT,
     .help = "Default tenant ID to use if tenant header is not present"},
    {.name = "query.tenant-certificate-field",
     FLAG_ENUM(struct tenancy_flags, certificate_field),
     .choices = FLAG_CHOICES("", "organization", "organizationalUnit", "commonName"),
     .default_text = "",
     .help = "Use TLS client's certificate field to determine tenant for write requests. Must be "
	     "one of organization, organizationalUnit or commonName. This setting will cause the "
	     "query.tenant-header flag value to be ignored."},
    {.name = "query.enforce-tenancy",
     FLAG_BOOL(struct tenancy_flags, is_enforced),
     .help = "Enforce tenancy on Query APIs. Responses are returned only if the label value of "
	     "the configured tenant-label-name and the value of the tenant header matches."},
    {.name = "query.tenant-label-name",
     FLAG_STRING(struct tenancy_flags, label),
     .default_text = TENANT_LABEL,
     .help = "Label name to use when enforcing tenancy (if --query.enforce-tenancy is enabled)."},
};

static const struct flag_spec telemetry_specs[] = {
    {.name = "query.telemetry.request-duration-seconds-quantiles",
     FLAG_STRINGS(struct telemetry_flags, seconds),
     .placeholder = "0.1...",
     .help = "The quantiles for exporting metrics about the request duration quantiles."},
    {.name = "query.telemetry.request-samples-quantiles",
     FLAG_STRINGS(struct telemetry_flags, samples),
     .placeholder = "100...",
     .help = "The quantiles for exporting metrics about the samples count quantiles."},
    {.name = "query.telemetry.request-series-seconds-quantiles",
     FLAG_STRINGS(struct telemetry_flags, series),
     .placeholder = "10...",
     .help = "The quantiles for exporting metrics about the series count quantiles."},
};

static const struct flag_spec refused_specs[] = {
    REFUSED_TEXT(struct query_options, "selector.relabel-config"),
    REFUSED_TEXT(struct query_options, "selector.relabel-config-file"),
    REFUSED_TEXT(struct query_options, "web.prefix-header"),
    REFUSED_BOOL(struct query_options, "query.disable-fallback"),
    REFUSED_LIST(struct query_options, "query.conn-metric.label"),
    REFUSED_LIST(struct query_options, "selector-label"),
    REFUSED_BOOL(struct query_options, "rule.partial-response"),
    REFUSED_BOOL(struct query_options, "target.partial-response"),
    REFUSED_BOOL(struct query_options, "metric-metadata.partial-response"),
    REFUSED_BOOL(struct query_options, "exemplar.partial-response"),
    REFUSED_BOOL(struct query_options, "status.partial-response"),
    REFUSED_TEXT(struct query_options, "alert.query-url"),
    REFUSED_TEXT(struct query_options, "grpc.proxy-strategy"),
    REFUSED_TEXT(struct query_options, "store.sd-dns-interval"),
    REFUSED_TEXT(struct query_options, "store.sd-dns-resolver"),
    REFUSED_TEXT(struct query_options, "endpoint.sd-config"),
    REFUSED_TEXT(struct query_options, "endpoint.sd-config-file"),
    REFUSED_TEXT(struct query_options, "endpoint.sd-config-reload-interval"),
    REFUSED_LIST(struct query_options, "store.sd-files"),
    REFUSED_TEXT(struct query_options, "store.sd-interval"),
    REFUSED_LIST(struct query_options, "endpoint-group"),
    REFUSED_LIST(struct query_options, "endpoint-group-strict"),
    REFUSED_LIST(struct query_options, "inject-test-addresses"),
    REFUSED_TEXT(struct query_options, "query.lazy-retrieval-max-buffered-responses"),
};

const struct command_flags QUERY_FLAGS[N_QUERY_FLAGS] = {
    COMMAND_FLAGS(HTTP_FLAGS, struct query_options, http),
    COMMAND_FLAGS(GRPC_FLAGS, struct query_options, grpc),
    COMMAND_FLAGS(LIMIT_FLAGS, struct query_options, limits),
    COMMAND_FLAGS(endpoint_specs, struct query_options, endpoints),
    COMMAND_FLAGS(GRPC_CLIENT_FLAGS, struct query_options, grpc_client),
    COMMAND_FLAGS(web_specs, struct query_options, web),
    COMMAND_FLAGS(engine_specs, struct query_options, engine),
    COMMAND_FLAGS(tenancy_specs, struct query_options, tenancy),
    COMMAND_FLAGS(telemetry_specs, struct query_options, telemetry),
    COMMAND_FLAGS(REQUEST_LOG_FLAGS, struct query_options, request_log),
    {.specs = refused_specs, .n = sizeof(refused_specs) / sizeof(*refused_specs), .offset = 0},
};
