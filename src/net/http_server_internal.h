/* http_server_internal.h - what the files of the HTTP server share.
 *
 * http_server.c      the server: listening, metrics, the end
 * http_connection.c  one client, on its loop: requests in, blocks of answers out
 * http_exchange.c    one request and its answer: made on the loop, run on a worker
 * http_response.c    writing the answer, on the worker
 */
#ifndef NET_HTTP_SERVER_INTERNAL_H
#define NET_HTTP_SERVER_INTERNAL_H

#include "base/buf.h"
#include "net/conn.h"
#include "net/http1.h"
#include "net/http_router.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/loop.h"

#include <pthread.h>
#include <stdatomic.h>

struct family;
struct http_connection;
struct http_exchange;
struct web_config;
struct z_stream_s;

struct http_metrics {
	struct family *requests, *duration, *request_bytes, *response_bytes, *in_flight;
};

struct http_server {
	struct http_server_options options; /* no limit is 0 */
	struct loops *loops;
	struct listener *listener;
	struct web_config *web_config; /* may be NULL */
	struct http_metrics metrics;   /* NULL without a registry */
	struct ctx *ctx;               /* of all requests; canceled when the grace is over */
	_Atomic bool draining;
	bool stopped;

	pthread_mutex_t mu;
	pthread_cond_t changed;
	size_t n_connections;                /* guarded by mu */
	size_t n_exchanges;                  /* guarded by mu */
	struct http_connection *connections; /* guarded by mu */
};

/* --- http_response.c: on the worker ----------------------------------------------------------- */

enum { HTTP_RESPONSE_BUFFER_BYTES = 32 * 1024 };

struct http_response {
	struct byte_sink sink; /* first, so that the two pointers convert */
	struct http_exchange *exchange;
	int status;
	struct http_headers headers; /* in the exchange's arena */
	struct buf body;             /* what has not been handed on yet */
	struct z_stream_s *gzip;     /* while the body is compressed as it comes */
	bool has_begun;              /* the head has been handed on */
	bool is_chunked;
	bool has_no_body; /* HEAD, 204, 304: what is written is dropped */
	bool keep_alive;
	bool is_aborted;
	uint64_t sent_bytes; /* of the body, as they go over the wire */
};

void http_response_init(struct http_response *r, struct http_exchange *e);
/* The rest of the answer is handed on. */
void http_response_end(struct http_response *r);
void http_response_done(struct http_response *r);

/* --- http_exchange.c -------------------------------------------------------------------------- */

struct http_exchange {
	struct http_request request; /* first, so that the two pointers convert */
	struct http_response response;
	struct http_server *server;
	struct loop *loop;
	_Atomic unsigned n_refs;
	struct http_match match;
	struct buf body;
	uint64_t head_bytes;
	int64_t began_ns;
	void *begun;     /* from on_begin() */
	bool keep_alive; /* as the client sees it */
	bool is_http10;
	bool accepts_gzip;

	/* on the loop: NULL once the connection is gone */
	struct http_connection *connection;

	pthread_mutex_t mu;
	pthread_cond_t room;
	size_t in_flight_bytes; /* guarded by mu; handed on and not yet written */
	bool is_gone;           /* guarded by mu; nobody will read what is written */
};

/* On the loop, from a complete head. */
struct http_exchange *http_exchange_new(struct http_server *s, struct http_connection *c,
					const struct conn *conn, const struct http1_head *head);
void http_exchange_unref(struct http_exchange *e);
/* On the loop: the body is complete; a worker runs the handler, then
 * http_connection_exchange_ended() is called on the loop. Fails when there is no worker. */
bool http_exchange_start(struct http_exchange *e, struct err *err);
/* The connection is gone: what is written fails from now on. */
void http_exchange_abandon(struct http_exchange *e);

/* On the worker: hand a copy of these parts on, waiting while too many bytes are in flight. False:
 * the client has gone. */
bool http_exchange_hand_on(struct http_exchange *e, const struct str *parts, size_t n_parts);

/* --- http_connection.c: on the loop ----------------------------------------------------------- */

void http_connection_accept(struct conn *conn, void *server);
void http_connection_write(struct http_connection *c, const char *p, size_t n,
			   void (*release)(void *arg), void *arg);
void http_connection_exchange_ended(struct http_connection *c, bool keep);
void http_connection_link(struct http_connection *c, struct http_connection **list);
void http_connection_unlink(struct http_connection *c);
/* Those of this loop, which stay as long as its thread does nothing else. `out` has room for the
 * whole list; returns how many there are. */
size_t http_connections_of(struct http_connection *list, const struct loop *loop,
			   struct http_connection **out);
/* Ends the connection unless a request is on its way. */
void http_connection_drain(struct http_connection *c);
void http_connection_cut(struct http_connection *c);

/* --- http_server.c ---------------------------------------------------------------------------- */

void http_server_add(struct http_server *s, struct http_connection *c);
void http_server_remove(struct http_server *s, struct http_connection *c);
void http_server_count_exchange(struct http_server *s, int by);
void http_metrics_observe(const struct http_metrics *m, const struct http_exchange *e,
			  const struct http_outcome *outcome);
void http_metrics_in_flight(const struct http_metrics *m, const struct http_exchange *e, int by);

#endif
