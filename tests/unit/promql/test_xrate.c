#include "promql/xrate.h"

#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"

enum { SECOND = 1000, MINUTE = 60000 };

static int with_counters(void **state)
{
	static struct query_rig rig;

	query_rig_init(&rig);
	rig.opts.parser.extended_functions = true;
	query_rig_load(&rig, MINUTE,
		       "steady_total 0+60x30\n"
		       "new_total _ _ 7 7 7 7 7 7 7 7 7 7 7\n"
		       "reset_total 100 160 20 80\n"
		       "native {{count:1 sum:1}} {{count:2 sum:2}}\n"
		       "sparse 1 _ _ _ _ _ _ _ 9 10 11\n");
	*state = &rig;
	return 0;
}

static int done(void **state)
{
	query_rig_done(*state);
	return 0;
}

static void an_increase_begins_at_the_last_sample_before_the_window(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "xincrease(steady_total[3m])", 5 * MINUTE, "{} 180");
	expect_instant(rig, "xincrease(steady_total[3m])", 330 * SECOND, "{} 180");
	expect_instant(rig, "xrate(steady_total[3m])", 330 * SECOND, "{} 1");
	expect_instant(rig, "xdelta(steady_total[3m] offset 1m)", 390 * SECOND, "{} 180");
	expect_instant(rig, "xincrease(reset_total[3m])", 3 * MINUTE, "{} 140");
	expect_instant(rig, "xdelta(reset_total[3m])", 3 * MINUTE, "{} -20");
}

static void a_counter_that_has_just_appeared_came_from_zero(void **state)
{
	struct query_rig *rig = *state;

	expect_range(rig, "xincrease(new_total[2m])", 0, 6 * MINUTE, MINUTE,
		     "{} 120:7 180:7 240:7 300:0 360:0");
	expect_instant(rig, "xrate(new_total[2m])", 2 * MINUTE, "{} 0");
}

static void a_sample_before_the_window_counts_for_an_hour(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "xincrease(steady_total[5m])", 90 * MINUTE, "{} 0");
	expect_instant(rig, "xincrease(steady_total[5m])", 95 * MINUTE, "");
}

static void a_rate_ignores_a_sample_too_far_before_the_window(void **state)
{
	struct query_rig *rig = *state;

	/* 9 10 11 are 60 s apart, the one before them is seven minutes older. */
	expect_instant(rig, "xdelta(sparse[150s])", 10 * MINUTE, "{} 2");
	expect_instant(rig, "xincrease(sparse[150s])", 10 * MINUTE, "{} 10");
	expect_instant(rig, "xdelta(sparse[30s])", 8 * MINUTE, "{} 0.5");
}

static void a_subquery_is_refused(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "xrate(steady_total[5m:1m])", 0,
		       "error: xrate() needs a range selector, a subquery does not do");
	rig->opts.parser.extended_functions = false;
	expect_instant(rig, "xrate(steady_total[5m])", 0,
		       "error: 1:1: parse error: unknown function with name \"xrate\"");
	rig->opts.parser.extended_functions = true;
}

static void native_histograms_are_an_error(void **state)
{
	struct query_rig *rig = *state;
	static const char *const queries[] = {"xrate(native[5m])", "xincrease(native[5m])",
					      "xdelta(native[5m])"};

	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++)
		expect_instant(rig, queries[i], 5 * MINUTE,
			       "error: native histograms are not supported in extended range "
			       "functions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_increase_begins_at_the_last_sample_before_the_window),
	    cmocka_unit_test(a_counter_that_has_just_appeared_came_from_zero),
	    cmocka_unit_test(a_sample_before_the_window_counts_for_an_hour),
	    cmocka_unit_test(a_rate_ignores_a_sample_too_far_before_the_window),
	    cmocka_unit_test(native_histograms_are_an_error),
	    cmocka_unit_test(a_subquery_is_refused),
	};
	return cmocka_run_group_tests(tests, with_counters, done);
}
