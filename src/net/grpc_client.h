/* grpc_client.h - calls gRPC methods of a peer, with opaque messages.
 *
 * A channel is one connection to one target, made on first use, kept alive, and made anew with
 * exponential backoff when it breaks. Any number of calls share it.
 *
 * A stream needs no thread. The loop queues what arrives, at most a window per stream; the consumer
 * takes messages in any order of streams, and waits on the condition of its mailbox, which all
 * streams of one query share. Credit goes back to the server as the consumer takes bytes, so an
 * unread stream stops at its window and never holds up its neighbours; a message larger than the
 * window is put together by the consumer that waits for it. Windows start small and grow while
 * the consumer has to wait and the tracker has room.
 *
 * Failures carry the peer's status as grpc_status.h words it; a peer that cannot be reached or
 * breaks off is ERR_UNAVAILABLE.
 *
 * Format: gRPC's PROTOCOL-HTTP2.md. Decision: docs/decisions/014-grpc-flow-control.md.
 * Threads: channels may be used from any thread but a loop's; a stream from one thread at a time.
 */
#ifndef NET_GRPC_CLIENT_H
#define NET_GRPC_CLIENT_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/ctx.h"
#include "base/iter.h"
#include "net/grpc_metadata.h"
#include "net/grpc_status.h"

struct grpc_channel;
struct grpc_mailbox;
struct grpc_stream;
struct loops;
struct tls_client;

/* For metrics; called from the thread that makes the call. */
struct grpc_client_observer {
	void *arg;
	void (*started)(void *arg, const char *method);
	/* Called once per started. A stream that is closed early counts as GRPC_CANCELLED. */
	void (*handled)(void *arg, const char *method, enum grpc_code code, double seconds);
	void (*message_received)(void *arg, const char *method);
	void (*message_sent)(void *arg, const char *method);
};

/* 0 or NULL stands for the default. What is pointed to outlives the channel, strings are copied. */
struct grpc_channel_options {
	struct loops *loops;               /* one of them owns the connection; required */
	struct tls_client *tls;            /* NULL: plain text; kept by reference */
	const char *server_name;           /* for TLS and :authority; the target's host */
	const char *user_agent;            /* "athanor" */
	enum grpc_compression compression; /* of requests; answers may use any that we know */
	struct grpc_client_observer observer;
	size_t max_message_bytes;     /* 2^31 - 1, also after decompression */
	size_t initial_window_bytes;  /* 64 KiB per stream */
	size_t max_window_bytes;      /* 4 MiB per stream */
	int64_t connect_timeout_ms;   /* 20 s */
	int64_t backoff_base_ms;      /* 1 s, times 1.6 per failure, jittered by 20% */
	int64_t backoff_max_ms;       /* 120 s */
	int64_t keepalive_time_ms;    /* 10 s without a byte while calls are open: ping */
	int64_t keepalive_timeout_ms; /* 5 s without an answer: the connection is dead */
};

/* `target` is "host:port". Never fails: an unreachable target fails its calls. */
struct grpc_channel *grpc_channel_new(const char *target,
				      const struct grpc_channel_options *options);
/* All its streams have been closed before. NULL is fine. */
void grpc_channel_free(struct grpc_channel *channel);
CLEANUP_DEFINE(struct grpc_channel, grpc_channel_free)

enum grpc_channel_state {
	GRPC_CHANNEL_IDLE,
	GRPC_CHANNEL_CONNECTING,
	GRPC_CHANNEL_READY,
	GRPC_CHANNEL_BACKOFF, /* the last attempt failed; calls fail at once */
};
enum grpc_channel_state grpc_channel_state(struct grpc_channel *channel);

/* How to make one call. Zeroes are the defaults; borrowed during the call that it is given to,
 * but for the tracker. */
struct grpc_call_options {
	struct grpc_metadata metadata;
	struct tracker *tracker; /* charged for what is received; outlives the stream */
	bool wait_for_ready;     /* wait out backoff until the ctx's deadline instead of failing */
	int64_t idle_timeout_ms; /* fail with ERR_TIMEOUT when waiting this long for a message */
};

/* One request, one answer. *response is cleared first and limits the answer's size (its `max`).
 * `ctx` may be NULL; its deadline travels with the request. `options` may be NULL. */
bool grpc_call_unary(struct grpc_channel *channel, struct ctx *ctx, const char *method,
		     struct str request, const struct grpc_call_options *options,
		     struct buf *response, struct err *err);

/* Where the streams of one query report to their one consumer. Shared by reference: freeing it
 * before its streams are closed is fine. */
struct grpc_mailbox *grpc_mailbox_new(void);
void grpc_mailbox_free(struct grpc_mailbox *mailbox);
CLEANUP_DEFINE(struct grpc_mailbox, grpc_mailbox_free)

/* Send one request and return without waiting for the answer. Never fails: what goes wrong, a
 * broken connection included, comes out of grpc_stream_next(). `method` and `ctx` (may be NULL)
 * outlive the stream; the request is copied. */
struct grpc_stream *grpc_stream_open(struct grpc_channel *channel, struct ctx *ctx,
				     const char *method, struct str request,
				     const struct grpc_call_options *options,
				     struct grpc_mailbox *mailbox);

/* The next message; *message is borrowed until the next call on this stream. Waits as long as the
 * ctx allows. ITER_END: the peer ended the stream with status OK. */
enum iter_result grpc_stream_next(struct grpc_stream *stream, struct str *message, struct err *err);

/* grpc_stream_next() would not wait: a message's first byte or the end is here. */
bool grpc_stream_ready(struct grpc_stream *stream);
/* Wait until one of the streams, which share one mailbox, is ready: *index says which. Fails when
 * the ctx is done. */
bool grpc_stream_wait_any(struct ctx *ctx, struct grpc_stream *const *streams, size_t n,
			  size_t *index, struct err *err);

/* Cancels the call if it has not ended, gives back its memory. NULL is fine. */
void grpc_stream_close(struct grpc_stream *stream);
CLEANUP_DEFINE(struct grpc_stream, grpc_stream_close)

#endif
