/* query.c - `athanor query`: one global query over many StoreAPIs. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/gate.h"
#include "base/pool.h"
#include "base/tracker.h"
#include "cmd/commands.h"
#include "cmd/memory_limit.h"
#include "cmd/servers.h"
#include "net/tls.h"
#include "querier/querier.h"
#include "rpc/rpc_metrics.h"
#include "rpc/store_client.h"
#include "rpc/store_server.h"

#include <stdlib.h>

struct endpoint_flags {
	struct flag_list endpoints;
	struct flag_list strict;
	int64_t info_timeout_ms;
	int64_t unhealthy_timeout_ms;
	int64_t response_timeout_ms;
	int compression; /* enum grpc_compression */
	bool tls;
	bool skip_verify;
	const char *certificate_file;
	const char *key_file;
	const char *ca_file;
	const char *server_name;
	int min_version; /* index into TLS_VERSION_CHOICES */
};

struct web_flags {
	const char *route_prefix;
	const char *external_prefix;
	bool disable_cors;
};

struct engine_flags {
	int64_t timeout_ms;
	int64_t max_concurrent;
	int64_t max_concurrent_select;
	int64_t lookback_delta_ms;
	bool dynamic_lookback;
	int64_t default_evaluation_interval_ms;
	int64_t default_step_ms;
	int64_t instant_max_resolution_ms;
	int64_t metadata_range_ms;
	bool auto_downsampling;
	bool partial_response;
	int engine; /* both names mean the one engine */
	int mode;
	int dedup;
	struct flag_list replica_labels;
	struct flag_list features;
	int64_t max_memory_bytes;
	int64_t max_memory_per_query_bytes;
};

struct query_options {
	struct http_flags http;
	struct grpc_flags grpc;
	struct limit_flags limits;
	struct endpoint_flags endpoints;
	struct web_flags web;
	struct engine_flags engine;
	struct refused_flags refused;
};

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
    {.name = "grpc-compression",
     FLAG_ENUM(struct endpoint_flags, compression),
     .choices = FLAG_CHOICES("none", "snappy"),
     .default_text = "none",
     .help = "Compression algorithm to use for gRPC requests to other clients. Must be one of: "
	     "snappy, none"},
    {.name = "grpc-client-tls-secure",
     FLAG_BOOL(struct endpoint_flags, tls),
     .help = "Use TLS when talking to the gRPC server"},
    {.name = "grpc-client-tls-skip-verify",
     FLAG_BOOL(struct endpoint_flags, skip_verify),
     .help = "Disable TLS certificate verification i.e self signed, signed by fake CA"},
    {.name = "grpc-client-tls-cert",
     FLAG_STRING(struct endpoint_flags, certificate_file),
     .default_text = "",
     .help = "TLS Certificates to use to identify this client to the server"},
    {.name = "grpc-client-tls-key",
     FLAG_STRING(struct endpoint_flags, key_file),
     .default_text = "",
     .help = "TLS Key for the client's certificate"},
    {.name = "grpc-client-tls-ca",
     FLAG_STRING(struct endpoint_flags, ca_file),
     .default_text = "",
     .help = "TLS CA Certificates to use to verify gRPC servers"},
    {.name = "grpc-client-server-name",
     FLAG_STRING(struct endpoint_flags, server_name),
     .default_text = "",
     .help = "Server name to verify the hostname on the returned gRPC certificates. See "
	     "https://tools.ietf.org/html/rfc4366#section-3.1"},
    {.name = "grpc-client-tls-min-version",
     FLAG_ENUM(struct endpoint_flags, min_version),
     .choices = TLS_VERSION_CHOICES,
     .default_text = "1.3",
     .help = "TLS supported minimum version for gRPC client."},
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
     .help = "Default PromQL engine to use. One engine answers to both names."},
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
    {.name = "enable-feature",
     FLAG_STRINGS(struct engine_flags, features),
     .help = "Comma separated experimental feature names to enable. The current list of "
	     "features is promql-experimental-functions."},
    {.name = "query.max-memory",
     FLAG_BYTES(struct engine_flags, max_memory_bytes),
     .default_text = "0",
     .help = "How much memory all queries together may use. A query that would use more fails. "
	     "0: 80% of the memory that the system or the control group allows."},
    {.name = "query.max-memory-per-query",
     FLAG_BYTES(struct engine_flags, max_memory_per_query_bytes),
     .default_text = "0",
     .help = "How much memory one query may use. 0: as much as all together."},
};

static const struct flag_spec refused_specs[] = {
    REFUSED_TEXT(struct query_options, "grpc-server-max-connection-age"),
    REFUSED_TEXT(struct query_options, "request.logging-config"),
    REFUSED_TEXT(struct query_options, "request.logging-config-file"),
    REFUSED_TEXT(struct query_options, "selector.relabel-config"),
    REFUSED_TEXT(struct query_options, "selector.relabel-config-file"),
    REFUSED_TEXT(struct query_options, "web.prefix-header"),
    REFUSED_BOOL(struct query_options, "query.disable-fallback"),
    REFUSED_BOOL(struct query_options, "query.enable-x-functions"),
    REFUSED_LIST(struct query_options, "query.conn-metric.label"),
    REFUSED_LIST(struct query_options, "query.partition-label"),
    REFUSED_BOOL(struct query_options, "query.distributed-with-overlapping-interval"),
    REFUSED_LIST(struct query_options, "selector-label"),
    REFUSED_BOOL(struct query_options, "rule.partial-response"),
    REFUSED_BOOL(struct query_options, "target.partial-response"),
    REFUSED_BOOL(struct query_options, "metric-metadata.partial-response"),
    REFUSED_BOOL(struct query_options, "exemplar.partial-response"),
    REFUSED_BOOL(struct query_options, "status.partial-response"),
    REFUSED_TEXT(struct query_options, "query.active-query-path"),
    REFUSED_TEXT(struct query_options, "alert.query-url"),
    REFUSED_TEXT(struct query_options, "grpc.proxy-strategy"),
    REFUSED_LIST(struct query_options, "query.telemetry.request-duration-seconds-quantiles"),
    REFUSED_LIST(struct query_options, "query.telemetry.request-samples-quantiles"),
    REFUSED_LIST(struct query_options, "query.telemetry.request-series-seconds-quantiles"),
    REFUSED_TEXT(struct query_options, "query.tenant-header"),
    REFUSED_TEXT(struct query_options, "query.default-tenant-id"),
    REFUSED_TEXT(struct query_options, "query.tenant-certificate-field"),
    REFUSED_BOOL(struct query_options, "query.enforce-tenancy"),
    REFUSED_TEXT(struct query_options, "query.tenant-label-name"),
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

static const struct command_flags query_flags[] = {
    COMMAND_FLAGS(HTTP_FLAGS, struct query_options, http),
    COMMAND_FLAGS(GRPC_FLAGS, struct query_options, grpc),
    COMMAND_FLAGS(LIMIT_FLAGS, struct query_options, limits),
    COMMAND_FLAGS(endpoint_specs, struct query_options, endpoints),
    COMMAND_FLAGS(web_specs, struct query_options, web),
    COMMAND_FLAGS(engine_specs, struct query_options, engine),
    {.specs = refused_specs, .n = sizeof(refused_specs) / sizeof(*refused_specs), .offset = 0},
};

/* --- its parts -------------------------------------------------------------------------------- */

enum { FAN_OUT_THREADS_MAX = 256, FAN_OUT_BACKLOG_MAX = 4096 };

struct query_command {
	struct runtime *rt;
	const struct query_options *options;
	struct tracker memory; /* of all queries together */
	struct servers servers;
	struct rpc_metrics *client_metrics;
	struct tls_client *tls;
	struct pool *fan_out;
	struct gate *queries;
	struct gate *selects;
	struct querier *querier;
	struct store_server *store_server;
	struct arena *arena; /* of the options' lists */
};

static void query_done(struct query_command *q)
{
	servers_stop(&q->servers);
	store_server_free(q->store_server);
	querier_free(q->querier);
	gate_free(q->selects);
	gate_free(q->queries);
	pool_free(q->fan_out);
	tls_client_unref(q->tls);
	rpc_metrics_free(q->client_metrics);
	servers_done(&q->servers);
	arena_free(q->arena);
}

/* What the tables of flags cannot say. */
static bool check_options(const struct query_options *o, struct err *err)
{
	if (o->engine.mode != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "--query.mode=distributed is not supported yet");
	if (o->engine.max_concurrent <= 0)
		return err_set(err, ERR_INVALID,
			       "--query.max-concurrent must be positive, got %lld",
			       (long long)o->engine.max_concurrent);
	if (o->engine.max_concurrent_select <= 0)
		return err_set(err, ERR_INVALID,
			       "--query.max-concurrent-select must be positive, got %lld",
			       (long long)o->engine.max_concurrent_select);
	return true;
}

static bool add_endpoints(const struct flag_list *addresses, bool strict,
			  struct endpoint_spec *specs, size_t *n, struct err *err)
{
	for (size_t i = 0; i < addresses->n; i++) {
		struct str address = str_of(addresses->v[i]);
		if (str_starts(address, STR("dns")) && str_find_char(address, '+') < address.n)
			return err_set(err, ERR_UNSUPPORTED,
				       "endpoint %s: DNS discovery is not supported yet",
				       addresses->v[i]);
		specs[(*n)++] = (struct endpoint_spec){addresses->v[i], strict};
	}
	return true;
}

static bool make_client_tls(struct query_command *q, struct err *err)
{
	static const char *const alpn[] = {"h2", NULL};
	const struct endpoint_flags *f = &q->options->endpoints;
	struct tls_settings settings = {
	    .certificate.file = *f->certificate_file ? f->certificate_file : NULL,
	    .key.file = *f->key_file ? f->key_file : NULL,
	    .ca.file = *f->ca_file ? f->ca_file : NULL,
	    .alpn = alpn,
	    .server_name = *f->server_name ? f->server_name : NULL,
	    .insecure_skip_verify = f->skip_verify,
	};

	if (!f->tls)
		return true;
	if (!tls_version_parse(TLS_VERSION_CHOICES[f->min_version], &settings.min_version, err))
		return false;
	q->tls = tls_client_new(&settings, err);
	return q->tls || err_wrap(err, "TLS of the gRPC client");
}

static struct store_api *dial(void *arg, const char *address)
{
	struct query_command *q = arg;

	return store_client_new(
	    address,
	    &(struct store_client_options){
		.channel =
		    {
			.loops = q->servers.loops,
			.tls = q->tls,
			.compression = (enum grpc_compression)q->options->endpoints.compression,
			.observer = rpc_metrics_client_observer(q->client_metrics),
		    },
		.response_timeout_ms = q->options->endpoints.response_timeout_ms,
	    });
}

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Repeated and comma-separated; ascending, each once. */
static struct str *replica_labels(const struct flag_list *flags, struct arena *a, size_t *n)
{
	struct {
		struct str *v;
		size_t n, cap;
	} all = {0};

	for (size_t i = 0; i < flags->n; i++) {
		struct str rest = str_of(flags->v[i]), name;
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

static bool read_features(struct query_command *q, struct parser_options *parser, struct err *err)
{
	static const char *const obsolete[] = {"promql-negative-offset", "promql-at-modifier",
					       "query-pushdown"};
	const struct flag_list *features = &q->options->engine.features;

	for (size_t i = 0; i < features->n; i++) {
		struct str rest = str_of(features->v[i]), name;
		while (rest.n > 0) {
			bool known = false;
			rest = str_split(rest, ',', &name);
			for (size_t k = 0; k < 3; k++)
				known |= str_is(name, obsolete[k]);
			if (str_is(name, "promql-experimental-functions"))
				parser->experimental_functions = true;
			else if (known)
				log_warn(q->rt->logger, "this option is obsolete: it has no effect",
					 LOG_BYTES("option", name));
			else if (name.n > 0)
				return err_set(err, ERR_INVALID,
					       "unknown option '%.*s' for --enable-feature",
					       STR_FMT(name));
		}
	}
	return true;
}

static bool describe_query(struct query_command *q, struct query_api *out, struct err *err)
{
	const struct engine_flags *f = &q->options->engine;
	struct query_api api = {
	    .api.disable_cors = q->options->web.disable_cors,
	    .engine = {.parser = PARSER_OPTIONS_DEFAULT,
		       .lookback_ms = f->lookback_delta_ms,
		       .default_step_ms = f->default_evaluation_interval_ms},
	    .queries = q->queries,
	    .selects = q->selects,
	    .tracker = &q->memory,
	    .clock = &clock_system,
	    .dedup = f->dedup == 0 ? DEDUP_PENALTY : DEDUP_CHAIN,
	    .partial_response = f->partial_response,
	    .auto_downsampling = f->auto_downsampling,
	    .dynamic_lookback = f->dynamic_lookback,
	    .timeout_ms = f->timeout_ms,
	    .default_step_ms = f->default_step_ms,
	    .instant_max_resolution_ms = f->instant_max_resolution_ms,
	    .metadata_range_ms = f->metadata_range_ms,
	    .max_memory_bytes = f->max_memory_per_query_bytes,
	};

	api.replica_labels = replica_labels(&f->replica_labels, q->arena, &api.n_replica_labels);
	*out = api;
	return read_features(q, &out->engine.parser, err);
}

/* "/a/b" of "a/b/", "/a/b/" and so on; "" of "/". */
static const char *clean_prefix(const struct web_flags *f, struct arena *a)
{
	struct str prefix = str_of(*f->route_prefix ? f->route_prefix : f->external_prefix);

	prefix = str_trim(prefix, "/");
	return prefix.n ? arena_printf(a, "/%.*s", STR_FMT(prefix)) : "";
}

static bool make_querier(struct query_command *q, struct err *err)
{
	const struct endpoint_flags *f = &q->options->endpoints;
	struct endpoint_spec *specs =
	    ARENA_ARRAY(q->arena, struct endpoint_spec, f->endpoints.n + f->strict.n);
	struct querier_options options = {.route_prefix = clean_prefix(&q->options->web, q->arena)};
	size_t n = 0;

	if (!add_endpoints(&f->endpoints, false, specs, &n, err) ||
	    !add_endpoints(&f->strict, true, specs, &n, err) ||
	    !describe_query(q, &options.query, err))
		return false;
	options.endpoints = (struct endpoint_set_options){
	    .specs = specs,
	    .n_specs = n,
	    .dial = dial,
	    .dial_arg = q,
	    .info_timeout_ms = f->info_timeout_ms,
	    .unhealthy_timeout_ms = f->unhealthy_timeout_ms,
	    .pool = q->fan_out,
	    .clock = &clock_system,
	    .logger = q->rt->logger,
	    .metrics = q->rt->metrics,
	};
	options.flags = flags_texts(q->rt->flags, &options.n_flags);
	q->querier = querier_new(&options);
	querier_add_routes(q->querier, q->servers.router);
	q->store_server = store_server_new(&(struct store_server_options){
	    .store = querier_store(q->querier),
	    .tracker = &q->memory,
	    .max_series = q->options->limits.request_series,
	    .max_samples = q->options->limits.request_samples,
	    .metrics = q->rt->metrics,
	});
	store_server_register(q->store_server, q->servers.grpc);
	return true;
}

static bool make_parts(struct query_command *q, struct err *err)
{
	int64_t limit_bytes = q->options->engine.max_memory_bytes;

	tracker_init(&q->memory, NULL, "all queries together", "--query.max-memory",
		     limit_bytes > 0 ? limit_bytes : memory_limit_default());
	q->arena = arena_new(NULL);
	if (!servers_init(&q->servers, q->rt,
			  &(struct servers_options){
			      .component = "query",
			      .http = &q->options->http,
			      .grpc = &q->options->grpc,
			      .tracker = &q->memory,
			  },
			  err) ||
	    !make_client_tls(q, err))
		return false;
	q->client_metrics = rpc_metrics_new(q->rt->metrics, RPC_CLIENT);
	q->fan_out = pool_new(&(struct pool_options){.name = "fan-out",
						     .max_threads = FAN_OUT_THREADS_MAX,
						     .max_backlog = FAN_OUT_BACKLOG_MAX});
	q->queries = gate_new((unsigned)q->options->engine.max_concurrent, q->rt->metrics,
			      "thanos_query_concurrent_", "queries");
	q->selects = gate_new((unsigned)(q->options->engine.max_concurrent_select *
					 q->options->engine.max_concurrent),
			      q->rt->metrics, "thanos_query_concurrent_selects_", "selects");
	return make_querier(q, err);
}

/* --- running ---------------------------------------------------------------------------------- */

static bool run_refresh(void *arg, struct ctx *ctx, struct err *err)
{
	(void)err;
	querier_refresh(((struct query_command *)arg)->querier, ctx);
	return true;
}

/* gRPC begins when the endpoints have been asked once, so that other queriers see what we have. */
static bool run_start(void *arg, struct ctx *ctx, struct err *err)
{
	struct query_command *q = arg;
	(void)err;

	if (querier_wait_refreshed(q->querier, ctx))
		servers_start_grpc(&q->servers);
	while (ctx_sleep_ms(ctx, INT64_C(3600000)))
		;
	return true;
}

static bool query_run(struct runtime *rt, const void *options, struct err *err)
{
	struct query_command q auto_done(query_done) = {.rt = rt, .options = options};

	if (!check_options(q.options, err) || !make_parts(&q, err))
		return false;
	servers_add_actors(&q.servers);
	runtime_add(rt, &(struct actor){"refresh", run_refresh, NULL, &q});
	runtime_add(rt, &(struct actor){"start", run_start, NULL, &q});
	log_info(rt->logger, "starting query node");
	return runtime_run(rt, err);
}

const struct command command_query = {
    .name = "query",
    .help = "Query node exposing PromQL enabled Query API with data retrieved from multiple store "
	    "nodes.",
    .flags = query_flags,
    .n_flags = sizeof(query_flags) / sizeof(*query_flags),
    .options_bytes = sizeof(struct query_options),
    .run = query_run,
};
