/* http_exchange.c - one request from its complete head to the last byte of its answer.
 *
 * Made on the loop, run on a worker, ended on the loop. What the worker writes travels in blocks
 * that the loop hands to the connection; their bytes are counted until they have left, and the
 * worker waits while there are too many.
 */
#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/pool.h"
#include "net/http_server_internal.h"
#include "net/tls.h"
#include "net/web_config.h"

#include <stdlib.h>

enum { MAX_IN_FLIGHT_BYTES = 1024 * 1024 };

/* --- life ------------------------------------------------------------------------------------- */

/* The parser's memory goes with the connection; the handler may run longer. */
static void copy_head(struct http_request *r, const struct http1_head *head)
{
	r->method = head->method;
	r->method_name = arena_str(r->arena, head->method_name);
	r->path = arena_str(r->arena, head->path);
	if (head->query.p)
		r->query = arena_str(r->arena, head->query);
	r->host = arena_str(r->arena, head->host);
	r->headers.n = r->headers.cap = head->headers.n;
	r->headers.v = ARENA_ARRAY(r->arena, struct http_header, head->headers.n + 1);
	for (size_t i = 0; i < head->headers.n; i++) {
		r->headers.v[i].name = arena_str(r->arena, head->headers.v[i].name);
		r->headers.v[i].value = arena_str(r->arena, head->headers.v[i].value);
	}
}

static uint64_t bytes_of_head(const struct http1_head *head)
{
	uint64_t n = head->method_name.n + head->target.n + STR(" HTTP/1.1\r\n\r\n").n + 1;

	for (size_t i = 0; i < head->headers.n; i++)
		n += head->headers.v[i].name.n + head->headers.v[i].value.n + STR(": \r\n").n;
	return n;
}

static const struct tls_subject *client_certificate(const struct conn *c, struct arena *a)
{
	struct x509_st *certificate = conn_peer_certificate(c);

	if (!certificate)
		return NULL;
	struct tls_subject *subject = ARENA_NEW(a, struct tls_subject);
	*subject = tls_subject_of(certificate, a);
	return subject;
}

struct http_exchange *http_exchange_new(struct http_server *s, struct http_connection *c,
					const struct conn *conn, const struct http1_head *head)
{
	struct http_exchange *e = NEW(struct http_exchange);
	struct http_request *r = &e->request;

	e->server = s;
	e->connection = c;
	e->loop = conn_loop(conn);
	e->n_refs = 1;
	e->keep_alive = head->keep_alive;
	e->is_http10 = head->minor == 0;
	e->head_bytes = bytes_of_head(head);
	e->began_ns = clock_monotonic_ns(&clock_system);
	e->accepts_gzip =
	    http_list_has(http_header_value(&head->headers, "accept-encoding"), "gzip");
	pthread_mutex_init(&e->mu, NULL);
	pthread_cond_init(&e->room, NULL);
	r->arena = arena_new(s->options.tracker);
	r->ctx = ctx_new(s->ctx, CTX_NO_DEADLINE);
	r->is_tls = conn_is_tls(conn);
	r->certificate = client_certificate(conn, r->arena);
	r->peer = arena_cstr(r->arena, str_of(conn_peer(conn)));
	copy_head(r, head);
	http_router_match(s->options.router, r->method, r->path, r->arena, &e->match);
	uint64_t max_body = s->options.max_body_bytes;
	if (e->match.route && e->match.route->max_body_bytes)
		max_body = e->match.route->max_body_bytes;
	buf_init(&e->body, max_body, s->options.tracker);
	http_server_count_exchange(s, 1);
	return e;
}

void http_exchange_unref(struct http_exchange *e)
{
	struct http_server *s = e->server;

	if (atomic_fetch_sub(&e->n_refs, 1) > 1)
		return;
	ctx_free(e->request.ctx);
	arena_free(e->request.arena);
	buf_done(&e->body);
	pthread_cond_destroy(&e->room);
	pthread_mutex_destroy(&e->mu);
	free(e);
	http_server_count_exchange(s, -1);
}

void http_exchange_abandon(struct http_exchange *e)
{
	e->connection = NULL;
	ctx_cancel(e->request.ctx, ERR_CANCELED, "the client closed the connection");
	pthread_mutex_lock(&e->mu);
	e->is_gone = true;
	pthread_cond_signal(&e->room);
	pthread_mutex_unlock(&e->mu);
}

/* --- bytes out -------------------------------------------------------------------------------- */

struct block {
	struct http_exchange *exchange; /* a reference */
	size_t n;
	char bytes[];
};

static void block_left(void *arg)
{
	struct block *b = arg;
	struct http_exchange *e = b->exchange;

	pthread_mutex_lock(&e->mu);
	bool was_full = e->in_flight_bytes >= MAX_IN_FLIGHT_BYTES;
	e->in_flight_bytes -= b->n;
	if (was_full && e->in_flight_bytes < MAX_IN_FLIGHT_BYTES)
		pthread_cond_signal(&e->room);
	pthread_mutex_unlock(&e->mu);
	free(b);
	http_exchange_unref(e);
}

static void write_block(void *arg)
{
	struct block *b = arg;

	if (b->exchange->connection)
		http_connection_write(b->exchange->connection, b->bytes, b->n, block_left, b);
	else
		block_left(b);
}

/* Waits for room. False: the client has gone. */
static bool take_room(struct http_exchange *e, size_t n)
{
	pthread_mutex_lock(&e->mu);
	while (!e->is_gone && e->in_flight_bytes >= MAX_IN_FLIGHT_BYTES)
		pthread_cond_wait(&e->room, &e->mu);
	bool gone = e->is_gone;
	if (!gone)
		e->in_flight_bytes += n;
	pthread_mutex_unlock(&e->mu);
	return !gone;
}

bool http_exchange_hand_on(struct http_exchange *e, const struct str *parts, size_t n_parts)
{
	size_t n = 0;

	for (size_t i = 0; i < n_parts; i++)
		n += parts[i].n;
	if (!take_room(e, n))
		return false;
	struct block *b = xmalloc(sizeof(*b) + n);
	b->exchange = e;
	b->n = 0;
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].n)
			memcpy(b->bytes + b->n, parts[i].p, parts[i].n);
		b->n += parts[i].n;
	}
	atomic_fetch_add(&e->n_refs, 1);
	loop_post(e->loop, write_block, b);
	return true;
}

/* --- the worker ------------------------------------------------------------------------------- */

static void parse_form(struct http_exchange *e)
{
	struct http_request *r = &e->request;
	struct err err = ERR_INIT;
	bool ok = true;

	if (http_media_type_is(http_request_header(r, "content-type"),
			       "application/x-www-form-urlencoded"))
		ok = http_params_parse(&r->form, r->body, r->arena, &err);
	ok = http_params_parse(&r->form, r->query, r->arena, &err) && ok;
	if (ok)
		return;
	r->form_err = ARENA_NEW(r->arena, struct err);
	*r->form_err = err;
}

static void call_handler(struct http_exchange *e)
{
	const struct http_route_group *group = e->match.group;
	struct http_server *s = e->server;

	if (s->web_config && !web_config_admit(s->web_config, &e->request, &e->response))
		return;
	if (s->options.on_begin)
		e->begun = s->options.on_begin(s->options.arg, &e->request, e->match.route->name);
	parse_form(e);
	if (group->before && !group->before(&e->request, &e->response, group->before_arg))
		return;
	e->match.route->handler(&e->request, &e->response, group->arg);
}

static void report(struct http_exchange *e)
{
	struct http_server *s = e->server;
	struct http_outcome outcome = {
	    .status = e->response.status,
	    .request_bytes = e->head_bytes + e->body.n,
	    .response_bytes = e->response.sent_bytes,
	    .duration_ns = clock_monotonic_ns(&clock_system) - e->began_ns,
	    .route_name = e->match.route->name,
	    .is_complete = !e->response.is_aborted,
	    .begun = e->begun,
	};

	http_metrics_observe(&s->metrics, e, &outcome);
	if (s->options.on_end)
		s->options.on_end(s->options.arg, &e->request, &outcome);
}

static void ended(void *arg)
{
	struct http_exchange *e = arg;
	struct http_connection *c = e->connection;

	if (c)
		http_connection_exchange_ended(c, e->keep_alive);
	http_exchange_unref(e);
}

static void run(void *arg)
{
	struct http_exchange *e = arg;

	http_response_init(&e->response, e);
	http_metrics_in_flight(&e->server->metrics, e, 1);
	call_handler(e);
	http_response_end(&e->response);
	http_metrics_in_flight(&e->server->metrics, e, -1);
	e->keep_alive = e->response.keep_alive && !e->response.is_aborted;
	report(e);
	http_response_done(&e->response);
	loop_post(e->loop, ended, e);
}

bool http_exchange_start(struct http_exchange *e, struct err *err)
{
	e->request.body = buf_str(&e->body);
	e->request.segments = e->match.segments;
	if (e->server->draining)
		e->keep_alive = false;
	atomic_fetch_add(&e->n_refs, 1);
	if (pool_submit(e->server->options.pool, run, e, err))
		return true;
	atomic_fetch_sub(&e->n_refs, 1);
	return false;
}
