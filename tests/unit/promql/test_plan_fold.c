#include "tests/lib/expect.h"
#include "tests/lib/plan_text.h"
#include "tests/lib/query_rig.h"

#include <stdio.h>

static void numbers_are_computed_before_anything_is_evaluated(void **state)
{
	(void)state;
	expect_rewrite("-(1 + 2) * 4",
		       "[stepInvariant]\n"
		       "  [vectorScalarBinary] *\n"
		       "    [unaryNegation]\n"
		       "      [vectorScalarBinary] +\n"
		       "        [numberLiteral] 1\n"
		       "        [numberLiteral] 2\n"
		       "    [numberLiteral] 4\n",
		       "[numberLiteral] -12\n");
	expect_rewrite("m * max_of(pi() - 3, 1 < bool 2)",
		       "[vectorScalarBinary] *\n"
		       "  [vectorSelector] {[__name__=\"m\"]} 0 mod 1\n"
		       "  [stepInvariant]\n"
		       "    [function] max_of([pi() - 3 1 < bool 2])\n"
		       "      [vectorScalarBinary] -\n"
		       "        [numberLiteral] 3.141592653589793\n"
		       "        [numberLiteral] 3\n"
		       "      [vectorScalarBinary] <\n"
		       "        [numberLiteral] 1\n"
		       "        [numberLiteral] 2\n",
		       "[vectorScalarBinary] *\n"
		       "  [vectorSelector] {[__name__=\"m\"]} 0 mod 1\n"
		       "  [numberLiteral] 1\n");
}

static void what_depends_on_time_or_data_is_left(void **state)
{
	(void)state;
	expect_rewrite("m > time() - 2 * 30",
		       "[vectorScalarBinary] >\n"
		       "  [vectorSelector] {[__name__=\"m\"]} 0 mod 1\n"
		       "  [vectorScalarBinary] -\n"
		       "    [noArgFunction]\n"
		       "    [stepInvariant]\n"
		       "      [vectorScalarBinary] *\n"
		       "        [numberLiteral] 2\n"
		       "        [numberLiteral] 30\n",
		       "[vectorScalarBinary] >\n"
		       "  [vectorSelector] {[__name__=\"m\"]} 0 mod 1\n"
		       "  [vectorScalarBinary] -\n"
		       "    [noArgFunction]\n"
		       "    [numberLiteral] 60\n");
}

static void answers_are_those_of_the_query_as_it_is_written(void **state)
{
	static const char *const queries[] = {
	    "-(1 + 2) * 4",          "1 / 0",
	    "-(0 / 0) ^ 2 % 7",      "min_of(2, 0/0)",
	    "m * (2 - 5 >= bool 1)", "clamp_max(m, 10 - 2 ^ 3)",
	    "quantile(1 - 0.5, m)",  "topk(3 - 2, m)",
	    "vector(1 + 1)",         "1 + 1 atan2 3",
	};
	struct query_time range = {0, 120000, 60000};
	struct query_rig rig;
	(void)state;

	query_rig_init(&rig);
	rig.opts.parser = PARSER_OPTIONS_ALL;
	query_rig_load(&rig, 60000, "m{a=\"1\"} 1 2 3\nm{a=\"2\"} 4 5 6");
	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
		rig.opts.plans_literally = true;
		const char *now = query_rig_answer(&rig, queries[i], query_instant(60000));
		const char *then = query_rig_answer(&rig, queries[i], range);
		rig.opts.plans_literally = false;
		expect_instant(&rig, queries[i], 60000, now);
		expect_range(&rig, queries[i], range.start_ms, range.end_ms, range.step_ms, then);
	}
	query_rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_computed_before_anything_is_evaluated),
	    cmocka_unit_test(what_depends_on_time_or_data_is_left),
	    cmocka_unit_test(answers_are_those_of_the_query_as_it_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
