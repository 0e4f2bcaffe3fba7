/* query.c - `athanor query`: one global query over many StoreAPIs. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/float_text.h"
#include "base/gate.h"
#include "base/pool.h"
#include "base/tracker.h"
#include "cmd/cpu_limit.h"
#include "cmd/memory_limit.h"
#include "cmd/query_flags.h"
#include "cmd/servers.h"
#include "net/tls.h"
#include "querier/querier.h"
#include "rpc/query_client.h"
#include "rpc/query_server.h"
#include "rpc/rpc_metrics.h"
#include "rpc/store_client.h"
#include "rpc/store_server.h"

/* --- its parts -------------------------------------------------------------------------------- */

enum { FAN_OUT_THREADS_MAX = 256, FAN_OUT_BACKLOG_MAX = 4096 };
enum { ENGINE_THREADS_MAX = 1024, HELP_BACKLOG_MAX = 4096 };

struct query_command {
	struct runtime *rt;
	const struct query_options *options;
	struct tracker memory; /* of all queries together */
	struct servers servers;
	struct rpc_metrics *client_metrics;
	struct tls_client *tls;
	struct pool *fan_out;
	struct pool *helpers; /* of queries; NULL with one thread for each */
	struct gate *queries;
	struct gate *selects;
	struct active_queries *active;
	struct query_telemetry *telemetry;
	struct querier *querier;
	struct store_server *store_server;
	struct query_server *query_server;
	struct arena *arena; /* of the options' lists */
};

static void query_done(struct query_command *q)
{
	servers_stop(&q->servers);
	query_server_free(q->query_server);
	store_server_free(q->store_server);
	querier_free(q->querier);
	query_telemetry_free(q->telemetry);
	active_queries_free(q->active);
	gate_free(q->selects);
	gate_free(q->queries);
	pool_free(q->helpers);
	pool_free(q->fan_out);
	tls_client_unref(q->tls);
	rpc_metrics_free(q->client_metrics);
	servers_done(&q->servers);
	arena_free(q->arena);
}

static bool check_numbers(const struct engine_flags *f, struct err *err)
{
	const struct {
		const char *flag;
		int64_t value, min, max;
	} numbers[] = {
	    {"--query.max-concurrent", f->max_concurrent, 1, INT32_MAX},
	    {"--query.max-concurrent-select", f->max_concurrent_select, 1, INT32_MAX},
	    {"--query.max-samples", f->max_samples, 0, INT64_MAX},
	    {"--query.max-series", f->max_series, 0, INT64_MAX},
	    {"--query.engine-threads", f->n_threads, 0, ENGINE_THREADS_MAX},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (numbers[i].value < numbers[i].min)
			return err_set(err, ERR_INVALID, "%s must be %s, got %lld", numbers[i].flag,
				       numbers[i].min ? "positive" : "positive or 0",
				       (long long)numbers[i].value);
		if (numbers[i].value > numbers[i].max)
			return err_set(err, ERR_INVALID, "%s must be at most %lld, got %lld",
				       numbers[i].flag, (long long)numbers[i].max,
				       (long long)numbers[i].value);
	}
	return true;
}

/* What the tables of flags cannot say. */
static bool check_options(const struct query_options *o, struct err *err)
{
	if (!check_numbers(&o->engine, err))
		return false;
	if (o->tenancy.is_enforced && !*o->tenancy.label)
		return err_set(err, ERR_INVALID,
			       "--query.enforce-tenancy needs a --query.tenant-label-name");
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

static struct grpc_channel_options channel_options(const struct query_command *q)
{
	return (struct grpc_channel_options){
	    .loops = q->servers.loops,
	    .tls = q->tls,
	    .compression = (enum grpc_compression)q->options->grpc_client.compression,
	    .observer = rpc_metrics_client_observer(q->client_metrics),
	};
}

static struct store_api *dial(void *arg, const char *address)
{
	struct query_command *q = arg;

	return store_client_new(
	    address, &(struct store_client_options){
			 .channel = channel_options(q),
			 .response_timeout_ms = q->options->endpoints.response_timeout_ms,
		     });
}

/* A connection of its own, made when the first query goes there. */
static struct query_service *dial_query(void *arg, const char *address)
{
	struct grpc_channel_options options = channel_options(arg);

	return query_client_new(address, &options);
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

static struct tenancy tenancy_of(const struct tenancy_flags *f)
{
	return (struct tenancy){
	    .header = f->header,
	    .default_tenant = str_of(f->default_tenant),
	    .certificate_field = (enum tenant_certificate_field)f->certificate_field,
	    .is_enforced = f->is_enforced,
	    .label = str_of(f->label),
	};
}

static unsigned threads_of_query(const struct engine_flags *f)
{
	return f->n_threads > 0 ? (unsigned)f->n_threads : cpu_limit();
}

static bool is_distributed(const struct query_command *q)
{
	return q->options->engine.mode != 0;
}

static bool describe_query(struct query_command *q, struct query_api *out, struct err *err)
{
	const struct engine_flags *f = &q->options->engine;
	struct query_api api = {
	    .api.disable_cors = q->options->web.disable_cors,
	    .evaluator =
		{
		    .default_engine = is_distributed(q) || f->engine ? QUERY_ENGINE_THANOS
								     : QUERY_ENGINE_PROMETHEUS,
		    .engine = {.parser = PARSER_OPTIONS_DEFAULT,
			       .lookback_ms = f->lookback_delta_ms,
			       .default_step_ms = f->default_evaluation_interval_ms},
		    .queries = q->queries,
		    .selects = q->selects,
		    .active = q->active,
		    .tracker = &q->memory,
		    .clock = &clock_system,
		    .dedup = f->dedup == 0 ? DEDUP_PENALTY : DEDUP_CHAIN,
		    .dynamic_lookback = f->dynamic_lookback,
		    .timeout_ms = f->timeout_ms,
		    .max_memory_bytes = f->max_memory_per_query_bytes,
		},
	    .telemetry = q->telemetry,
	    .tenancy = tenancy_of(&q->options->tenancy),
	    .partial_response = f->partial_response,
	    .auto_downsampling = f->auto_downsampling,
	    .default_step_ms = f->default_step_ms,
	    .instant_max_resolution_ms = f->instant_max_resolution_ms,
	    .metadata_range_ms = f->metadata_range_ms,
	};
	struct evaluator *e = &api.evaluator;

	e->replica_labels = flag_names(&f->replica_labels, q->arena, &e->n_replica_labels);
	e->engine.parser.extended_functions = f->x_functions;
	e->engine.max_samples = f->max_samples;
	e->engine.max_series = f->max_series;
	e->engine.helpers = q->helpers;
	e->engine.max_helpers = threads_of_query(f) - 1;
	if (!read_features(q, &e->engine.parser, err))
		return false;
	*out = api;
	return true;
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
	    .dial_query = is_distributed(q) ? dial_query : NULL,
	    .dial_arg = q,
	    .info_timeout_ms = f->info_timeout_ms,
	    .unhealthy_timeout_ms = f->unhealthy_timeout_ms,
	    .pool = q->fan_out,
	    .clock = &clock_system,
	    .logger = q->rt->logger,
	    .metrics = q->rt->metrics,
	};
	struct remote_options remotes = {
	    .takes_earliest = q->options->engine.overlapping_interval,
	};
	remotes.partition_labels =
	    flag_names(&q->options->engine.partition_labels, q->arena, &remotes.n_partition_labels);
	if (is_distributed(q)) {
		options.remotes = &remotes;
		log_info(q->rt->logger, "Distributed query mode enabled, using Thanos as the "
					"default query engine.");
	}
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
	q->query_server = query_server_new(&(struct query_server_options){
	    .service = querier_query_service(q->querier),
	    .tracker = &q->memory,
	    .clock = &clock_system,
	});
	query_server_register(q->query_server, q->servers.grpc);
	return true;
}

static bool open_active_queries(struct query_command *q, struct err *err)
{
	const struct engine_flags *f = &q->options->engine;
	struct buf unfinished auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct active_query_file *file = NULL;

	if (*f->active_query_path) {
		file = active_query_file_open(f->active_query_path, (unsigned)f->max_concurrent,
					      &unfinished, err);
		if (!file)
			return err_wrap(err, "active query log");
	}
	/* Prometheus' words, which people look for. */
	if (unfinished.n > 0)
		log_info(q->rt->logger, "These queries didn't finish in prometheus' last run:",
			 LOG_BYTES("queries", buf_str(&unfinished)));
	q->active = active_queries_new(&clock_system, file);
	return true;
}

/* Numbers as given, or the default. */
static bool read_bounds(const char *flag, const struct flag_list *texts, const double *defaults,
			size_t n_defaults, struct arena *a, const double **out, size_t *n,
			struct err *err)
{
	double *v = ARENA_ARRAY(a, double, texts->n);

	*out = texts->n > 0 ? v : defaults;
	*n = texts->n > 0 ? texts->n : n_defaults;
	for (size_t i = 0; i < texts->n; i++) {
		if (!float_parse(str_of(texts->v[i]), &v[i]))
			return err_set(err, ERR_INVALID, "--%s: '%s' is not a number", flag,
				       texts->v[i]);
		if (i > 0 && !(v[i - 1] < v[i]))
			return err_set(err, ERR_INVALID, "--%s: %s does not come after %s", flag,
				       texts->v[i], texts->v[i - 1]);
	}
	return true;
}

static bool make_telemetry(struct query_command *q, struct err *err)
{
	static const double seconds[] = {0.1, 0.25, 0.75, 1.25, 1.75, 2.5, 3, 5, 10};
	static const double samples[] = {100, 1000, 10000, 100000, 1000000};
	static const double series[] = {10, 100, 1000, 10000, 100000};
	const struct telemetry_flags *f = &q->options->telemetry;
	struct query_telemetry_options o;

	if (!read_bounds("query.telemetry.request-duration-seconds-quantiles", &f->seconds, seconds,
			 9, q->arena, &o.seconds, &o.n_seconds, err) ||
	    !read_bounds("query.telemetry.request-samples-quantiles", &f->samples, samples, 5,
			 q->arena, &o.samples, &o.n_samples, err) ||
	    !read_bounds("query.telemetry.request-series-seconds-quantiles", &f->series, series, 5,
			 q->arena, &o.series, &o.n_series, err))
		return false;
	q->telemetry = query_telemetry_new(&o, q->rt->metrics);
	return true;
}

static bool make_parts(struct query_command *q, struct err *err)
{
	memory_budget_init(&q->memory, "the querier", "--query.max-memory",
			   q->options->engine.max_memory_bytes, q->rt->memory_ratio);
	q->arena = arena_new(NULL);
	if (!servers_init(&q->servers, q->rt,
			  &(struct servers_options){
			      .component = "query",
			      .http = &q->options->http,
			      .grpc = &q->options->grpc,
			      .request_log = &q->options->request_log,
			      .request_log_scope = REQUEST_LOG_GRPC_AND_HTTP,
			      .tracker = &q->memory,
			  },
			  err) ||
	    !grpc_client_tls(&q->options->grpc_client, &q->tls, err))
		return false;
	q->client_metrics = rpc_metrics_new(q->rt->metrics, RPC_CLIENT);
	q->fan_out = pool_new(&(struct pool_options){.name = "fan-out",
						     .max_threads = FAN_OUT_THREADS_MAX,
						     .max_backlog = FAN_OUT_BACKLOG_MAX});
	if (threads_of_query(&q->options->engine) > 1)
		q->helpers = pool_new(&(struct pool_options){
		    .name = "engine",
		    .max_threads = threads_of_query(&q->options->engine) - 1,
		    .max_backlog = HELP_BACKLOG_MAX,
		});
	q->queries = gate_new((unsigned)q->options->engine.max_concurrent, q->rt->metrics,
			      "thanos_query_concurrent_", "queries");
	q->selects = gate_new((unsigned)q->options->engine.max_concurrent_select, q->rt->metrics,
			      "thanos_query_concurrent_selects_", "selects");
	return open_active_queries(q, err) && make_telemetry(q, err) && make_querier(q, err);
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
    .flags = QUERY_FLAGS,
    .n_flags = N_QUERY_FLAGS,
    .options_bytes = sizeof(struct query_options),
    .run = query_run,
};
