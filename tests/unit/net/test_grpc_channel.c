/* A channel and its connection, against servers that break, stay silent or answer nonsense. */
#include "net/grpc_client.h"
#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"
#include "tests/lib/grpc_rig.h"
#include "tests/lib/raw_http2.h"
#include "tests/lib/test_pki.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A channel to a server that the test itself plays. */
struct stage {
	struct loops *loops;
	struct grpc_channel *channel;
	struct grpc_mailbox *mailbox;
	int listener;
	unsigned port;
	char target[32];
	struct raw_http2 h;
	struct raw_frame frame;
};

static void begin(struct stage *s, const struct grpc_channel_options *options)
{
	struct grpc_channel_options o = options ? *options : (struct grpc_channel_options){0};
	struct err err = ERR_INIT;

	s->loops = loops_start(1, &err);
	s->port = 0;
	s->listener = raw_http2_listen(&s->port);
	snprintf(s->target, sizeof(s->target), "127.0.0.1:%u", s->port);
	o.loops = s->loops;
	s->channel = grpc_channel_new(s->target, &o);
	s->mailbox = grpc_mailbox_new();
	raw_frame_init(&s->frame);
}

static void end(struct stage *s)
{
	raw_frame_done(&s->frame);
	grpc_mailbox_free(s->mailbox);
	grpc_channel_free(s->channel);
	loops_stop(s->loops);
	close(s->listener);
}

static struct grpc_stream *call(struct stage *s, struct ctx *ctx)
{
	return grpc_stream_open(s->channel, ctx, "/a.B/C", STR("request"), NULL, s->mailbox);
}

/* The server's next request. */
static void accept_request(struct stage *s)
{
	raw_http2_accept(&s->h, s->listener);
	raw_http2_await(&s->h, NGHTTP2_HEADERS, &s->frame);
}

static void expect_error(struct grpc_stream *stream, enum err_code code, const char *text)
{
	struct str message;
	struct err err = ERR_INIT;

	enum iter_result r = grpc_stream_next(stream, &message, &err);
	if (r != ITER_ERROR || err.code != code || !strstr(err.msg, text))
		fail_msg("got result %d, error %d \"%s\", want error %d \"%s\"", r, err.code,
			 err.msg, code, text);
}

static void a_request_has_the_headers_that_grpc_asks_for(void **state)
{
	(void)state;
	struct stage s;
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 5000);
	begin(&s, &(struct grpc_channel_options){.user_agent = "tester/1"});
	struct grpc_stream *stream = call(&s, ctx);

	accept_request(&s);

	const char *headers = buf_cstr(&s.frame.headers);
	const char *wanted[] = {
	    ":method: POST\n",        ":scheme: http\n",
	    ":path: /a.B/C\n",        "content-type: application/grpc\n",
	    "user-agent: tester/1\n", "te: trailers\n",
	    "grpc-timeout: ",         "grpc-accept-encoding: identity,snappy\n",
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_non_null(strstr(headers, wanted[i]));
	raw_http2_await(&s.h, NGHTTP2_DATA, &s.frame);
	assert_true(str_eq(buf_str(&s.frame.payload), STR("\0\0\0\0\7request")));
	assert_true(s.frame.flags & NGHTTP2_FLAG_END_STREAM);
	grpc_stream_close(stream);
	raw_http2_await(&s.h, NGHTTP2_RST_STREAM, &s.frame);
	assert_int_equal(s.frame.payload.p[3], NGHTTP2_CANCEL);
	raw_http2_close(&s.h);
	end(&s);
}

static void answers_that_are_none_become_errors(void **state)
{
	(void)state;
	static const struct {
		const char *headers;
		bool ends;
		const char *trailers;
		enum err_code code;
		const char *text;
	} cases[] = {
	    {":status: 503\ncontent-type: text/html\n", false, NULL, ERR_UNAVAILABLE,
	     "code = Unavailable desc = the server answered HTTP status 503, not gRPC"},
	    {":status: 404\n", true, NULL, ERR_UNSUPPORTED, "code = Unimplemented"},
	    {":status: 200\ncontent-type: text/plain\n", false, NULL, ERR_INTERNAL,
	     "HTTP status 200, not gRPC"},
	    {":status: 200\ncontent-type: application/grpc\ngrpc-encoding: gzip\n", false, NULL,
	     ERR_UNSUPPORTED, "unknown grpc-encoding"},
	    {":status: 200\ncontent-type: application/grpc\n", true, NULL, ERR_INTERNAL,
	     "without sending trailers"},
	    {":status: 200\ncontent-type: application/grpc\n", false, "grpc-status: seven\n",
	     ERR_INTERNAL, "code = Unknown"},
	    {":status: 200\ncontent-type: application/grpc\ngrpc-status: 5\n"
	     "grpc-message: no%20%C3%A4%zz\n",
	     true, NULL, ERR_NOT_FOUND, "code = NotFound desc = no \xc3\xa4%zz"},
	    {":status: 200\ncontent-type: application/grpc\n", false,
	     "grpc-status: 8\ngrpc-message: enough\n", ERR_LIMIT,
	     "code = ResourceExhausted desc = enough"},
	};
	struct stage s;
	begin(&s, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grpc_stream *stream = call(&s, NULL);
		if (i == 0)
			accept_request(&s);
		else
			raw_http2_await(&s.h, NGHTTP2_HEADERS, &s.frame);
		int32_t id = s.frame.stream_id;
		raw_http2_send_headers(&s.h, cases[i].ends ? NGHTTP2_FLAG_END_STREAM : 0, id,
				       cases[i].headers);
		if (cases[i].trailers)
			raw_http2_send_headers(&s.h, NGHTTP2_FLAG_END_STREAM, id,
					       cases[i].trailers);
		expect_error(stream, cases[i].code, cases[i].text);
		grpc_stream_close(stream);
	}
	raw_http2_close(&s.h);
	end(&s);
}

static void resets_become_errors(void **state)
{
	(void)state;
	static const struct {
		uint32_t h2_error;
		enum err_code code;
		const char *text;
	} cases[] = {
	    {NGHTTP2_CANCEL, ERR_CANCELED, "code = Canceled"},
	    {NGHTTP2_ENHANCE_YOUR_CALM, ERR_LIMIT, "code = ResourceExhausted"},
	    {NGHTTP2_INTERNAL_ERROR, ERR_INTERNAL, "RST_STREAM with error code: INTERNAL_ERROR"},
	};
	struct stage s;
	begin(&s, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grpc_stream *stream = call(&s, NULL);
		if (i == 0)
			accept_request(&s);
		else
			raw_http2_await(&s.h, NGHTTP2_HEADERS, &s.frame);
		uint32_t code = __builtin_bswap32(cases[i].h2_error);
		raw_http2_send(&s.h, NGHTTP2_RST_STREAM, 0, s.frame.stream_id,
			       str_from(&code, sizeof(code)));
		expect_error(stream, cases[i].code, cases[i].text);
		grpc_stream_close(stream);
	}
	raw_http2_close(&s.h);
	end(&s);
}

static void messages_before_a_failure_are_delivered(void **state)
{
	(void)state;
	struct stage s;
	struct str message;
	struct err err = ERR_INIT;
	begin(&s, NULL);
	struct grpc_stream *stream = call(&s, NULL);
	accept_request(&s);
	int32_t id = s.frame.stream_id;

	raw_http2_send_headers(&s.h, 0, id, ":status: 200\ncontent-type: application/grpc\n");
	raw_http2_send(&s.h, NGHTTP2_DATA, 0, id, STR("\0\0\0\0\1a\0\0\0"));
	raw_http2_send(&s.h, NGHTTP2_DATA, 0, id, STR("\0\2bc\0\0"));
	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_VALUE);
	expect_str(message, "a");
	raw_http2_close(&s.h);

	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_VALUE);
	expect_str(message, "bc");
	expect_error(stream, ERR_UNAVAILABLE, "code = Unavailable");
	grpc_stream_close(stream);
	end(&s);
}

static void an_end_within_a_message_is_an_error(void **state)
{
	(void)state;
	struct stage s;
	begin(&s, NULL);
	struct grpc_stream *stream = call(&s, NULL);
	accept_request(&s);
	int32_t id = s.frame.stream_id;

	raw_http2_send_headers(&s.h, 0, id, ":status: 200\ncontent-type: application/grpc\n");
	raw_http2_send(&s.h, NGHTTP2_DATA, 0, id, STR("\0\0\0\0\5abc"));
	raw_http2_send_headers(&s.h, NGHTTP2_FLAG_END_STREAM, id, "grpc-status: 0\n");

	expect_error(stream, ERR_UNAVAILABLE, "the stream ended within a message");
	grpc_stream_close(stream);
	raw_http2_close(&s.h);
	end(&s);
}

/* The server has not looked at the request: it is sent again, on a new connection. */
static void a_request_that_crosses_a_goaway_is_sent_again(void **state)
{
	(void)state;
	struct stage s;
	struct raw_http2 first;
	struct str message;
	struct err err = ERR_INIT;
	begin(&s, NULL);
	struct grpc_stream *stream = call(&s, NULL);
	accept_request(&s);
	first = s.h;

	raw_http2_send(&first, NGHTTP2_GOAWAY, 0, 0, STR("\0\0\0\0\0\0\0\0"));
	accept_request(&s);
	raw_http2_await(&s.h, NGHTTP2_DATA, &s.frame);
	assert_true(str_eq(buf_str(&s.frame.payload), STR("\0\0\0\0\7request")));
	raw_http2_send_headers(&s.h, NGHTTP2_FLAG_END_STREAM, s.frame.stream_id,
			       ":status: 200\ncontent-type: application/grpc\ngrpc-status: 0\n");

	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_END);
	grpc_stream_close(stream);
	raw_http2_close(&first);
	raw_http2_close(&s.h);
	end(&s);
}

static void a_stream_that_the_server_has_seen_survives_a_goaway(void **state)
{
	(void)state;
	struct stage s;
	struct str message;
	struct err err = ERR_INIT;
	begin(&s, NULL);
	struct grpc_stream *stream = call(&s, NULL);
	accept_request(&s);
	int32_t id = s.frame.stream_id;

	raw_http2_send(&s.h, NGHTTP2_GOAWAY, 0, 0, STR("\0\0\0\1\0\0\0\0"));
	raw_http2_send_headers(&s.h, 0, id, ":status: 200\ncontent-type: application/grpc\n");
	raw_http2_send(&s.h, NGHTTP2_DATA, 0, id, STR("\0\0\0\0\1a"));
	raw_http2_send_headers(&s.h, NGHTTP2_FLAG_END_STREAM, id, "grpc-status: 0\n");

	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_VALUE);
	expect_str(message, "a");
	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_END);
	while (raw_http2_read(&s.h, &s.frame))
		; /* the client closes the connection that takes no more requests */
	grpc_stream_close(stream);
	raw_http2_close(&s.h);
	end(&s);
}

static void a_silent_connection_is_pinged_and_given_up(void **state)
{
	(void)state;
	struct stage s;
	begin(&s, &(struct grpc_channel_options){
		      .keepalive_time_ms = 100,
		      .keepalive_timeout_ms = 1000,
		  });
	struct grpc_stream *stream = call(&s, NULL);
	accept_request(&s);

	raw_http2_await(&s.h, NGHTTP2_PING, &s.frame);
	raw_http2_send(&s.h, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, buf_str(&s.frame.payload));
	raw_http2_await(&s.h, NGHTTP2_PING, &s.frame);

	expect_error(stream, ERR_UNAVAILABLE, "keepalive ping was not answered in time");
	grpc_stream_close(stream);
	raw_http2_close(&s.h);
	end(&s);
}

static void an_unreachable_target_fails_calls_until_it_is_there(void **state)
{
	(void)state;
	struct stage s;
	begin(&s, &(struct grpc_channel_options){.backoff_base_ms = 1500});
	close(s.listener);

	struct grpc_stream *stream = call(&s, NULL);
	expect_error(stream, ERR_UNAVAILABLE, "connection error: ");
	grpc_stream_close(stream);
	assert_int_equal(grpc_channel_state(s.channel), GRPC_CHANNEL_BACKOFF);
	stream = call(&s, NULL);
	expect_error(stream, ERR_UNAVAILABLE, "connection error: "); /* at once */
	grpc_stream_close(stream);

	const struct grpc_call_options patient = {.wait_for_ready = true};
	struct str message;
	struct err err = ERR_INIT;
	stream = grpc_stream_open(s.channel, NULL, "/a.B/C", STR(""), &patient, s.mailbox);
	s.listener = raw_http2_listen(&s.port);
	accept_request(&s);
	raw_http2_send_headers(&s.h, NGHTTP2_FLAG_END_STREAM, s.frame.stream_id,
			       ":status: 200\ncontent-type: application/grpc\ngrpc-status: 0\n");
	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_END);
	assert_int_equal(grpc_channel_state(s.channel), GRPC_CHANNEL_READY);
	grpc_stream_close(stream);
	raw_http2_close(&s.h);
	end(&s);
}

static void waiting_for_readiness_ends_with_the_context(void **state)
{
	(void)state;
	struct stage s;
	const struct grpc_call_options patient = {.wait_for_ready = true};
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 50);
	begin(&s, NULL);
	close(s.listener);
	s.listener = -1;

	struct grpc_stream *stream =
	    grpc_stream_open(s.channel, ctx, "/a.B/C", STR(""), &patient, s.mailbox);
	expect_error(stream, ERR_TIMEOUT, "code = DeadlineExceeded");

	grpc_stream_close(stream);
	end(&s);
}

static void a_target_that_does_not_speak_http2_is_unavailable(void **state)
{
	(void)state;
	struct stage s;
	static const char http1[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	begin(&s, NULL);
	struct grpc_stream *stream = call(&s, NULL);

	int fd = accept(s.listener, NULL, NULL);
	assert_int_equal(write(fd, http1, sizeof(http1) - 1), sizeof(http1) - 1);

	expect_error(stream, ERR_UNAVAILABLE, "connection error: ");
	grpc_stream_close(stream);
	close(fd);
	end(&s);
}

static void a_lost_connection_is_made_anew(void **state)
{
	(void)state;
	struct stage s;
	struct str message;
	struct err err = ERR_INIT;
	begin(&s, NULL);
	struct grpc_stream *stream = call(&s, NULL);
	accept_request(&s);

	raw_http2_close(&s.h);
	expect_error(stream, ERR_UNAVAILABLE, "code = Unavailable");
	grpc_stream_close(stream);
	stream = call(&s, NULL);
	accept_request(&s);
	raw_http2_send_headers(&s.h, NGHTTP2_FLAG_END_STREAM, s.frame.stream_id,
			       ":status: 200\ncontent-type: application/grpc\ngrpc-status: 0\n");

	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_END);
	grpc_stream_close(stream);
	raw_http2_close(&s.h);
	end(&s);
}

/* --- TLS --- */

struct secure {
	struct test_pki pki;
	struct grpc_rig rig;
};

static struct tls_pem pem(const struct test_pki *pki, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", pki->dir, name);
	return (struct tls_pem){.file = path};
}

enum client_kind { WITH_CERTIFICATE, WITHOUT_CERTIFICATE };

static void begin_tls(struct secure *s, enum client_kind kind)
{
	static const char *const h2[] = {"h2", NULL};
	char server_cert[128], server_key[128], client_cert[128], client_key[128];
	struct err err = ERR_INIT;

	test_pki_init(&s->pki);
	test_pki_issue(&s->pki, "server", "DNS:localhost,IP:127.0.0.1");
	test_pki_issue(&s->pki, "client", NULL);
	struct tls_settings server = {
	    .certificate = pem(&s->pki, "server.pem", server_cert),
	    .key = pem(&s->pki, "server.key", server_key),
	    .ca = {.file = s->pki.ca},
	    .alpn = h2,
	};
	struct tls_settings client = {.ca = {.file = s->pki.ca}, .alpn = h2};
	if (kind == WITH_CERTIFICATE) {
		client.certificate = pem(&s->pki, "client.pem", client_cert);
		client.key = pem(&s->pki, "client.key", client_key);
	}
	struct tls_server *tls_server = tls_server_new(&server, &err);
	struct tls_client *tls_client = tls_client_new(&client, &err);
	if (!tls_server || !tls_client)
		fail_msg("%s", err.msg);
	grpc_rig_start(&s->rig, &(struct grpc_rig_options){
				    .server_tls = tls_server,
				    .channel.tls = tls_client,
				});
	tls_server_unref(tls_server);
	tls_client_unref(tls_client);
}

static void end_tls(struct secure *s)
{
	grpc_rig_stop(&s->rig);
	test_pki_done(&s->pki);
}

static void calls_pass_over_mutual_tls(void **state)
{
	(void)state;
	struct secure s;
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct str message;
	struct err err = ERR_INIT;
	begin_tls(&s, WITH_CERTIFICATE);

	struct grpc_stream *stream =
	    grpc_stream_open(s.rig.channel, NULL, "/test.Rig/Stream",
			     grpc_rig_stream_request(500, 20000), NULL, mailbox);
	for (int i = 0; i < 500; i++) {
		if (grpc_stream_next(stream, &message, &err) != ITER_VALUE)
			fail_msg("%s", err.msg);
		grpc_rig_expect_message(message, i, 20000);
	}
	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_END);
	grpc_stream_close(stream);
	end_tls(&s);
}

static void a_client_without_a_certificate_is_not_served(void **state)
{
	(void)state;
	struct secure s;
	struct buf response auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	begin_tls(&s, WITHOUT_CERTIFICATE);

	expect_err(
	    grpc_call_unary(s.rig.channel, NULL, "/test.Rig/Echo", STR("x"), NULL, &response, &err),
	    err, ERR_UNAVAILABLE, "code = Unavailable");
	assert_int_equal(s.rig.n_entered, 0);
	end_tls(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_has_the_headers_that_grpc_asks_for),
	    cmocka_unit_test(answers_that_are_none_become_errors),
	    cmocka_unit_test(resets_become_errors),
	    cmocka_unit_test(messages_before_a_failure_are_delivered),
	    cmocka_unit_test(an_end_within_a_message_is_an_error),
	    cmocka_unit_test(a_request_that_crosses_a_goaway_is_sent_again),
	    cmocka_unit_test(a_stream_that_the_server_has_seen_survives_a_goaway),
	    cmocka_unit_test(a_silent_connection_is_pinged_and_given_up),
	    cmocka_unit_test(an_unreachable_target_fails_calls_until_it_is_there),
	    cmocka_unit_test(waiting_for_readiness_ends_with_the_context),
	    cmocka_unit_test(a_target_that_does_not_speak_http2_is_unavailable),
	    cmocka_unit_test(a_lost_connection_is_made_anew),
	    cmocka_unit_test(calls_pass_over_mutual_tls),
	    cmocka_unit_test(a_client_without_a_certificate_is_not_served),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
