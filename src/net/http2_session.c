/* http2_session.c - libnghttp2 between a conn and its streams.
 *
 * nghttp2 may not be entered again from its own callbacks: `entered` holds back the flush, which
 * the outermost call makes up for. nghttp2_session_del() tells nobody about open streams, so the
 * session keeps a list of its own and walks it when the connection is lost.
 */
#include "net/http2_session.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "net/http2_ration.h"
#include "net/loop.h"
#include "net/send_queue.h"

#include <nghttp2/nghttp2.h>

#include <stdlib.h>

enum {
	DEFAULT_MAX_STREAMS = 1000,
	DEFAULT_STREAM_WINDOW = 65535,
	DEFAULT_CONNECTION_WINDOW = 16 << 20,
	DEFAULT_MAX_HEADER_BYTES = 64 * 1024,
	DEFAULT_SETUP_TIMEOUT_MS = 20000,
	DEFAULT_KEEPALIVE_TIMEOUT_MS = 20000,
	FRAME_HEADER_BYTES = 9,
	HEADER_OVERHEAD_BYTES = 32,  /* what RFC 9113 counts per header */
	MAX_FRAME_BYTES = 64 * 1024, /* what we accept, and send where it is accepted */
	RESET_BURST = 2000,          /* RST_STREAM frames that a client may send at once, */
	RESET_PER_SECOND = 500,      /* and in the long run */
	DRAIN_NOTICE_MS = 1000,      /* for the answer to the ping that follows the notice */
};

static const uint8_t drain_ping[8] = "draining";

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
	struct loop_timer *drain_timer;
	int64_t last_received_ms;
	bool ping_sent;
};

/* --- the list of streams --- */

static void link_stream(struct http2_session *s, struct http2_stream *stream)
{
	stream->session = s;
	stream->next = s->streams;
	stream->link = &s->streams;
	if (stream->next)
		stream->next->link = &stream->next;
	s->streams = stream;
	s->n_streams++;
}

static void close_stream(struct http2_stream *stream, uint32_t error_code, const struct err *why)
{
	struct http2_session *s = stream->session;

	*stream->link = stream->next;
	if (stream->next)
		stream->next->link = stream->link;
	stream->session = NULL;
	s->n_streams--;
	s->events->on_stream_closed(stream, error_code, why);
}

/* --- sending --- */

static void fail(struct http2_session *s, enum err_code code, const char *reason)
{
	if (s->cut)
		return;
	s->cut = true;
	conn_fail(s->conn, code, "%s", reason);
}

static void flush(struct http2_session *s)
{
	if (s->entered || s->cut)
		return;
	s->entered = true;
	while (!conn_is_full(s->conn)) {
		const uint8_t *bytes;
		ssize_t n = nghttp2_session_mem_send(s->nghttp2, &bytes);
		if (n < 0)
			fail(s, ERR_UNAVAILABLE, nghttp2_strerror((int)n));
		if (n <= 0)
			break;
		conn_write(s->conn, bytes, (size_t)n);
	}
	s->entered = false;
	if (s->cut)
		return;
	bool over =
	    !nghttp2_session_want_read(s->nghttp2) && !nghttp2_session_want_write(s->nghttp2);
	if (over || (s->stopped && s->n_streams == 0 && !conn_is_full(s->conn))) {
		s->cut = true;
		conn_finish(s->conn);
	}
}

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
	return frame_max < MAX_FRAME_BYTES ? frame_max : MAX_FRAME_BYTES;
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
	link_stream(s, stream);
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

/* Requests that crossed the notice have arrived by now: the final GOAWAY names the last one. */
static void stop(struct http2_session *s)
{
	if (s->stopped || s->cut)
		return;
	s->stopped = true;
	nghttp2_submit_goaway(s->nghttp2, NGHTTP2_FLAG_NONE,
			      nghttp2_session_get_last_proc_stream_id(s->nghttp2), NGHTTP2_NO_ERROR,
			      NULL, 0);
}

static void end_notice(void *arg)
{
	struct http2_session *s = arg;

	stop(s);
	flush(s);
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
		if (s->draining && memcmp(ping->opaque_data, drain_ping, sizeof(drain_ping)) == 0)
			stop(s);
		return;
	}
	if (s->settings.min_ping_interval_ms == 0)
		return;
	if (!http2_ping_watch_allows(&s->ping_watch, s->last_received_ms, s->n_streams > 0,
				     s->settings.min_ping_interval_ms))
		send_away(s, "too_many_pings");
}

static void arm_keepalive(struct http2_session *s)
{
	s->ping_sent = false;
	if (s->settings.keepalive_time_ms > 0)
		loop_timer_start(s->timer, s->settings.keepalive_time_ms);
	else
		loop_timer_stop(s->timer);
}

static void receive_settings(struct http2_session *s)
{
	if (s->set_up)
		return;
	s->set_up = true;
	arm_keepalive(s);
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
		close_stream(stream, NGHTTP2_REFUSED_STREAM, NULL);
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
		close_stream(stream, error_code, NULL);
	return 0;
}

/* --- the connection --- */

static void on_open(struct conn *c, void *arg)
{
	struct http2_session *s = arg;
	const struct http2_settings *set = &s->settings;
	nghttp2_settings_entry entries[] = {
	    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, set->stream_window_bytes},
	    {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, MAX_FRAME_BYTES},
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)set->max_header_bytes},
	    set->role == HTTP2_SERVER
		? (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
					   set->max_concurrent_streams}
		: (nghttp2_settings_entry){NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
	};

	if (conn_is_tls(c) && conn_alpn(c).n && !str_is(conn_alpn(c), "h2")) {
		fail(s, ERR_UNAVAILABLE, "the peer does not speak HTTP/2");
		return;
	}
	nghttp2_submit_settings(s->nghttp2, NGHTTP2_FLAG_NONE, entries,
				sizeof(entries) / sizeof(entries[0]));
	nghttp2_session_set_local_window_size(s->nghttp2, NGHTTP2_FLAG_NONE, 0,
					      (int32_t)set->connection_window_bytes);
	flush(s);
}

static void on_bytes(struct conn *c, void *arg, struct str bytes)
{
	struct http2_session *s = arg;

	if (s->cut)
		return;
	s->last_received_ms = loop_now_ms(conn_loop(c));
	if (s->ping_sent)
		arm_keepalive(s);
	s->entered = true;
	ssize_t n = nghttp2_session_mem_recv(s->nghttp2, (const uint8_t *)bytes.p, bytes.n);
	s->entered = false;
	if (n == NGHTTP2_ERR_BAD_CLIENT_MAGIC)
		fail(s, ERR_UNAVAILABLE, "the peer does not speak HTTP/2");
	else if (n < 0)
		fail(s, ERR_UNAVAILABLE, nghttp2_strerror((int)n));
	flush(s);
}

static void on_writable(struct conn *c, void *arg)
{
	(void)c;
	flush(arg);
}

static void on_close(struct conn *c, void *arg, const struct err *why)
{
	(void)c;
	struct http2_session *s = arg;
	struct err closed = *why;

	if (closed.code == ERR_OK)
		err_set(&closed, ERR_UNAVAILABLE, "%s: the connection was closed", conn_peer(c));
	s->cut = true;
	s->entered = true;
	while (s->streams)
		close_stream(s->streams, NGHTTP2_CANCEL, &closed);
	s->events->on_closed(s, s->arg, &closed);
	loop_timer_free(s->timer);
	loop_timer_free(s->drain_timer);
	nghttp2_session_del(s->nghttp2);
	free(s);
}

static const struct conn_events conn_events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_writable = on_writable,
    .on_close = on_close,
};

/* Set-up first: then the time without a byte, then the time without an answer to our ping. */
static void on_timer(void *arg)
{
	struct http2_session *s = arg;
	int64_t quiet_ms = loop_now_ms(conn_loop(s->conn)) - s->last_received_ms;

	if (!s->set_up) {
		fail(s, ERR_UNAVAILABLE, "no HTTP/2 settings from the peer in time");
		return;
	}
	if (quiet_ms < s->settings.keepalive_time_ms ||
	    (s->n_streams == 0 && !s->settings.keepalive_without_streams)) {
		s->ping_sent = false;
		int64_t left_ms = s->settings.keepalive_time_ms - quiet_ms;
		loop_timer_start(s->timer, left_ms > 0 ? left_ms : s->settings.keepalive_time_ms);
		return;
	}
	if (s->ping_sent) {
		fail(s, ERR_UNAVAILABLE, "keepalive ping was not answered in time");
		return;
	}
	s->ping_sent = true;
	nghttp2_submit_ping(s->nghttp2, NGHTTP2_FLAG_NONE, NULL);
	loop_timer_start(s->timer, s->settings.keepalive_timeout_ms);
	flush(s);
}

/* --- making one --- */

static nghttp2_session_callbacks *callbacks_new(void)
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

static nghttp2_session *nghttp2_new(struct http2_session *s)
{
	nghttp2_session_callbacks *cb = callbacks_new();
	nghttp2_session *nghttp2 = NULL;
	nghttp2_option *option;
	int rv;

	if (nghttp2_option_new(&option) != 0)
		abort();
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_stream_reset_rate_limit(option, RESET_BURST, RESET_PER_SECOND);
	if (s->settings.role == HTTP2_SERVER)
		rv = nghttp2_session_server_new2(&nghttp2, cb, s, option);
	else
		rv = nghttp2_session_client_new2(&nghttp2, cb, s, option);
	if (rv != 0)
		abort();
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(cb);
	return nghttp2;
}

static struct http2_settings with_defaults(struct http2_settings set)
{
	set.max_concurrent_streams = set.max_concurrent_streams ?: DEFAULT_MAX_STREAMS;
	set.stream_window_bytes = set.stream_window_bytes ?: DEFAULT_STREAM_WINDOW;
	set.connection_window_bytes = set.connection_window_bytes ?: DEFAULT_CONNECTION_WINDOW;
	set.max_header_bytes = set.max_header_bytes ?: DEFAULT_MAX_HEADER_BYTES;
	set.setup_timeout_ms = set.setup_timeout_ms ?: DEFAULT_SETUP_TIMEOUT_MS;
	set.keepalive_timeout_ms = set.keepalive_timeout_ms ?: DEFAULT_KEEPALIVE_TIMEOUT_MS;
	return set;
}

struct http2_session *http2_session_new(struct conn *conn, const struct http2_settings *settings,
					const struct http2_events *events, void *arg)
{
	struct http2_session *s = NEW(struct http2_session);

	s->conn = conn;
	s->settings = with_defaults(*settings);
	s->events = events;
	s->arg = arg;
	s->nghttp2 = nghttp2_new(s);
	http2_ration_init(&s->ration);
	s->last_received_ms = loop_now_ms(conn_loop(conn));
	s->timer = loop_timer_new(conn_loop(conn), on_timer, s);
	s->drain_timer = loop_timer_new(conn_loop(conn), end_notice, s);
	loop_timer_start(s->timer, s->settings.setup_timeout_ms);
	conn_set_events(conn, &conn_events, s);
	return s;
}

void *http2_session_arg(const struct http2_session *s)
{
	return s->arg;
}

struct conn *http2_session_conn(const struct http2_session *s)
{
	return s->conn;
}

size_t http2_session_n_streams(const struct http2_session *s)
{
	return s->n_streams;
}

void http2_session_drain(struct http2_session *s)
{
	if (s->draining || s->cut)
		return;
	s->draining = true;
	if (s->settings.role == HTTP2_SERVER && s->set_up) {
		nghttp2_submit_shutdown_notice(s->nghttp2);
		nghttp2_submit_ping(s->nghttp2, NGHTTP2_FLAG_NONE, drain_ping);
		loop_timer_start(s->drain_timer, DRAIN_NOTICE_MS);
	} else {
		s->stopped = true;
	}
	flush(s);
}

void http2_session_cut(struct http2_session *s, enum err_code code, const char *reason)
{
	fail(s, code, reason);
}

/* --- headers --- */

void http2_headers_add(struct http2_headers *h, struct str name, struct str value)
{
	vec_push(&h->list, (struct http2_header){name, value});
}

void http2_headers_done(struct http2_headers *h)
{
	vec_done(&h->list);
}

/* nghttp2 copies names and values while submitting. */
static nghttp2_nv *nv_new(const struct http2_headers *h)
{
	nghttp2_nv *nv = xcalloc(h->list.n + 1, sizeof(*nv));

	for (size_t i = 0; i < h->list.n; i++) {
		const struct http2_header *header = &h->list.v[i];
		nv[i] = (nghttp2_nv){
		    .name = (uint8_t *)header->name.p,
		    .namelen = header->name.n,
		    .value = (uint8_t *)header->value.p,
		    .valuelen = header->value.n,
		};
	}
	return nv;
}

/* --- streams --- */

static nghttp2_data_provider provider_of(struct http2_stream *stream)
{
	return (nghttp2_data_provider){.source.ptr = stream, .read_callback = read_queue};
}

bool http2_stream_request(struct http2_session *s, struct http2_stream *stream,
			  const struct http2_headers *headers)
{
	assert(s->settings.role == HTTP2_CLIENT && !stream->session);
	if (s->draining || s->cut)
		return false;

	nghttp2_nv *nv auto_free(mem_free) = nv_new(headers);
	nghttp2_data_provider provider = provider_of(stream);
	int32_t id =
	    nghttp2_submit_request(s->nghttp2, NULL, nv, headers->list.n, &provider, stream);
	if (id < 0)
		return false; /* the stream ids are used up */
	stream->id = id;
	stream->header_bytes = 0;
	link_stream(s, stream);
	flush(s);
	return true;
}

void http2_stream_respond_end(struct http2_stream *stream, const struct http2_headers *headers)
{
	nghttp2_nv *nv auto_free(mem_free) = nv_new(headers);
	struct http2_session *s = stream->session;

	nghttp2_submit_response(s->nghttp2, stream->id, nv, headers->list.n, NULL);
	flush(s);
}

void http2_stream_respond(struct http2_stream *stream, const struct http2_headers *headers)
{
	nghttp2_nv *nv auto_free(mem_free) = nv_new(headers);
	nghttp2_data_provider provider = provider_of(stream);
	struct http2_session *s = stream->session;

	nghttp2_submit_response(s->nghttp2, stream->id, nv, headers->list.n, &provider);
	flush(s);
}

void http2_stream_send_trailers(struct http2_stream *stream, const struct http2_headers *headers)
{
	nghttp2_nv *nv auto_free(mem_free) = nv_new(headers);
	struct http2_session *s = stream->session;

	nghttp2_submit_trailer(s->nghttp2, stream->id, nv, headers->list.n);
	flush(s);
}

bool http2_stream_is_sending(const struct http2_stream *stream)
{
	return nghttp2_session_get_stream_local_close(stream->session->nghttp2, stream->id) == 0;
}

void http2_stream_resume(struct http2_stream *stream)
{
	nghttp2_session_resume_data(stream->session->nghttp2, stream->id);
	flush(stream->session);
}

void http2_stream_consumed(struct http2_stream *stream, size_t n)
{
	nghttp2_session_consume_stream(stream->session->nghttp2, stream->id, n);
	flush(stream->session);
}

void http2_stream_grow_window(struct http2_stream *stream, uint32_t window_bytes)
{
	nghttp2_session *nghttp2 = stream->session->nghttp2;
	int32_t now = nghttp2_session_get_stream_effective_local_window_size(nghttp2, stream->id);

	if (now < 0 || (uint32_t)now >= window_bytes)
		return;
	nghttp2_session_set_local_window_size(nghttp2, NGHTTP2_FLAG_NONE, stream->id,
					      (int32_t)window_bytes);
	flush(stream->session);
}

void http2_stream_reset(struct http2_stream *stream, uint32_t error_code)
{
	nghttp2_submit_rst_stream(stream->session->nghttp2, NGHTTP2_FLAG_NONE, stream->id,
				  error_code);
	flush(stream->session);
}
