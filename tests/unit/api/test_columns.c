#include "api/columns.h"

#include "tests/lib/columns_reader.h"
#include "tests/lib/expect.h"
#include "tests/lib/histogram_text.h"

#include <math.h>

static int set_up(void **state)
{
	*state = arena_new(NULL);
	return 0;
}

static int tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static const struct columns_info three_steps = {VALUE_MATRIX, -1000, 500, 3};

/* The whole answer, read again. */
static struct columns_answer written(struct arena *a, const struct columns_info *info,
				     const struct result_series *v, size_t n)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str parts[COLUMNS_PARTS];
	struct columns_answer answer;
	struct columns c auto_done(columns_done);
	struct err err = ERR_INIT;

	columns_init(&c, info, NULL);
	for (size_t i = 0; i < n; i++)
		expect_ok(columns_add(&c, &v[i], &err), err);
	json_key(columns_header(&c), "warnings");
	json_put_raw(columns_header(&c), STR("[\"w\"]"));
	expect_ok(columns_end(&c, parts, &err), err);
	for (size_t i = 0; i < COLUMNS_PARTS; i++)
		buf_append_str(&bytes, parts[i]);
	expect_ok(columns_read(a, arena_str(a, buf_str(&bytes)), &answer, &err), err);
	assert_int_equal(answer.n, n);
	expect_str(answer.warnings, "[\"w\"]");
	return answer;
}

static double value_at(const struct columns_series *s, size_t i)
{
	double v;

	assert_true(s->v[i] != COLUMNS_MISSING);
	memcpy(&v, &s->v[i], sizeof(v));
	return v;
}

static void every_step_has_a_value_or_none(void **state)
{
	static const int64_t t_ms[] = {-1000, 0};
	static const double values[] = {1.5, -INFINITY};
	static const uint32_t steps[] = {0, 2};
	struct label labels[] = {LABEL("job", "\xc3\xa4<\"")};
	const struct result_series series = {
	    .labels = {labels, 1}, .n = 2, .t_ms = t_ms, .v = values, .steps = steps};

	struct columns_answer got = written(*state, &three_steps, &series, 1);
	expect_str(got.result_type, "matrix");
	assert_int_equal(got.start_ms, -1000);
	assert_int_equal(got.step_ms, 500);
	assert_int_equal(got.n_steps, 3);
	expect_str(labels_get(got.v[0].labels, STR("job")), "\xc3\xa4<\"");
	assert_null(got.v[0].t_ms);
	assert_null(got.v[0].hist);
	assert_true(value_at(&got.v[0], 0) == 1.5);
	assert_true(got.v[0].v[1] == COLUMNS_MISSING);
	assert_true(value_at(&got.v[0], 2) == -INFINITY);
}

static void a_value_that_is_no_number_is_a_value(void **state)
{
	static const uint64_t bits[] = {0x7ff8000000000001, 0x7ff0000000000002, 0xfff8000000000000};
	static const uint32_t steps[] = {0, 1, 2};
	static const int64_t t_ms[3];
	double values[3];
	memcpy(values, bits, sizeof(values));
	const struct result_series series = {.n = 3, .t_ms = t_ms, .v = values, .steps = steps};

	struct columns_answer got = written(*state, &three_steps, &series, 1);
	assert_true(got.v[0].v[0] == bits[0]);
	assert_true(isnan(value_at(&got.v[0], 1)));
	assert_true(got.v[0].v[2] == bits[2]);
}

static void histograms_follow_the_values(void **state)
{
	struct arena *a = *state;
	static const char *const texts[] = {
	    "{{schema:1 count:6 sum:3 z_bucket:1 z_bucket_w:0.01 buckets:[1 0 2] n_buckets:[2]}}",
	    "{{schema:-53 count:3 sum:3 custom_values:[1 5] buckets:[1 1 1]}}",
	};
	static const uint32_t steps[] = {0, 1, 2};
	static const int64_t t_ms[3];
	static const double values[3] = {0, 7, 0};
	struct histogram *hist[3] = {histogram_of(a, texts[0]), NULL, histogram_of(a, texts[1])};
	const struct result_series series[] = {
	    {.n = 3, .t_ms = t_ms, .v = values, .hist = hist, .steps = steps},
	    {.n = 3, .t_ms = t_ms, .v = values, .steps = steps},
	};

	struct columns_answer got = written(a, &three_steps, series, 2);
	assert_true(got.v[0].v[0] == COLUMNS_MISSING && got.v[0].v[2] == COLUMNS_MISSING);
	assert_true(value_at(&got.v[0], 1) == 7);
	expect_histogram(a, got.v[0].hist[0], texts[0]);
	assert_null(got.v[0].hist[1]);
	expect_histogram(a, got.v[0].hist[2], texts[1]);
	assert_null(got.v[1].hist);
	assert_true(value_at(&got.v[1], 1) == 7);
}

static void samples_of_a_range_selector_have_times_of_their_own(void **state)
{
	struct arena *a = *state;
	static const int64_t t_ms[] = {INT64_C(1795399585054), INT64_C(1795399590111)};
	static const double values[] = {1, 2};
	struct histogram *hist[] = {NULL, histogram_of(a, "{{count:1 sum:1 buckets:[1]}}")};
	const struct columns_info info = {VALUE_MATRIX, 0, 0, 0};
	const struct result_series series[] = {
	    {.n = 2, .t_ms = t_ms, .v = values},
	    {.n = 2, .t_ms = t_ms, .v = values, .hist = hist},
	    {.n = 1, .t_ms = t_ms, .v = values},
	};

	struct columns_answer got = written(a, &info, series, 3);
	assert_int_equal(got.v[0].n, 2);
	assert_true(got.v[0].t_ms[1] == 1795399590111.0);
	assert_true(value_at(&got.v[0], 1) == 2);
	assert_non_null(got.v[1].hist[1]);
	assert_int_equal(got.v[2].n, 1);
}

static void an_answer_over_the_memory_of_its_query_is_refused(void **state)
{
	static const double values[1];
	static const int64_t t_ms[1];
	static const uint32_t steps[1];
	const struct columns_info info = {VALUE_MATRIX, 0, 1, 100000};
	const struct result_series series = {.n = 1, .t_ms = t_ms, .v = values, .steps = steps};
	struct tracker tracker auto_done(tracker_done);
	struct columns c auto_done(columns_done); /* ends first */
	struct err err = ERR_INIT;
	(void)state;

	tracker_init(&tracker, NULL, "the query", "--limit", 100000);
	columns_init(&c, &info, &tracker);
	expect_err(columns_add(&c, &series, &err), err, ERR_LIMIT, "--limit");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    TEST(every_step_has_a_value_or_none),
	    TEST(a_value_that_is_no_number_is_a_value),
	    TEST(histograms_follow_the_values),
	    TEST(samples_of_a_range_selector_have_times_of_their_own),
	    TEST(an_answer_over_the_memory_of_its_query_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
