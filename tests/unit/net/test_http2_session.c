/* What a hostile or clumsy client may do to a gRPC server, frame by frame. */
#include "net/http2_session.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"
#include "tests/lib/grpc_rig.h"
#include "tests/lib/raw_http2.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#define POST                                                                                       \
	":method: POST\n:scheme: http\n:path: /test.Rig/Echo\n:authority: x\n"                     \
	"content-type: application/grpc\nte: trailers\n"

struct attack {
	struct grpc_rig rig;
	struct raw_http2 h;
	struct raw_frame frame;
};

static unsigned port_of(const struct grpc_rig *rig)
{
	return (unsigned)atoi(strrchr(grpc_server_address(rig->server), ':') + 1);
}

static void begin_with(struct attack *a, const struct grpc_rig_options *options)
{
	grpc_rig_start(&a->rig, options);
	raw_http2_connect(&a->h, port_of(&a->rig));
	raw_frame_init(&a->frame);
}

static void begin(struct attack *a)
{
	begin_with(a, NULL);
}

static void end(struct attack *a)
{
	raw_frame_done(&a->frame);
	raw_http2_close(&a->h);
	grpc_rig_stop(&a->rig);
}

/* The server still serves others. */
static void expect_alive(struct attack *a)
{
	struct buf response auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;

	expect_ok(grpc_call_unary(a->rig.channel, NULL, "/test.Rig/Echo", STR("hi"), NULL,
				  &response, &err),
		  err);
}

static void expect_headers(struct attack *a, const char *part)
{
	raw_http2_await(&a->h, NGHTTP2_HEADERS, &a->frame);
	if (!strstr(buf_cstr(&a->frame.headers), part))
		fail_msg("got the headers\n%swant \"%s\"", buf_cstr(&a->frame.headers), part);
}

static void expect_goaway(struct attack *a, uint32_t code, const char *reason)
{
	raw_http2_await(&a->h, NGHTTP2_GOAWAY, &a->frame);
	uint32_t got;
	memcpy(&got, a->frame.payload.p + 4, sizeof(got));
	assert_int_equal(__builtin_bswap32(got), code);
	expect_str(str_skip(buf_str(&a->frame.payload), 8), reason);
	while (raw_http2_read(&a->h, &a->frame))
		; /* and then it closes */
}

static void the_answer_ends_with_the_status_in_trailers(void **state)
{
	(void)state;
	struct attack a;
	begin(&a);

	raw_http2_send_headers(&a.h, 0, 1, POST);
	raw_http2_send(&a.h, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, STR("\0\0\0\0\002hi"));

	expect_headers(&a, ":status: 200\ncontent-type: application/grpc\n");
	raw_http2_await(&a.h, NGHTTP2_DATA, &a.frame);
	assert_true(str_eq(buf_str(&a.frame.payload), STR("\0\0\0\0\002hi")));
	expect_headers(&a, "grpc-status: 0\n");
	assert_true(a.frame.flags & NGHTTP2_FLAG_END_STREAM);
	end(&a);
}

static void a_message_may_come_byte_by_byte(void **state)
{
	(void)state;
	static const char bytes[] = "\0\0\0\0\002hi";
	struct attack a;
	begin(&a);

	raw_http2_send_headers(&a.h, 0, 1, POST);
	for (size_t i = 0; i < 7; i++)
		raw_http2_send(&a.h, NGHTTP2_DATA, 0, 1, str_from(bytes + i, 1));
	raw_http2_send(&a.h, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, STR(""));

	raw_http2_await(&a.h, NGHTTP2_DATA, &a.frame);
	assert_true(str_eq(buf_str(&a.frame.payload), STR("\0\0\0\0\002hi")));
	end(&a);
}

static void what_is_not_grpc_gets_an_http_status(void **state)
{
	(void)state;
	struct attack a;
	begin(&a);

	raw_http2_send_headers(
	    &a.h, NGHTTP2_FLAG_END_STREAM, 1,
	    ":method: GET\n:scheme: http\n:path: /test.Rig/Echo\n:authority: x\n");
	expect_headers(&a, ":status: 405\n");
	raw_http2_send_headers(&a.h, NGHTTP2_FLAG_END_STREAM, 3,
			       ":method: POST\n:scheme: http\n:path: /test.Rig/Echo\n"
			       ":authority: x\ncontent-type: application/grpcx\n");
	expect_headers(&a, ":status: 415\n");
	assert_int_equal(a.rig.n_entered, 0);
	end(&a);
}

static void an_unknown_encoding_is_answered_with_those_we_know(void **state)
{
	(void)state;
	struct attack a;
	begin(&a);

	raw_http2_send_headers(&a.h, 0, 1, POST "grpc-encoding: gzip\n");

	expect_headers(&a, "grpc-accept-encoding: identity,snappy\ngrpc-status: 12\n");
	/* The rest of the request is not wanted. */
	raw_http2_await(&a.h, NGHTTP2_RST_STREAM, &a.frame);
	assert_true(str_eq(buf_str(&a.frame.payload), STR("\0\0\0\0")));
	end(&a);
}

static void a_compressed_client_is_answered_in_snappy_frames(void **state)
{
	(void)state;
	/* "hi" as one uncompressed frame behind the stream's identifier, with its checksum. */
	struct attack a;
	struct str frames = STR("\xff\x06\x00\x00sNaPpY\x01\x06\x00\x00\x13\xd6\x08\x56"
				"hi");
	struct buf message auto_done(buf_done) = BUF_INIT(100);
	begin(&a);

	buf_append_str(&message, STR("\1\0\0\0"));
	buf_putc(&message, (char)frames.n);
	buf_append_str(&message, frames);
	raw_http2_send_headers(&a.h, 0, 1, POST "grpc-encoding: snappy\n");
	raw_http2_send(&a.h, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, buf_str(&message));

	expect_headers(&a, "grpc-encoding: snappy\n");
	raw_http2_await(&a.h, NGHTTP2_DATA, &a.frame);
	assert_int_equal(a.frame.payload.p[0], 1);
	assert_true(
	    str_starts(str_skip(buf_str(&a.frame.payload), 5), STR("\xff\x06\x00\x00sNaPpY")));
	expect_headers(&a, "grpc-status: 0\n");
	end(&a);
}

static void broken_requests_fail_alone(void **state)
{
	(void)state;
	static const struct {
		const char *headers;
		struct str body;
		const char *status;
	} cases[] = {
	    {POST, STR(""), "grpc-status: 13\ngrpc-message: the request ended before its message"},
	    {POST, STR("\0\0\0\0\5hi"), "grpc-status: 13\n"},
	    {POST, STR("\0\0\0\0\2hi\0\0\0\0\0"), "grpc-message: more than one request message"},
	    {POST, STR("\7\0\0\0\2hi"), "grpc-message: gRPC message: flag 0x07, want 0 or 1"},
	    {POST, STR("\1\0\0\0\2hi"), "compressed, but the stream has no grpc-encoding"},
	    {POST "grpc-encoding: snappy\n", STR("\1\0\0\0\2hi"), "grpc-status: 13\n"},
	    {POST "grpc-timeout: soon\n", STR("\0\0\0\0\0"), "malformed grpc-timeout: \"soon\""},
	    {POST "x-bin: %%%\n", STR("\0\0\0\0\0"), "grpc-status: 13\n"},
	    {POST "grpc-timeout: 1n\n", STR("\0\0\0\0\0"), "grpc-status: 4\n"},
	};
	struct attack a;
	begin(&a);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int32_t id = (int32_t)i * 2 + 1;
		raw_http2_send_headers(&a.h, 0, id, cases[i].headers);
		raw_http2_send(&a.h, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, id, cases[i].body);
		expect_headers(&a, cases[i].status);
	}
	end(&a);
}

static void too_many_header_bytes_end_the_stream(void **state)
{
	(void)state;
	struct attack a;
	struct buf headers auto_done(buf_done) = BUF_INIT(100000);
	begin(&a);

	buf_puts(&headers, POST);
	for (int i = 0; i < 2000; i++)
		buf_printf(&headers, "x: %d\n", i);
	raw_http2_send_headers(&a.h, NGHTTP2_FLAG_END_STREAM, 1, buf_cstr(&headers));

	raw_http2_await(&a.h, NGHTTP2_RST_STREAM, &a.frame);
	assert_int_equal(a.frame.payload.p[3], NGHTTP2_ENHANCE_YOUR_CALM);
	assert_int_equal(a.rig.n_entered, 0);
	expect_alive(&a);
	end(&a);
}

static void a_client_that_pings_too_often_is_sent_away(void **state)
{
	(void)state;
	struct attack a;
	begin(&a);

	for (int i = 0; i < 4; i++)
		raw_http2_send(&a.h, NGHTTP2_PING, 0, 0, STR("12345678"));

	expect_goaway(&a, NGHTTP2_ENHANCE_YOUR_CALM, "too_many_pings");
	expect_alive(&a);
	end(&a);
}

/* Its notice, and when that was seen the number of the last request, which is answered still. */
static void a_connection_that_is_old_enough_ends_with_its_last_request(void **state)
{
	(void)state;
	struct attack a;
	begin_with(&a, &(struct grpc_rig_options){.server.max_connection_age_ms = 100});
	raw_http2_send_headers(&a.h, 0, 1, POST);

	raw_http2_await(&a.h, NGHTTP2_PING, &a.frame);
	raw_http2_send(&a.h, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, buf_str(&a.frame.payload));
	raw_http2_await(&a.h, NGHTTP2_GOAWAY, &a.frame);
	assert_memory_equal(a.frame.payload.p, "\x7f\xff\xff\xff", 4);
	raw_http2_await(&a.h, NGHTTP2_GOAWAY, &a.frame);
	assert_memory_equal(a.frame.payload.p, "\0\0\0\1", 4);
	raw_http2_send(&a.h, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, STR("\0\0\0\0\002hi"));
	raw_http2_await(&a.h, NGHTTP2_DATA, &a.frame);
	assert_true(str_eq(buf_str(&a.frame.payload), STR("\0\0\0\0\002hi")));
	while (raw_http2_read(&a.h, &a.frame))
		; /* and then it closes */
	expect_alive(&a);
	end(&a);
}

static void pings_in_the_allowed_rhythm_are_answered(void **state)
{
	(void)state;
	struct attack a;
	begin_with(&a, &(struct grpc_rig_options){.server.keepalive_min_time_ms = 1});
	raw_http2_send_headers(&a.h, 0, 1, POST); /* an open stream: its interval counts */

	for (int i = 0; i < 10; i++) {
		ctx_sleep_ms(NULL, 5);
		raw_http2_send(&a.h, NGHTTP2_PING, 0, 0, STR("12345678"));
		raw_http2_await(&a.h, NGHTTP2_PING, &a.frame);
	}
	end(&a);
}

static void a_flood_of_settings_ends_the_connection(void **state)
{
	(void)state;
	struct attack a;
	begin(&a);

	for (int i = 0; i < 3000; i++) {
		if (!raw_http2_send(&a.h, NGHTTP2_SETTINGS, 0, 0, STR("")))
			break;
	}

	expect_goaway(&a, NGHTTP2_ENHANCE_YOUR_CALM, "too_many_control_frames");
	expect_alive(&a);
	end(&a);
}

static void a_flood_of_empty_data_ends_the_connection(void **state)
{
	(void)state;
	struct attack a;
	begin(&a);

	raw_http2_send_headers(&a.h, 0, 1, POST);
	for (int i = 0; i < 3000; i++) {
		if (!raw_http2_send(&a.h, NGHTTP2_DATA, 0, 1, STR("")))
			break;
	}

	expect_goaway(&a, NGHTTP2_ENHANCE_YOUR_CALM, "too_many_control_frames");
	expect_alive(&a);
	end(&a);
}

static bool connection_ends(struct attack *a)
{
	while (raw_http2_read(&a->h, &a->frame)) {
		if (a->frame.type == NGHTTP2_GOAWAY)
			return true;
	}
	return true; /* raw_http2_read() fails the test when the server stays silent */
}

static void a_flood_of_continuations_ends_the_connection(void **state)
{
	(void)state;
	struct attack a;
	struct buf block auto_done(buf_done) = BUF_INIT(100000);
	begin(&a);

	raw_http2_encode_headers(POST, &block);
	raw_http2_send(&a.h, NGHTTP2_HEADERS, 0, 1, buf_str(&block));
	buf_clear(&block);
	raw_http2_encode_headers("x: y\n", &block);
	for (int i = 0; i < 1000; i++) {
		if (!raw_http2_send(&a.h, NGHTTP2_CONTINUATION, 0, 1, buf_str(&block)))
			break;
	}

	assert_true(connection_ends(&a));
	assert_int_equal(a.rig.n_entered, 0);
	expect_alive(&a);
	end(&a);
}

static void rapid_resets_end_the_connection(void **state)
{
	(void)state;
	struct attack a;
	begin(&a);

	for (int i = 0; i < 20000; i++) {
		int32_t id = 2 * i + 1;
		if (!raw_http2_send_headers(&a.h, 0, id, POST) ||
		    !raw_http2_send(&a.h, NGHTTP2_RST_STREAM, 0, id, STR("\0\0\0\x8")))
			break;
	}

	assert_true(connection_ends(&a));
	expect_alive(&a);
	end(&a);
}

/* The handlers of streams that were reset still run: they count. */
static void running_handlers_are_bounded_whatever_is_reset(void **state)
{
	(void)state;
	static const char wait[] = ":method: POST\n:scheme: http\n:path: /test.Rig/Stubborn\n"
				   ":authority: x\ncontent-type: application/grpc\n";
	struct attack a;
	begin_with(&a, &(struct grpc_rig_options){.server.max_concurrent_streams = 4});

	/* A reset that comes together with its request would take the refusal back, so it waits for
	 * the handler. */
	for (int i = 0; i < 8; i++) {
		int32_t id = 2 * i + 1;
		raw_http2_send_headers(&a.h, 0, id, wait);
		raw_http2_send(&a.h, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, id, STR("\0\0\0\0\0"));
		grpc_rig_await(&a.rig, &a.rig.n_entered, i + 1);
		raw_http2_send(&a.h, NGHTTP2_RST_STREAM, 0, id, STR("\0\0\0\x8"));
	}
	raw_http2_send_headers(&a.h, 0, 17, wait);
	raw_http2_send(&a.h, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 17, STR("\0\0\0\0\0"));

	raw_http2_await(&a.h, NGHTTP2_RST_STREAM, &a.frame);
	assert_int_equal(a.frame.stream_id, 17);
	assert_int_equal(a.frame.payload.p[3], NGHTTP2_REFUSED_STREAM);
	assert_int_equal(grpc_rig_count(&a.rig, &a.rig.n_entered), 8);
	grpc_rig_release(&a.rig);
	end(&a);
}

static void more_streams_than_allowed_are_refused(void **state)
{
	(void)state;
	struct attack a;
	begin_with(&a, &(struct grpc_rig_options){.server.max_concurrent_streams = 2});
	raw_http2_await(&a.h, NGHTTP2_SETTINGS, &a.frame);
	raw_http2_send(&a.h, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, STR(""));

	for (int i = 0; i < 3; i++)
		raw_http2_send_headers(&a.h, 0, 2 * i + 1, POST);

	while (raw_http2_read(&a.h, &a.frame)) {
		if (a.frame.type == NGHTTP2_RST_STREAM || a.frame.type == NGHTTP2_GOAWAY)
			break;
	}
	assert_true(a.frame.type == NGHTTP2_RST_STREAM || a.frame.type == NGHTTP2_GOAWAY);
	expect_alive(&a);
	end(&a);
}

static void what_is_not_http2_is_cut(void **state)
{
	(void)state;
	struct attack a;
	grpc_rig_start(&a.rig, NULL);
	raw_http2_connect(&a.h, port_of(&a.rig));
	raw_frame_init(&a.frame);

	raw_http2_send(&a.h, NGHTTP2_DATA, 0, 0, STR("DATA on stream 0 is a connection error"));

	assert_true(connection_ends(&a));
	expect_alive(&a);
	end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_answer_ends_with_the_status_in_trailers),
	    cmocka_unit_test(a_message_may_come_byte_by_byte),
	    cmocka_unit_test(what_is_not_grpc_gets_an_http_status),
	    cmocka_unit_test(an_unknown_encoding_is_answered_with_those_we_know),
	    cmocka_unit_test(a_compressed_client_is_answered_in_snappy_frames),
	    cmocka_unit_test(broken_requests_fail_alone),
	    cmocka_unit_test(too_many_header_bytes_end_the_stream),
	    cmocka_unit_test(a_client_that_pings_too_often_is_sent_away),
	    cmocka_unit_test(a_connection_that_is_old_enough_ends_with_its_last_request),
	    cmocka_unit_test(pings_in_the_allowed_rhythm_are_answered),
	    cmocka_unit_test(a_flood_of_settings_ends_the_connection),
	    cmocka_unit_test(a_flood_of_empty_data_ends_the_connection),
	    cmocka_unit_test(a_flood_of_continuations_ends_the_connection),
	    cmocka_unit_test(rapid_resets_end_the_connection),
	    cmocka_unit_test(running_handlers_are_bounded_whatever_is_reset),
	    cmocka_unit_test(more_streams_than_allowed_are_refused),
	    cmocka_unit_test(what_is_not_http2_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
