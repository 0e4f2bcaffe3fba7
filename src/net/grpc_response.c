/* grpc_response.c - an answer arriving on the loop: headers, messages as raw bytes, the status. */
#include "net/grpc_client_internal.h"

#include <nghttp2/nghttp2.h>

#include <stdio.h>

enum { MAX_ATTEMPTS = 3 };

static struct grpc_stream *stream_of(struct http2_stream *h2)
{
	return (struct grpc_stream *)h2;
}

static void give_up(struct grpc_stream *stream, enum grpc_code status, struct str message)
{
	grpc_stream_end(stream, status, message);
	http2_stream_reset(&stream->h2, NGHTTP2_CANCEL);
}

void grpc_response_header(struct http2_stream *h2, struct str name, struct str value)
{
	struct grpc_stream *stream = stream_of(h2);
	uint64_t http_status = 0;

	if (str_is(name, ":status")) {
		str_to_u64(value, &http_status);
		stream->answer.http_status = (int)http_status;
	} else if (str_is(name, "content-type")) {
		stream->answer.is_grpc = str_starts(value, STR("application/grpc"));
	} else if (str_is(name, "grpc-encoding") && !stream->answer.headers_done) {
		enum grpc_compression compression = GRPC_COMPRESSION_NONE;
		stream->answer.unknown_encoding = !grpc_compression_parse(value, &compression);
		pthread_mutex_lock(&stream->mailbox->mu);
		stream->compression = compression;
		pthread_mutex_unlock(&stream->mailbox->mu);
	} else if (str_is(name, "grpc-status")) {
		stream->answer.has_status = true;
		stream->answer.status = grpc_code_parse(value);
	} else if (str_is(name, "grpc-message")) {
		buf_clear(&stream->answer.message);
		grpc_message_decode(value, &stream->answer.message);
	}
}

/* The first headers that are final; false: the answer is none. */
static bool accept_headers(struct grpc_stream *stream)
{
	char text[128];
	int http_status = stream->answer.http_status;

	stream->answer.headers_done = true;
	if (stream->answer.has_status)
		return true; /* headers alone, with the status in them */
	if (http_status != 200 || !stream->answer.is_grpc) {
		enum grpc_code status =
		    http_status == 200 ? GRPC_UNKNOWN : grpc_code_of_http_status(http_status);
		snprintf(text, sizeof(text), "the server answered HTTP status %d, %sgRPC",
			 http_status, stream->answer.is_grpc ? "" : "not ");
		give_up(stream, status, str_of(text));
		return false;
	}
	if (stream->answer.unknown_encoding) {
		give_up(stream, GRPC_UNIMPLEMENTED,
			STR("the server answered in an unknown grpc-encoding"));
		return false;
	}
	return true;
}

static void end_with_status(struct grpc_stream *stream)
{
	/* An answer that does not wait for the whole request: it has seen enough. */
	if (stream->h2.session && http2_stream_is_sending(&stream->h2))
		http2_stream_reset(&stream->h2, NGHTTP2_CANCEL);
	if (stream->answer.has_status)
		grpc_stream_end(stream, stream->answer.status, buf_str(&stream->answer.message));
	else
		grpc_stream_end(stream, GRPC_INTERNAL,
				STR("server closed the stream without sending trailers"));
}

void grpc_response_headers(struct http2_stream *h2, bool peer_ended)
{
	struct grpc_stream *stream = stream_of(h2);
	bool interim = stream->answer.http_status >= 100 && stream->answer.http_status < 200;

	if (interim && !peer_ended)
		return;
	if (!stream->answer.headers_done && !accept_headers(stream))
		return;
	if (peer_ended)
		end_with_status(stream);
}

void grpc_response_data(struct http2_stream *h2, struct str bytes)
{
	grpc_stream_arrive(stream_of(h2), bytes);
}

void grpc_response_end(struct http2_stream *h2)
{
	end_with_status(stream_of(h2));
}

static bool may_try_again(const struct grpc_stream *stream, uint32_t error_code,
			  const struct err *why)
{
	return !why && error_code == NGHTTP2_REFUSED_STREAM && !stream->ended && !stream->closed &&
	       !stream->answer.headers_done && stream->n_attempts < MAX_ATTEMPTS;
}

void grpc_response_closed(struct http2_stream *h2, uint32_t error_code, const struct err *why)
{
	struct grpc_stream *stream = stream_of(h2);
	char text[96];

	pthread_mutex_lock(&stream->mailbox->mu);
	bool again = may_try_again(stream, error_code, why);
	pthread_mutex_unlock(&stream->mailbox->mu);
	if (again) { /* the server has not looked at it */
		grpc_channel_start(stream);
		return;
	}
	if (why) {
		grpc_stream_end(stream, GRPC_UNAVAILABLE, str_of(why->msg));
	} else if (error_code == NGHTTP2_NO_ERROR) {
		end_with_status(stream);
	} else {
		snprintf(text, sizeof(text), "stream terminated by RST_STREAM with error code: %s",
			 nghttp2_http2_strerror(error_code));
		grpc_stream_end(stream, grpc_code_of_h2_error(error_code), str_of(text));
	}
	send_queue_close(&stream->queue);
	grpc_stream_unref(stream);
}
