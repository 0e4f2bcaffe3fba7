#include "proto/remote_read.h"

#include "tests/lib/expect.h"
#include "tests/lib/series_text.h"
#include "tests/proto/prompb.pb-c.h"

struct fixture {
	struct arena *a;
	struct pb_writer w;
};

static int set_up(void **state)
{
	static struct fixture f;
	f.a = arena_new(NULL);
	pb_writer_init(&f.w, 1 << 20, NULL);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	pb_writer_done(&f->w);
	arena_free(f->a);
	return 0;
}

static void the_generated_code_reads_our_request(void **state)
{
	struct fixture *f = *state;
	struct err err;
	struct matcher *matcher = matcher_new(MATCH_NEQ, STR("job"), STR("a"), &err);
	static const enum read_response_type accepted[] = {READ_STREAMED_CHUNKS, READ_SAMPLES};
	const struct str grouping[] = {STR("x"), STR("y")};
	struct read_query q = {.min_t_ms = -7,
			       .max_t_ms = 8,
			       .matchers = {&matcher, 1},
			       .has_hints = true,
			       .step_ms = 1,
			       .range_ms = 2,
			       .hint_min_t_ms = 3,
			       .hint_max_t_ms = 4,
			       .func = STR("rate"),
			       .grouping = grouping,
			       .n_grouping = 2,
			       .grouping_by = true};

	read_request_encode(&f->w, &q, accepted, 2);
	struct str ours = pb_written(&f->w);
	Oracle__Prom__ReadRequest *m =
	    oracle__prom__read_request__unpack(NULL, ours.n, (const uint8_t *)ours.p);

	assert_non_null(m);
	assert_int_equal(m->n_accepted_response_types, 2);
	assert_int_equal(m->accepted_response_types[0], 1);
	assert_int_equal(m->accepted_response_types[1], 0);
	assert_int_equal(m->n_queries, 1);
	const Oracle__Prom__Query *query = m->queries[0];
	assert_true(query->start_timestamp_ms == -7 && query->end_timestamp_ms == 8);
	assert_int_equal(query->matchers[0]->type, 1);
	assert_string_equal(query->matchers[0]->name, "job");
	assert_true(query->hints->step_ms == 1 && query->hints->range_ms == 2);
	assert_true(query->hints->start_ms == 3 && query->hints->end_ms == 4);
	assert_string_equal(query->hints->func, "rate");
	assert_string_equal(query->hints->grouping[1], "y");
	assert_true(query->hints->by);
	uint8_t bytes[1000];
	assert_int_equal(oracle__prom__read_request__pack(m, bytes), ours.n);
	assert_memory_equal(bytes, ours.p, ours.n);
	oracle__prom__read_request__free_unpacked(m, NULL);
	matcher_unref(matcher);
}

static void streamed_series_come_back_as_they_were(void **state)
{
	struct fixture *f = *state;
	struct series v[2] = {series_from_text(f->a, "a=\"1\" b=\"2\" | 5-10:first 11-20:second"),
			      series_from_text(f->a, "a=\"2\"")};
	struct chunked_read got;
	struct err err = ERR_INIT;

	chunked_read_encode(&f->w, v, 2, 3);
	expect_ok(chunked_read_decode(pb_written(&f->w), f->a, &got, &err), err);

	assert_int_equal(got.query_index, 3);
	assert_int_equal(got.n_series, 2);
	assert_string_equal(series_to_text(f->a, series_iter_of(got.series, 2)),
			    series_to_text(f->a, series_iter_of(v, 2)));
	struct str ours = pb_written(&f->w);
	Oracle__Prom__ChunkedReadResponse *m =
	    oracle__prom__chunked_read_response__unpack(NULL, ours.n, (const uint8_t *)ours.p);
	assert_true(m && m->chunked_series[0]->chunks[1]->type == CHUNK_XOR);
	uint8_t bytes[1000];
	assert_int_equal(oracle__prom__chunked_read_response__pack(m, bytes), ours.n);
	assert_memory_equal(bytes, ours.p, ours.n);
	oracle__prom__chunked_read_response__free_unpacked(m, NULL);
}

static void the_newer_encodings_are_known_and_others_refused(void **state)
{
	struct fixture *f = *state;
	struct chunked_read got;
	struct err err = ERR_INIT;

	for (int type = 0; type < 9; type++) {
		char message[] = "\x0a\x04\x12\x02\x18?";
		message[5] = (char)type;
		bool ok = chunked_read_decode(str_from(message, 6), f->a, &got, &err);
		if (type >= CHUNK_XOR && type <= CHUNK_FLOAT_HISTOGRAM_ST) {
			expect_ok(ok, err);
			assert_int_equal(got.series[0].chunks[0].raw.encoding, type);
		} else {
			expect_err(ok, err, ERR_CORRUPT, "Chunk: type ");
		}
	}
}

/* One series of two samples. */
static struct str sample_response(struct fixture *f)
{
	Oracle__Prom__Label label = ORACLE__PROM__LABEL__INIT, *labels[] = {&label};
	Oracle__Prom__Sample s1 = ORACLE__PROM__SAMPLE__INIT, s2 = s1, *samples[] = {&s1, &s2};
	Oracle__Prom__TimeSeries ts = ORACLE__PROM__TIME_SERIES__INIT, *all[] = {&ts};
	Oracle__Prom__QueryResult result = ORACLE__PROM__QUERY_RESULT__INIT, *results[] = {&result};
	Oracle__Prom__ReadResponse m = ORACLE__PROM__READ_RESPONSE__INIT;
	uint8_t bytes[1000];

	label.name = (char[]){"job"};
	label.value = (char[]){"a"};
	s1.value = -1.5;
	s1.timestamp = -10;
	s2.timestamp = 20;
	ts.labels = labels;
	ts.n_labels = 1;
	ts.samples = samples;
	ts.n_samples = 2;
	result.timeseries = all;
	result.n_timeseries = 1;
	m.results = results;
	m.n_results = 1;
	size_t n = oracle__prom__read_response__pack(&m, bytes);
	return arena_str(f->a, str_from(bytes, n));
}

static void sampled_series_become_columns(void **state)
{
	struct fixture *f = *state;
	struct read_response got;
	struct err err = ERR_INIT;

	expect_ok(read_response_decode(sample_response(f), f->a, &got, &err), err);

	assert_int_equal(got.n_series, 1);
	expect_str(labels_get(got.series[0].labels, STR("job")), "a");
	const struct samples *s = &got.series[0].samples;
	assert_int_equal(s->n, 2);
	assert_true(s->t_ms[0] == -10 && s->v[0] == -1.5);
	assert_true(s->t_ms[1] == 20 && s->v[1] == 0);
}

static void broken_answers_are_refused(void **state)
{
	struct fixture *f = *state;
	struct chunked_read chunked;
	struct read_response sampled;
	struct err err = ERR_INIT;

	expect_err(chunked_read_decode(STR("\x0a\x7f"), f->a, &chunked, &err), err, ERR_CORRUPT,
		   "ChunkedReadResponse: ");
	expect_err(chunked_read_decode(STR("\x0a\x02\x0a\x7f"), f->a, &chunked, &err), err,
		   ERR_CORRUPT, "ChunkedSeries: ");
	expect_err(read_response_decode(STR("\x0a\x7f"), f->a, &sampled, &err), err, ERR_CORRUPT,
		   "ReadResponse: ");
	expect_err(
	    read_response_decode(STR("\x0a\x06\x0a\x04\x12\x02\x09\x00"), f->a, &sampled, &err),
	    err, ERR_CORRUPT, "Sample: a fixed-size number is cut off");
	expect_ok(read_response_decode(STR(""), f->a, &sampled, &err), err);
	assert_int_equal(sampled.n_series, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_generated_code_reads_our_request),
	    TEST(streamed_series_come_back_as_they_were),
	    TEST(the_newer_encodings_are_known_and_others_refused),
	    TEST(sampled_series_become_columns),
	    TEST(broken_answers_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
