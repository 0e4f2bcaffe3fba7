/* grpc_client_internal.h - what grpc_channel.c (the connection and who waits for it),
 * grpc_response.c (an answer arriving on the loop), grpc_stream.c (a call's begin and end) and
 * grpc_reader.c (its messages) share. */
#ifndef NET_GRPC_CLIENT_INTERNAL_H
#define NET_GRPC_CLIENT_INTERNAL_H

#include "base/arena.h"
#include "base/rand.h"
#include "base/vec.h"
#include "net/grpc_client.h"
#include "net/grpc_framing.h"
#include "net/http2_session.h"
#include "net/send_queue.h"

#include <stdatomic.h>

/* Counted: the owner's, and one per stream. */
struct grpc_mailbox {
	atomic_uint refs;
	pthread_mutex_t mu;
	pthread_cond_t changed;
};

/* One connection of a channel: the one in use, or one that only finishes its streams. */
struct grpc_link {
	struct grpc_channel *channel;
	struct http2_session *session;
	bool ready;
	struct grpc_link *next, **link;
};

struct grpc_channel {
	struct grpc_channel_options options; /* its strings are the channel's */
	char *target;
	char *authority;
	struct loop *loop;
	_Atomic enum grpc_channel_state state; /* written by the loop */

	/* The loop's. */
	struct grpc_link *current; /* connecting or ready; NULL: none */
	struct grpc_link *links;
	struct grpc_stream *pending; /* wait for a connection */
	struct loop_timer *backoff_timer;
	struct rand rand;
	unsigned n_failures; /* in a row */
	struct err last_failure;
	int64_t keepalive_time_ms;
	bool closing;

	pthread_mutex_t mu;
	pthread_cond_t all_closed;
	size_t n_links; /* guarded by mu */
};

/* A piece of what arrived, in order. */
struct grpc_page {
	struct grpc_page *next;
	size_t start, end, cap;
	char bytes[];
};

struct grpc_page_list {
	struct grpc_page *head, *tail;
};

/* Counted: the consumer's, the loop's until the call has ended, and each task under way to it. */
struct grpc_stream {
	struct http2_stream h2; /* first, so that the two pointers convert */
	atomic_uint refs;
	struct grpc_channel *channel;
	struct grpc_mailbox *mailbox;

	/* Fixed at opening. */
	char *path;          /* the loop's copy of the method */
	struct arena *arena; /* of the metadata */
	struct http2_header *metadata;
	size_t n_metadata;
	int64_t deadline_ns;
	bool wait_for_ready;
	struct send_page *request;

	/* The loop's. */
	struct send_queue queue;
	struct grpc_stream *next_pending, **pending_link;
	unsigned n_attempts;
	struct {
		int http_status;
		bool is_grpc;
		bool headers_done;
		bool has_status;
		enum grpc_code status;
		struct buf message;
		bool unknown_encoding;
	} answer;

	/* Guarded by the mailbox's mu. */
	struct grpc_page_list arrived;
	size_t arrived_bytes;
	size_t wanted_bytes; /* the consumer waits for this many; 0: it does not wait */
	struct tracker *tracker;
	enum grpc_compression compression; /* of the answer */
	bool closed;                       /* by the consumer */
	bool ended;                        /* by the peer, the connection or the loop */
	enum grpc_code status;             /* once ended */
	char *status_message;
	char *no_connection; /* why the last attempt failed, while it waits for one */

	/* Credit on its way from the consumer to the loop. */
	atomic_size_t credit_bytes;
	atomic_uint window_bytes;
	atomic_bool credit_posted;

	/* The consumer's. */
	const char *method; /* borrowed */
	struct ctx *ctx;
	struct grpc_page_list taken;
	struct grpc_assembler assembler;
	struct buf plain;
	size_t unreported_bytes;   /* consumed, not yet on their way */
	size_t since_growth_bytes; /* consumed since the window was set */
	bool waited;               /* since the window was set */
	int64_t idle_timeout_ms;
	int64_t started_ns;
	bool counted; /* the observer has been told of the end */
};

/* grpc_channel.c, on the loop. Takes the loop's reference. */
void grpc_channel_start(struct grpc_stream *stream);
void grpc_channel_forget(struct grpc_stream *stream); /* it is pending no more */

/* grpc_response.c: the session's callbacks, whose arg is a grpc_link */
void grpc_response_header(struct http2_stream *stream, struct str name, struct str value);
void grpc_response_headers(struct http2_stream *stream, bool peer_ended);
void grpc_response_data(struct http2_stream *stream, struct str bytes);
void grpc_response_end(struct http2_stream *stream);
void grpc_response_closed(struct http2_stream *stream, uint32_t error_code, const struct err *why);

/* grpc_stream.c */
void grpc_stream_ref(struct grpc_stream *stream);
void grpc_stream_unref(struct grpc_stream *stream);
/* From the loop: nothing more will come. The first call counts. */
void grpc_stream_end(struct grpc_stream *stream, enum grpc_code status, struct str message);
/* From the loop. */
void grpc_stream_arrive(struct grpc_stream *stream, struct str bytes);
void grpc_page_free(struct grpc_page *page, struct tracker *tracker);

/* grpc_reader.c: tell the observer, once, how the call ended for its consumer. */
void grpc_reader_count_end(struct grpc_stream *stream, enum grpc_code code);

#endif
