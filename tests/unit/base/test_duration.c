#include "base/duration.h"
#include "tests/lib/expect.h"

static void go_durations_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
	    {"0", 0},
	    {"+0", 0},
	    {"1h30m", 5400 * NS_PER_S},
	    {"1.5s", 1500 * NS_PER_MS},
	    {".5s", 500 * NS_PER_MS},
	    {"5.s", 5 * NS_PER_S},
	    {"300ms", 300 * NS_PER_MS},
	    {"-2us", -2000},
	    {"3\xc2\xb5s", 3000},
	    {"3\xce\xbcs", 3000},
	    {"1m1m", 120 * NS_PER_S},
	    {"9223372036854775807ns", INT64_MAX},
	    {"-9223372036854775808ns", INT64_MIN},
	    {"0.3333333333333333333h", 1200 * NS_PER_S},
	};
	struct err err = ERR_INIT;
	int64_t ns;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_ok(duration_parse(str_of(cases[i].text), &ns, &err), err);
		if (ns != cases[i].want)
			fail_msg("%s is %lld ns", cases[i].text, (long long)ns);
	}
}

static void bad_go_durations_are_refused_in_gos_words(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", "time: invalid duration \"\""},
	    {"3", "time: missing unit in duration \"3\""},
	    {"-", "time: invalid duration \"-\""},
	    {"s", "time: invalid duration \"s\""},
	    {"1x", "time: unknown unit \"x\" in duration \"1x\""},
	    {"15d", "time: unknown unit \"d\" in duration \"15d\""},
	    {".s", "time: invalid duration \".s\""},
	    {"9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""},
	    {"3000000h", "time: invalid duration \"3000000h\""},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		int64_t ns;
		expect_err(duration_parse(str_of(cases[i].text), &ns, &err), err, ERR_INVALID,
			   cases[i].want);
	}
}

static void long_durations_know_days_and_weeks(void **state)
{
	struct err err = ERR_INIT;
	int64_t ns;
	(void)state;

	expect_ok(duration_parse_long(STR("1w1.5d1h"), &ns, &err), err);

	assert_int_equal(ns, ((7 * 24 + 36 + 1) * 3600) * NS_PER_S);
}

static void durations_are_printed_as_go_prints_them(void **state)
{
	(void)state;

	assert_string_equal(duration_str(0), "0s");
	assert_string_equal(duration_str(1), "1ns");
	assert_string_equal(duration_str(1100), "1.1\xc2\xb5s");
	assert_string_equal(duration_str(2200000), "2.2ms");
	assert_string_equal(duration_str(3300000000), "3.3s");
	assert_string_equal(duration_str(5400 * NS_PER_S), "1h30m0s");
	assert_string_equal(duration_str(65 * NS_PER_S + 1), "1m5.000000001s");
	assert_string_equal(duration_str(-90 * NS_PER_S), "-1m30s");
	assert_string_equal(duration_str(INT64_MIN), "-2562047h47m16.854775808s");
}

static void model_durations_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
	    {"0", 0},
	    {"0s", 0},
	    {"15d", 15 * MS_PER_DAY},
	    {"1y2w3d4h5m6s7ms", 382 * MS_PER_DAY + 4 * MS_PER_H + 5 * MS_PER_MIN + 6007},
	    {"4h", 4 * MS_PER_H},
	    {"300ms", 300},
	};
	struct err err = ERR_INIT;
	int64_t ms;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_ok(model_duration_parse(str_of(cases[i].text), &ms, &err), err);
		assert_int_equal(ms, cases[i].want);
	}
}

static void bad_model_durations_are_refused_in_prometheus_words(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", "empty duration string"},
	    {"1", "not a valid duration string: \"1\""},
	    {"-1d", "not a valid duration string: \"-1d\""},
	    {"1.5h", "unknown unit \".\" in duration \"1.5h\""},
	    {"1m1d", "not a valid duration string: \"1m1d\""},
	    {"1d1d", "not a valid duration string: \"1d1d\""},
	    {"1us", "unknown unit \"us\" in duration \"1us\""},
	    {"294y", "duration out of range"},
	    {"99999999999999999999d", "not a valid duration string"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		int64_t ms;
		expect_err(model_duration_parse(str_of(cases[i].text), &ms, &err), err, ERR_INVALID,
			   cases[i].want);
	}
}

static void model_durations_use_years_and_weeks_only_when_they_fit(void **state)
{
	(void)state;

	assert_string_equal(model_duration_str(0), "0s");
	assert_string_equal(model_duration_str(14 * MS_PER_DAY), "2w");
	assert_string_equal(model_duration_str(90 * MS_PER_DAY), "90d");
	assert_string_equal(model_duration_str(365 * MS_PER_DAY), "1y");
	assert_string_equal(model_duration_str(5400 * MS_PER_S), "1h30m");
	assert_string_equal(model_duration_str(1001), "1s1ms");
	assert_string_equal(model_duration_str(-MS_PER_DAY), "-1d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(go_durations_are_read),
	    cmocka_unit_test(bad_go_durations_are_refused_in_gos_words),
	    cmocka_unit_test(long_durations_know_days_and_weeks),
	    cmocka_unit_test(durations_are_printed_as_go_prints_them),
	    cmocka_unit_test(model_durations_are_read),
	    cmocka_unit_test(bad_model_durations_are_refused_in_prometheus_words),
	    cmocka_unit_test(model_durations_use_years_and_weeks_only_when_they_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
