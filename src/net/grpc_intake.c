/* grpc_intake.c - a request arriving: from its headers to the hand-over to a worker thread.
 *
 * On the loop's thread. Only a complete request takes a worker, so a slow client costs none. What
 * cannot be served is answered right here, by headers alone. */
#include "net/grpc_server_internal.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/pool.h"

#include <stdio.h>

static struct grpc_call *call_of(struct http2_stream *stream)
{
	return (struct grpc_call *)stream;
}

/* --- answers without a handler --- */

static void finish_refusal(struct grpc_call *call, const struct http2_headers *h)
{
	call->refused = call->answered = true;
	http2_stream_respond_end(&call->stream, h);
}

/* Not gRPC at all. */
static void refuse_http(struct grpc_call *call, const char *http_status)
{
	struct http2_headers h auto_done(http2_headers_done) = {0};

	http2_headers_add(&h, STR(":status"), str_of(http_status));
	finish_refusal(call, &h);
}

static void refuse(struct grpc_call *call, enum grpc_code status, struct str message)
{
	struct http2_headers h auto_done(http2_headers_done) = {0};

	call->status = status;
	call->status_message = arena_str(call->arena, message);
	http2_headers_add(&h, STR(":status"), STR("200"));
	http2_headers_add(&h, STR("content-type"), STR("application/grpc"));
	if (status == GRPC_UNIMPLEMENTED)
		http2_headers_add(&h, STR("grpc-accept-encoding"), STR(GRPC_ACCEPT_ENCODING));
	grpc_call_status_headers(call, &h);
	finish_refusal(call, &h);
}

static void refuse_err(struct grpc_call *call, const struct err *err)
{
	refuse(call, grpc_code_of_err(err->code), str_of(err->msg));
}

/* --- headers --- */

static struct http2_stream *on_request(struct http2_session *session, void *arg)
{
	(void)session;
	struct grpc_connection *connection = arg;
	const struct grpc_server_options *options = &connection->shard->server->options;

	/* Streams that were reset at once, while their handlers still run, count as well. */
	if (atomic_load(&connection->n_calls) >= 2 * options->max_concurrent_streams)
		return NULL;
	return &grpc_call_new(connection)->stream;
}

static void on_header(struct http2_stream *stream, struct str name, struct str value)
{
	struct grpc_call *call = call_of(stream);
	const struct {
		struct str name;
		struct str *to;
	} known[] = {
	    {STR(":method"), &call->http_method},       {STR(":path"), &call->path},
	    {STR("content-type"), &call->content_type}, {STR("grpc-timeout"), &call->timeout},
	    {STR("grpc-encoding"), &call->encoding},
	};
	struct grpc_pair pair;

	if (call->checked)
		return; /* a client's trailers mean nothing to us */
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (str_eq(name, known[i].name)) {
			*known[i].to = arena_str(call->arena, value);
			return;
		}
	}
	if (grpc_metadata_is_reserved(name) && !str_is(name, "user-agent"))
		return;
	if (grpc_metadata_read(name, value, call->arena, &pair, &call->metadata_err))
		ARENA_PUSH(call->arena, &call->metadata, pair);
}

static bool is_grpc(struct str content_type)
{
	struct str grpc = STR("application/grpc");
	struct str rest = str_skip(content_type, grpc.n);

	return str_starts(content_type, grpc) &&
	       (rest.n == 0 || rest.p[0] == '+' || rest.p[0] == ';');
}

static const struct grpc_method *find_method(const struct grpc_server *server, struct str path)
{
	for (size_t i = 0; i < server->methods.n; i++) {
		if (str_is(path, server->methods.v[i].path))
			return &server->methods.v[i];
	}
	return NULL;
}

/* Fails with what the client is to be told. */
static bool read_headers(struct grpc_call *call, struct err *err)
{
	int64_t timeout_ns = INT64_MAX, deadline_ns;

	call->method = find_method(call->server, call->path);
	if (!call->method)
		return err_set(err, ERR_UNSUPPORTED, "unknown method %.*s", STR_FMT(call->path));
	if (call->encoding.n && !grpc_compression_parse(call->encoding, &call->compression))
		return err_set(err, ERR_UNSUPPORTED,
			       "grpc: Decompressor is not installed for grpc-encoding \"%.*s\"",
			       STR_FMT(call->encoding));
	if (call->timeout.n && !grpc_timeout_read(call->timeout, &timeout_ns))
		return err_set(err, ERR_INTERNAL, "malformed grpc-timeout: \"%.*s\"",
			       STR_FMT(call->timeout));
	if (call->metadata_err.code != ERR_OK) {
		*err = call->metadata_err;
		err->code = ERR_INTERNAL;
		return false;
	}
	if (__builtin_add_overflow(call->started_ns, timeout_ns, &deadline_ns))
		deadline_ns = CTX_NO_DEADLINE;
	call->ctx = ctx_new(NULL, deadline_ns);
	return true;
}

/* --- the message --- */

static void submit(struct grpc_call *call)
{
	struct err err = ERR_INIT;

	if (!call->complete) {
		refuse(call, GRPC_INTERNAL, STR("the request ended before its message"));
		return;
	}
	grpc_call_ref(call);
	grpc_server_call_started(call->server);
	call->submitted = true;
	if (pool_submit(call->server->options.pool, grpc_call_run, call, &err))
		return;
	call->submitted = false;
	grpc_server_call_ended(call->server);
	refuse_err(call, &err);
	grpc_call_unref(call);
}

static void on_headers(struct http2_stream *stream, bool peer_ended)
{
	struct grpc_call *call = call_of(stream);
	struct err err = ERR_INIT;
	bool first = !call->checked;

	call->checked = true;
	if (call->refused)
		return;
	if (!first) {
		if (peer_ended)
			submit(call);
	} else if (!str_is(call->http_method, "POST")) {
		refuse_http(call, "405");
	} else if (!is_grpc(call->content_type)) {
		refuse_http(call, "415");
	} else if (!read_headers(call, &err)) {
		refuse_err(call, &err);
	} else if (peer_ended) {
		submit(call);
	}
}

static void on_data(struct http2_stream *stream, struct str bytes)
{
	struct grpc_call *call = call_of(stream);
	struct err err = ERR_INIT;
	size_t n = bytes.n;

	while (bytes.n > 0 && !call->refused) {
		if (call->complete) {
			refuse(call, GRPC_INTERNAL, STR("more than one request message"));
			return;
		}
		switch (grpc_assembler_feed(&call->request, &bytes, &err)) {
		case ITER_VALUE:
			call->complete = true;
			break;
		case ITER_END:
			break;
		case ITER_ERROR:
			refuse_err(call, &err);
			return;
		}
	}
	http2_stream_consumed(stream, n);
}

static void on_end(struct http2_stream *stream)
{
	struct grpc_call *call = call_of(stream);

	if (!call->refused)
		submit(call);
}

/* --- the end --- */

static void on_sent(struct http2_stream *stream)
{
	struct http2_headers h auto_done(http2_headers_done) = {0};

	grpc_call_status_headers(call_of(stream), &h);
	http2_stream_send_trailers(stream, &h);
}

static void on_stream_closed(struct http2_stream *stream, uint32_t error_code,
			     const struct err *why)
{
	(void)error_code;
	struct grpc_call *call = call_of(stream);

	send_queue_close(&call->queue);
	if (call->submitted)
		ctx_cancel(call->ctx, ERR_CANCELED, "%s",
			   why ? why->msg : "the client canceled the call");
	grpc_call_unref(call);
}

static void on_closed(struct http2_session *session, void *arg, const struct err *why)
{
	(void)session, (void)why;
	grpc_connection_closed(arg);
}

const struct http2_events grpc_intake_events = {
    .on_request = on_request,
    .on_header = on_header,
    .on_headers = on_headers,
    .on_data = on_data,
    .on_end = on_end,
    .on_sent = on_sent,
    .on_stream_closed = on_stream_closed,
    .on_closed = on_closed,
};
