/* http2_session.h - one HTTP/2 connection: streams over a conn, with flow control and defences.
 *
 * Credit for the connection goes back when bytes arrive, credit for a stream when its user says so
 * (http2_stream_consumed): an unread stream stops at its own window and holds nobody else up.
 * Sending is pulled: DATA comes from the stream's send_queue.
 *
 * Defences: streams and header bytes are capped; resets, CONTINUATIONs, SETTINGS, pings and frames
 * that carry nothing are rationed; a peer that exceeds a ration is sent away with
 * ENHANCE_YOUR_CALM. A silent peer is pinged, and given up when it does not answer.
 *
 * Format: RFC 9113, by libnghttp2.
 * Threads: everything is on the conn's loop thread.
 */
#ifndef NET_HTTP2_SESSION_H
#define NET_HTTP2_SESSION_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "net/conn.h"

#include <stdint.h>

struct http2_session;
struct send_queue;

/* Lives inside the user's struct for a call. */
struct http2_stream {
	struct http2_session *session; /* NULL before it is opened and once it is closed */
	int32_t id;
	struct send_queue *queue; /* what is sent as DATA; set before the first header is sent */
	size_t header_bytes;
	struct http2_stream *next, **link; /* the session's list */
};

/* Callbacks may call any function of this header. Strings are borrowed for the call. */
struct http2_events {
	/* Server: a client begins a request. NULL refuses it. */
	struct http2_stream *(*on_request)(struct http2_session *s, void *arg);

	void (*on_header)(struct http2_stream *stream, struct str name, struct str value);
	/* A block of headers is complete: the request's, the response's or the trailers. */
	void (*on_headers)(struct http2_stream *stream, bool peer_ended);
	void (*on_data)(struct http2_stream *stream, struct str bytes);
	/* After on_data(): the peer sends no more. (After headers, on_headers() says so.) */
	void (*on_end)(struct http2_stream *stream);

	/* The queue is finished and empty, and no stream end was sent: the place to call
	 * http2_stream_send_trailers(). NULL: the stream ends with its data. */
	void (*on_sent)(struct http2_stream *stream);

	/* The last call for a stream. `error_code` is HTTP/2's, 0 for a good end; with `why` the
	 * connection is lost. */
	void (*on_stream_closed)(struct http2_stream *stream, uint32_t error_code,
				 const struct err *why);

	/* Client: the server has introduced itself; requests may be sent. */
	void (*on_ready)(struct http2_session *s, void *arg);
	/* The peer takes no more requests on this connection. Streams that it has not seen are
	 * closed with REFUSED_STREAM after this. */
	void (*on_goaway)(struct http2_session *s, void *arg, uint32_t error_code);

	/* The connection is gone, after on_stream_closed for all streams. The session is freed
	 * when this returns. */
	void (*on_closed)(struct http2_session *s, void *arg, const struct err *why);
};

enum http2_role { HTTP2_SERVER, HTTP2_CLIENT };

/* 0 stands for the default. */
struct http2_settings {
	enum http2_role role;
	uint32_t max_concurrent_streams;  /* server: 1000 */
	uint32_t stream_window_bytes;     /* 64 KiB */
	uint32_t connection_window_bytes; /* 16 MiB */
	size_t max_header_bytes;          /* 64 KiB: names, values, and 32 per header */
	int64_t setup_timeout_ms;         /* until the peer's SETTINGS; 20 s */

	int64_t keepalive_time_ms;    /* no byte for this long: ping; 0: never */
	int64_t keepalive_timeout_ms; /* 20 s */
	bool keepalive_without_streams;
	int64_t min_ping_interval_ms; /* server: a client that pings more often leaves; 0: any */
	int64_t max_age_ms;           /* then it is drained; 0: it lives as long as it likes */
};

/* Starts when the connection opens. `events` and `arg` outlive the session. */
struct http2_session *http2_session_new(struct conn *conn, const struct http2_settings *settings,
					const struct http2_events *events, void *arg);
void *http2_session_arg(const struct http2_session *s);
struct conn *http2_session_conn(const struct http2_session *s);
size_t http2_session_n_streams(const struct http2_session *s);

/* Take no new streams, close when the open ones have ended. */
void http2_session_drain(struct http2_session *s);
/* Close at once; on_stream_closed and on_closed follow later. */
void http2_session_cut(struct http2_session *s, enum err_code code, const char *reason);

struct http2_header {
	struct str name;
	struct str value;
};
/* The strings must live until the list is sent; names are lower case. */
struct http2_headers {
	VEC(struct http2_header) list;
};
void http2_headers_add(struct http2_headers *h, struct str name, struct str value);
void http2_headers_done(struct http2_headers *h);

/* Any of the following may end in on_stream_closed() before it returns, unless called from a
 * callback: the stream is not to be touched behind it without a reference of one's own. */

/* Open a stream with a request. False when the connection can take no more. */
bool http2_stream_request(struct http2_session *s, struct http2_stream *stream,
			  const struct http2_headers *headers);
/* Answer with headers alone, or with headers that DATA from stream->queue follows. What is still to
 * come of the request when the answer ends is refused. */
void http2_stream_respond_end(struct http2_stream *stream, const struct http2_headers *headers);
void http2_stream_respond(struct http2_stream *stream, const struct http2_headers *headers);
void http2_stream_send_trailers(struct http2_stream *stream, const struct http2_headers *headers);

/* Our end has not been sent. */
bool http2_stream_is_sending(const struct http2_stream *stream);
/* The queue, found empty before, has something. */
void http2_stream_resume(struct http2_stream *stream);
/* The user has done with n bytes that on_data() brought: the peer may send as many more. */
void http2_stream_consumed(struct http2_stream *stream, size_t n);
/* Let the peer send this much ahead, from now on. Windows only grow. */
void http2_stream_grow_window(struct http2_stream *stream, uint32_t window_bytes);
/* End it here and now; on_stream_closed follows. */
void http2_stream_reset(struct http2_stream *stream, uint32_t error_code);

#endif
