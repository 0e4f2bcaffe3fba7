#include "base/rand.h"
#include "base/time_text.h"
#include "tests/lib/expect.h"

#include <stdlib.h>
#include <time.h>

static void moments_are_printed_without_needless_decimals(void **state)
{
	(void)state;

	assert_string_equal(time_str_ms(0), "1970-01-01T00:00:00Z");
	assert_string_equal(time_str_ms(1700000000120), "2023-11-14T22:13:20.12Z");
	assert_string_equal(time_str_ms(-1), "1969-12-31T23:59:59.999Z");
	assert_string_equal(time_str_ms(951782400000), "2000-02-29T00:00:00Z");
	assert_string_equal(time_text_ns(1700000000123456789).s, "2023-11-14T22:13:20.123456789Z");
	assert_string_equal(time_text_ns(-1).s, "1969-12-31T23:59:59.999999999Z");
}

static void moments_outside_of_the_calendar_are_cut(void **state)
{
	(void)state;

	assert_string_equal(time_str_ms(INT64_MIN), "0000-01-01T00:00:00Z");
	assert_string_equal(time_str_ms(INT64_MAX), "9999-12-31T23:59:59.999999999Z");
	assert_string_equal(time_str_ms(253402300799999), "9999-12-31T23:59:59.999Z");
}

static void every_printed_moment_reads_back(void **state)
{
	struct rand r;
	(void)state;

	rand_seed(&r, 2);
	for (int i = 0; i < 20000; i++) {
		struct err err = ERR_INIT;
		int64_t ms = (int64_t)rand_below(&r, 315569519999999) - 62167219200000, back;
		expect_ok(time_parse(str_of(time_str_ms(ms)), &back, &err), err);
		assert_int_equal(back, ms);
	}
}

static void zones_and_decimals_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
	    {"1970-01-01T01:00:00+01:00", 0},          {"1970-01-01T00:00:00.1234567Z", 123},
	    {"1970-01-01T00:00:00,5Z", 500},           {"1969-12-31T22:30:00.5-01:30", 500},
	    {"0000-01-01T00:00:00Z", -62167219200000}, {"9999-12-31T23:59:59Z", 253402300799000},
	};
	struct err err = ERR_INIT;
	int64_t ms;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_ok(time_parse(str_of(cases[i].text), &ms, &err), err);
		assert_int_equal(ms, cases[i].want);
	}
}

static void what_is_no_rfc_3339_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "2020-01-01",
	    "2020-01-01T00:00:00",
	    "2020-13-01T00:00:00Z",
	    "2021-02-29T00:00:00Z",
	    "2020-01-01T24:00:00Z",
	    "2020-01-01T00:00:60Z",
	    "2020-01-01t00:00:00Z",
	    "2020-01-01T00:00:00.Z",
	    "2020-01-01T00:00:00Zx",
	    "2020-01-01T00:00:00+1:00",
	    "20-01-01T00:00:00Z",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = ERR_INIT;
		int64_t ms;
		expect_err(time_parse(str_of(bad[i]), &ms, &err), err, ERR_INVALID,
			   "parsing time \"");
	}
}

static void a_time_or_duration_is_either(void **state)
{
	struct time_or_duration t;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(time_or_duration_parse(STR("1970-01-01T00:00:01Z"), &t, &err), err);
	assert_int_equal(time_or_duration_at(t, 999), 1000);
	expect_ok(time_or_duration_parse(STR("-2h"), &t, &err), err);
	assert_int_equal(time_or_duration_at(t, 7200001), 1);
	expect_ok(time_or_duration_parse(STR("1d"), &t, &err), err);
	assert_int_equal(time_or_duration_at(t, 1), 86400001);
	assert_int_equal(time_or_duration_at(t, INT64_MAX), INT64_MAX);
	expect_err(time_or_duration_parse(STR("x"), &t, &err), err, ERR_INVALID,
		   "not a valid duration string: \"x\"");
	expect_err(time_or_duration_parse(STR(""), &t, &err), err, ERR_INVALID,
		   "empty duration string");
}

static void a_time_may_be_seconds_since_1970(void **state)
{
	static const struct {
		const char *text;
		int64_t want_ms;
	} cases[] = {
	    {"0", 0},
	    {"1700000000", INT64_C(1700000000000)},
	    {"1700000000.1234", INT64_C(1700000000123)},
	    {"1.7e9", INT64_C(1700000000000)},
	    {"-1.5", -1500},
	    {"2023-11-14T22:13:20Z", INT64_C(1700000000000)},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = ERR_INIT;
		int64_t ms = 1;
		assert_true(time_or_seconds_parse(str_of(cases[i].text), &ms, &err));
		assert_int_equal(ms, cases[i].want_ms);
	}
	static const char *const wrong[] = {"", "now", "NaN", "Inf", "1e30", "2023-11-14"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct err err = ERR_INIT;
		int64_t ms;
		assert_false(time_or_seconds_parse(str_of(wrong[i]), &ms, &err));
	}
}

static void local_times_are_in_the_zone_of_the_process(void **state)
{
	static const struct {
		const char *zone;
		int64_t s;
		const char *want;
	} cases[] = {
	    {"UTC", 0, "1970-01-01T00:00:00Z"},
	    {"XXX-1", 0, "1970-01-01T01:00:00+01:00"},
	    {"XXX3:30", 1700006400, "2023-11-14T20:30:00-03:30"},
	    {"XXX-1", INT64_MAX, "9999-12-31T23:59:59.999999999Z"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setenv("TZ", cases[i].zone, 1);
		tzset();
		assert_string_equal(time_text_local_s(cases[i].s).s, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(moments_are_printed_without_needless_decimals),
	    cmocka_unit_test(moments_outside_of_the_calendar_are_cut),
	    cmocka_unit_test(every_printed_moment_reads_back),
	    cmocka_unit_test(zones_and_decimals_are_read),
	    cmocka_unit_test(what_is_no_rfc_3339_is_refused),
	    cmocka_unit_test(a_time_or_duration_is_either),
	    cmocka_unit_test(a_time_may_be_seconds_since_1970),
	    cmocka_unit_test(local_times_are_in_the_zone_of_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
