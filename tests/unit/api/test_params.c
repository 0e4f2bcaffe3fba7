#include "api/params.h"

#include "tests/lib/expect.h"

/* A request whose form is the query given. */
struct fixture {
	struct http_request request;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.request.arena = arena_new(NULL)};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	arena_free(((struct fixture *)*state)->request.arena);
	return 0;
}

static const struct http_request *asked(struct fixture *f, const char *query)
{
	struct err err;

	f->request.form = (struct http_params){0};
	http_params_parse(&f->request.form, str_of(query), f->request.arena, &err);
	return &f->request;
}

static const struct http_request *asked_with(struct fixture *f, const char *name, const char *value)
{
	struct http_param param = {str_of(name), str_of(value)};

	f->request.form = (struct http_params){0};
	ARENA_PUSH(f->request.arena, &f->request.form, param);
	return &f->request;
}

static void times_are_seconds_or_rfc_3339(void **state)
{
	static const struct {
		const char *text;
		int64_t want_ms;
	} cases[] = {
	    {"0", 0},
	    {"1.5", 1500},
	    {"-1.5", -1500},
	    {"1700000000.1234", INT64_C(1700000000123)},
	    {"1700000000.1235", INT64_C(1700000000124)},
	    {"0.9999", 1000},
	    {"1e3", 1000000},
	    {"0x1p4", 16000},
	    {"1970-01-01T00:00:01Z", 1000},
	    {"1970-01-01T01:00:01.25+01:00", 1250},
	    {"9223372036854774", INT64_C(9223372036854774000)},
	};
	struct err err = ERR_INIT;
	int64_t got_ms;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		expect_ok(
		    param_time(asked_with(*state, "time", cases[i].text), "time", &got_ms, &err),
		    err);
		if (got_ms != cases[i].want_ms)
			fail_msg("%s: got %lld, want %lld", cases[i].text, (long long)got_ms,
				 (long long)cases[i].want_ms);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {"x",          "1s",
					  "NaN",        "+Inf",
					  "1e300",      "9223372036854775.9e3",
					  "1970-01-01", "1970-01-01T00:00:00"};
	struct err err = ERR_INIT;
	int64_t got_ms = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect_err(param_time(asked_with(*state, "start", bad[i]), "start", &got_ms, &err),
			   err, ERR_INVALID, "Invalid time value for 'start': cannot parse \"");
	assert_int_equal(got_ms, 7);
	expect_err(param_time(asked_with(*state, "t", "a\"b"), "t", &got_ms, &err), err,
		   ERR_INVALID,
		   "Invalid time value for 't': cannot parse \"a\\\"b\" to a valid timestamp");
}

static void an_absent_parameter_leaves_the_default(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	int64_t number = 7;
	bool flag = true;

	for (int i = 0; i < 2; i++) {
		const struct http_request *r = asked(f, i ? "a=&limit=" : "");
		assert_true(param_time(r, "a", &number, &err));
		assert_true(param_duration(r, "a", &number, &err));
		assert_true(param_bool(r, "a", &flag, &err));
		assert_true(param_limit(r, &number, &err));
		assert_true(number == 7 && flag);
		expect_err(param_required_time(r, "a", &number, &err), err, ERR_INVALID,
			   "cannot parse \"\" to a valid timestamp");
	}
}

static void durations_are_seconds_or_prometheus_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t want_ms;
	} cases[] = {
	    {"0", 0},           {"15", 15000},
	    {"0.29", 290},      {"1.0019", 1001},
	    {"-3", -3000},      {"1m", 60000},
	    {"1h30m", 5400000}, {"250ms", 250},
	    {"1d", 86400000},   {"9223372036", INT64_C(9223372036000)},
	};
	struct err err = ERR_INIT;
	int64_t got_ms;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		expect_ok(param_duration(asked_with(*state, "step", cases[i].text), "step", &got_ms,
					 &err),
			  err);
		if (got_ms != cases[i].want_ms)
			fail_msg("%s: got %lld, want %lld", cases[i].text, (long long)got_ms,
				 (long long)cases[i].want_ms);
	}
}

static void what_is_no_duration_is_refused(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"x", "cannot parse \"x\" to a valid duration"},
	    {"-1m", "cannot parse \"-1m\" to a valid duration"},
	    {"1m30", "cannot parse \"1m30\" to a valid duration"},
	    {"1e10", "cannot parse \"1e10\" to a valid duration. It overflows int64"},
	    {"-Inf", "cannot parse \"-Inf\" to a valid duration. It overflows int64"},
	    {"NaN", "cannot parse \"NaN\" to a valid duration. It overflows int64"},
	};
	int64_t got_ms;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = ERR_INIT;
		assert_false(param_duration(asked_with(*state, "step", cases[i].text), "step",
					    &got_ms, &err));
		assert_string_equal(err.msg, cases[i].want);
	}
}

static void booleans_are_those_of_go(void **state)
{
	static const char *const good[] = {"1", "t", "T", "true", "TRUE", "True"};
	static const char *const bad[] = {"yes", "tRUE", "2", "on", " true"};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		bool got = false;
		expect_ok(param_bool(asked_with(*state, "dedup", good[i]), "dedup", &got, &err),
			  err);
		assert_true(got);
	}
	bool got = true;
	assert_true(param_bool(asked(*state, "dedup=f"), "dedup", &got, &err));
	assert_false(got);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect_err(param_bool(asked_with(*state, "dedup", bad[i]), "dedup", &got, &err),
			   err, ERR_INVALID, "'dedup' parameter: strconv.ParseBool: parsing \"");
}

static void limits_are_whole_and_not_negative(void **state)
{
	struct err err = ERR_INIT;
	int64_t limit;

	assert_true(param_limit(asked(*state, "limit=5"), &limit, &err));
	assert_int_equal(limit, 5);
	assert_true(param_limit(asked(*state, "limit=0"), &limit, &err));
	assert_int_equal(limit, 0);
	expect_err(param_limit(asked(*state, "limit=-1"), &limit, &err), err, ERR_INVALID,
		   "limit must be non-negative");
	expect_err(param_limit(asked(*state, "limit=1.5"), &limit, &err), err, ERR_INVALID,
		   "cannot parse \"1.5\" to a valid limit");
	expect_err(param_limit(asked(*state, "limit=9223372036854775808"), &limit, &err), err,
		   ERR_INVALID, "to a valid limit");
}

static void metadata_is_of_all_time_or_of_the_last_while(void **state)
{
	struct err err = ERR_INIT;
	struct time_range range;

	expect_ok(param_metadata_range(asked(*state, ""), 0, 100000, &range, &err), err);
	assert_true(range.min_t_ms == INT64_C(-9223309901257974000) &&
		    range.max_t_ms == INT64_C(9223309901257974999));
	expect_ok(param_metadata_range(asked(*state, ""), 60000, 100000, &range, &err), err);
	assert_true(range.min_t_ms == 40000 && range.max_t_ms == 100000);
	expect_ok(param_metadata_range(asked(*state, "start=1&end=2"), 60000, 100000, &range, &err),
		  err);
	assert_true(range.min_t_ms == 1000 && range.max_t_ms == 2000);
	expect_err(param_metadata_range(asked(*state, "start=3&end=2"), 0, 0, &range, &err), err,
		   ERR_INVALID, "end timestamp must not be before start time");
	expect_err(param_metadata_range(asked(*state, "end=x"), 0, 0, &range, &err), err,
		   ERR_INVALID, "Invalid time value for 'end'");
}

static void all_values_of_a_parameter_come_in_order(void **state)
{
	struct param_values v = params_all(asked(*state, "m[]=b&x=1&m%5B%5D=a&m[]="), "m[]");

	assert_int_equal(v.n, 3);
	expect_str(v.v[0], "b");
	expect_str(v.v[1], "a");
	expect_str(v.v[2], "");
	assert_int_equal(params_all(asked(*state, "x=1"), "m[]").n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(times_are_seconds_or_rfc_3339),
	    TEST(what_is_no_time_is_refused),
	    TEST(an_absent_parameter_leaves_the_default),
	    TEST(durations_are_seconds_or_prometheus_durations),
	    TEST(what_is_no_duration_is_refused),
	    TEST(booleans_are_those_of_go),
	    TEST(limits_are_whole_and_not_negative),
	    TEST(metadata_is_of_all_time_or_of_the_last_while),
	    TEST(all_values_of_a_parameter_come_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
