#include "promql/bounded_windows.h"

#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"

enum { SECOND = 1000, MINUTE = 60000 };

static int with_counters(void **state)
{
	static struct query_rig rig;

	query_rig_init(&rig);
	rig.opts.parser.extended_range_selectors = true;
	query_rig_load(&rig, MINUTE,
		       "steady_total 0+60x10\n"
		       "reset_total 100 160 20 80\n"
		       "early_total 1 3 _ _ _ _ _ _ _ 9\n"
		       "gone 1 3 stale 7\n"
		       "native {{sum:5 count:5 buckets:[5]}} {{sum:10 count:10 buckets:[10]}} "
		       "{{sum:3 count:3 buckets:[3]}} {{sum:4 count:4 buckets:[4]}}\n"
		       "both 1 2 {{sum:3 count:3}} {{sum:4 count:4}}\n");
	*state = &rig;
	return 0;
}

static int done(void **state)
{
	query_rig_done(*state);
	return 0;
}

static void the_difference_of_both_ends_is_not_extrapolated(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "increase(steady_total[3m] anchored)", 5 * MINUTE, "{} 180");
	expect_instant(rig, "increase(steady_total[3m] anchored)", 330 * SECOND, "{} 180");
	expect_instant(rig, "rate(steady_total[150s] smoothed)", 330 * SECOND, "{} 1");
	expect_instant(rig, "delta(steady_total[90s] smoothed)", 315 * SECOND, "{} 90");
}

static void what_resets_took_away_is_added(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "increase(reset_total[3m] anchored)", 3 * MINUTE, "{} 140");
	expect_instant(rig, "delta(reset_total[3m] anchored)", 3 * MINUTE, "{} -20");
	/* Half way between 160 and 20 the counter is taken to have begun at 0 and to be at 10. */
	expect_instant(rig, "increase(reset_total[1m] smoothed)", 150 * SECOND, "{} 40");
}

static void only_a_sample_within_the_lookback_is_an_anchor(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "increase(early_total[3m] anchored)", 9 * MINUTE, "{} 0");
	expect_instant(rig, "increase(early_total[3m1ms] anchored)", 9 * MINUTE, "{} 6");
	expect_instant(rig, "increase(early_total[1m] anchored)", 3 * MINUTE, "");
	expect_instant(rig, "changes(early_total[3m1ms] anchored)", 9 * MINUTE, "{} 1");
}

static void an_instant_is_on_the_line_between_its_neighbours(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "gone smoothed", 30 * SECOND, "{__name__=\"gone\"} 2");
	expect_instant(rig, "gone smoothed", 2 * MINUTE, "{__name__=\"gone\"} 5");
	expect_instant(rig, "gone smoothed", 4 * MINUTE, "{__name__=\"gone\"} 7");
	expect_instant(rig, "gone smoothed", -SECOND, "");
}

static void a_range_selector_has_a_sample_at_each_end(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "steady_total[2m] anchored", 150 * SECOND,
		       "{__name__=\"steady_total\"} 30:0 60:60 120:120 150:120");
	expect_instant(rig, "steady_total[2m] smoothed", 150 * SECOND,
		       "{__name__=\"steady_total\"} 30:30 60:60 120:120 150:150");
	expect_instant(rig, "steady_total[2m] anchored", 20 * MINUTE, "");
}

static void functions_that_know_no_ends_are_refused(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "deriv(steady_total[3m] anchored)", 0,
		       "error: anchored modifier can only be used with: changes, delta, increase, "
		       "rate, resets - not with deriv");
	expect_instant(rig, "absent_over_time(steady_total[3m] smoothed)", 0,
		       "error: smoothed modifier can only be used with: delta, increase, rate - "
		       "not with absent_over_time");
}

static void histograms_have_ends_as_floats_do(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "histogram_count(increase(native[2m] anchored))", 2 * MINUTE, "{} 8");
	expect_instant(rig, "histogram_sum(increase(native[1m] smoothed))", 30 * SECOND, "{} 2.5");
	/* From 7.5 to 1.5: the counter lost 10, and is half way from nothing to 3. */
	expect_instant(rig, "histogram_count(increase(native[1m] smoothed))", 90 * SECOND, "{} 4");
	/* The left end is behind the reset. */
	expect_instant(rig, "histogram_count(increase(native[1m] smoothed))", 150 * SECOND, "{} 2");
	expect_instant(rig, "histogram_count(increase(native[1m] anchored))", 10 * MINUTE, "");
	expect_instant(rig, "histogram_count(native smoothed)", 30 * SECOND, "{} 7.5");
	expect_instant(rig, "histogram_count(native smoothed)", 90 * SECOND, "{} 1.5");
	expect_instant(rig, "histogram_count(native smoothed)", 5 * MINUTE, "{} 4");
}

static void what_has_floats_and_histograms_in_reach_has_no_result(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "increase(both[1m] anchored)", 90 * SECOND, "{} 1");
	expect_instant(rig, "increase(both[1m] smoothed)", 90 * SECOND, "");
	expect_instant(rig, "increase(both[1m] anchored)", 3 * MINUTE, "");
	expect_instant(rig, "both smoothed", 90 * SECOND, "");
	expect_instant(rig, "both[1m] anchored", 90 * SECOND, "{__name__=\"both\"} 30:1 60:2 90:2");
	expect_instant(rig, "both[1m] smoothed", 90 * SECOND,
		       "error: smoothed modifier is not supported with histograms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_difference_of_both_ends_is_not_extrapolated),
	    cmocka_unit_test(what_resets_took_away_is_added),
	    cmocka_unit_test(only_a_sample_within_the_lookback_is_an_anchor),
	    cmocka_unit_test(an_instant_is_on_the_line_between_its_neighbours),
	    cmocka_unit_test(a_range_selector_has_a_sample_at_each_end),
	    cmocka_unit_test(histograms_have_ends_as_floats_do),
	    cmocka_unit_test(what_has_floats_and_histograms_in_reach_has_no_result),
	    cmocka_unit_test(functions_that_know_no_ends_are_refused),
	};
	return cmocka_run_group_tests(tests, with_counters, done);
}
