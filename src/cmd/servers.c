#include "cmd/servers.h"

#include "base/clock.h"
#include "base/pool.h"
#include "net/tls.h"
#include "rpc/health_server.h"
#include "rpc/rpc_metrics.h"
#include "rpc/rpc_names.h"
#include "telemetry/exposition.h"
#include "telemetry/probes.h"

#include <unistd.h>

enum {
	LOOPS_WANTED = 4,
	HTTP_THREADS_MAX = 256,
	GRPC_THREADS_MAX = 512,
	BACKLOG_MAX = 4096,
	METRICS_MAX_BYTES = 256 << 20,
};

/* --- /metrics --------------------------------------------------------------------------------- */

static void serve_metrics(struct http_request *r, struct http_response *response, void *arg)
{
	struct buf body auto_done(buf_done) = BUF_INIT(METRICS_MAX_BYTES);
	enum exposition_format format = exposition_negotiate(http_request_header(r, "accept"));

	if (exposition_write(arg, format, &body))
		http_response_send(response, 200, exposition_content_type(format), buf_str(&body));
	else
		http_response_error(response, 500, "the metrics are larger than %d bytes",
				    METRICS_MAX_BYTES);
}

static const struct http_route METRICS_ROUTES[] = {
    {HTTP_GET, "/metrics", serve_metrics, NULL, 0},
};

/* --- HTTP ------------------------------------------------------------------------------------- */

static void wait_for_end(struct ctx *ctx)
{
	while (ctx_sleep_ms(ctx, INT64_C(3600000)))
		;
}

static bool run_http(void *arg, struct ctx *ctx, struct err *err)
{
	struct servers *s = arg;
	struct http_server_options options = {
	    .address = s->options.http->address,
	    .web_config_file = s->options.http->config_file,
	    .router = s->router,
	    .pool = s->http_pool,
	    .tracker = &s->memory,
	    .metrics = s->rt->metrics,
	};

	if (s->request_log)
		request_log_watch_http(s->request_log, &options);
	struct http_server *server auto_free(http_server_free) =
	    http_server_start(s->loops, &options, err);
	if (!server)
		return err_wrap(err, "HTTP server");
	probes_set_healthy(s->probes);
	log_info(s->rt->logger, "listening for requests and metrics",
		 LOG_STR("service", "http/server"), LOG_STR("component", s->options.component),
		 LOG_STR("address", http_server_address(server)));
	wait_for_end(ctx);
	http_server_stop(server, s->options.http->grace_ms);
	return true;
}

/* --- gRPC ------------------------------------------------------------------------------------- */

/* Before running requests get their grace, so that no new ones are sent here. */
static void say_not_ready(struct servers *s, struct ctx *ended)
{
	struct err why;

	health_server_set(s->health, false);
	if (!ctx_check(ended, &why))
		probes_set_not_ready(s->probes, &why);
}

static bool run_grpc(void *arg, struct ctx *ctx, struct err *err)
{
	struct servers *s = arg;

	/* Wakes up when either ends: the wait, or the program. */
	wait_for_end(s->grpc_may_start);
	if (ctx_done(ctx))
		return true;
	if (!grpc_server_listen(s->grpc, s->loops, s->options.grpc->address, s->grpc_tls, err))
		return err_wrap(err, "gRPC server");
	log_info(s->rt->logger, "listening for serving gRPC", LOG_STR("service", "gRPC/server"),
		 LOG_STR("component", s->options.component),
		 LOG_STR("address", grpc_server_address(s->grpc)));
	health_server_set(s->health, true);
	probes_set_ready(s->probes);
	wait_for_end(ctx);
	say_not_ready(s, ctx);
	grpc_server_shutdown(s->grpc, s->options.grpc->grace_ms);
	return true;
}

void servers_start_grpc(struct servers *s)
{
	ctx_cancel(s->grpc_may_start, ERR_CANCELED, "there is something to serve");
}

void servers_add_actors(struct servers *s)
{
	runtime_add(s->rt, &(struct actor){"http", run_http, NULL, s});
	if (s->options.grpc)
		runtime_add(s->rt, &(struct actor){"grpc", run_grpc, NULL, s});
}

/* --- making ----------------------------------------------------------------------------------- */

/* A NULL-terminated list, or NULL for none. */
static const char *const *list_or_null(const struct flag_list *list, struct arena *a)
{
	if (list->n == 0)
		return NULL;
	const char **v = ARENA_ARRAY(a, const char *, list->n + 1);
	memcpy(v, list->v, list->n * sizeof(*v));
	return v;
}

static bool make_tls(struct servers *s, struct err *err)
{
	static const char *const alpn[] = {"h2", NULL};
	const struct grpc_flags *f = s->options.grpc;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct tls_settings settings = {
	    .certificate.file = f->certificate_file,
	    .key.file = f->key_file,
	    .ca.file = *f->client_ca_file ? f->client_ca_file : NULL,
	    .ciphers = list_or_null(&f->ciphers, a),
	    .curves = list_or_null(&f->curves, a),
	    .alpn = alpn,
	};

	if (!*f->certificate_file && !*f->key_file) {
		if (*f->client_ca_file)
			return err_set(
			    err, ERR_INVALID,
			    "--grpc-server-tls-client-ca needs --grpc-server-tls-cert and "
			    "--grpc-server-tls-key");
		log_info(s->rt->logger, "disabled TLS, key and cert must be set to enable",
			 LOG_STR("protocol", "gRPC"));
		return true;
	}
	if (!*f->certificate_file || !*f->key_file)
		return err_set(
		    err, ERR_INVALID,
		    "both --grpc-server-tls-cert and --grpc-server-tls-key must be given");
	if (!tls_version_parse(TLS_VERSION_CHOICES[f->min_version], &settings.min_version, err))
		return false;
	s->grpc_tls = tls_server_new(&settings, err);
	return s->grpc_tls || err_wrap(err, "setup gRPC server");
}

static bool make_grpc(struct servers *s, struct err *err)
{
	if (!make_tls(s, err))
		return false;
	s->grpc_may_start = ctx_new(s->rt->ctx, CTX_NO_DEADLINE);
	s->grpc_pool = pool_new(&(struct pool_options){
	    .name = "grpc", .max_threads = GRPC_THREADS_MAX, .max_backlog = BACKLOG_MAX});
	s->rpc_metrics = rpc_metrics_new(s->rt->metrics, RPC_SERVER);
	struct grpc_server_options options = {
	    .pool = s->grpc_pool,
	    .tracker = &s->memory,
	    .observer = rpc_metrics_server_observer(s->rpc_metrics),
	    .max_connection_age_ms = s->options.grpc->max_connection_age_ms,
	};
	if (s->request_log)
		options.watcher = request_log_grpc_watcher(s->request_log);
	s->grpc = grpc_server_new(&options);
	s->health = health_server_new();
	health_server_register(s->health, s->grpc);
	return true;
}

static const char *method_type(const char *path)
{
	const struct rpc_method *method = rpc_method_find(path);
	return method ? method->type : "unary";
}

static bool make_request_log(struct servers *s, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct request_log_options options = {
	    .scope = s->options.request_log_scope,
	    .component = s->options.component,
	    .method_type = method_type,
	    .clock = &clock_system,
	    .logger = s->rt->logger,
	};

	if (!s->options.request_log || !flag_content_is_set(&s->options.request_log->config))
		return true;
	if (flag_content_load(&s->options.request_log->config, a, &options.yaml, err))
		s->request_log = request_log_new(&options, err);
	return s->request_log || err_wrap(err, "error while parsing config for request logging");
}

static size_t count_loops(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	return cpus < 1 ? 1 : cpus < LOOPS_WANTED ? (size_t)cpus : LOOPS_WANTED;
}

bool servers_init(struct servers *s, struct runtime *rt, const struct servers_options *options,
		  struct err *err)
{
	*s = (struct servers){.rt = rt, .options = *options};
	tracker_init(&s->memory, options->tracker, "the servers", "no flag", 0);
	s->loops = loops_start(count_loops(), err);
	if (!s->loops)
		return false;
	s->http_pool = pool_new(&(struct pool_options){
	    .name = "http", .max_threads = HTTP_THREADS_MAX, .max_backlog = BACKLOG_MAX});
	s->router = http_router_new();
	s->probes = probes_new(options->component, rt->metrics, rt->logger);
	probes_add_routes(s->probes, s->router);
	http_router_add(s->router, &(struct http_route_group){
				       .routes = METRICS_ROUTES,
				       .n_routes = 1,
				       .arg = rt->metrics,
				   });
	return make_request_log(s, err) && (!options->grpc || make_grpc(s, err));
}

void servers_stop(struct servers *s)
{
	grpc_server_free(s->grpc);
	s->grpc = NULL;
	pool_free(s->grpc_pool);
	s->grpc_pool = NULL;
	pool_free(s->http_pool);
	s->http_pool = NULL;
}

void servers_done(struct servers *s)
{
	servers_stop(s);
	loops_stop(s->loops);
	health_server_free(s->health);
	rpc_metrics_free(s->rpc_metrics);
	request_log_free(s->request_log);
	tls_server_unref(s->grpc_tls);
	http_router_free(s->router);
	probes_free(s->probes);
	ctx_free(s->grpc_may_start);
	tracker_done(&s->memory);
}
