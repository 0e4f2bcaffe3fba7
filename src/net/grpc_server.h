/* grpc_server.h - serves gRPC methods over opaque messages.
 *
 *	static bool echo(struct grpc_call *call, void *arg, struct err *err)
 *	{
 *		return grpc_call_send(call, grpc_call_request(call), err);
 *	}
 *
 * A call is read completely by the loop thread, then its handler runs on a worker thread of the
 * pool, top to bottom, with blocking calls. The answer leaves through a bounded queue that the
 * loop drains as the client's flow control admits. What the handler returns becomes the status:
 * true is OK, false the status that belongs to err->code (grpc_status.h), with err->msg as text.
 *
 * Compression: identity and snappy (framed) are understood, and a client is answered in the
 * encoding it used. Others, unknown methods and unknown content types are refused.
 *
 * Format: gRPC's PROTOCOL-HTTP2.md. Decision: docs/decisions/014-grpc-flow-control.md.
 * Threads: grpc_server_handle() comes before grpc_server_listen(); the other functions of the
 * server may be called from any thread but a loop's or a handler's. The functions of a call belong
 * to its handler's thread; grpc_call_ctx() may be handed to others.
 */
#ifndef NET_GRPC_SERVER_H
#define NET_GRPC_SERVER_H

#include "base/cleanup.h"
#include "base/ctx.h"
#include "net/grpc_metadata.h"
#include "net/grpc_status.h"

struct grpc_call;
struct grpc_server;
struct loops;
struct pool;
struct tls_server;
struct tracker;

/* How a method was used, for metrics. Called from loop and worker threads; must not block. */
struct grpc_observer {
	void *arg;
	void (*started)(void *arg, const char *method);
	/* `seconds` from the request's headers to the status. Called once per started. */
	void (*handled)(void *arg, const char *method, enum grpc_code code, double seconds);
	void (*message_received)(void *arg, const char *method);
	void (*message_sent)(void *arg, const char *method);
};

/* Both ends of a single call, for logs. Called on the thread of the call's handler, before and
 * after it. All NULL: nobody wants to know. */
struct grpc_call_watcher {
	void *arg;
	/* The result goes to `end`; NULL: this call is of no interest, and has no `end`. */
	void *(*begin)(void *arg, const struct grpc_call *call);
	/* `message` tells why the call failed. */
	void (*end)(void *arg, void *begun, const struct grpc_call *call, enum grpc_code code,
		    struct str message);
};

/* 0 or NULL stands for the default. */
struct grpc_server_options {
	struct pool *pool;       /* runs the handlers; required, outlives the server */
	struct tracker *tracker; /* charged for requests and queued answers; outlives the server */
	struct grpc_observer observer;
	struct grpc_call_watcher watcher;
	size_t max_request_bytes;        /* 2^31 - 1, also after decompression */
	size_t send_queue_bytes;         /* 256 KiB: a handler's send waits while more is queued */
	unsigned max_concurrent_streams; /* 1000 per connection */
	unsigned max_connections;        /* 10000; further ones wait in the kernel */
	int64_t keepalive_min_time_ms;   /* 10 s: a client that pings more often is sent away */
	int64_t max_connection_age_ms;   /* give or take a tenth, then it is drained; 0: never */
};

struct grpc_server *grpc_server_new(const struct grpc_server_options *options);

/* `method` is "/package.Service/Method", borrowed for the server's life. `arg` goes to `handler`.
 */
typedef bool grpc_handler(struct grpc_call *call, void *arg, struct err *err);
void grpc_server_handle(struct grpc_server *server, const char *method, grpc_handler *handler,
			void *arg);

/* Accept connections on "host:port" (as listener.h reads it; port 0: the kernel chooses), on all of
 * `loops`. `tls` may be NULL: plain text. Once per server. */
bool grpc_server_listen(struct grpc_server *server, struct loops *loops, const char *address,
			struct tls_server *tls, struct err *err);
/* "127.0.0.1:34567", with the real port; borrowed. Only while listening. */
const char *grpc_server_address(const struct grpc_server *server);

/* Stop accepting, tell clients to go elsewhere (GOAWAY), let running calls finish for up to
 * `grace_ms`, then cancel them and cut the connections. Returns when all handlers have returned and
 * all connections are closed; afterwards only grpc_server_free() may be called. */
void grpc_server_shutdown(struct grpc_server *server, int64_t grace_ms);
/* Shuts down with no grace if that has not been done. NULL is fine. */
void grpc_server_free(struct grpc_server *server);
CLEANUP_DEFINE(struct grpc_server, grpc_server_free)

/* --- within a handler --- */

/* The request's one message, uncompressed. Borrowed until the handler returns, as is everything
 * else below. */
struct str grpc_call_request(const struct grpc_call *call);
/* Canceled when the client goes away or the server stops; has the client's deadline. */
struct ctx *grpc_call_ctx(const struct grpc_call *call);
/* The first value of a (lower case) key; false when the client sent none. */
bool grpc_call_metadata(const struct grpc_call *call, const char *key, struct str *value);
const char *grpc_call_method(const struct grpc_call *call);
const char *grpc_call_peer(const struct grpc_call *call); /* "127.0.0.1:41234", for logs */

/* Queue one message of the answer; waits while the queue is full. Fails when the client has gone
 * away, the deadline has passed or the server is stopping: the handler then returns false. */
bool grpc_call_send(struct grpc_call *call, struct str message, struct err *err);
/* The same; on success `message` is empty, and its memory may have moved into the queue. */
bool grpc_call_send_buf(struct grpc_call *call, struct buf *message, struct err *err);

/* Metadata for the status at the end; copied. */
void grpc_call_set_trailer(struct grpc_call *call, const char *key, struct str value);
/* End with this code instead of the one of err->code. Has effect when the handler
 * fails. Always returns false. */
bool grpc_call_fail(struct grpc_call *call, enum grpc_code code, struct err *err);

#endif
