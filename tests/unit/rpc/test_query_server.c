/* test_query_server.c - a query service behind a server, asked through a client: what goes in comes
 * out. */
#include "rpc/query_server.h"

#include "base/clock.h"
#include "proto/query_message.h"
#include "rpc/query_client.h"
#include "rpc/rpc_names.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_query.h"
#include "tests/lib/rpc_rig.h"
#include "tests/lib/wait.h"

static const struct label a_labels[] = {LABEL("job", "a")};
static const struct label b_labels[] = {LABEL("job", "b"), LABEL("zone", "1")};
static int64_t t_ms[] = {1000, 2000, 3000};
static double values[] = {1, 2.5, -3};

static const struct query_series series[] = {
    {.labels = {a_labels, 1}, .samples = {.t_ms = t_ms, .v = values, .n = 3}},
    {.labels = {b_labels, 2}, .samples = {.t_ms = t_ms, .v = values, .n = 1}},
    {.labels = {0}, .samples = {.t_ms = t_ms, .v = values, .n = 2}},
};

struct fixture {
	struct rpc_rig rig;
	struct fake_query fake;
	struct fake_clock clock;
	struct query_server *server;
	struct query_service *client;
	struct grpc_channel *channel; /* for looking at the messages themselves */
	struct ctx *ctx;
	struct notes notes;
	struct tracker tracker;
	struct arena *a;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.a = arena_new(NULL), .ctx = ctx_new(NULL, CTX_NO_DEADLINE)};
	fake_query_init(&f.fake, series, 3);
	fake_clock_init(&f.clock, 77777);
	notes_init(&f.notes);
	tracker_init(&f.tracker, NULL, "the query", "--query.max-memory", 0);
	rpc_rig_init(&f.rig, NULL);
	f.server = query_server_new(&(struct query_server_options){
	    .service = &f.fake.base, .tracker = &f.tracker, .clock = &f.clock.base});
	query_server_register(f.server, f.rig.server);
	const char *address = rpc_rig_listen(&f.rig);
	const struct grpc_channel_options options = {.loops = f.rig.loops};
	f.client = query_client_new(address, &options);
	f.channel = grpc_channel_new(address, &options);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	query_service_close(f->client);
	grpc_channel_free(f->channel);
	rpc_rig_done(&f->rig);
	query_server_free(f->server);
	notes_done(&f->notes);
	ctx_free(f->ctx);
	assert_int_equal(f->fake.n_open, 0);
	assert_int_equal(f->tracker.used_bytes, 0);
	arena_free(f->a);
	return 0;
}

static struct query_stream *ask(struct fixture *f, const struct query_request *req)
{
	struct err err = ERR_INIT;
	struct query_stream *stream =
	    query_service_query(f->client, f->ctx, req, &f->notes, &f->tracker, &err);
	if (!stream)
		fail_msg("%s", err.msg);
	return stream;
}

static void expect_all(struct fixture *f, const struct query_request *req)
{
	struct query_stream *stream auto_free(query_stream_close) = ask(f, req);
	struct query_series got;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(query_stream_next(stream, &got, &err), ITER_VALUE);
		assert_true(labels_eq(got.labels, series[i].labels));
		assert_int_equal(got.samples.n, series[i].samples.n);
		assert_memory_equal(got.samples.v, values, got.samples.n * sizeof(double));
		assert_memory_equal(got.samples.t_ms, t_ms, got.samples.n * sizeof(int64_t));
	}
	assert_int_equal(query_stream_next(stream, &got, &err), ITER_END);
	assert_int_equal(stream->cost.samples_total, f->fake.cost.samples_total);
	assert_int_equal(stream->cost.samples_peak, f->fake.cost.samples_peak);
}

/* The first failure of the stream; everything before it is read. */
static void expect_failure(struct fixture *f, const struct query_request *req, enum err_code code,
			   const char *text)
{
	struct query_stream *stream auto_free(query_stream_close) = ask(f, req);
	struct query_series got;
	struct err err = ERR_INIT;
	enum iter_result r;

	while ((r = query_stream_next(stream, &got, &err)) == ITER_VALUE)
		;
	expect_err(r != ITER_ERROR, err, code, text);
}

static void series_come_through_one_by_one_and_in_batches(void **state)
{
	struct fixture *f = *state;
	f->fake.cost = (struct query_cost){100, 7};

	for (int64_t batch_size = 0; batch_size < 5; batch_size++)
		for (int is_range = 0; is_range < 2; is_range++)
			expect_all(f, &(struct query_request){.text = STR("up"),
							      .is_range = is_range,
							      .batch_size = batch_size});
}

static void the_request_comes_through_too(void **state)
{
	struct fixture *f = *state;
	struct query_request req = {
	    .text = STR("sum(up)"),
	    .start_ms = 1000,
	    .end_ms = 61000,
	    .step_ms = 5000,
	    .is_range = true,
	    .timeout_ms = 9000,
	    .dedup = true,
	    .partial_response = true,
	    .engine = QUERY_ENGINE_PROMETHEUS,
	    .batch_size = 64,
	    .tenant = STR("blue"),
	};

	expect_all(f, &req);

	assert_string_equal(f->fake.text, "sum(up)");
	assert_true(f->fake.last_request.is_range);
	assert_int_equal(f->fake.last_request.start_ms, 1000);
	assert_int_equal(f->fake.last_request.end_ms, 61000);
	assert_int_equal(f->fake.last_request.step_ms, 5000);
	assert_int_equal(f->fake.last_request.timeout_ms, 9000);
	assert_int_equal(f->fake.last_request.engine, QUERY_ENGINE_PROMETHEUS);
	assert_int_equal(f->fake.last_request.tenant.n, 4);
}

static void an_instant_query_without_a_time_is_for_now(void **state)
{
	struct fixture *f = *state;

	expect_all(f, &(struct query_request){.text = STR("up")});

	assert_int_equal(f->fake.last_request.start_ms, 77777);
}

/* How many series each message of the stream has; 'w' for a warning, 'c' for the cost. */
static const char *message_shapes(struct fixture *f, const struct query_request *req)
{
	struct pb_writer w auto_done(pb_writer_done);
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct buf shapes auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	struct query_frame frame;
	struct str message;

	pb_writer_init(&w, 10000, NULL);
	query_request_encode(&w, req);
	struct grpc_stream *stream auto_free(grpc_stream_close) = grpc_stream_open(
	    f->channel, NULL, req->is_range ? RPC_QUERY_QUERY_RANGE : RPC_QUERY_QUERY,
	    pb_written(&w), NULL, mailbox);
	while (grpc_stream_next(stream, &message, &err) == ITER_VALUE) {
		expect_ok(query_frame_decode(message, f->a, &frame, &err), err);
		if (frame.type == QUERY_FRAME_WARNING)
			buf_putc(&shapes, 'w');
		else if (frame.type == QUERY_FRAME_COST)
			buf_putc(&shapes, 'c');
		else
			buf_printf(&shapes, "%zu", frame.n_series);
	}
	assert_int_equal(err.code, ERR_OK);
	return arena_cstr(f->a, buf_str(&shapes));
}

static void a_batch_has_as_many_series_as_asked_for(void **state)
{
	struct fixture *f = *state;
	f->fake.warning = "half of it is missing";

	assert_string_equal(message_shapes(f, &(struct query_request){0}), "111wc");
	assert_string_equal(message_shapes(f, &(struct query_request){.batch_size = 1}), "111wc");
	assert_string_equal(message_shapes(f, &(struct query_request){.batch_size = 2}), "21wc");
	assert_string_equal(message_shapes(f, &(struct query_request){.batch_size = 64}), "3wc");
}

static void warnings_are_notes_at_the_client(void **state)
{
	struct fixture *f = *state;
	struct note note;
	f->fake.warning = "half of it is missing";

	expect_all(f, &(struct query_request){.text = STR("up"), .is_range = true});

	assert_true(notes_get(&f->notes, 0, &note));
	assert_string_equal(note.text, "half of it is missing");
	assert_false(notes_get(&f->notes, 1, &note));
}

static void a_query_that_makes_no_sense_is_an_invalid_argument(void **state)
{
	struct fixture *f = *state;
	err_set(&f->fake.fail, ERR_INVALID, "parse error");

	expect_failure(f, &(struct query_request){.partial_response = true}, ERR_INVALID,
		       "code = InvalidArgument desc = parse error");
}

static void a_query_that_fails_is_aborted(void **state)
{
	struct fixture *f = *state;
	err_set(&f->fake.fail, ERR_EXECUTION, "many-to-many");

	expect_failure(f, &(struct query_request){0}, ERR_ABORTED,
		       "code = Aborted desc = many-to-many");
	expect_failure(f, &(struct query_request){.is_range = true, .partial_response = true},
		       ERR_ABORTED, "code = Aborted desc = many-to-many");
}

static void a_failed_instant_query_with_partial_response_is_a_warning(void **state)
{
	struct fixture *f = *state;
	struct note note;
	err_set(&f->fake.fail_after, ERR_UNAVAILABLE, "no route");
	const struct query_request req = {.partial_response = true, .batch_size = 64};

	assert_string_equal(message_shapes(f, &req), "3w");

	struct query_stream *stream auto_free(query_stream_close) = ask(f, &req);
	struct query_series got;
	struct err err = ERR_INIT;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(query_stream_next(stream, &got, &err), ITER_VALUE);
	assert_int_equal(query_stream_next(stream, &got, &err), ITER_END);
	assert_true(notes_get(&f->notes, 0, &note));
	assert_string_equal(note.text, "no route");
}

static void a_failure_comes_behind_the_series_that_were_there(void **state)
{
	struct fixture *f = *state;
	struct query_stream *stream auto_free(query_stream_close) = NULL;
	struct query_series got;
	struct err err = ERR_INIT;
	err_set(&f->fake.fail_after, ERR_CORRUPT, "a bad chunk");

	stream = ask(f, &(struct query_request){.is_range = true});
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(query_stream_next(stream, &got, &err), ITER_VALUE);
	assert_int_equal(query_stream_next(stream, &got, &err), ITER_ERROR);
	assert_non_null(strstr(err.msg, "a bad chunk"));
}

static void a_client_that_goes_away_ends_the_query(void **state)
{
	struct fixture *f = *state;
	f->fake.hangs = true;

	struct query_stream *stream = ask(f, &(struct query_request){.text = STR("up")});
	wait_until(f->fake.n_open == 1);
	query_stream_close(stream);

	wait_until(f->fake.n_open == 0);
}

static void a_canceled_context_ends_the_stream(void **state)
{
	struct fixture *f = *state;
	struct query_series got;
	struct err err = ERR_INIT;
	f->fake.hangs = true;
	f->fake.n_series = 0;

	struct query_stream *stream = ask(f, &(struct query_request){.text = STR("up")});
	wait_until(f->fake.n_open == 1);
	ctx_cancel(f->ctx, ERR_CANCELED, "enough");

	assert_int_equal(query_stream_next(stream, &got, &err), ITER_ERROR);
	assert_int_equal(err.code, ERR_CANCELED);
	query_stream_close(stream);
	wait_until(f->fake.n_open == 0);
}

static void what_a_stream_holds_is_charged(void **state)
{
	struct fixture *f = *state;
	struct tracker small;
	struct query_series got;
	struct err err = ERR_INIT;

	tracker_init(&small, NULL, "the query", "--query.max-memory", 100);
	struct query_stream *stream = query_service_query(
	    f->client, f->ctx, &(struct query_request){0}, &f->notes, &small, &err);
	assert_non_null(stream);
	assert_int_equal(query_stream_next(stream, &got, &err), ITER_ERROR);
	assert_int_equal(err.code, ERR_LIMIT);
	query_stream_close(stream);
	assert_int_equal(small.used_bytes, 0);
	tracker_done(&small);
}

static void bytes_that_are_no_request_are_refused(void **state)
{
	struct fixture *f = *state;
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct str message;
	struct err err = ERR_INIT;

	struct grpc_stream *stream auto_free(grpc_stream_close) =
	    grpc_stream_open(f->channel, NULL, RPC_QUERY_QUERY, STR("\x0a\x7f"), NULL, mailbox);
	assert_int_equal(grpc_stream_next(stream, &message, &err), ITER_ERROR);
	assert_non_null(strstr(err.msg, "query request"));
	assert_int_equal(f->fake.n_queries, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(series_come_through_one_by_one_and_in_batches),
	    TEST(the_request_comes_through_too),
	    TEST(an_instant_query_without_a_time_is_for_now),
	    TEST(a_batch_has_as_many_series_as_asked_for),
	    TEST(warnings_are_notes_at_the_client),
	    TEST(a_query_that_makes_no_sense_is_an_invalid_argument),
	    TEST(a_query_that_fails_is_aborted),
	    TEST(a_failed_instant_query_with_partial_response_is_a_warning),
	    TEST(a_failure_comes_behind_the_series_that_were_there),
	    TEST(a_client_that_goes_away_ends_the_query),
	    TEST(a_canceled_context_ends_the_stream),
	    TEST(what_a_stream_holds_is_charged),
	    TEST(bytes_that_are_no_request_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
