#include "net/grpc_server.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"
#include "tests/lib/grpc_rig.h"
#include "tests/lib/test_pki.h"

#include <stdlib.h>

enum { MIB = 1 << 20 };

static bool unary(struct grpc_rig *rig, const char *method, struct str request,
		  struct buf *response, struct err *err)
{
	return grpc_call_unary(rig->channel, NULL, method, request, NULL, response, err);
}

static struct grpc_stream *open_stream(struct grpc_rig *rig, struct ctx *ctx, const char *method,
				       struct str request)
{
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	return grpc_stream_open(rig->channel, ctx, method, request, NULL, mailbox);
}

static void a_unary_call_is_answered(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct buf response auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	grpc_rig_start(&rig, NULL);

	expect_ok(unary(&rig, "/test.Rig/Echo", STR("hello"), &response, &err), err);
	expect_str(buf_str(&response), "hello");
	expect_ok(unary(&rig, "/test.Rig/Echo", STR(""), &response, &err), err);
	expect_str(buf_str(&response), "");
	grpc_rig_stop(&rig);
}

static void large_messages_pass_both_ways(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct buf request auto_done(buf_done) = BUF_INIT(8 * MIB);
	struct buf response auto_done(buf_done) = BUF_INIT(8 * MIB);
	struct err err = ERR_INIT;
	grpc_rig_start(&rig, NULL);
	for (size_t i = 0; i < 8 * MIB; i++)
		buf_putc(&request, (char)(i * 2654435761u >> 24));

	expect_ok(unary(&rig, "/test.Rig/Echo", buf_str(&request), &response, &err), err);

	assert_true(str_eq(buf_str(&request), buf_str(&response)));
	grpc_rig_stop(&rig);
}

static void a_failure_is_told_with_its_code_and_text(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct buf response auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	grpc_rig_start(&rig, NULL);

	expect_err(unary(&rig, "/test.Rig/Fail", STR("100% \xc3\xa4\nwrong"), &response, &err), err,
		   ERR_LIMIT, "rpc error: code = ResourceExhausted desc = 100% \xc3\xa4\nwrong");
	grpc_rig_stop(&rig);
}

static void an_unknown_method_is_unimplemented(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct buf response auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	grpc_rig_start(&rig, NULL);

	expect_err(unary(&rig, "/test.Rig/Nothing", STR(""), &response, &err), err, ERR_UNSUPPORTED,
		   "code = Unimplemented desc = unknown method /test.Rig/Nothing");
	grpc_rig_stop(&rig);
}

static void metadata_reaches_the_handler(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct buf response auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	const struct grpc_pair pairs[] = {
	    {STR("thanos-tenant"), STR("team-a")},
	    {STR("trace-bin"), STR("\x00\x01\xfe\xff")},
	};
	const struct grpc_call_options options = {.metadata = {pairs, 2}};
	grpc_rig_start(&rig, NULL);

	expect_ok(grpc_call_unary(rig.channel, NULL, "/test.Rig/Header", STR("thanos-tenant"),
				  &options, &response, &err),
		  err);
	expect_str(buf_str(&response), "team-a");
	expect_ok(grpc_call_unary(rig.channel, NULL, "/test.Rig/Header", STR("trace-bin"), &options,
				  &response, &err),
		  err);
	assert_true(str_eq(buf_str(&response), STR("\x00\x01\xfe\xff")));
	expect_err(grpc_call_unary(rig.channel, NULL, "/test.Rig/Header", STR("absent"), &options,
				   &response, &err),
		   err, ERR_NOT_FOUND, "no such key");
	grpc_rig_stop(&rig);
}

static void metadata_that_http_does_not_allow_is_refused_by_the_client(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct buf response auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	const struct grpc_pair bad_value = {STR("tenant"), STR("a\r\nb: c")};
	const struct grpc_pair bad_key = {STR(":path"), STR("/x")};
	grpc_rig_start(&rig, NULL);

	const struct grpc_call_options value = {.metadata = {&bad_value, 1}};
	expect_err(
	    grpc_call_unary(rig.channel, NULL, "/test.Rig/Echo", STR(""), &value, &response, &err),
	    err, ERR_INVALID, "byte 0x0d needs a -bin key");
	const struct grpc_call_options key = {.metadata = {&bad_key, 1}};
	expect_err(
	    grpc_call_unary(rig.channel, NULL, "/test.Rig/Echo", STR(""), &key, &response, &err),
	    err, ERR_INVALID, "metadata key \":path\"");
	assert_int_equal(rig.n_entered, 0);
	grpc_rig_stop(&rig);
}

static void expect_stream(struct grpc_stream *stream, int n, size_t size)
{
	struct err err = ERR_INIT;
	struct str message;

	for (int i = 0; i < n; i++) {
		enum iter_result r = grpc_stream_next(stream, &message, &err);
		if (r != ITER_VALUE)
			fail_msg("message %d: result %d, %s", i, r, err.msg);
		grpc_rig_expect_message(message, i, size);
	}
	enum iter_result r = grpc_stream_next(stream, &message, &err);
	if (r != ITER_END)
		fail_msg("behind the last message: result %d, %s", r, err.msg);
}

static void a_stream_brings_all_messages_in_order(void **state)
{
	(void)state;
	static const size_t sizes[] = {5, 200, 3000, 5000, 70000, 300000};
	struct grpc_rig rig;
	grpc_rig_start(&rig, NULL);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int n = sizes[i] < 1000 ? 20000 : 50;
		struct grpc_stream *stream auto_free(grpc_stream_close) = open_stream(
		    &rig, NULL, "/test.Rig/Stream", grpc_rig_stream_request(n, sizes[i]));
		expect_stream(stream, n, sizes[i]);
	}
	grpc_rig_stop(&rig);
}

static void compressed_requests_get_compressed_answers(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct buf response auto_done(buf_done) = BUF_INIT(MIB);
	struct err err = ERR_INIT;
	grpc_rig_start(&rig, &(struct grpc_rig_options){
				 .channel.compression = GRPC_COMPRESSION_SNAPPY,
			     });

	struct grpc_stream *stream auto_free(grpc_stream_close) =
	    open_stream(&rig, NULL, "/test.Rig/Stream", grpc_rig_stream_request(20, 300000));
	expect_stream(stream, 20, 300000);
	expect_ok(unary(&rig, "/test.Rig/Echo", STR(""), &response, &err), err);
	grpc_rig_stop(&rig);
}

static void a_deadline_ends_the_call_on_both_sides(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct buf response auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	struct ctx *ctx auto_free(ctx_free) = NULL;
	grpc_rig_start(&rig, NULL);
	expect_ok(unary(&rig, "/test.Rig/Echo", STR("connected"), &response, &err), err);

	ctx = ctx_new_timeout_ms(NULL, 500);
	expect_err(
	    grpc_call_unary(rig.channel, ctx, "/test.Rig/Wait", STR(""), NULL, &response, &err),
	    err, ERR_TIMEOUT, "code = DeadlineExceeded");
	grpc_rig_await(&rig, &rig.n_left, 2);
	assert_true(rig.last_failure == ERR_TIMEOUT || rig.last_failure == ERR_CANCELED);
	grpc_rig_stop(&rig);
}

static void closing_a_stream_cancels_its_handler(void **state)
{
	(void)state;
	struct grpc_rig rig;
	grpc_rig_start(&rig, NULL);
	struct grpc_stream *stream = open_stream(&rig, NULL, "/test.Rig/Wait", STR(""));
	grpc_rig_await(&rig, &rig.n_entered, 1);

	grpc_stream_close(stream);

	grpc_rig_await(&rig, &rig.n_left, 1);
	assert_int_equal(rig.last_failure, ERR_CANCELED);
	grpc_rig_stop(&rig);
}

static void a_handler_blocked_in_send_is_freed_when_the_client_leaves(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct str message;
	struct err err = ERR_INIT;
	grpc_rig_start(&rig, NULL);
	struct grpc_stream *stream =
	    open_stream(&rig, NULL, "/test.Rig/Stream", grpc_rig_stream_request(1000, 100000));
	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_VALUE);

	grpc_stream_close(stream);

	grpc_rig_await(&rig, &rig.n_left, 1);
	assert_int_equal(rig.last_failure, ERR_CANCELED);
	assert_true(rig.n_messages_sent < 1000);
	grpc_rig_stop(&rig);
}

/* Queue, window and the kernel's buffers bound what a server makes for a client that does not
 * read. */
static void a_slow_reader_keeps_the_server_small(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct tracker server_memory;
	struct str message;
	struct err err = ERR_INIT;
	tracker_init(&server_memory, NULL, "server", "none", 0);
	grpc_rig_start(&rig, &(struct grpc_rig_options){.server.tracker = &server_memory});
	struct grpc_stream *stream =
	    open_stream(&rig, NULL, "/test.Rig/Stream", grpc_rig_stream_request(1000, 100000));

	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_VALUE);
	ctx_sleep_ms(NULL, 100);
	int n_sent = grpc_rig_count(&rig, &rig.n_messages_sent);

	/* 256 KiB queued, 64 KiB under way, one message over each. */
	assert_in_range(n_sent, 1, 8);
	assert_in_range(server_memory.peak_bytes, 100000, 1000000);
	grpc_stream_close(stream);
	grpc_rig_stop(&rig);
	assert_int_equal(server_memory.used_bytes, 0);
	tracker_done(&server_memory);
}

static void a_request_over_the_limit_is_refused(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct buf request auto_done(buf_done) = BUF_INIT(4 * MIB);
	struct buf response auto_done(buf_done) = BUF_INIT(4 * MIB);
	struct err err = ERR_INIT;
	grpc_rig_start(&rig, &(struct grpc_rig_options){.server.max_request_bytes = MIB});
	memset(buf_reserve(&request, 3 * MIB), 'x', 3 * MIB);
	buf_grown(&request, 3 * MIB);

	expect_err(unary(&rig, "/test.Rig/Echo", buf_str(&request), &response, &err), err,
		   ERR_LIMIT, "received message larger than max (3145728 vs. 1048576)");
	expect_ok(unary(&rig, "/test.Rig/Echo", STR("still here"), &response, &err), err);
	grpc_rig_stop(&rig);
}

static void requests_are_charged_to_the_server(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct tracker server_memory;
	struct buf request auto_done(buf_done) = BUF_INIT(4 * MIB);
	struct buf response auto_done(buf_done) = BUF_INIT(4 * MIB);
	struct err err = ERR_INIT;
	tracker_init(&server_memory, NULL, "server", "--max-memory", MIB);
	grpc_rig_start(&rig, &(struct grpc_rig_options){.server.tracker = &server_memory});
	memset(buf_reserve(&request, 3 * MIB), 'x', 3 * MIB);
	buf_grown(&request, 3 * MIB);

	expect_err(unary(&rig, "/test.Rig/Echo", buf_str(&request), &response, &err), err,
		   ERR_LIMIT, "server needs more than the 1048576 bytes of memory");
	grpc_rig_stop(&rig);
	assert_int_equal(server_memory.used_bytes, 0);
	tracker_done(&server_memory);
}

static void a_decompression_bomb_is_stopped(void **state)
{
	(void)state;
	enum { PLAIN = 200 * MIB, LIMIT = 20 * MIB };
	struct grpc_rig rig;
	struct tracker server_memory;
	struct buf request auto_done(buf_done) = BUF_INIT(PLAIN);
	struct buf response auto_done(buf_done) = BUF_INIT(PLAIN);
	struct err err = ERR_INIT;
	tracker_init(&server_memory, NULL, "server", "--max-memory", LIMIT);
	grpc_rig_start(&rig, &(struct grpc_rig_options){
				 .server.tracker = &server_memory,
				 .channel.compression = GRPC_COMPRESSION_SNAPPY,
			     });
	memset(buf_reserve(&request, PLAIN), 0, PLAIN);
	buf_grown(&request, PLAIN);

	expect_err(unary(&rig, "/test.Rig/Echo", buf_str(&request), &response, &err), err,
		   ERR_LIMIT, "server needs more than the 20971520 bytes of memory");
	assert_int_equal(rig.n_entered, 0);
	assert_true(server_memory.peak_bytes < 3 * LIMIT);
	grpc_rig_stop(&rig);
	assert_int_equal(server_memory.used_bytes, 0);
	tracker_done(&server_memory);
}

static void *shut_down(void *server)
{
	grpc_server_shutdown(server, 10000);
	return NULL;
}

static void shutdown_lets_running_calls_finish(void **state)
{
	(void)state;
	struct grpc_rig rig;
	grpc_rig_start(&rig, NULL);
	struct grpc_stream *stream =
	    open_stream(&rig, NULL, "/test.Rig/Stream", grpc_rig_stream_request(100, 20000));
	grpc_rig_await(&rig, &rig.n_entered, 1);
	pthread_t shutter;

	assert_int_equal(pthread_create(&shutter, NULL, shut_down, rig.server), 0);
	expect_stream(stream, 100, 20000);
	pthread_join(shutter, NULL);

	grpc_stream_close(stream);
	grpc_rig_stop(&rig);
}

static void shutdown_cuts_calls_when_the_grace_is_over(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct str message;
	struct err err = ERR_INIT;
	grpc_rig_start(&rig, NULL);
	struct grpc_stream *stream = open_stream(&rig, NULL, "/test.Rig/Wait", STR(""));
	grpc_rig_await(&rig, &rig.n_entered, 1);

	grpc_server_shutdown(rig.server, 50);

	assert_int_equal(rig.n_left, 1);
	assert_int_equal(rig.last_failure, ERR_CANCELED);
	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_ERROR);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	grpc_stream_close(stream);
	grpc_rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_unary_call_is_answered),
	    cmocka_unit_test(large_messages_pass_both_ways),
	    cmocka_unit_test(a_failure_is_told_with_its_code_and_text),
	    cmocka_unit_test(an_unknown_method_is_unimplemented),
	    cmocka_unit_test(metadata_reaches_the_handler),
	    cmocka_unit_test(metadata_that_http_does_not_allow_is_refused_by_the_client),
	    cmocka_unit_test(a_stream_brings_all_messages_in_order),
	    cmocka_unit_test(compressed_requests_get_compressed_answers),
	    cmocka_unit_test(a_deadline_ends_the_call_on_both_sides),
	    cmocka_unit_test(closing_a_stream_cancels_its_handler),
	    cmocka_unit_test(a_handler_blocked_in_send_is_freed_when_the_client_leaves),
	    cmocka_unit_test(a_slow_reader_keeps_the_server_small),
	    cmocka_unit_test(a_request_over_the_limit_is_refused),
	    cmocka_unit_test(requests_are_charged_to_the_server),
	    cmocka_unit_test(a_decompression_bomb_is_stopped),
	    cmocka_unit_test(shutdown_lets_running_calls_finish),
	    cmocka_unit_test(shutdown_cuts_calls_when_the_grace_is_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
