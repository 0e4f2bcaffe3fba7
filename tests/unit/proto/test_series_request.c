#include "proto/series_request.h"

#include "tests/lib/expect.h"
#include "tests/proto/storepb.pb-c.h"

static struct str names[] = {{"job", 3}, {"instance", 8}};
static const struct str replicas[] = {{"replica", 7}, {"", 0}};

struct fixture {
	struct arena *a;
	struct pb_writer w;
	struct matcher *matchers[2];
	struct series_request full;
};

static int set_up(void **state)
{
	static struct fixture f;
	struct err err;
	f.a = arena_new(NULL);
	pb_writer_init(&f.w, 1 << 20, NULL);
	f.matchers[0] = matcher_new(MATCH_EQ, STR("__name__"), STR("up"), &err);
	f.matchers[1] = matcher_new(MATCH_NRE, STR("job"), STR("a|b.*"), &err);
	f.full = (struct series_request){
	    .min_t_ms = -1,
	    .max_t_ms = INT64_MAX,
	    .matchers = {f.matchers, 2},
	    .max_resolution_ms = 300000,
	    .aggrs = WANT_COUNT | WANT_COUNTER,
	    .skip_chunks = true,
	    .partial_response = PARTIAL_RESPONSE_ABORT,
	    .without_replica_labels = replicas,
	    .n_without_replica_labels = 2,
	    .shard = {.index = 1, .total = 3, .by = true, .labels = names, .n_labels = 2},
	    .limit = 7,
	    .batch_size = 64,
	    .step_ms = 15000,
	    .range_ms = 60000,
	    .func = STR("rate"),
	    .grouping = names,
	    .n_grouping = 1,
	    .grouping_by = true,
	    .projection_labels = names,
	    .n_projection_labels = 2,
	    .projection_include = true,
	    .series_hash_label = STR("__hash__"),
	    .hints = STR("\x0a\x03url"),
	};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	matcher_unref(f->matchers[0]);
	matcher_unref(f->matchers[1]);
	pb_writer_done(&f->w);
	arena_free(f->a);
	return 0;
}

static void expect_strs(const struct str *got, size_t n_got, const struct str *want, size_t n_want)
{
	assert_int_equal(n_got, n_want);
	for (size_t i = 0; i < n_want; i++)
		assert_true(str_eq(got[i], want[i]));
}

static void expect_matchers(struct matchers got, struct matchers want)
{
	assert_int_equal(got.n, want.n);
	for (size_t i = 0; i < want.n; i++) {
		assert_int_equal(matcher_type(got.v[i]), matcher_type(want.v[i]));
		assert_true(str_eq(matcher_name(got.v[i]), matcher_name(want.v[i])));
		assert_true(str_eq(matcher_value(got.v[i]), matcher_value(want.v[i])));
	}
}

static void expect_request(const struct series_request *got, const struct series_request *want)
{
	assert_true(got->min_t_ms == want->min_t_ms && got->max_t_ms == want->max_t_ms);
	expect_matchers(got->matchers, want->matchers);
	assert_int_equal(got->max_resolution_ms, want->max_resolution_ms);
	assert_int_equal(got->aggrs, want->aggrs);
	assert_int_equal(got->skip_chunks, want->skip_chunks);
	assert_int_equal(got->partial_response, want->partial_response);
	expect_strs(got->without_replica_labels, got->n_without_replica_labels,
		    want->without_replica_labels, want->n_without_replica_labels);
	assert_int_equal(got->shard.index, want->shard.index);
	assert_int_equal(got->shard.total, want->shard.total);
	assert_int_equal(got->shard.by, want->shard.by);
	expect_strs(got->shard.labels, got->shard.n_labels, want->shard.labels,
		    want->shard.n_labels);
	assert_int_equal(got->limit, want->limit);
	assert_int_equal(got->batch_size, want->batch_size);
	assert_int_equal(got->step_ms, want->step_ms);
	assert_int_equal(got->range_ms, want->range_ms);
	assert_true(str_eq(got->func, want->func));
	expect_strs(got->grouping, got->n_grouping, want->grouping, want->n_grouping);
	assert_int_equal(got->grouping_by, want->grouping_by);
	expect_strs(got->projection_labels, got->n_projection_labels, want->projection_labels,
		    want->n_projection_labels);
	assert_int_equal(got->projection_include, want->projection_include);
	assert_true(str_eq(got->series_hash_label, want->series_hash_label));
	assert_true(str_eq(got->hints, want->hints));
}

static void decode_and_expect(struct fixture *f, struct str message,
			      const struct series_request *want)
{
	struct err err = ERR_INIT;
	struct series_request got;
	bool ok = series_request_decode(message, NULL, f->a, &got, &err);
	if (ok)
		expect_request(&got, want);
	series_request_release(&got);
	expect_ok(ok, err);
}

static void every_field_comes_back_as_it_was(void **state)
{
	struct fixture *f = *state;

	series_request_encode(&f->w, &f->full);

	decode_and_expect(f, pb_written(&f->w), &f->full);
}

static void an_empty_request_has_no_bytes(void **state)
{
	struct fixture *f = *state;
	static const struct series_request empty;

	series_request_encode(&f->w, &empty);

	assert_int_equal(pb_written(&f->w).n, 0);
	decode_and_expect(f, STR(""), &empty);
}

static void the_generated_code_reads_and_writes_the_same(void **state)
{
	struct fixture *f = *state;

	series_request_encode(&f->w, &f->full);
	struct str ours = pb_written(&f->w);
	Oracle__SeriesRequest *m =
	    oracle__series_request__unpack(NULL, ours.n, (const uint8_t *)ours.p);
	assert_non_null(m);

	assert_true(m->min_time == -1 && m->max_time == INT64_MAX);
	assert_int_equal(m->matchers[1]->type, ORACLE__LABEL_MATCHER__TYPE__NRE);
	assert_int_equal(m->n_aggregates, 2);
	assert_int_equal(m->aggregates[1], ORACLE__AGGR__COUNTER);
	assert_true(m->partial_response_disabled);
	assert_int_equal(m->partial_response_strategy, ORACLE__PARTIAL_RESPONSE_STRATEGY__ABORT);
	assert_string_equal(m->hints->type_url, "url");
	assert_string_equal(m->query_hints->func->name, "rate");
	assert_string_equal(m->query_hints->grouping->labels[0], "job");
	assert_int_equal(m->query_hints->range->millis, 60000);
	assert_int_equal(m->shard_info->total_shards, 3);
	assert_string_equal(m->without_replica_labels[1], "");
	uint8_t bytes[1000];
	size_t n = oracle__series_request__pack(m, bytes);
	assert_int_equal(n, ours.n);
	assert_memory_equal(bytes, ours.p, n);
	oracle__series_request__free_unpacked(m, NULL);
}

static void either_way_of_refusing_partial_responses_counts(void **state)
{
	struct fixture *f = *state;
	static const struct series_request strict = {.partial_response = PARTIAL_RESPONSE_ABORT};

	decode_and_expect(f, STR("\x30\x01"), &strict); /* partial_response_disabled */
	decode_and_expect(f, STR("\x38\x01"), &strict); /* strategy ABORT */
	decode_and_expect(f, STR("\x30\x01\x38\x00"), &strict);
}

static void aggregates_come_packed_or_one_by_one(void **state)
{
	struct fixture *f = *state;
	static const struct series_request want = {.aggrs = WANT_RAW | WANT_SUM | WANT_MAX};

	decode_and_expect(f, STR("\x2a\x03\x00\x02\x04"), &want);
	decode_and_expect(f, str_from("\x28\x00\x28\x02\x28\x04", 6), &want);
	decode_and_expect(f, str_from("\x28\x00\x2a\x02\x02\x04", 6), &want);
	/* Aggregates that nobody knows yet are ignored. */
	decode_and_expect(f, str_from("\x28\x00\x2a\x04\x02\x04\xff\x01", 8), &want);
}

static void unknown_fields_are_ignored(void **state)
{
	struct fixture *f = *state;
	static const struct series_request want = {.limit = 5};

	/* step 10, range 11 (both deprecated), 1000 as bytes, then limit */
	decode_and_expect(f, STR("\x50\x01\x58\x02\xc2\x3e\x02hi\x78\x05"), &want);
}

static void what_is_wrong_is_refused(void **state)
{
	struct fixture *f = *state;
	static const struct {
		struct str message;
		enum err_code code;
		const char *error;
	} wrong[] = {
	    {STR("\x08"), ERR_CORRUPT, "SeriesRequest: a number is cut off"},
	    {STR("\x1a\x7f"), ERR_CORRUPT, "SeriesRequest: a length"},
	    {STR("\x1a\x02\x0a\x7f"), ERR_CORRUPT, "LabelMatcher: a length"},
	    {STR("\x1a\x02\x08\x04"), ERR_INVALID, "LabelMatcher: type 4 is unknown"},
	    {STR("\x1a\x05\x08\x02\x1a\x01("), ERR_INVALID, "missing closing )"},
	    {STR("\x2a\x01\x80"), ERR_CORRUPT, "SeriesRequest: a packed number"},
	    {STR("\x62\x02\x12\x7f"), ERR_CORRUPT, "QueryHints"},
	    {STR("\x62\x04\x12\x02\x0a\x7f"), ERR_CORRUPT, "Func"},
	    {STR("\x62\x04\x22\x02\x1a\x7f"), ERR_CORRUPT, "Grouping"},
	    {STR("\x62\x03\x2a\x01\x08"), ERR_CORRUPT, "Range"},
	    {STR("\x6a\x01\x08"), ERR_CORRUPT, "ShardInfo"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = ERR_INIT;
		struct series_request got;
		bool ok = series_request_decode(wrong[i].message, NULL, f->a, &got, &err);
		series_request_release(&got);
		expect_err(ok, err, wrong[i].code, wrong[i].error);
	}
}

static void matchers_before_a_broken_field_are_given_back(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct series_request got;

	/* A leak would be found by the sanitizer. */
	assert_false(series_request_decode(STR("\x1a\x06\x12\x01"
					       "a\x1a\x01"
					       "b\x08"),
					   NULL, f->a, &got, &err));
	assert_int_equal(got.matchers.n, 1);
	series_request_release(&got);
	assert_int_equal(got.matchers.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_field_comes_back_as_it_was),
	    TEST(an_empty_request_has_no_bytes),
	    TEST(the_generated_code_reads_and_writes_the_same),
	    TEST(either_way_of_refusing_partial_responses_counts),
	    TEST(aggregates_come_packed_or_one_by_one),
	    TEST(unknown_fields_are_ignored),
	    TEST(what_is_wrong_is_refused),
	    TEST(matchers_before_a_broken_field_are_given_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
