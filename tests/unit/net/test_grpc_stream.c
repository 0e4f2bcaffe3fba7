/* Many streams over one connection: nobody waits for what somebody else does not read. */
#include "base/tracker.h"
#include "net/grpc_client.h"
#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"
#include "tests/lib/grpc_rig.h"
#include "tests/lib/wait.h"

#include <stdlib.h>

enum { KIB = 1024, MIB = 1 << 20 };

struct fan_out {
	struct grpc_rig rig;
	struct grpc_mailbox *mailbox;
	struct grpc_stream **streams;
	int n;
};

static void open_all(struct fan_out *f, const struct grpc_channel_options *channel, int n_streams,
		     int n_messages, size_t size)
{
	struct grpc_rig_options options = {0};

	if (channel)
		options.channel = *channel;
	grpc_rig_start(&f->rig, &options);
	f->mailbox = grpc_mailbox_new();
	f->n = n_streams;
	f->streams = calloc((size_t)n_streams, sizeof(*f->streams));
	for (int i = 0; i < n_streams; i++)
		f->streams[i] =
		    grpc_stream_open(f->rig.channel, NULL, "/test.Rig/Stream",
				     grpc_rig_stream_request(n_messages, size), NULL, f->mailbox);
}

static void close_all(struct fan_out *f)
{
	grpc_mailbox_free(f->mailbox);
	for (int i = 0; i < f->n; i++)
		grpc_stream_close(f->streams[i]);
	free(f->streams);
	grpc_rig_stop(&f->rig);
}

static void expect_next(struct grpc_stream *stream, int number, size_t size)
{
	struct err err = ERR_INIT;
	struct str message;

	enum iter_result r = grpc_stream_next(stream, &message, &err);
	if (r != ITER_VALUE)
		fail_msg("message %d: result %d, %s", number, r, err.msg);
	grpc_rig_expect_message(message, number, size);
}

static void expect_end(struct grpc_stream *stream)
{
	struct err err = ERR_INIT;
	struct str message;

	enum iter_result r = grpc_stream_next(stream, &message, &err);
	if (r != ITER_END)
		fail_msg("want the end, got result %d, %s", r, err.msg);
}

/* All streams but the one being read are full: together more than the connection's window. */
static void streams_can_be_read_one_after_the_other(void **state)
{
	(void)state;
	enum { N_STREAMS = 30, N_MESSAGES = 20, SIZE = 100 * KIB };
	const struct grpc_channel_options options = {.initial_window_bytes = MIB};
	struct fan_out f;
	open_all(&f, &options, N_STREAMS, N_MESSAGES, SIZE);

	for (int i = N_STREAMS - 1; i >= 0; i--) {
		for (int k = 0; k < N_MESSAGES; k++)
			expect_next(f.streams[i], k, SIZE);
		expect_end(f.streams[i]);
	}
	close_all(&f);
}

/* As a merge does. */
static void streams_can_be_read_in_turn(void **state)
{
	(void)state;
	enum { N_STREAMS = 40, N_MESSAGES = 200, SIZE = 1000 };
	struct fan_out f;
	open_all(&f, NULL, N_STREAMS, N_MESSAGES, SIZE);

	for (int k = 0; k < N_MESSAGES; k++) {
		for (int i = 0; i < N_STREAMS; i++)
			expect_next(f.streams[i], k, SIZE);
	}
	for (int i = 0; i < N_STREAMS; i++)
		expect_end(f.streams[i]);
	close_all(&f);
}

static void an_unread_stream_holds_nobody_up(void **state)
{
	(void)state;
	enum { N_MESSAGES = 3000, SIZE = 10 * KIB };
	struct fan_out f;
	open_all(&f, NULL, 3, N_MESSAGES, SIZE);

	for (int k = 0; k < N_MESSAGES; k++)
		expect_next(f.streams[1], k, SIZE);
	expect_end(f.streams[1]);
	expect_next(f.streams[0], 0, SIZE);
	close_all(&f);
}

static void a_message_may_be_larger_than_its_window(void **state)
{
	(void)state;
	enum { SIZE = 64 * MIB };
	const struct grpc_channel_options options = {
	    .initial_window_bytes = 256 * KIB,
	    .max_window_bytes = 256 * KIB,
	};
	struct fan_out f;
	open_all(&f, &options, 2, 2, SIZE);

	expect_next(f.streams[1], 0, SIZE);
	expect_next(f.streams[0], 0, SIZE);
	expect_next(f.streams[1], 1, SIZE);
	expect_end(f.streams[1]);
	close_all(&f);
}

static void only_the_stream_being_waited_for_grows(void **state)
{
	(void)state;
	enum { N_MESSAGES = 5000, SIZE = 10 * KIB };
	struct grpc_rig rig;
	struct tracker read_memory, unread_memory;
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	tracker_init(&read_memory, NULL, "read", "none", 0);
	tracker_init(&unread_memory, NULL, "unread", "none", 0);
	grpc_rig_start(&rig, NULL);
	const struct grpc_call_options to_read = {.tracker = &read_memory};
	const struct grpc_call_options not_to_read = {.tracker = &unread_memory};

	struct grpc_stream *unread =
	    grpc_stream_open(rig.channel, NULL, "/test.Rig/Stream",
			     grpc_rig_stream_request(N_MESSAGES, SIZE), &not_to_read, mailbox);
	struct grpc_stream *read =
	    grpc_stream_open(rig.channel, NULL, "/test.Rig/Stream",
			     grpc_rig_stream_request(N_MESSAGES, SIZE), &to_read, mailbox);
	for (int k = 0; k < N_MESSAGES; k++)
		expect_next(read, k, SIZE);

	/* A window of 64 KiB, and what is unused in its pages. */
	wait_until(unread_memory.peak_bytes >= 60 * KIB);
	assert_in_range(unread_memory.peak_bytes, 60 * KIB, 128 * KIB);
	grpc_stream_close(read);
	grpc_stream_close(unread);
	assert_int_equal(read_memory.used_bytes, 0);
	assert_int_equal(unread_memory.used_bytes, 0);
	grpc_rig_stop(&rig);
	tracker_done(&read_memory);
	tracker_done(&unread_memory);
}

static void what_is_received_is_held_to_the_querys_memory(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct tracker memory;
	struct str message;
	struct err err = ERR_INIT;
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	tracker_init(&memory, NULL, "query", "--query.max-memory", MIB);
	grpc_rig_start(&rig, NULL);
	const struct grpc_call_options options = {.tracker = &memory};

	struct grpc_stream *stream =
	    grpc_stream_open(rig.channel, NULL, "/test.Rig/Stream",
			     grpc_rig_stream_request(3, 8 * MIB), &options, mailbox);
	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_ERROR);

	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.msg, "--query.max-memory"));
	assert_true(memory.peak_bytes < 3 * MIB);
	grpc_stream_close(stream);
	assert_int_equal(memory.used_bytes, 0);
	grpc_rig_await(&rig, &rig.n_left, 1);
	grpc_rig_stop(&rig);
	tracker_done(&memory);
}

static void waiting_ends_with_the_context(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct str message;
	struct err err = ERR_INIT;
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	grpc_rig_start(&rig, NULL);
	struct grpc_stream *stream =
	    grpc_stream_open(rig.channel, ctx, "/test.Rig/Wait", STR(""), NULL, mailbox);
	grpc_rig_await(&rig, &rig.n_entered, 1);

	ctx_cancel(ctx, ERR_CANCELED, "the user left");
	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_ERROR);

	assert_int_equal(err.code, ERR_CANCELED);
	assert_string_equal(err.msg, "rpc error: code = Canceled desc = the user left");
	grpc_stream_close(stream);
	grpc_rig_await(&rig, &rig.n_left, 1);
	grpc_rig_stop(&rig);
}

static void a_silent_stream_ends_with_its_idle_timeout(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct str message;
	struct err err = ERR_INIT;
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	const struct grpc_call_options options = {.idle_timeout_ms = 50};
	grpc_rig_start(&rig, NULL);
	struct grpc_stream *stream =
	    grpc_stream_open(rig.channel, NULL, "/test.Rig/Wait", STR(""), &options, mailbox);

	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_ERROR);

	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_non_null(strstr(err.msg, "nothing was received for 50 ms"));
	grpc_stream_close(stream);
	grpc_rig_stop(&rig);
}

static void one_can_wait_for_any_of_many_streams(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct grpc_stream *streams[3];
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct ctx *soon auto_free(ctx_free) = NULL;
	struct err err = ERR_INIT;
	size_t index = 99;
	grpc_rig_start(&rig, NULL);
	for (int i = 0; i < 3; i++)
		streams[i] = grpc_stream_open(rig.channel, NULL,
					      i == 1 ? "/test.Rig/Stream" : "/test.Rig/Wait",
					      grpc_rig_stream_request(1, 10), NULL, mailbox);

	expect_ok(grpc_stream_wait_any(NULL, streams, 3, &index, &err), err);
	assert_int_equal(index, 1);
	assert_true(grpc_stream_ready(streams[1]));
	expect_next(streams[1], 0, 10);
	expect_end(streams[1]);
	soon = ctx_new_timeout_ms(NULL, 30);
	assert_false(grpc_stream_ready(streams[0]));
	grpc_stream_close(streams[1]);
	streams[1] = streams[2];
	expect_err(grpc_stream_wait_any(soon, streams, 2, &index, &err), err, ERR_TIMEOUT,
		   "deadline");
	grpc_stream_close(streams[0]);
	grpc_stream_close(streams[1]);
	grpc_rig_stop(&rig);
}

static void streams_may_be_closed_at_any_point(void **state)
{
	(void)state;
	struct grpc_rig rig;
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct str message;
	struct err err = ERR_INIT;
	grpc_rig_start(&rig, NULL);

	for (int i = 0; i < 300; i++) {
		struct grpc_stream *stream =
		    grpc_stream_open(rig.channel, NULL, "/test.Rig/Stream",
				     grpc_rig_stream_request(1 + i % 7, 30000), NULL, mailbox);
		for (int k = 0; k < i % 9; k++) {
			enum iter_result r = grpc_stream_next(stream, &message, &err);
			assert_int_not_equal(r, ITER_ERROR);
			if (r == ITER_END)
				break;
		}
		grpc_stream_close(stream);
	}
	grpc_rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(streams_can_be_read_one_after_the_other),
	    cmocka_unit_test(streams_can_be_read_in_turn),
	    cmocka_unit_test(an_unread_stream_holds_nobody_up),
	    cmocka_unit_test(a_message_may_be_larger_than_its_window),
	    cmocka_unit_test(only_the_stream_being_waited_for_grows),
	    cmocka_unit_test(what_is_received_is_held_to_the_querys_memory),
	    cmocka_unit_test(waiting_ends_with_the_context),
	    cmocka_unit_test(a_silent_stream_ends_with_its_idle_timeout),
	    cmocka_unit_test(one_can_wait_for_any_of_many_streams),
	    cmocka_unit_test(streams_may_be_closed_at_any_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
