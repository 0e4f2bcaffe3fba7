#include "net/http_server.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/metric.h"
#include "net/http_server_internal.h"
#include "net/tls.h"
#include "net/web_config.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	MAX_BODY_BYTES = 10 * 1024 * 1024,
	MAX_HEAD_BYTES = 64 * 1024,
	HEAD_TIMEOUT_MS = 30 * 1000,
	BODY_TIMEOUT_MS = 30 * 1000,
	IDLE_TIMEOUT_MS = 120 * 1000,
	WRITE_TIMEOUT_MS = 120 * 1000,
};

/* --- metrics ---------------------------------------------------------------------------------- */

/* Names, labels and bounds are Thanos'. */
static void metrics_start(struct http_metrics *m, struct metrics *registry)
{
	static const double seconds[] = {0.001, 0.01, 0.1, 0.3, 0.6, 1,   3,   6,  9,
					 20,    30,   60,  90,  120, 240, 360, 720};
	static const double bytes[] = {64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
	enum { N_SECONDS = sizeof(seconds) / sizeof(*seconds) };
	enum { N_BYTES = sizeof(bytes) / sizeof(*bytes) };

	if (!registry)
		return;
	m->requests =
	    metrics_counters(registry, "http_requests_total", "Tracks the number of HTTP requests.",
			     "code", "handler", "method");
	m->duration = metrics_histograms(registry, "http_request_duration_seconds",
					 "Tracks the latencies for HTTP requests.", seconds,
					 N_SECONDS, "code", "handler", "method");
	m->request_bytes = metrics_histograms(registry, "http_request_size_bytes",
					      "Tracks the size of HTTP requests.", bytes, N_BYTES,
					      "code", "handler", "method");
	m->response_bytes = metrics_histograms(registry, "http_response_size_bytes",
					       "Tracks the size of HTTP responses.", bytes, N_BYTES,
					       "code", "handler", "method");
	m->in_flight = metrics_gauges(
	    registry, "http_inflight_requests",
	    "Current number of HTTP requests the handler is responding to.", "handler", "method");
}

void http_metrics_observe(const struct http_metrics *m, const struct http_exchange *e,
			  const struct http_outcome *outcome)
{
	char code[16];
	const char *method = http_method_label(e->request.method);
	const char *handler = outcome->route_name;

	if (!m->requests || !handler)
		return;
	snprintf(code, sizeof(code), "%d", outcome->status);
	counter_inc(counter_at(m->requests, code, handler, method));
	histogram_metric_observe(histogram_metric_at(m->duration, code, handler, method),
				 (double)outcome->duration_ns / 1e9);
	histogram_metric_observe(histogram_metric_at(m->request_bytes, code, handler, method),
				 (double)outcome->request_bytes);
	histogram_metric_observe(histogram_metric_at(m->response_bytes, code, handler, method),
				 (double)outcome->response_bytes);
}

void http_metrics_in_flight(const struct http_metrics *m, const struct http_exchange *e, int by)
{
	if (m->in_flight && e->match.route->name)
		gauge_add(gauge_at(m->in_flight, e->match.route->name,
				   http_method_label(e->request.method)),
			  by);
}

/* --- what is counted and listed --------------------------------------------------------------- */

void http_server_add(struct http_server *s, struct http_connection *c)
{
	pthread_mutex_lock(&s->mu);
	http_connection_link(c, &s->connections);
	s->n_connections++;
	pthread_mutex_unlock(&s->mu);
}

void http_server_remove(struct http_server *s, struct http_connection *c)
{
	pthread_mutex_lock(&s->mu);
	http_connection_unlink(c);
	s->n_connections--;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mu);
}

void http_server_count_exchange(struct http_server *s, int by)
{
	pthread_mutex_lock(&s->mu);
	s->n_exchanges += (size_t)by;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mu);
}

/* --- starting --------------------------------------------------------------------------------- */

static void set_defaults(struct http_server_options *o)
{
	if (!o->max_body_bytes)
		o->max_body_bytes = MAX_BODY_BYTES;
	if (!o->max_head_bytes)
		o->max_head_bytes = MAX_HEAD_BYTES;
	if (!o->head_timeout_ms)
		o->head_timeout_ms = HEAD_TIMEOUT_MS;
	if (!o->body_timeout_ms)
		o->body_timeout_ms = BODY_TIMEOUT_MS;
	if (!o->idle_timeout_ms)
		o->idle_timeout_ms = IDLE_TIMEOUT_MS;
	if (!o->write_timeout_ms)
		o->write_timeout_ms = WRITE_TIMEOUT_MS;
}

static bool listen_on(struct http_server *s, const char *address, struct tls_server *tls,
		      struct err *err)
{
	struct listener_options options = {
	    .address = address,
	    .tls = tls,
	    .limits.connect_timeout_ms = s->options.head_timeout_ms,
	    .limits.write_stall_ms = s->options.write_timeout_ms,
	    .max_connections = s->options.max_connections,
	    .on_accept = http_connection_accept,
	    .arg = s,
	};

	if (!tls && s->web_config)
		options.tls = web_config_tls(s->web_config);
	s->listener = listener_open(s->loops, &options, err);
	return s->listener != NULL;
}

struct http_server *http_server_start(struct loops *loops,
				      const struct http_server_options *options, struct err *err)
{
	struct web_config *web_config = NULL;

	if (options->web_config_file && options->web_config_file[0]) {
		web_config = web_config_open(options->web_config_file, err);
		if (!web_config)
			return NULL;
	}
	struct http_server *s = NEW(struct http_server);
	s->options = *options;
	s->options.address = s->options.web_config_file = NULL; /* borrowed for this call only */
	s->options.tls = NULL;
	set_defaults(&s->options);
	s->loops = loops;
	s->web_config = web_config;
	s->ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	pthread_mutex_init(&s->mu, NULL);
	ctx_cond_init(&s->changed);
	metrics_start(&s->metrics, options->metrics);
	if (listen_on(s, options->address, options->tls, err))
		return s;
	s->stopped = true;
	http_server_free(s);
	return NULL;
}

const char *http_server_address(const struct http_server *s)
{
	return listener_address(s->listener);
}

/* --- ending ----------------------------------------------------------------------------------- */

struct visit {
	struct http_server *server;
	struct loop *loop;
	void (*fn)(struct http_connection *c);
};

static void visit_loop(void *arg)
{
	struct visit *v = arg;
	struct http_server *s = v->server;

	pthread_mutex_lock(&s->mu);
	struct http_connection **found auto_free(mem_free) =
	    xreallocarray(NULL, s->n_connections + 1, sizeof(struct http_connection *));
	size_t n = http_connections_of(s->connections, v->loop, found);
	pthread_mutex_unlock(&s->mu);

	/* Not under the lock: a connection that is cut may let go of its exchange, which counts. */
	for (size_t i = 0; i < n; i++)
		v->fn(found[i]);
}

static void visit_all(struct http_server *s, void (*fn)(struct http_connection *c))
{
	for (size_t i = 0; i < loops_count(s->loops); i++) {
		struct visit v = {.server = s, .loop = loops_get(s->loops, i), .fn = fn};
		loop_call(v.loop, visit_loop, &v);
	}
}

/* False: not within the time. */
static bool wait_for_connections(struct http_server *s, int64_t grace_ms)
{
	struct ctx *grace auto_free(ctx_free) = ctx_new_timeout_ms(NULL, grace_ms);

	pthread_mutex_lock(&s->mu);
	while (s->n_connections > 0 && ctx_wait(grace, &s->changed, &s->mu))
		;
	bool all_gone = s->n_connections == 0;
	pthread_mutex_unlock(&s->mu);
	return all_gone;
}

void http_server_stop(struct http_server *s, int64_t grace_ms)
{
	if (s->stopped)
		return;
	s->stopped = true;
	s->draining = true;
	listener_stop(s->listener);
	visit_all(s, http_connection_drain);
	if (grace_ms <= 0 || !wait_for_connections(s, grace_ms)) {
		ctx_cancel(s->ctx, ERR_CANCELED, "the server is shutting down");
		visit_all(s, http_connection_cut);
	}
	pthread_mutex_lock(&s->mu);
	while (s->n_connections > 0 || s->n_exchanges > 0)
		pthread_cond_wait(&s->changed, &s->mu);
	pthread_mutex_unlock(&s->mu);
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	http_server_stop(s, 0);
	listener_close(s->listener);
	web_config_free(s->web_config);
	ctx_free(s->ctx);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->mu);
	free(s);
}
