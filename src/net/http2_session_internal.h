/* http2_session_internal.h - what http2_session.c (a connection's life), http2_frames.c (frames
 * coming and going, as nghttp2 reports them) and http2_stream.c (what a stream's user asks for)
 * share. */
#ifndef NET_HTTP2_SESSION_INTERNAL_H
#define NET_HTTP2_SESSION_INTERNAL_H

#include "net/http2_ration.h"
#include "net/http2_session.h"

#include <nghttp2/nghttp2.h>

enum { HTTP2_MAX_FRAME_BYTES = 64 * 1024 }; /* what we accept, and send where it is accepted */

/* The 8 bytes of the ping whose answer says that the peer has seen our notice. */
#define HTTP2_DRAIN_PING "draining"

struct http2_session {
	struct conn *conn;
	nghttp2_session *nghttp2;
	struct http2_settings settings;
	const struct http2_events *events;
	void *arg;
	struct http2_stream *streams;
	size_t n_streams;
	bool entered;  /* inside nghttp2 */
	bool set_up;   /* the peer's SETTINGS have come */
	bool draining; /* a notice that we stop was sent; */
	bool stopped;  /* and the final GOAWAY */
	bool sent_away;
	bool cut; /* the end of the connection was asked for */

	struct http2_ration ration;
	struct http2_ping_watch ping_watch;
	struct loop_timer *timer; /* set-up, then keepalive */
	struct loop_timer *drain_timer; /* the age at which draining begins, then its notice */
	int64_t last_received_ms;
	bool ping_sent;
};

/* http2_session.c */
void http2_session_fail(struct http2_session *s, enum err_code code, const char *reason);
/* Send what there is; from within nghttp2 it is left to the outermost call. */
void http2_session_flush(struct http2_session *s);
void http2_session_arm_keepalive(struct http2_session *s);
/* Draining: the final GOAWAY, which names the last request that will be answered. */
void http2_session_stop(struct http2_session *s);

/* http2_frames.c */
nghttp2_session_callbacks *http2_callbacks_new(void);
/* Of DATA: pulls from the stream's queue. */
nghttp2_data_provider http2_provider_of(struct http2_stream *stream);

/* http2_stream.c */
void http2_stream_link(struct http2_session *s, struct http2_stream *stream);
/* Takes it off the list and tells its user. */
void http2_stream_close(struct http2_stream *stream, uint32_t error_code, const struct err *why);

#endif
