#include "tools/query_times.h"

#include "tests/lib/expect.h"

#define NOW_MS INT64_C(1700000000000)

static void a_moment_is_a_time_or_a_span_from_now(void **state)
{
	static const struct {
		const char *text;
		int64_t want_ms;
	} cases[] = {
	    {"now", NOW_MS},
	    {"now-1h", NOW_MS - 3600000},
	    {"now+90s", NOW_MS + 90000},
	    {"-1h30m", NOW_MS - 5400000},
	    {"+5m", NOW_MS + 300000},
	    {"-1d", NOW_MS - 86400000},
	    {"1600000000", INT64_C(1600000000000)},
	    {"1600000000.5", INT64_C(1600000000500)},
	    {"-60", -60000},
	    {"2023-11-14T22:13:21Z", NOW_MS + 1000},
	    {"2023-11-14T23:13:21+01:00", NOW_MS + 1000},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = ERR_INIT;
		int64_t got_ms = 0;
		expect_ok(query_moment_parse(str_of(cases[i].text), NOW_MS, &got_ms, &err), err);
		assert_int_equal(got_ms, cases[i].want_ms);
	}
}

static void other_texts_are_no_moment(void **state)
{
	static const char *const texts[] = {"",     "1h",     "now1h", "nowish", "now-",      "-",
					    "--1h", "now 1h", "NaN",   "-1x",    "2023-11-14"};
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct err err = ERR_INIT;
		int64_t got_ms;
		expect_err(query_moment_parse(str_of(texts[i]), NOW_MS, &got_ms, &err), err,
			   ERR_INVALID, "want now, RFC 3339, seconds since 1970 or a span");
	}
}

static void expect_times(struct query_times times, int64_t start_ms, int64_t end_ms,
			 int64_t step_ms)
{
	struct query_time got = {0};
	struct err err = ERR_INIT;

	expect_ok(query_times_read(&times, NOW_MS, &got, &err), err);
	assert_int_equal(got.start_ms, start_ms);
	assert_int_equal(got.end_ms, end_ms);
	assert_int_equal(got.step_ms, step_ms);
}

static void without_a_range_a_query_is_instant(void **state)
{
	(void)state;
	expect_times((struct query_times){"", "", "", 0}, NOW_MS, NOW_MS, 0);
	expect_times((struct query_times){"-1m", "", "", 0}, NOW_MS - 60000, NOW_MS - 60000, 0);
}

static void a_range_ends_now_and_has_a_sensible_step(void **state)
{
	(void)state;
	expect_times((struct query_times){"", "-1m", "", 0}, NOW_MS - 60000, NOW_MS, 1000);
	expect_times((struct query_times){"", "-1h", "", 0}, NOW_MS - 3600000, NOW_MS, 14000);
	expect_times((struct query_times){"", "0", "60", 15000}, 0, 60000, 15000);
	expect_times((struct query_times){"", "60", "60", 0}, 60000, 60000, 1000);
}

static void ranges_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		struct query_times times;
		const char *want;
	} cases[] = {
	    {{"now", "-1h", "", 0}, "--time is for a query without a range"},
	    {{"", "", "now", 0}, "a query over a range needs --start"},
	    {{"", "", "", 1000}, "a query over a range needs --start"},
	    {{"", "now", "-1h", 0}, "--end is before --start"},
	    {{"", "x", "", 0}, "--start: want now"},
	    {{"", "0", "x", 0}, "--end: want now"},
	    {{"x", "", "", 0}, "--time: want now"},
	    {{"", "0", "11001", 1000}, "more than 11000 steps"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct query_time got;
		struct err err = ERR_INIT;
		expect_err(query_times_read(&cases[i].times, NOW_MS, &got, &err), err, ERR_INVALID,
			   cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_moment_is_a_time_or_a_span_from_now),
	    cmocka_unit_test(other_texts_are_no_moment),
	    cmocka_unit_test(without_a_range_a_query_is_instant),
	    cmocka_unit_test(a_range_ends_now_and_has_a_sensible_step),
	    cmocka_unit_test(ranges_that_make_no_sense_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
