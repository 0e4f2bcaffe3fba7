#include "compaction/downsample_windows.h"

#include "tests/lib/expect.h"

#include <float.h>
#include <math.h>

static struct window_columns columns_for(size_t n)
{
	struct window_columns w = {0};
	window_columns_reserve(&w, n);
	return w;
}

static void expect_column(const double *got, const double *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (got[i] != want[i] || signbit(got[i]) != signbit(want[i]))
			fail_msg("window %zu: got %.17g, want %.17g", i, got[i], want[i]);
}

static void samples_become_five_aggregates_per_window(void **state)
{
	static const int64_t t_ms[] = {0, 40, 99, 100, 350, 360};
	static const double v[] = {1, 5, 3, 4, 10, 12};
	struct window_columns w = columns_for(6);
	(void)state;

	windows_of_samples(t_ms, v, 6, 100, &w);

	assert_int_equal(w.n, 3);
	assert_int_equal(w.t_ms[0], 99);
	assert_int_equal(w.t_ms[1], 199);
	assert_int_equal(w.t_ms[2], 360); /* the last sample, not 399 */
	expect_column(w.v[AGGR_COUNT], (double[]){3, 1, 2}, 3);
	expect_column(w.v[AGGR_SUM], (double[]){9, 4, 22}, 3);
	expect_column(w.v[AGGR_MIN], (double[]){1, 4, 10}, 3);
	expect_column(w.v[AGGR_MAX], (double[]){5, 4, 12}, 3);
	/* 1 5 and a reset to 3, 4, 10, 12 */
	expect_column(w.v[AGGR_COUNTER], (double[]){8, 9, 17}, 3);
	window_columns_done(&w);
}

static void an_infinity_alone_in_its_window_is_not_seen_by_both_bounds(void **state)
{
	static const int64_t t_ms[] = {10, 110};
	static const double v[] = {INFINITY, -INFINITY};
	struct window_columns w = columns_for(2);
	(void)state;

	windows_of_samples(t_ms, v, 2, 100, &w);

	expect_column(w.v[AGGR_MIN], (double[]){DBL_MAX, -INFINITY}, 2);
	expect_column(w.v[AGGR_MAX], (double[]){INFINITY, -DBL_MAX}, 2);
	window_columns_done(&w);
}

static void counts_and_sums_are_added_up_extremes_stay_extremes(void **state)
{
	static const int64_t t_ms[] = {99, 199, 299, 399};
	static const double v[] = {3, -1, 2, 7};
	struct window_columns w = columns_for(4);
	static const struct {
		enum aggr aggr;
		double want[2];
	} cases[] = {
	    {AGGR_COUNT, {2, 9}}, {AGGR_SUM, {2, 9}},      {AGGR_MIN, {-1, 2}},
	    {AGGR_MAX, {3, 7}},   {AGGR_COUNTER, {2, 10}}, /* 3, reset to -1, 2, 7 */
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		windows_of_aggregate(cases[i].aggr, t_ms, v, 4, 200, &w);
		assert_int_equal(w.n, 2);
		assert_int_equal(w.t_ms[0], 199);
		assert_int_equal(w.t_ms[1], 399);
		expect_column(w.v[cases[i].aggr], cases[i].want, 2);
	}
	window_columns_done(&w);
}

static void windows_without_samples_do_not_exist(void **state)
{
	static const int64_t t_ms[] = {5, 100000};
	static const double v[] = {1, 2};
	struct window_columns w = columns_for(2);
	(void)state;

	windows_of_samples(t_ms, v, 2, 10, &w);

	assert_int_equal(w.n, 2);
	assert_int_equal(w.t_ms[0], 9);
	assert_int_equal(w.t_ms[1], 100000);
	window_columns_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(samples_become_five_aggregates_per_window),
	    cmocka_unit_test(an_infinity_alone_in_its_window_is_not_seen_by_both_bounds),
	    cmocka_unit_test(counts_and_sums_are_added_up_extremes_stay_extremes),
	    cmocka_unit_test(windows_without_samples_do_not_exist),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
