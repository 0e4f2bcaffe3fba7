/* test_store_server.c - a store behind a server, asked through a client: what goes in comes out. */
#include "rpc/store_server.h"

#include "base/metric.h"
#include "proto/series_frame.h"
#include "proto/series_request.h"
#include "rpc/rpc_names.h"
#include "rpc/store_client.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_store.h"
#include "tests/lib/rpc_rig.h"
#include "tests/lib/series_text.h"

static const char *const lines[] = {
    "__name__=\"down\" job=\"a\" | 0-10:x",
    "__name__=\"up\" job=\"a\" | 0-10:first 11-20:second",
    "__name__=\"up\" job=\"b\" | 0-10:count=c,sum=s,counter=r",
    "__name__=\"up\" job=\"c\"",
};
enum { N_SERIES = sizeof(lines) / sizeof(lines[0]) };

struct fixture {
	struct rpc_rig rig;
	struct arena *a;
	struct series series[N_SERIES];
	struct fake_store store;
	struct metrics *metrics;
	struct store_server *server;
	struct grpc_channel *channel; /* for looking at the messages themselves */
	struct store_api *client;
	struct notes notes;
	struct tracker tracker;
};

static void start(struct fixture *f, const struct store_server_options *limits)
{
	struct store_server_options options = *limits;

	rpc_rig_init(&f->rig, NULL);
	options.store = &f->store.base;
	options.metrics = f->metrics = metrics_new();
	f->server = store_server_new(&options);
	store_server_register(f->server, f->rig.server);
	const char *address = rpc_rig_listen(&f->rig);
	struct store_client_options client = {.channel.loops = f->rig.loops};
	f->client = store_client_new(address, &client);
	f->channel = grpc_channel_new(address, &client.channel);
}

static int set_up(void **state)
{
	static struct fixture f;
	f = (struct fixture){.a = arena_new(NULL)};
	for (size_t i = 0; i < N_SERIES; i++)
		f.series[i] = series_from_text(f.a, lines[i]);
	fake_store_init(&f.store, f.series, N_SERIES);
	notes_init(&f.notes);
	tracker_init(&f.tracker, NULL, "the query", "--query.max-memory", 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	store_close(f->client);
	grpc_channel_free(f->channel);
	rpc_rig_done(&f->rig);
	store_server_free(f->server);
	metrics_free(f->metrics);
	notes_done(&f->notes);
	assert_int_equal(f->store.n_open, 0);
	assert_int_equal(f->tracker.used_bytes, 0);
	arena_free(f->a);
	return 0;
}

static struct series_iter *ask(struct fixture *f, const struct series_request *req)
{
	struct err err = ERR_INIT;
	struct series_iter *it = store_series(f->client, NULL, req, &f->notes, &f->tracker, &err);
	if (!it)
		fail_msg("%s", err.msg);
	return it;
}

/* The first failure of the stream; everything before it is read. */
static void expect_failure(struct series_iter *it, enum err_code code, const char *text)
{
	struct series s;
	struct err err = ERR_INIT;
	enum iter_result r;
	while ((r = series_iter_next(it, &s, &err)) == ITER_VALUE)
		;
	expect_err(r != ITER_ERROR, err, code, text);
	series_iter_close(it);
}

static void expect_all_series(struct fixture *f, const struct series_request *req)
{
	char *got = series_to_text(f->a, ask(f, req));
	char *want = series_to_text(f->a, series_iter_of(f->series, N_SERIES));
	assert_string_equal(got, want);
}

static const struct store_server_options no_limits;

static void series_come_through_as_they_are(void **state)
{
	struct fixture *f = *state;
	start(f, &no_limits);

	expect_all_series(f, &(struct series_request){.max_t_ms = 100});
}

static void series_come_through_in_batches_too(void **state)
{
	struct fixture *f = *state;
	start(f, &no_limits);

	for (int64_t n = 2; n <= 5; n++)
		expect_all_series(f, &(struct series_request){.batch_size = n});
}

/* How many series each message of the stream has; 'w' for a warning. */
static char *message_shapes(struct fixture *f, const struct series_request *req)
{
	struct pb_writer w;
	struct grpc_mailbox *mailbox = grpc_mailbox_new();
	struct buf shapes = BUF_INIT(1000);
	struct err err = ERR_INIT;
	struct str message;

	pb_writer_init(&w, 10000, NULL);
	series_request_encode(&w, req);
	struct grpc_stream *stream =
	    grpc_stream_open(f->channel, NULL, RPC_STORE_SERIES, pb_written(&w), NULL, mailbox);
	while (grpc_stream_next(stream, &message, &err) == ITER_VALUE) {
		struct series_frame frame;
		expect_ok(series_frame_decode(message, f->a, &frame, &err), err);
		if (frame.type == SERIES_FRAME_WARNING)
			buf_putc(&shapes, 'w');
		else
			buf_printf(&shapes, "%zu", frame.n_series);
	}
	assert_int_equal(err.code, ERR_OK);
	grpc_stream_close(stream);
	grpc_mailbox_free(mailbox);
	pb_writer_done(&w);
	char *out = arena_cstr(f->a, buf_str(&shapes));
	buf_done(&shapes);
	return out;
}

static void a_batch_has_as_many_series_as_asked_for(void **state)
{
	struct fixture *f = *state;
	f->store.warning = "half of it is missing";
	start(f, &no_limits);

	assert_string_equal(message_shapes(f, &(struct series_request){0}), "1111w");
	assert_string_equal(message_shapes(f, &(struct series_request){.batch_size = 1}), "1111w");
	assert_string_equal(message_shapes(f, &(struct series_request){.batch_size = 3}), "31w");
	assert_string_equal(message_shapes(f, &(struct series_request){.batch_size = 64}), "4w");
}

static void chunks_that_are_not_wanted_are_not_sent(void **state)
{
	struct fixture *f = *state;
	start(f, &no_limits);

	char *got = series_to_text(f->a, ask(f, &(struct series_request){.skip_chunks = true}));

	assert_null(strchr(got, ':'));
	assert_non_null(strstr(got, "job=\"c\""));
}

static void a_long_series_is_cut_and_joined_again(void **state)
{
	struct fixture *f = *state;
	enum { N_CHUNKS = 50, CHUNK_BYTES = 100000 };
	uint8_t *data = arena_calloc(f->a, 1, CHUNK_BYTES);
	struct chunk *chunks = ARENA_ARRAY(f->a, struct chunk, N_CHUNKS);
	for (int i = 0; i < N_CHUNKS; i++)
		chunks[i] = (struct chunk){i, i, {data, CHUNK_BYTES, CHUNK_XOR, (uint64_t)i + 1}};
	f->series[1].chunks = chunks;
	f->series[1].n_chunks = N_CHUNKS;
	start(f, &no_limits);

	/* 5 MB are five messages of eleven chunks or less, beside the three other series. */
	assert_string_equal(message_shapes(f, &(struct series_request){0}), "11111111");
	struct series_iter *it = ask(f, &(struct series_request){0});
	struct series s;
	struct err err = ERR_INIT;
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(s.n_chunks, N_CHUNKS);
	for (int i = 0; i < N_CHUNKS; i++) {
		assert_int_equal(s.chunks[i].min_t_ms, i);
		assert_int_equal(s.chunks[i].raw.hash, i + 1);
		assert_memory_equal(s.chunks[i].raw.data, data, CHUNK_BYTES);
	}
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(s.n_chunks, 1);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_END);
	series_iter_close(it);
}

static void the_request_arrives_as_it_was_sent(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	start(f, &no_limits);
	struct matcher *m = matcher_new(MATCH_RE, STR("job"), STR("a|b"), &err);
	struct series_request req = {
	    .min_t_ms = -5,
	    .max_t_ms = INT64_MAX,
	    .matchers = {&m, 1},
	    .max_resolution_ms = 300000,
	    .aggrs = WANT_RAW | WANT_COUNTER,
	    .partial_response = PARTIAL_RESPONSE_ABORT,
	    .limit = 1000,
	    .step_ms = 15000,
	    .range_ms = 60000,
	};

	series_to_text(f->a, ask(f, &req));

	const struct series_request *got = &f->store.last_request;
	assert_true(got->min_t_ms == -5 && got->max_t_ms == INT64_MAX);
	assert_int_equal(got->matchers.n, 1);
	assert_int_equal(got->max_resolution_ms, 300000);
	assert_int_equal(got->aggrs, WANT_RAW | WANT_COUNTER);
	assert_int_equal(got->partial_response, PARTIAL_RESPONSE_ABORT);
	assert_int_equal(got->limit, 1000);
	assert_true(got->step_ms == 15000 && got->range_ms == 60000);
	matcher_unref(m);
}

static void warnings_become_notes(void **state)
{
	struct fixture *f = *state;
	f->store.warning = "store x is gone";
	start(f, &no_limits);

	expect_all_series(f, &(struct series_request){.batch_size = 2});

	assert_int_equal(notes_count(&f->notes, NOTE_WARNING), 1);
	assert_string_equal(f->notes.v[0].text, "store x is gone");
}

static void a_failure_keeps_its_code_and_text(void **state)
{
	struct fixture *f = *state;
	f->store.fail = "no such luck";
	start(f, &no_limits);

	expect_failure(ask(f, &(struct series_request){0}), ERR_UNAVAILABLE,
		       "rpc error: code = Unavailable desc = no such luck");
}

static void a_failure_comes_after_what_was_sent_before(void **state)
{
	struct fixture *f = *state;
	f->store.fail_after_one = "the disk is gone";
	start(f, &no_limits);
	struct series_iter *it = ask(f, &(struct series_request){0});
	struct series s;
	struct err err = ERR_INIT;

	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	expect_str(labels_get(s.labels, STR("__name__")), "down");

	expect_failure(it, ERR_UNAVAILABLE, "the disk is gone");
}

static void the_limit_on_series_ends_the_stream(void **state)
{
	struct fixture *f = *state;
	start(f, &(struct store_server_options){.max_series = 3});
	struct family *dropped =
	    metrics_counters(f->metrics, "thanos_store_selects_dropped_total", "", "reason");

	expect_failure(ask(f, &(struct series_request){0}), ERR_LIMIT,
		       "rpc error: code = ResourceExhausted desc = failed to send series: "
		       "limit 3 violated (got 4)");
	assert_true(counter_value(counter_at(dropped, "series")) == 1);
	assert_true(counter_value(counter_at(dropped, "chunks")) == 0);
}

static void the_limit_on_samples_counts_120_per_chunk(void **state)
{
	struct fixture *f = *state;
	start(f, &(struct store_server_options){.max_samples = 240});

	expect_failure(ask(f, &(struct series_request){0}), ERR_LIMIT,
		       "failed to send samples: limit 240 violated (got 360)");
	series_to_text(f->a, ask(f, &(struct series_request){.skip_chunks = true}));
}

static void label_names_and_values_come_through(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct str_list names = {0}, values = {0};
	struct label_request req = {.max_t_ms = 10};
	f->store.warning = "partly";
	start(f, &no_limits);

	expect_ok(store_label_names(f->client, NULL, &req, &f->notes, f->a, &names, &err), err);
	req.label = STR("job");
	expect_ok(store_label_values(f->client, NULL, &req, &f->notes, f->a, &values, &err), err);

	assert_int_equal(names.n, 2);
	expect_str(names.v[0], "__name__");
	expect_str(names.v[1], "job");
	assert_int_equal(values.n, 3);
	expect_str(values.v[2], "c");
	assert_int_equal(notes_count(&f->notes, NOTE_WARNING), 1);
}

static void an_announcement_comes_through(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;
	start(f, &no_limits);

	expect_ok(store_info(f->client, NULL, f->a, &info, &err), err);

	assert_string_equal(info.component, "sidecar");
	assert_true(info.has_store && info.min_t_ms == INT64_MIN);
}

static void a_store_that_is_not_ready_says_so_with_code_unknown(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;
	f->store.fail = "Not ready";
	start(f, &no_limits);

	assert_false(store_info(f->client, NULL, f->a, &info, &err));
	assert_string_equal(err.msg, "rpc error: code = Unknown desc = Not ready");
}

static void bytes_that_are_no_request_are_refused(void **state)
{
	struct fixture *f = *state;
	struct buf response = BUF_INIT(1000);
	struct err err = ERR_INIT;
	start(f, &no_limits);

	expect_err(grpc_call_unary(f->channel, NULL, RPC_STORE_LABEL_NAMES, STR("\x32\x7f"), NULL,
				   &response, &err),
		   err, ERR_INTERNAL, "LabelNamesRequest: a length reaches past the end");
	/* A matcher that does not compile: field 6 { type RE, name "a", value "(" } */
	expect_err(grpc_call_unary(f->channel, NULL, RPC_STORE_LABEL_NAMES,
				   STR("\x32\x08\x08\x02\x12\x01"
				       "a\x1a\x01("),
				   NULL, &response, &err),
		   err, ERR_INVALID, "code = InvalidArgument");
	buf_done(&response);
}

static void a_query_over_its_budget_is_stopped(void **state)
{
	struct fixture *f = *state;
	struct tracker small;
	struct err err = ERR_INIT;
	start(f, &no_limits);
	tracker_init(&small, NULL, "the query", "--query.max-memory", 100);

	struct series_request req = {0};
	struct series_iter *it = store_series(f->client, NULL, &req, &f->notes, &small, &err);
	assert_non_null(it);
	expect_failure(it, ERR_LIMIT, "--query.max-memory");
	tracker_done(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(series_come_through_as_they_are),
	    TEST(series_come_through_in_batches_too),
	    TEST(a_batch_has_as_many_series_as_asked_for),
	    TEST(chunks_that_are_not_wanted_are_not_sent),
	    TEST(a_long_series_is_cut_and_joined_again),
	    TEST(the_request_arrives_as_it_was_sent),
	    TEST(warnings_become_notes),
	    TEST(a_failure_keeps_its_code_and_text),
	    TEST(a_failure_comes_after_what_was_sent_before),
	    TEST(the_limit_on_series_ends_the_stream),
	    TEST(the_limit_on_samples_counts_120_per_chunk),
	    TEST(label_names_and_values_come_through),
	    TEST(an_announcement_comes_through),
	    TEST(a_store_that_is_not_ready_says_so_with_code_unknown),
	    TEST(bytes_that_are_no_request_are_refused),
	    TEST(a_query_over_its_budget_is_stopped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
