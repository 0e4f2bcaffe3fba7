#include "promclient/remote_read.h"

#include "codec/snappy.h"
#include "codec/varint.h"
#include "codec/xor_chunk.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_prometheus.h"
#include "tests/lib/series_text.h"
#include "tests/proto/prompb.pb-c.h"

#define FRAMES "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"

struct fixture {
	struct fake_prometheus prometheus;
	struct buf body;
	struct arena *a;
	struct matcher *matcher;
};

static int set_up(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;

	fake_prometheus_start(&f.prometheus);
	buf_init(&f.body, BUF_TEXT_MAX, NULL);
	f.a = f.prometheus.arena;
	f.matcher = matcher_new(MATCH_EQ, STR("job"), STR("a"), &err);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	matcher_unref(f->matcher);
	fake_prometheus_stop(&f->prometheus);
	buf_done(&f->body);
	return 0;
}

static struct series_iter *ask(struct fixture *f, struct err *err)
{
	struct read_query query = {.min_t_ms = 1, .max_t_ms = 2, .matchers = {&f->matcher, 1}};

	return remote_read(f->prometheus.client, NULL, &query, NULL, err);
}

static void answer(struct fixture *f, int status, const char *type, bool is_snappy)
{
	fake_prometheus_answer(&f->prometheus, (struct fake_answer){"/api/v1/read", status, type,
								    buf_str(&f->body), is_snappy});
}

static void put_line(struct fixture *f, const char *line)
{
	struct series s = series_from_text(f->a, line);

	fake_frame(&f->body, &s, 1);
}

/* Reads to the end, which must be this error. */
static void expect_broken(struct fixture *f, enum err_code code, const char *text)
{
	struct err err = ERR_INIT;
	struct series_iter *it auto_free(series_iter_close) = ask(f, &err);
	enum iter_result r = ITER_ERROR;
	struct series s;

	while (it && (r = series_iter_next(it, &s, &err)) == ITER_VALUE)
		;
	expect_err(r != ITER_ERROR, err, code, text);
	expect_err(r != ITER_ERROR, err, code, "remote read from Prometheus at http://127.0.0.1:");
}

static void the_request_is_snappy_and_asks_for_chunks_first(void **state)
{
	struct fixture *f = *state;
	struct buf message auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	answer(f, 200, FRAMES, false);
	series_iter_close(ask(f, &err));
	expect_ok(snappy_decode(fake_prometheus_body(&f->prometheus), &message, &err), err);
	Oracle__Prom__ReadRequest *m =
	    oracle__prom__read_request__unpack(NULL, message.n, (const uint8_t *)message.p);
	assert_non_null(m);
	assert_int_equal(m->n_accepted_response_types, 2);
	assert_int_equal(m->accepted_response_types[0], READ_STREAMED_CHUNKS);
	assert_int_equal(m->accepted_response_types[1], READ_SAMPLES);
	assert_int_equal(m->queries[0]->start_timestamp_ms, 1);
	assert_int_equal(m->queries[0]->end_timestamp_ms, 2);
	assert_string_equal(m->queries[0]->matchers[0]->name, "job");
	oracle__prom__read_request__free_unpacked(m, NULL);
	assert_string_equal(fake_prometheus_asked(&f->prometheus), "POST /api/v1/read\n");
}

static void frames_become_series(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct series two[] = {series_from_text(f->a, "b=\"1\" | 0-1:p"),
			       series_from_text(f->a, "b=\"2\" | 0-1:q")};

	put_line(f, "a=\"1\" | 5-10:first 11-20:second");
	fake_frame(&f->body, two, 0);
	fake_frame(&f->body, two, 2);
	answer(f, 200, FRAMES, false);
	assert_string_equal(
	    series_to_text(f->a, ask(f, &err)),
	    "a=\"1\" | 5-10:first 11-20:second\nb=\"1\" | 0-1:p\nb=\"2\" | 0-1:q\n");
}

static void an_empty_answer_has_no_series(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	answer(f, 200, FRAMES, false);
	assert_string_equal(series_to_text(f->a, ask(f, &err)), "");
}

static void many_frames_pass_through_little_memory(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct series s;
	size_t n = 0;

	for (size_t i = 0; i < 20000; i++)
		put_line(f, "a=\"1\" | 5-10:0123456789012345678901234567890123456789");
	answer(f, 200, FRAMES, false);
	struct series_iter *it auto_free(series_iter_close) = ask(f, &err);
	while (series_iter_next(it, &s, &err) == ITER_VALUE)
		n++;
	assert_int_equal(n, 20000);
}

static void a_frame_with_a_wrong_checksum_ends_the_stream(void **state)
{
	struct fixture *f = *state;

	put_line(f, "a=\"1\" | 5-10:first");
	f->body.p[f->body.n - 1] ^= 1;
	answer(f, 200, FRAMES, false);
	expect_broken(f, ERR_CORRUPT, "a frame's checksum does not match");
}

static void an_answer_that_ends_inside_a_frame_is_broken_wherever_it_ends(void **state)
{
	struct fixture *f = *state;

	put_line(f, "a=\"1\" | 5-10:first");
	size_t whole = f->body.n;
	for (size_t n = 1; n < whole; n++) {
		f->body.n = n;
		answer(f, 200, FRAMES, false);
		expect_broken(f, ERR_CORRUPT, "the answer ends inside a frame");
	}
}

static void a_frame_over_the_limit_is_refused_before_it_is_read(void **state)
{
	struct fixture *f = *state;
	uint8_t length[VARINT_MAX_BYTES];

	buf_append(&f->body, length, uvarint_put(length, (50 << 20) + 1));
	answer(f, 200, FRAMES, false);
	expect_broken(f, ERR_LIMIT, "a frame of 52428801 bytes is over the limit of 52428800");
	buf_clear(&f->body);
	buf_append(&f->body, length, uvarint_put(length, UINT64_MAX));
	answer(f, 200, FRAMES, false);
	expect_broken(f, ERR_LIMIT, "a frame of 18446744073709551615 bytes");
}

static void a_length_that_is_no_varint_is_broken(void **state)
{
	struct fixture *f = *state;

	buf_puts(&f->body, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	answer(f, 200, FRAMES, false);
	expect_broken(f, ERR_CORRUPT, "a frame's length is no varint");
}

static void a_message_that_is_none_is_broken(void **state)
{
	struct fixture *f = *state;

	/* Field 1 claims 100 bytes; the checksum is right. */
	buf_append(&f->body, "\x02\x34\x2d\xba\xbd\x0a\x64", 7);
	answer(f, 200, FRAMES, false);
	struct err err = ERR_INIT;
	struct series s;
	struct series_iter *it auto_free(series_iter_close) = ask(f, &err);
	assert_non_null(it);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_ERROR);
	assert_int_equal(err.code, ERR_CORRUPT);
}

/* --- samples ---------------------------------------------------------------------------------- */

/* {job="a"} with n samples every second, {job="b"} without any, {job="c"} with one. */
static void put_samples(struct fixture *f, size_t n)
{
	Oracle__Prom__Sample *samples = ARENA_ARRAY(f->a, Oracle__Prom__Sample, n);
	Oracle__Prom__Sample **pointers = ARENA_ARRAY(f->a, Oracle__Prom__Sample *, n);
	Oracle__Prom__Label labels[3];
	Oracle__Prom__Label *label_of[3];
	Oracle__Prom__TimeSeries series[3];
	Oracle__Prom__TimeSeries *all[3];
	Oracle__Prom__QueryResult result = ORACLE__PROM__QUERY_RESULT__INIT;
	Oracle__Prom__QueryResult *results[] = {&result};
	Oracle__Prom__ReadResponse response = ORACLE__PROM__READ_RESPONSE__INIT;
	static const char *const values[] = {"a", "b", "c"};
	const size_t counts[] = {n, 0, 1};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		samples[i] = (Oracle__Prom__Sample)ORACLE__PROM__SAMPLE__INIT;
		samples[i].timestamp = (int64_t)i * 1000;
		samples[i].value = (double)i / 2;
		pointers[i] = &samples[i];
	}
	for (size_t i = 0; i < 3; i++) {
		labels[i] = (Oracle__Prom__Label)ORACLE__PROM__LABEL__INIT;
		labels[i].name = (char *)"job";
		labels[i].value = (char *)values[i];
		label_of[i] = &labels[i];
		series[i] = (Oracle__Prom__TimeSeries)ORACLE__PROM__TIME_SERIES__INIT;
		series[i].n_labels = 1;
		series[i].labels = &label_of[i];
		series[i].n_samples = counts[i];
		series[i].samples = pointers;
		all[i] = &series[i];
	}
	result.n_timeseries = 3;
	result.timeseries = all;
	response.n_results = 1;
	response.results = results;
	size_t size = oracle__prom__read_response__get_packed_size(&response);
	uint8_t *bytes = arena_alloc(f->a, size);
	oracle__prom__read_response__pack(&response, bytes);
	expect_ok(snappy_encode(str_from(bytes, size), &f->body, &err), err);
}

static void samples_are_encoded_again_in_chunks_of_120(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	int64_t t_ms[120];
	double v[120];
	struct series s;
	size_t n;

	put_samples(f, 250);
	answer(f, 200, "application/x-protobuf", true);
	struct series_iter *it auto_free(series_iter_close) = ask(f, &err);
	expect_ok(it, err);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	expect_str(labels_get(s.labels, STR("job")), "a");
	assert_int_equal(s.n_chunks, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct chunk *c = &s.chunks[i];
		expect_ok(xor_chunk_decode(c->raw.data, c->raw.size_bytes, t_ms, v, &n, &err), err);
		assert_int_equal(n, i < 2 ? 120 : 10);
		assert_int_equal(c->min_t_ms, 120000 * i);
		assert_int_equal(c->max_t_ms, t_ms[n - 1]);
		assert_true(v[n - 1] == (double)t_ms[n - 1] / 2000);
	}
	/* One without samples is left out. */
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	expect_str(labels_get(s.labels, STR("job")), "c");
	assert_int_equal(s.n_chunks, 1);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_END);
}

static void samples_that_are_no_snappy_fail_at_once(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	buf_puts(&f->body, "\xff\xff\xff\xff\xff\xff");
	answer(f, 200, "application/x-protobuf", true);
	expect_err(ask(f, &err), err, ERR_CORRUPT, "snappy");
}

/* --- other answers ---------------------------------------------------------------------------- */

static void an_error_status_keeps_the_start_of_its_text(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	buf_puts(&f->body, "exceeded sample limit\n");
	answer(f, 400, "text/plain", false);
	expect_err(ask(f, &err), err, ERR_UNAVAILABLE, "status 400: exceeded sample limit");
}

static void another_content_type_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	buf_puts(&f->body, "<html>");
	answer(f, 200, "text/html", false);
	expect_err(ask(f, &err), err, ERR_CORRUPT, "content type \"text/html\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_request_is_snappy_and_asks_for_chunks_first),
	    TEST(frames_become_series),
	    TEST(an_empty_answer_has_no_series),
	    TEST(many_frames_pass_through_little_memory),
	    TEST(a_frame_with_a_wrong_checksum_ends_the_stream),
	    TEST(an_answer_that_ends_inside_a_frame_is_broken_wherever_it_ends),
	    TEST(a_frame_over_the_limit_is_refused_before_it_is_read),
	    TEST(a_length_that_is_no_varint_is_broken),
	    TEST(a_message_that_is_none_is_broken),
	    TEST(samples_are_encoded_again_in_chunks_of_120),
	    TEST(samples_that_are_no_snappy_fail_at_once),
	    TEST(an_error_status_keeps_the_start_of_its_text),
	    TEST(another_content_type_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
