/* http2_session.c - the life of an HTTP/2 connection: set-up, keepalive, draining, the end.
 *
 * nghttp2 may not be entered again from its own callbacks: `entered` holds back the flush, which
 * the outermost call makes up for. nghttp2_session_del() tells nobody about open streams, so the
 * session keeps a list of its own and walks it when the connection is lost.
 */
#include "net/http2_session.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "net/http2_session_internal.h"
#include "net/loop.h"

#include <stdlib.h>

enum {
	DEFAULT_MAX_STREAMS = 1000,
	DEFAULT_STREAM_WINDOW = 65535,
	DEFAULT_CONNECTION_WINDOW = 16 << 20,
	DEFAULT_MAX_HEADER_BYTES = 64 * 1024,
	DEFAULT_SETUP_TIMEOUT_MS = 20000,
	DEFAULT_KEEPALIVE_TIMEOUT_MS = 20000,
	RESET_BURST = 2000,     /* RST_STREAM frames that a client may send at once, */
	RESET_PER_SECOND = 500, /* and in the long run */
	DRAIN_NOTICE_MS = 1000, /* for the answer to the ping that follows the notice */
};

void http2_session_fail(struct http2_session *s, enum err_code code, const char *reason)
{
	if (s->cut)
		return;
	s->cut = true;
	conn_fail(s->conn, code, "%s", reason);
}

void http2_session_flush(struct http2_session *s)
{
	if (s->entered || s->cut)
		return;
	s->entered = true;
	while (!conn_is_full(s->conn)) {
		const uint8_t *bytes;
		ssize_t n = nghttp2_session_mem_send(s->nghttp2, &bytes);
		if (n < 0)
			http2_session_fail(s, ERR_UNAVAILABLE, nghttp2_strerror((int)n));
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

/* Requests that crossed the notice have arrived by now: the final GOAWAY names the last one. */
void http2_session_stop(struct http2_session *s)
{
	if (s->stopped || s->cut)
		return;
	s->stopped = true;
	nghttp2_submit_goaway(s->nghttp2, NGHTTP2_FLAG_NONE,
			      nghttp2_session_get_last_proc_stream_id(s->nghttp2), NGHTTP2_NO_ERROR,
			      NULL, 0);
}

/* The connection is old enough, or the notice that we stop. */
static void on_drain_timer(void *arg)
{
	struct http2_session *s = arg;

	if (!s->draining) {
		http2_session_drain(s);
		return;
	}
	http2_session_stop(s);
	http2_session_flush(s);
}

void http2_session_arm_keepalive(struct http2_session *s)
{
	s->ping_sent = false;
	if (s->settings.keepalive_time_ms > 0)
		loop_timer_start(s->timer, s->settings.keepalive_time_ms);
	else
		loop_timer_stop(s->timer);
}

/* --- the connection --- */

static void on_open(struct conn *c, void *arg)
{
	struct http2_session *s = arg;
	const struct http2_settings *set = &s->settings;
	nghttp2_settings_entry entries[] = {
	    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, set->stream_window_bytes},
	    {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, HTTP2_MAX_FRAME_BYTES},
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)set->max_header_bytes},
	    set->role == HTTP2_SERVER
		? (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
					   set->max_concurrent_streams}
		: (nghttp2_settings_entry){NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
	};

	if (conn_is_tls(c) && conn_alpn(c).n && !str_is(conn_alpn(c), "h2")) {
		http2_session_fail(s, ERR_UNAVAILABLE, "the peer does not speak HTTP/2");
		return;
	}
	nghttp2_submit_settings(s->nghttp2, NGHTTP2_FLAG_NONE, entries,
				sizeof(entries) / sizeof(entries[0]));
	nghttp2_session_set_local_window_size(s->nghttp2, NGHTTP2_FLAG_NONE, 0,
					      (int32_t)set->connection_window_bytes);
	http2_session_flush(s);
}

static void on_bytes(struct conn *c, void *arg, struct str bytes)
{
	struct http2_session *s = arg;

	if (s->cut)
		return;
	s->last_received_ms = loop_now_ms(conn_loop(c));
	if (s->ping_sent)
		http2_session_arm_keepalive(s);
	s->entered = true;
	ssize_t n = nghttp2_session_mem_recv(s->nghttp2, (const uint8_t *)bytes.p, bytes.n);
	s->entered = false;
	if (n == NGHTTP2_ERR_BAD_CLIENT_MAGIC)
		http2_session_fail(s, ERR_UNAVAILABLE, "the peer does not speak HTTP/2");
	else if (n < 0)
		http2_session_fail(s, ERR_UNAVAILABLE, nghttp2_strerror((int)n));
	http2_session_flush(s);
}

static void on_writable(struct conn *c, void *arg)
{
	(void)c;
	http2_session_flush(arg);
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
		http2_stream_close(s->streams, NGHTTP2_CANCEL, &closed);
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
		http2_session_fail(s, ERR_UNAVAILABLE, "no HTTP/2 settings from the peer in time");
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
		http2_session_fail(s, ERR_UNAVAILABLE, "keepalive ping was not answered in time");
		return;
	}
	s->ping_sent = true;
	nghttp2_submit_ping(s->nghttp2, NGHTTP2_FLAG_NONE, NULL);
	loop_timer_start(s->timer, s->settings.keepalive_timeout_ms);
	http2_session_flush(s);
}

/* --- making one --- */

static nghttp2_session *nghttp2_new(struct http2_session *s)
{
	nghttp2_session_callbacks *cb = http2_callbacks_new();
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
	s->drain_timer = loop_timer_new(conn_loop(conn), on_drain_timer, s);
	loop_timer_start(s->timer, s->settings.setup_timeout_ms);
	if (s->settings.max_age_ms > 0)
		loop_timer_start(s->drain_timer, s->settings.max_age_ms);
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
		nghttp2_submit_ping(s->nghttp2, NGHTTP2_FLAG_NONE,
				    (const uint8_t *)HTTP2_DRAIN_PING);
		loop_timer_start(s->drain_timer, DRAIN_NOTICE_MS);
	} else {
		s->stopped = true;
	}
	http2_session_flush(s);
}

void http2_session_cut(struct http2_session *s, enum err_code code, const char *reason)
{
	http2_session_fail(s, code, reason);
}
