#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"

#include <stdio.h>
#include <xxhash.h>

enum { SERIES_N = 40 };

static int with_series(void **state)
{
	static struct query_rig rig;
	char line[64];

	query_rig_init(&rig);
	rig.opts.parser.experimental_functions = true;
	for (int i = 10; i < 10 + SERIES_N; i++) {
		snprintf(line, sizeof(line), "m{i=\"%d\", g=\"%c\"} %d", i, "ab"[i % 2], i);
		query_rig_load(&rig, 1000, line);
	}
	*state = &rig;
	return 0;
}

static int done(void **state)
{
	query_rig_done(*state);
	return 0;
}

/* Where a series is between 0 and 1, as a Thanos that keeps its labels in slices has it. */
static double place_of(int i)
{
	char text[64];
	int n =
	    snprintf(text, sizeof(text), "__name__\xffm\xffg\xff%c\xffi\xff%d\xff", "ab"[i % 2], i);

	return (double)XXH64(text, (size_t)n, 0) / (double)UINT64_MAX;
}

static void a_ratio_picks_series_by_the_hash_of_their_labels(void **state)
{
	struct query_rig *rig = *state;
	int below = 0;
	char query[64], want[16];

	for (int i = 10; i < 10 + SERIES_N; i++) {
		below += place_of(i) < 0.3;
		snprintf(query, sizeof(query), "count(limit_ratio(0.3, m) == %d)", i);
		expect_instant(rig, query, 0, place_of(i) < 0.3 ? "{} 1" : "");
		snprintf(query, sizeof(query), "count(limit_ratio(-0.7, m) == %d)", i);
		expect_instant(rig, query, 0, place_of(i) < 0.3 ? "" : "{} 1");
	}
	assert_in_range(below, 1, SERIES_N - 1);
	snprintf(want, sizeof(want), "{} %d", below);
	expect_instant(rig, "count(limit_ratio(0.3, m))", 0, want);
}

static void a_ratio_beyond_one_is_capped_with_a_warning(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "count(limit_ratio(1.5, m))", 0, "{} 40");
	assert_int_equal(rig->notes.n, 1);
	expect_str(str_of(rig->notes.v[0].text),
		   "PromQL warning: ratio value should be between -1 and 1, got 1.5, capping to 1");
	expect_instant(rig, "limit_ratio(NaN, m)", 0, "error: Ratio value is NaN");
}

static void a_limit_keeps_the_first_series_of_each_group(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "limitk by (g) (1, m)", 0,
		       "{__name__=\"m\", g=\"a\", i=\"10\"} 10\n"
		       "{__name__=\"m\", g=\"b\", i=\"11\"} 11");
	expect_instant(rig, "limitk(0, m)", 0, "");
	expect_instant(rig, "count(limitk(100, m))", 0, "{} 40");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_ratio_picks_series_by_the_hash_of_their_labels),
	    cmocka_unit_test(a_ratio_beyond_one_is_capped_with_a_warning),
	    cmocka_unit_test(a_limit_keeps_the_first_series_of_each_group),
	};
	return cmocka_run_group_tests(tests, with_series, done);
}
