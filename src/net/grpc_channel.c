/* grpc_channel.c - a channel's connection: made when needed, given up when broken, made anew.
 *
 * Everything but making and freeing is on the loop's thread. Calls wait in `pending` while the
 * connection is made; when that fails they fail too, but for those that wait for readiness. */
#include "net/grpc_client_internal.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/version.h"
#include "net/loop.h"
#include "net/tls.h"

#include <nghttp2/nghttp2.h>

#include <stdlib.h>

enum {
	DEFAULT_WINDOW_BYTES = 64 * 1024,
	DEFAULT_MAX_WINDOW_BYTES = 4 << 20,
	DEFAULT_CONNECT_TIMEOUT_MS = 20000,
	DEFAULT_BACKOFF_BASE_MS = 1000,
	DEFAULT_BACKOFF_MAX_MS = 120000,
	DEFAULT_KEEPALIVE_TIME_MS = 10000,
	DEFAULT_KEEPALIVE_TIMEOUT_MS = 5000,
};

#define BACKOFF_FACTOR 1.6
#define BACKOFF_JITTER 0.2

static const struct http2_events link_events;

static void set_state(struct grpc_channel *ch, enum grpc_channel_state state)
{
	atomic_store(&ch->state, state);
}

/* --- connecting --- */

static void connect_link(struct grpc_channel *ch)
{
	const struct conn_target target = {
	    .address = ch->target,
	    .tls = ch->options.tls,
	    .server_name = ch->options.server_name,
	};
	const struct conn_limits limits = {.connect_timeout_ms = ch->options.connect_timeout_ms};
	const struct http2_settings settings = {
	    .role = HTTP2_CLIENT,
	    .stream_window_bytes = (uint32_t)ch->options.initial_window_bytes,
	    .setup_timeout_ms = ch->options.connect_timeout_ms,
	    .keepalive_time_ms = ch->keepalive_time_ms,
	    .keepalive_timeout_ms = ch->options.keepalive_timeout_ms,
	};
	struct grpc_link *link = NEW(struct grpc_link);

	link->channel = ch;
	link->next = ch->links;
	link->link = &ch->links;
	if (link->next)
		link->next->link = &link->next;
	ch->links = ch->current = link;
	pthread_mutex_lock(&ch->mu);
	ch->n_links++;
	pthread_mutex_unlock(&ch->mu);
	set_state(ch, GRPC_CHANNEL_CONNECTING);
	/* The session takes over the connection's events before the loop turns. */
	struct conn *c = conn_dial(ch->loop, &target, &limits, NULL, NULL);
	link->session = http2_session_new(c, &settings, &link_events, link);
}

/* --- calls --- */

void grpc_channel_forget(struct grpc_stream *stream)
{
	*stream->pending_link = stream->next_pending;
	if (stream->next_pending)
		stream->next_pending->pending_link = stream->pending_link;
	stream->pending_link = NULL;
}

/* At the end: first come, first served. */
static void await_connection(struct grpc_channel *ch, struct grpc_stream *stream)
{
	struct grpc_stream **at = &ch->pending;

	while (*at)
		at = &(*at)->next_pending;
	stream->pending_link = at;
	stream->next_pending = NULL;
	*at = stream;
}

static void request_headers(struct grpc_channel *ch, struct grpc_stream *stream,
			    char timeout[GRPC_TIMEOUT_TEXT_MAX], struct http2_headers *h)
{
	http2_headers_add(h, STR(":method"), STR("POST"));
	http2_headers_add(h, STR(":scheme"), str_of(ch->options.tls ? "https" : "http"));
	http2_headers_add(h, STR(":path"), str_of(stream->path));
	http2_headers_add(h, STR(":authority"), str_of(ch->authority));
	http2_headers_add(h, STR("content-type"), STR("application/grpc"));
	http2_headers_add(h, STR("user-agent"), str_of(ch->options.user_agent));
	http2_headers_add(h, STR("te"), STR("trailers"));
	if (stream->deadline_ns != CTX_NO_DEADLINE) {
		grpc_timeout_write(stream->deadline_ns - clock_monotonic_ns(&clock_system),
				   timeout);
		http2_headers_add(h, STR("grpc-timeout"), str_of(timeout));
	}
	if (ch->options.compression != GRPC_COMPRESSION_NONE)
		http2_headers_add(h, STR("grpc-encoding"),
				  str_of(grpc_compression_name(ch->options.compression)));
	http2_headers_add(h, STR("grpc-accept-encoding"), STR(GRPC_ACCEPT_ENCODING));
	for (size_t i = 0; i < stream->n_metadata; i++)
		http2_headers_add(h, stream->metadata[i].name, stream->metadata[i].value);
}

/* False: the connection takes no more. */
static bool send_request(struct grpc_channel *ch, struct grpc_stream *stream)
{
	struct http2_headers h auto_done(http2_headers_done) = {0};
	char timeout[GRPC_TIMEOUT_TEXT_MAX];

	request_headers(ch, stream, timeout, &h);
	send_queue_reset(&stream->queue);
	send_queue_set(&stream->queue, stream->request);
	stream->n_attempts++;
	return http2_stream_request(ch->current->session, &stream->h2, &h);
}

static void fail_stream(struct grpc_stream *stream, const struct err *why)
{
	grpc_stream_end(stream, GRPC_UNAVAILABLE, str_of(why->msg));
	grpc_stream_unref(stream);
}

void grpc_channel_start(struct grpc_stream *stream)
{
	struct grpc_channel *ch = stream->channel;
	enum grpc_channel_state state = atomic_load(&ch->state);

	if (state == GRPC_CHANNEL_READY) {
		if (send_request(ch, stream))
			return;
		http2_session_drain(ch->current->session);
		ch->current = NULL;
		state = GRPC_CHANNEL_IDLE;
	}
	if (state == GRPC_CHANNEL_BACKOFF && !stream->wait_for_ready) {
		fail_stream(stream, &ch->last_failure);
		return;
	}
	await_connection(ch, stream);
	if (state == GRPC_CHANNEL_IDLE)
		connect_link(ch);
}

/* For the consumer's error, should its time end before there is a connection. */
static void tell_why_waiting(struct grpc_stream *stream, const char *why)
{
	pthread_mutex_lock(&stream->mailbox->mu);
	free(stream->no_connection);
	stream->no_connection = why ? xstrdup(why) : NULL;
	pthread_mutex_unlock(&stream->mailbox->mu);
}

static void start_pending(struct grpc_channel *ch)
{
	struct grpc_stream *stream = take(ch->pending), *next;

	for (; stream; stream = next) {
		next = stream->next_pending;
		stream->pending_link = NULL;
		tell_why_waiting(stream, NULL);
		grpc_channel_start(stream);
	}
}

static void fail_pending(struct grpc_channel *ch)
{
	struct grpc_stream *next;

	for (struct grpc_stream *stream = ch->pending; stream; stream = next) {
		next = stream->next_pending;
		if (stream->wait_for_ready) {
			tell_why_waiting(stream, ch->last_failure.msg);
			continue;
		}
		grpc_channel_forget(stream);
		fail_stream(stream, &ch->last_failure);
	}
}

/* --- what the connection does --- */

static void on_ready(struct http2_session *session, void *arg)
{
	(void)session;
	struct grpc_link *link = arg;
	struct grpc_channel *ch = link->channel;

	link->ready = true;
	if (ch->current != link)
		return;
	ch->n_failures = 0;
	set_state(ch, GRPC_CHANNEL_READY);
	start_pending(ch);
}

static void on_goaway(struct http2_session *session, void *arg, uint32_t error_code)
{
	(void)session;
	struct grpc_link *link = arg;
	struct grpc_channel *ch = link->channel;

	if (error_code == NGHTTP2_ENHANCE_YOUR_CALM)
		ch->keepalive_time_ms *= 2; /* we have pinged too often for its taste */
	if (ch->current != link || !link->ready)
		return;
	ch->current = NULL;
	set_state(ch, GRPC_CHANNEL_IDLE);
}

static int64_t backoff_ms(struct grpc_channel *ch)
{
	double ms = (double)ch->options.backoff_base_ms;
	double max_ms = (double)ch->options.backoff_max_ms;

	for (unsigned i = 1; i < ch->n_failures && ms < max_ms; i++)
		ms *= BACKOFF_FACTOR;
	if (ms > max_ms)
		ms = max_ms;
	return (int64_t)(ms * (1 + BACKOFF_JITTER * (2 * rand_unit(&ch->rand) - 1)));
}

static void connecting_failed(struct grpc_channel *ch, const struct err *why)
{
	ch->n_failures++;
	ch->last_failure = *why;
	err_wrap(&ch->last_failure, "connection error");
	set_state(ch, GRPC_CHANNEL_BACKOFF);
	loop_timer_start(ch->backoff_timer, backoff_ms(ch));
	fail_pending(ch);
}

static void backoff_is_over(void *arg)
{
	struct grpc_channel *ch = arg;

	if (ch->closing || ch->current)
		return;
	set_state(ch, GRPC_CHANNEL_IDLE);
	if (ch->pending)
		connect_link(ch);
}

static void current_closed(struct grpc_channel *ch, bool was_ready, const struct err *why)
{
	if (ch->closing)
		return;
	if (!was_ready) {
		connecting_failed(ch, why);
		return;
	}
	set_state(ch, GRPC_CHANNEL_IDLE);
	if (ch->pending)
		connect_link(ch);
}

static void on_closed(struct http2_session *session, void *arg, const struct err *why)
{
	(void)session;
	struct grpc_link *link = arg;
	struct grpc_channel *ch = link->channel;

	*link->link = link->next;
	if (link->next)
		link->next->link = link->link;
	if (ch->current == link) {
		ch->current = NULL;
		current_closed(ch, link->ready, why);
	}
	free(link);

	pthread_mutex_lock(&ch->mu);
	ch->n_links--;
	pthread_cond_broadcast(&ch->all_closed);
	pthread_mutex_unlock(&ch->mu);
}

static const struct http2_events link_events = {
    .on_header = grpc_response_header,
    .on_headers = grpc_response_headers,
    .on_data = grpc_response_data,
    .on_end = grpc_response_end,
    .on_stream_closed = grpc_response_closed,
    .on_ready = on_ready,
    .on_goaway = on_goaway,
    .on_closed = on_closed,
};

/* --- making and freeing --- */

static void set_defaults(struct grpc_channel_options *o)
{
	o->user_agent = o->user_agent ?: "athanor";
	o->max_message_bytes = o->max_message_bytes ?: GRPC_MESSAGE_MAX_BYTES;
	o->initial_window_bytes = o->initial_window_bytes ?: DEFAULT_WINDOW_BYTES;
	o->max_window_bytes = o->max_window_bytes ?: DEFAULT_MAX_WINDOW_BYTES;
	o->connect_timeout_ms = o->connect_timeout_ms ?: DEFAULT_CONNECT_TIMEOUT_MS;
	o->backoff_base_ms = o->backoff_base_ms ?: DEFAULT_BACKOFF_BASE_MS;
	o->backoff_max_ms = o->backoff_max_ms ?: DEFAULT_BACKOFF_MAX_MS;
	o->keepalive_time_ms = o->keepalive_time_ms ?: DEFAULT_KEEPALIVE_TIME_MS;
	o->keepalive_timeout_ms = o->keepalive_timeout_ms ?: DEFAULT_KEEPALIVE_TIMEOUT_MS;
}

static void timer_init(void *arg)
{
	struct grpc_channel *ch = arg;

	ch->backoff_timer = loop_timer_new(ch->loop, backoff_is_over, ch);
}

struct grpc_channel *grpc_channel_new(const char *target,
				      const struct grpc_channel_options *options)
{
	struct grpc_channel *ch = NEW(struct grpc_channel);
	struct grpc_channel_options *o = &ch->options;

	*o = *options;
	set_defaults(o);
	o->user_agent = xstrdup(o->user_agent);
	o->server_name = o->server_name ? xstrdup(o->server_name) : NULL;
	o->tls = o->tls ? tls_client_ref(o->tls) : NULL;
	ch->target = xstrdup(target);
	ch->authority = xstrdup(o->server_name ? o->server_name : target);
	ch->loop = loops_next(o->loops);
	ch->keepalive_time_ms = o->keepalive_time_ms;
	rand_seed_system(&ch->rand);
	pthread_mutex_init(&ch->mu, NULL);
	pthread_cond_init(&ch->all_closed, NULL);
	loop_call(ch->loop, timer_init, ch);
	return ch;
}

enum grpc_channel_state grpc_channel_state(struct grpc_channel *channel)
{
	return atomic_load(&channel->state);
}

static void cut_links(void *arg)
{
	struct grpc_channel *ch = arg;

	assert(!ch->pending); /* its streams were closed before */
	ch->closing = true;
	loop_timer_free(take(ch->backoff_timer));
	for (struct grpc_link *link = ch->links; link; link = link->next)
		http2_session_cut(link->session, ERR_CANCELED, "the channel is closed");
}

void grpc_channel_free(struct grpc_channel *channel)
{
	if (!channel)
		return;
	loop_call(channel->loop, cut_links, channel);
	pthread_mutex_lock(&channel->mu);
	while (channel->n_links > 0)
		pthread_cond_wait(&channel->all_closed, &channel->mu);
	pthread_mutex_unlock(&channel->mu);

	pthread_cond_destroy(&channel->all_closed);
	pthread_mutex_destroy(&channel->mu);
	tls_client_unref(channel->options.tls);
	free((char *)channel->options.user_agent);
	free((char *)channel->options.server_name);
	free(channel->authority);
	free(channel->target);
	free(channel);
}
