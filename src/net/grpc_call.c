/* grpc_call.c - a call in the hands of its handler, on a worker thread. */
#include "net/grpc_server_internal.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "codec/snappy.h"
#include "net/loop.h"

#include <stdio.h>
#include <stdlib.h>

struct grpc_call *grpc_call_new(struct grpc_connection *connection)
{
	struct grpc_call *call = NEW(struct grpc_call);
	struct grpc_server *server = connection->shard->server;

	atomic_init(&call->refs, 1);
	atomic_fetch_add(&connection->refs, 1);
	atomic_fetch_add(&connection->n_calls, 1);
	call->server = server;
	call->connection = connection;
	call->loop = connection->shard->loop;
	call->arena = arena_new(server->options.tracker);

	call->started_ns = clock_monotonic_ns(&clock_system);
	grpc_assembler_init(&call->request, server->options.max_request_bytes,
			    server->options.tracker);
	buf_init(&call->plain, server->options.max_request_bytes, server->options.tracker);
	buf_init(&call->encoded, GRPC_MESSAGE_MAX_BYTES, server->options.tracker);
	send_queue_init(&call->queue, server->options.send_queue_bytes, server->options.tracker);
	call->stream.queue = &call->queue;
	return call;
}

void grpc_call_ref(struct grpc_call *call)
{
	atomic_fetch_add(&call->refs, 1);
}

void grpc_call_unref(struct grpc_call *call)
{
	if (atomic_fetch_sub(&call->refs, 1) != 1)
		return;
	assert(!call->stream.session);
	atomic_fetch_sub(&call->connection->n_calls, 1);
	grpc_connection_unref(call->connection);
	send_queue_done(&call->queue);
	grpc_assembler_done(&call->request);
	buf_done(&call->plain);
	buf_done(&call->encoded);
	ctx_free(call->ctx);
	arena_free(call->arena);
	free(call);
}

/* --- the loop's half of sending --- */

void grpc_call_status_headers(struct grpc_call *call, struct http2_headers *h)
{
	struct arena *a = call->arena;
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	http2_headers_add(h, STR("grpc-status"), str_of(arena_printf(a, "%d", call->status)));
	if (call->status_message.n) {
		grpc_message_encode(call->status_message, &text);
		http2_headers_add(h, STR("grpc-message"), arena_str(a, buf_str(&text)));
	}
	for (size_t i = 0; i < call->trailers.n; i++) {
		const struct grpc_pair *pair = &call->trailers.v[i];
		http2_headers_add(h, pair->key, grpc_metadata_text(pair, a));
	}
}

/* The first wake: a failure before any message is told by headers alone. */
static void answer(struct grpc_call *call)
{
	struct http2_headers h auto_done(http2_headers_done) = {0};
	bool finished;
	size_t n = send_queue_peek(&call->queue, &finished);

	call->answered = true;
	http2_headers_add(&h, STR(":status"), STR("200"));
	http2_headers_add(&h, STR("content-type"), STR("application/grpc"));
	if (n == 0 && finished && call->status != GRPC_OK) {
		grpc_call_status_headers(call, &h);
		http2_stream_respond_end(&call->stream, &h);
		return;
	}
	if (call->compression != GRPC_COMPRESSION_NONE)
		http2_headers_add(&h, STR("grpc-encoding"),
				  str_of(grpc_compression_name(call->compression)));
	http2_stream_respond(&call->stream, &h);
}

static void wake_on_loop(void *arg)
{
	struct grpc_call *call = arg;

	if (call->stream.session && !call->answered)
		answer(call);
	else if (call->stream.session)
		http2_stream_resume(&call->stream);
	grpc_call_unref(call);
}

static void wake(struct grpc_call *call, enum send_wake needed)
{
	if (needed == SEND_WAKE_NOT)
		return;
	grpc_call_ref(call);
	loop_post(call->loop, wake_on_loop, call);
}

/* --- a handler at work --- */

static bool serve(struct grpc_call *call, struct err *err)
{
	const struct grpc_observer *observer = &call->server->options.observer;

	if (!ctx_check(call->ctx, err))
		return false;
	if (!grpc_payload_open(buf_str(&call->request.payload), call->request.prefix.compressed,
			       call->compression, &call->plain, &call->message, err))
		return false;
	if (observer->message_received)
		observer->message_received(observer->arg, call->method->path);
	return call->method->handler(call, call->method->arg, err);
}

static void set_status(struct grpc_call *call, bool ok, const struct err *err)
{
	if (ok) {
		call->status = GRPC_OK;
		return;
	}
	call->status =
	    call->failed_status != GRPC_OK ? call->failed_status : grpc_code_of_err(err->code);
	call->status_message = arena_str(call->arena, str_of(err->msg));
}

static void serve_watched(struct grpc_call *call)
{
	const struct grpc_call_watcher *watcher = &call->server->options.watcher;
	struct err err = ERR_INIT;
	void *begun = watcher->begin ? watcher->begin(watcher->arg, call) : NULL;

	set_status(call, serve(call, &err), &err);
	if (begun)
		watcher->end(watcher->arg, begun, call, call->status, call->status_message);
}

void grpc_call_run(void *arg)
{
	struct grpc_call *call = arg;
	struct grpc_server *server = call->server;
	const struct grpc_observer *observer = &server->options.observer;

	if (observer->started)
		observer->started(observer->arg, call->method->path);
	serve_watched(call);
	if (observer->handled) {
		int64_t took_ns = clock_monotonic_ns(&clock_system) - call->started_ns;
		observer->handled(observer->arg, call->method->path, call->status,
				  (double)took_ns * 1e-9);
	}
	wake(call, send_queue_finish(&call->queue));
	grpc_call_unref(call);
	grpc_server_call_ended(server);
}

struct str grpc_call_request(const struct grpc_call *call)
{
	return call->message;
}

struct ctx *grpc_call_ctx(const struct grpc_call *call)
{
	return call->ctx;
}

bool grpc_call_metadata(const struct grpc_call *call, const char *key, struct str *value)
{
	for (size_t i = 0; i < call->metadata.n; i++) {
		if (str_is(call->metadata.v[i].key, key)) {
			*value = call->metadata.v[i].value;
			return true;
		}
	}
	return false;
}

const char *grpc_call_method(const struct grpc_call *call)
{
	return call->method->path;
}

const char *grpc_call_peer(const struct grpc_call *call)
{
	return call->connection->peer;
}

static bool sent(struct grpc_call *call, enum send_wake needed)
{
	const struct grpc_observer *observer = &call->server->options.observer;

	wake(call, needed);
	if (observer->message_sent)
		observer->message_sent(observer->arg, call->method->path);
	return true;
}

static bool fits(size_t size_bytes, struct err *err)
{
	if (size_bytes > GRPC_MESSAGE_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "gRPC message: %zu bytes to send, at most %zu",
			       size_bytes, GRPC_MESSAGE_MAX_BYTES);
	return true;
}

static bool send_compressed(struct grpc_call *call, struct str message, struct err *err)
{
	enum send_wake needed;

	buf_clear(&call->encoded);
	if (!snappy_encode_frames(message, &call->encoded, err))
		return false;
	return send_queue_push_buf(&call->queue, call->ctx, &call->encoded, true, &needed, err) &&
	       sent(call, needed);
}

bool grpc_call_send(struct grpc_call *call, struct str message, struct err *err)
{
	enum send_wake needed;

	if (!fits(message.n, err))
		return false;
	if (call->compression == GRPC_COMPRESSION_SNAPPY && message.n > 0)
		return send_compressed(call, message, err);
	return send_queue_push(&call->queue, call->ctx, message, false, &needed, err) &&
	       sent(call, needed);
}

bool grpc_call_send_buf(struct grpc_call *call, struct buf *message, struct err *err)
{
	enum send_wake needed;

	if (call->compression == GRPC_COMPRESSION_SNAPPY) {
		if (!grpc_call_send(call, buf_str(message), err))
			return false;
		buf_clear(message);
		return true;
	}
	if (!fits(message->n, err))
		return false;
	return send_queue_push_buf(&call->queue, call->ctx, message, false, &needed, err) &&
	       sent(call, needed);
}

void grpc_call_set_trailer(struct grpc_call *call, const char *key, struct str value)
{
	struct grpc_pair pair = {str_of(key), value};
	struct err err = ERR_INIT;

	assert(grpc_metadata_check(&pair, &err)); /* the key is ours, the value is to be -bin */
	pair.key = arena_str(call->arena, pair.key);
	pair.value = arena_str(call->arena, pair.value);
	ARENA_PUSH(call->arena, &call->trailers, pair);
}

bool grpc_call_fail(struct grpc_call *call, enum grpc_code code, struct err *err)
{
	assert(code != GRPC_OK && err->code != ERR_OK);
	call->failed_status = code;
	return false;
}
