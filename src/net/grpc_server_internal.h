/* grpc_server_internal.h - what grpc_server.c (connections, life and end), grpc_intake.c (a request
 * arriving on the loop) and grpc_call.c (a handler at work) share. */
#ifndef NET_GRPC_SERVER_INTERNAL_H
#define NET_GRPC_SERVER_INTERNAL_H

#include "base/arena.h"
#include "base/vec.h"
#include "net/grpc_framing.h"
#include "net/grpc_server.h"
#include "net/http2_session.h"
#include "net/send_queue.h"

#include <stdatomic.h>

struct grpc_method {
	const char *path;
	grpc_handler *handler;
	void *arg;
};

/* The connections of one loop; only its thread looks. */
struct grpc_shard {
	struct grpc_server *server;
	struct loop *loop;
	struct grpc_connection *connections;
};

struct grpc_server {
	struct grpc_server_options options;
	VEC(struct grpc_method) methods; /* fixed once listening */
	struct listener *listener;
	struct grpc_shard *shards; /* one per loop */
	size_t n_shards;

	pthread_mutex_t mu;
	pthread_cond_t idle;
	size_t n_connections; /* guarded by mu */
	size_t n_running;     /* guarded by mu: handlers submitted and not returned */
	bool shut_down;       /* the owner's */
};

/* Counted: its session's life, and one per call. */
struct grpc_connection {
	atomic_uint refs;
	atomic_uint n_calls; /* that exist, the canceled ones whose handlers still run included */
	struct grpc_shard *shard;
	struct http2_session *session;
	char peer[80];
	struct grpc_connection *next, **link;
};

/* Counted: the stream's life, the handler's, and each wake under way to the loop. */
struct grpc_call {
	struct http2_stream stream; /* first, so that the two pointers convert */
	atomic_uint refs;
	struct grpc_server *server;
	struct grpc_connection *connection;
	struct loop *loop;

	/* Written by the loop before the handler is submitted, fixed from then on. */
	struct arena *arena;
	struct ctx *ctx;
	const struct grpc_method *method;
	struct {
		struct grpc_pair *v;
		size_t n, cap;
	} metadata;
	struct str http_method, path, content_type, timeout, encoding;
	struct err metadata_err;
	enum grpc_compression compression; /* of the request, and so of the answer */
	struct grpc_assembler request;
	int64_t started_ns;

	/* The loop's. */
	bool checked;   /* the headers were judged */
	bool complete;  /* the request's message is here */
	bool submitted; /* to the pool */
	bool refused;   /* the loop has answered with an error itself */
	bool answered;  /* the headers of the answer are sent */

	/* The handler's until the queue is finished, the loop's afterwards. */
	struct buf plain;   /* the request, uncompressed */
	struct buf encoded; /* one message of the answer, compressed */
	struct str message;
	enum grpc_code failed_status; /* from grpc_call_fail(); GRPC_OK: none */
	enum grpc_code status;
	struct str status_message; /* in the arena */
	struct {
		struct grpc_pair *v;
		size_t n, cap;
	} trailers;

	struct send_queue queue;
};

/* grpc_intake.c: the session's callbacks */
extern const struct http2_events grpc_intake_events;

/* grpc_call.c */
struct grpc_call *grpc_call_new(struct grpc_connection *connection);
void grpc_call_ref(struct grpc_call *call);
void grpc_call_unref(struct grpc_call *call);
void grpc_call_run(void *call); /* the pool's task */
/* The status as headers; texts in the call's arena. */
void grpc_call_status_headers(struct grpc_call *call, struct http2_headers *h);

/* grpc_server.c */
void grpc_connection_unref(struct grpc_connection *connection);
void grpc_connection_closed(struct grpc_connection *connection);
void grpc_server_call_started(struct grpc_server *server);
void grpc_server_call_ended(struct grpc_server *server);

#endif
