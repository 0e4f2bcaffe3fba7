/* http2_frames.c - frames coming and going, as nghttp2 reports them to an HTTP/2 session. */
#include "net/http2_session_internal.h"

#include "base/assert.h"
#include "net/loop.h"
#include "net/send_queue.h"

#include <stdlib.h>

enum {
	FRAME_HEADER_BYTES = 9,
	HEADER_OVERHEAD_BYTES = 32, /* what RFC 9113 counts per header */
};

/* --- sending --- */

static ssize_t read_queue(nghttp2_session *nghttp2, int32_t id, uint8_t *unused, size_t max,
			  uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	(void)nghttp2, (void)id, (void)unused;
	struct http2_session *s = arg;
	struct http2_stream *stream = source->ptr;
	bool finished;

	size_t n = send_queue_peek(stream->queue, &finished);
	if (n == 0 && !finished)
		return NGHTTP2_ERR_DEFERRED;
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (n > max)
		return (ssize_t)max;
	if (!finished)
		return (ssize_t)n;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (s->events->on_sent) {
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		s->events->on_sent(stream);
	}
	return (ssize_t)n;
}

static int send_data(nghttp2_session *nghttp2, nghttp2_frame *frame, const uint8_t *header,
		     size_t n, nghttp2_data_source *source, void *arg)
{
	(void)nghttp2, (void)frame;
	struct http2_session *s = arg;
	struct http2_stream *stream = source->ptr;

	if (conn_is_full(s->conn))
		return NGHTTP2_ERR_WOULDBLOCK;
	assert(frame->data.padlen == 0);
	conn_write(s->conn, header, FRAME_HEADER_BYTES);
	send_queue_take(stream->queue, n, s->conn);
	http2_ping_watch_forgive(&s->ping_watch);
	return 0;
}

static ssize_t frame_length(nghttp2_session *nghttp2, uint8_t type, int32_t id,
			    int32_t connection_window, int32_t stream_window, uint32_t frame_max,
			    void *arg)
{
	(void)nghttp2, (void)type, (void)id, (void)connection_window, (void)stream_window,
	    (void)arg;
	return frame_max < HTTP2_MAX_FRAME_BYTES ? frame_max : HTTP2_MAX_FRAME_BYTES;
}

nghttp2_data_provider http2_provider_of(struct http2_stream *stream)
{
	return (nghttp2_data_provider){.source.ptr = stream, .read_callback = read_queue};
}

/* --- receiving --- */

static struct http2_stream *stream_of(nghttp2_session *nghttp2, int32_t id)
{
	return nghttp2_session_get_stream_user_data(nghttp2, id);
}

static int begin_headers(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *arg)
{
	struct http2_session *s = arg;

	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
		struct http2_stream *known = stream_of(nghttp2, frame->hd.stream_id);
		if (known)
			known->header_bytes = 0;
		return 0;
	}
	struct http2_stream *stream = s->events->on_request(s, s->arg);
	if (!stream) {
		nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
					  NGHTTP2_REFUSED_STREAM);
		return 0;
	}
	stream->id = frame->hd.stream_id;
	http2_stream_link(s, stream);
	nghttp2_session_set_stream_user_data(nghttp2, stream->id, stream);
	return 0;
}

static int receive_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name,
			  size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
			  void *arg)
{
	(void)flags;
	struct http2_session *s = arg;
	struct http2_stream *stream = stream_of(nghttp2, frame->hd.stream_id);

	if (!stream)
		return 0;
	stream->header_bytes += name_size + value_size + HEADER_OVERHEAD_BYTES;
	if (stream->header_bytes > s->settings.max_header_bytes) {
		nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, stream->id,
					  NGHTTP2_ENHANCE_YOUR_CALM);
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	s->events->on_header(stream, str_from(name, name_size), str_from(value, value_size));
	return 0;
}

static int receive_data(nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *bytes,
			size_t n, void *arg)
{
	(void)flags;
	struct http2_session *s = arg;
	struct http2_stream *stream = stream_of(nghttp2, id);

	nghttp2_session_consume_connection(nghttp2, n);
	if (stream)
		s->events->on_data(stream, str_from(bytes, n));
	return 0;
}

static void send_away(struct http2_session *s, const char *reason)
{
	if (s->sent_away)
		return;
	s->sent_away = true;
	nghttp2_submit_goaway(s->nghttp2, NGHTTP2_FLAG_NONE,
			      nghttp2_session_get_last_proc_stream_id(s->nghttp2),
			      NGHTTP2_ENHANCE_YOUR_CALM, (const uint8_t *)reason, strlen(reason));
	nghttp2_session_terminate_session(s->nghttp2, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* Of these each carries something, or has a limit of its own. Peers that measure the line (grpc-go
 * does) send a ping per round trip while they receive, so pings are not rationed here. */
static bool is_useful(const nghttp2_frame_hd *head)
{
	switch (head->type) {
	case NGHTTP2_DATA:
		return head->length > 0 || (head->flags & NGHTTP2_FLAG_END_STREAM);
	case NGHTTP2_HEADERS:
	case NGHTTP2_RST_STREAM:
	case NGHTTP2_PING:
	case NGHTTP2_WINDOW_UPDATE:
	case NGHTTP2_CONTINUATION:
		return true;
	default:
		return false;
	}
}

static int begin_frame(nghttp2_session *nghttp2, const nghttp2_frame_hd *head, void *arg)
{
	(void)nghttp2;
	struct http2_session *s = arg;

	if (!is_useful(head) && !http2_ration_take(&s->ration, s->last_received_ms))
		send_away(s, "too_many_control_frames");
	return 0;
}

static void receive_ping(struct http2_session *s, const nghttp2_ping *ping)
{
	if (ping->hd.flags & NGHTTP2_FLAG_ACK) {
		if (s->draining && memcmp(ping->opaque_data, HTTP2_DRAIN_PING, 8) == 0)
			http2_session_stop(s);
		return;
	}
	if (s->settings.min_ping_interval_ms == 0)
		return;
	if (!http2_ping_watch_allows(&s->ping_watch, s->last_received_ms, s->n_streams > 0,
				     s->settings.min_ping_interval_ms))
		send_away(s, "too_many_pings");
}

static void receive_settings(struct http2_session *s)
{
	if (s->set_up)
		return;
	s->set_up = true;
	http2_session_arm_keepalive(s);
	if (s->events->on_ready)
		s->events->on_ready(s, s->arg);
}

/* Streams that the peer has not seen and will not see, those not sent yet included. */
static void refuse_unseen(struct http2_session *s, int32_t last_seen_id)
{
	struct http2_stream *next;

	for (struct http2_stream *stream = s->streams; stream; stream = next) {
		next = stream->next;
		if (stream->id <= last_seen_id)
			continue;
		nghttp2_session_set_stream_user_data(s->nghttp2, stream->id, NULL);
		http2_stream_close(stream, NGHTTP2_REFUSED_STREAM, NULL);
	}
}

static void receive_goaway(struct http2_session *s, const nghttp2_goaway *goaway)
{
	if (s->events->on_goaway)
		s->events->on_goaway(s, s->arg, goaway->error_code);
	if (s->settings.role == HTTP2_CLIENT) {
		refuse_unseen(s, goaway->last_stream_id);
		s->draining = s->stopped = true;
	}
}

static int receive_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *arg)
{
	struct http2_session *s = arg;
	struct http2_stream *stream = stream_of(nghttp2, frame->hd.stream_id);
	bool ended = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		if (stream)
			s->events->on_headers(stream, ended);
		break;
	case NGHTTP2_DATA:
		if (stream && ended)
			s->events->on_end(stream);
		break;
	case NGHTTP2_SETTINGS:
		if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
			receive_settings(s);
		break;
	case NGHTTP2_PING:
		receive_ping(s, &frame->ping);
		break;
	case NGHTTP2_GOAWAY:
		receive_goaway(s, &frame->goaway);
		break;
	default:
		break;
	}
	return 0;
}

static int frame_sent(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *arg)
{
	struct http2_session *s = arg;

	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	http2_ping_watch_forgive(&s->ping_watch);
	/* An answer to a request that is still arriving: the rest of it is not wanted. */
	if (s->settings.role == HTTP2_SERVER && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
	    nghttp2_session_get_stream_remote_close(nghttp2, frame->hd.stream_id) == 0)
		nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
					  NGHTTP2_NO_ERROR);
	return 0;
}

static int stream_closed(nghttp2_session *nghttp2, int32_t id, uint32_t error_code, void *arg)
{
	(void)arg;
	struct http2_stream *stream = stream_of(nghttp2, id);

	if (stream)
		http2_stream_close(stream, error_code, NULL);
	return 0;
}

nghttp2_session_callbacks *http2_callbacks_new(void)
{
	nghttp2_session_callbacks *cb;

	if (nghttp2_session_callbacks_new(&cb) != 0)
		abort(); /* out of memory */
	nghttp2_session_callbacks_set_send_data_callback(cb, send_data);
	nghttp2_session_callbacks_set_data_source_read_length_callback(cb, frame_length);
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, receive_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, receive_data);
	nghttp2_session_callbacks_set_on_begin_frame_callback(cb, begin_frame);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, receive_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, frame_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, stream_closed);
	return cb;
}
