#include "tools/chart_axis.h"

#include "base/buf.h"
#include "tests/lib/expect.h"

/* "0 0.5 1.0" */
static const char *labels_of(const struct chart_axis *axis, struct arena *a)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	for (size_t i = 0; i < axis->ticks.n; i++)
		buf_printf(&out, "%s%s", i ? " " : "", axis->ticks.v[i].label);
	return arena_cstr(a, buf_str(&out));
}

static void values_have_round_ticks_in_one_unit(void **state)
{
	static const struct {
		double min, max;
		size_t n_ticks;
		const char *want;
	} cases[] = {
	    {0, 10, 3, "0 5 10"},
	    {0, 10, 6, "0 2 4 6 8 10"},
	    {1, 10, 6, "0 2 4 6 8 10"},
	    {0.3, 0.4, 2, "0.3 0.4"},
	    {0.1, 0.95, 6, "0 0.2 0.4 0.6 0.8 1.0"},
	    {99, 101, 5, "99.0 99.5 100.0 100.5 101.0"},
	    {-3, 4, 5, "-4 -2 0 2 4"},
	    {-10, -1, 3, "-10 -5 0"},
	    {0, 1234567, 4, "0 0.5M 1.0M 1.5M"},
	    {0, 45000, 4, "0 20k 40k 60k"},
	    {0, 3.2e9, 5, "0 1G 2G 3G 4G"},
	    {0, 5e13, 3, "0 50T"},
	    {0, 1e18, 3, "0 5e+17 1e+18"},
	    {0, 2e-7, 3, "0 1e-07 2e-07"},
	    {7, 7, 3, "6 7 8"},
	    {0, 0, 3, "-1 0 1"},
	    {-7, -7, 3, "-8 -7 -6"},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct chart_axis axis =
		    chart_value_axis(cases[i].min, cases[i].max, cases[i].n_ticks, a);
		expect_str(str_of(labels_of(&axis, a)), cases[i].want);
	}
}

static void the_axis_has_room_for_all_values(void **state)
{
	static const double pairs[][2] = {
	    {0, 1},           {-1, 1e-9},       {3, 3},       {1e300, 1.7e308}, {-1.7e308, 1.7e308},
	    {5e-324, 1e-323}, {1e16, 1e16 + 2}, {-5e-324, 0}, {0.3, 0.7},       {1e15, 1e15 + 1}};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		for (size_t n = 2; n < 60; n++) {
			struct chart_axis axis = chart_value_axis(pairs[i][0], pairs[i][1], n, a);
			assert_true(axis.min < axis.max);
			assert_true(axis.min <= pairs[i][0] || pairs[i][0] < -1e300);
			assert_true(axis.max >= pairs[i][1] || pairs[i][1] > 1e300);
			assert_true(axis.ticks.n <= 2 * n + 2);
		}
	}
}

#define DAY_MS   INT64_C(86400000)
#define START_MS (INT64_C(19675) * DAY_MS) /* 2023-11-14 */

static void times_have_the_ticks_of_clocks_and_calendars(void **state)
{
	static const struct {
		int64_t from_ms, span_ms;
		const char *want;
	} cases[] = {
	    {0, 50, "11-14 00:00:00.020 00:00:00.040"},
	    {0, 30000, "11-14 00:00:05 00:00:10 00:00:15 00:00:20 00:00:25 00:00:30"},
	    {1, 3600000, "00:10 00:20 00:30 00:40 00:50 01:00"},
	    {0, 6 * 3600000, "11-14 01:00 02:00 03:00 04:00 05:00 06:00"},
	    {18 * 3600000, 12 * 3600000, "18:00 20:00 22:00 11-15 02:00 04:00 06:00"},
	    {0, 7 * DAY_MS, "11-14 11-15 11-16 11-17 11-18 11-19 11-20 11-21"},
	    {0, 60 * DAY_MS, "11-19 11-29 12-09 12-19 12-29 01-08"},
	    {0, 700 * DAY_MS, "2024-03-18 2024-09-14 2025-03-13 2025-09-09"},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t min_ms = START_MS + cases[i].from_ms;
		struct chart_axis axis = chart_time_axis(min_ms, min_ms + cases[i].span_ms, 70, a);
		expect_str(str_of(labels_of(&axis, a)), cases[i].want);
	}
}

static void times_before_1970_have_ticks_too(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct chart_axis axis = chart_time_axis(-90 * 60000 - 1, 0, 40, a);
	expect_str(str_of(labels_of(&axis, a)), "22:30 23:00 23:30 01-01");
	for (size_t i = 0; i < axis.ticks.n; i++)
		assert_true(axis.ticks.v[i].value >= axis.min);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_have_round_ticks_in_one_unit),
	    cmocka_unit_test(the_axis_has_room_for_all_values),
	    cmocka_unit_test(times_have_the_ticks_of_clocks_and_calendars),
	    cmocka_unit_test(times_before_1970_have_ticks_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
