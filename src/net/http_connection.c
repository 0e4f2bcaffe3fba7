/* http_connection.c - one client on its loop: reads a request, has it answered, reads the next.
 *
 * While a request runs, bytes of pipelined requests wait in `pending`, and the first that come
 * pause the reading: a client that sends one request at a time costs no system call for it, and its
 * going away is read at once.
 */
#include "base/alloc.h"
#include "base/assert.h"
#include "base/err_table.h"
#include "net/conn.h"
#include "net/http_server_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { PENDING_MAX_BYTES = 1024 * 1024 }; /* more than two reads of a connection */

struct http_connection {
	struct http_server *server;
	struct conn *conn;
	struct http1_parser parser;
	struct http_exchange *exchange; /* from its head to the end of its answer; a reference */
	bool is_running;                /* the exchange has been started */
	bool is_reading;                /* a request has begun to arrive */
	bool peer_ended;
	struct buf pending;
	struct http_connection *next, **link; /* the server's, guarded by its mu */
};

/* --- answers without a handler ---------------------------------------------------------------- */

static void answer(struct http_connection *c, int status, const char *extra_headers,
		   const char *text, bool keep)
{
	struct buf out auto_done(buf_done) = BUF_INIT(16 * 1024);
	bool head_only = c->exchange && c->exchange->request.method == HTTP_HEAD;

	buf_printf(&out,
		   "HTTP/1.1 %d %s\r\n"
		   "Content-Type: text/plain; charset=utf-8\r\n"
		   "X-Content-Type-Options: nosniff\r\n"
		   "Content-Length: %zu\r\n"
		   "%s%s\r\n%s%s",
		   status, http_status_text(status), strlen(text) + 1, extra_headers,
		   keep ? "" : "Connection: close\r\n", head_only ? "" : text,
		   head_only ? "" : "\n");
	conn_write(c->conn, out.p, out.n);
	if (!keep)
		conn_finish(c->conn);
}

static void allow_header(unsigned methods, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "Allow:");

	for (unsigned m = HTTP_GET; m < HTTP_OTHER && n < size; m <<= 1) {
		if (methods & m)
			n += (size_t)snprintf(out + n, size - n, "%s %s",
					      n > STR("Allow:").n ? "," : "", http_method_name(m));
	}
	if (n < size)
		snprintf(out + n, size - n, "\r\n");
}

static void drop_exchange(struct http_connection *c)
{
	http_exchange_abandon(c->exchange);
	http_exchange_unref(c->exchange);
	c->exchange = NULL;
}

/* The head has no route. Its body is not read: unless there is none, this is the last answer. */
static void answer_without_route(struct http_connection *c)
{
	const struct http_match *m = &c->exchange->match;
	char allow[128] = "";
	bool keep = c->parser.head.keep_alive && !c->parser.head.has_body && !c->server->draining;

	if (m->allowed)
		allow_header(m->allowed, allow, sizeof(allow));
	if (m->is_malformed)
		answer(c, 400, "", "invalid URL escape in the path", keep);
	else if (m->allowed)
		answer(c, 405, allow, "Method Not Allowed", keep);
	else
		answer(c, 404, "", "404 page not found", keep);
	drop_exchange(c);
}

/* --- requests --------------------------------------------------------------------------------- */

static void set_alarm(struct http_connection *c)
{
	const struct http_server_options *o = &c->server->options;

	if (c->is_running)
		conn_set_timeout_ms(c->conn, 0);
	else if (c->exchange)
		conn_set_timeout_ms(c->conn, o->body_timeout_ms);
	else if (!c->is_reading)
		conn_set_timeout_ms(c->conn, o->idle_timeout_ms);
}

static void head_came(struct http_connection *c)
{
	c->exchange = http_exchange_new(c->server, c, c->conn, &c->parser.head);
	if (c->exchange->match.route)
		http1_set_max_body(&c->parser, c->exchange->body.max);
	else
		answer_without_route(c);
}

static void body_came(struct http_connection *c, struct str piece)
{
	/* The parser keeps to the same limit, so that this fits. */
	if (c->exchange && !buf_append(&c->exchange->body, piece.p, piece.n))
		answer(c, 413, "", "the body is too large", false);
}

static void request_came(struct http_connection *c)
{
	struct err err = ERR_INIT;

	c->is_reading = false;
	if (!c->exchange)
		return; /* it had no route and is answered */
	if (tracker_check(c->server->options.tracker, &err) &&
	    http_exchange_start(c->exchange, &err)) {
		c->is_running = true;
		return;
	}
	answer(c, 503, "Retry-After: 1\r\n", err.msg, false);
	drop_exchange(c);
}

static void ask_for_body(struct http_connection *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (!c->exchange || !c->parser.head.expects_continue || c->exchange->body.n > 0)
		return;
	c->parser.head.expects_continue = false;
	conn_write(c->conn, go_on, sizeof(go_on) - 1);
}

/* Takes requests out of `in` until one runs; what is left of it is kept. */
static void process(struct http_connection *c, struct str in)
{
	struct str piece;

	while (!c->is_running && conn_is_open(c->conn)) {
		if (in.n > 0 && !c->is_reading && http1_is_idle(&c->parser)) {
			c->is_reading = true;
			conn_set_timeout_ms(c->conn, c->server->options.head_timeout_ms);
		}
		enum http1_event event = http1_next(&c->parser, &in, &piece);
		if (event == HTTP1_MORE) {
			ask_for_body(c);
			break;
		}
		switch (event) {
		case HTTP1_HEAD:
			head_came(c);
			break;
		case HTTP1_BODY:
			body_came(c, piece);
			break;
		case HTTP1_END:
			request_came(c);
			break;
		case HTTP1_BAD:
			answer(c, c->parser.bad_status, "", c->parser.bad_reason, false);
			return;
		case HTTP1_MORE:
			break;
		}
	}
	if (conn_is_open(c->conn) && in.n > 0)
		buf_append(&c->pending, in.p, in.n);
	set_alarm(c);
}

void http_connection_exchange_ended(struct http_connection *c, bool keep)
{
	http_exchange_unref(c->exchange);
	c->exchange = NULL;
	c->is_running = false;
	if (!keep || c->peer_ended || c->server->draining) {
		conn_finish(c->conn);
		return;
	}
	struct buf pending = c->pending;
	buf_init(&c->pending, PENDING_MAX_BYTES, NULL);
	process(c, buf_str(&pending));
	buf_done(&pending);
	if (!c->is_running)
		conn_resume(c->conn);
}

void http_connection_write(struct http_connection *c, const char *p, size_t n,
			   void (*release)(void *arg), void *arg)
{
	conn_write_borrowed(c->conn, p, n, release, arg);
}

void http_connection_link(struct http_connection *c, struct http_connection **list)
{
	c->next = *list;
	c->link = list;
	if (c->next)
		c->next->link = &c->next;
	*list = c;
}

void http_connection_unlink(struct http_connection *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
}

size_t http_connections_of(struct http_connection *list, const struct loop *loop,
			   struct http_connection **out)
{
	size_t n = 0;

	for (struct http_connection *c = list; c; c = c->next) {
		if (conn_loop(c->conn) == loop)
			out[n++] = c;
	}
	return n;
}

void http_connection_drain(struct http_connection *c)
{
	if (!c->exchange && !c->is_reading)
		conn_finish(c->conn);
}

void http_connection_cut(struct http_connection *c)
{
	conn_fail(c->conn, ERR_CANCELED, "the server is shutting down");
}

/* --- callbacks of the connection -------------------------------------------------------------- */

static void bytes_came(struct conn *conn, void *arg, struct str bytes)
{
	struct http_connection *c = arg;

	if (!c->is_running) {
		process(c, bytes);
		return;
	}
	conn_pause(conn);
	if (!buf_append(&c->pending, bytes.p, bytes.n))
		conn_fail(conn, ERR_LIMIT, "too many requests at once");
}

/* A client that shuts its side may still read, but mostly it has gone: the request is canceled, and
 * whatever its handler still writes is sent. */
static void peer_ended(struct conn *conn, void *arg)
{
	struct http_connection *c = arg;

	c->peer_ended = true;
	if (c->is_running)
		ctx_cancel(c->exchange->request.ctx, ERR_CANCELED,
			   "the client closed the connection");
	else
		conn_finish(conn);
}

static void too_late(struct conn *conn, void *arg)
{
	struct http_connection *c = arg;

	if (c->is_reading)
		answer(c, 408, "", "the request did not come in time", false);
	else
		conn_finish(conn);
}

static void connection_closed(struct conn *conn, void *arg, const struct err *why)
{
	struct http_connection *c = arg;

	(void)conn, (void)why;
	if (c->exchange)
		drop_exchange(c);
	http1_done(&c->parser);
	buf_done(&c->pending);
	http_server_remove(c->server, c);
	free(c);
}

static const struct conn_events events = {
    .on_bytes = bytes_came,
    .on_end = peer_ended,
    .on_timeout = too_late,
    .on_close = connection_closed,
};

void http_connection_accept(struct conn *conn, void *server)
{
	struct http_server *s = server;
	struct http_connection *c = NEW(struct http_connection);
	struct http1_limits limits = {
	    .max_head_bytes = s->options.max_head_bytes,
	    .max_body_bytes = s->options.max_body_bytes,
	};

	c->server = s;
	c->conn = conn;
	http1_init(&c->parser, &limits);
	buf_init(&c->pending, PENDING_MAX_BYTES, NULL);
	conn_set_events(conn, &events, c);
	conn_set_timeout_ms(conn, s->options.head_timeout_ms);
	http_server_add(s, c);
}
