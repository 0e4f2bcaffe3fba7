#include "tests/lib/expect.h"
#include "tests/lib/plan_text.h"
#include "tests/lib/query_rig.h"

#include <stdio.h>

/* Both as a selector has them between its braces, and as a plan prints them between its brackets.
 */
static void expect_matchers(const char *before, const char *before_text, const char *after_text)
{
	char query[256], want_before[256], want_after[256];

	snprintf(query, sizeof(query), "m{%s}", before);
	snprintf(want_before, sizeof(want_before),
		 "[vectorSelector] {[__name__=\"m\" %s]} 0 mod 1\n", before_text);
	snprintf(want_after, sizeof(want_after),
		 "[vectorSelector] {[__name__=\"m\"%s%s]} 0 mod 1\n", *after_text ? " " : "",
		 after_text);
	expect_rewrite(query, want_before, want_after);
}

static void an_expression_for_one_text_is_a_comparison(void **state)
{
	(void)state;
	expect_matchers("a=~\"x\"", "a=~\"x\"", "a=\"x\"");
	expect_matchers("a!~\"^x$\"", "a!~\"^x$\"", "a!=\"x\"");
	expect_matchers("a=~\"\"", "a=~\"\"", "a=\"\"");
	expect_matchers("a=~\"x\\\\.y\"", "a=~\"x\\\\.y\"", "a=\"x.y\"");
	expect_matchers("a=~\"x|x\"", "a=~\"x|x\"", "a=\"x\"");
	expect_matchers("a=~\"x|y\"", "a=~\"x|y\"", "a=~\"x|y\"");
	expect_matchers("a=~\"(?i)x\"", "a=~\"(?i)x\"", "a=~\"(?i)x\"");
}

static void what_is_said_twice_is_said_once(void **state)
{
	(void)state;
	expect_matchers("a!=\"x\",a!=\"x\"", "a!=\"x\" a!=\"x\"", "a!=\"x\"");
	expect_matchers("a!=\"x\",a!~\"x\"", "a!=\"x\" a!~\"x\"", "a!=\"x\"");
	expect_matchers("a=~\"x.*\",b=~\"x.*\"", "a=~\"x.*\" b=~\"x.*\"", "a=~\"x.*\" b=~\"x.*\"");
}

static void an_equality_decides_about_all_others_of_its_label(void **state)
{
	(void)state;
	expect_matchers("a=\"x\",a!=\"y\"", "a=\"x\" a!=\"y\"", "a=\"x\"");
	expect_matchers("a=~\"x|y\",a=\"x\"", "a=~\"x|y\" a=\"x\"", "a=\"x\"");
	expect_matchers("a=~\".+\",a=\"x\",b=\"\"", "a=~\".+\" a=\"x\" b=\"\"", "a=\"x\" b=\"\"");
}

static void what_every_value_satisfies_is_left_out(void **state)
{
	(void)state;
	expect_matchers("a=~\".*\"", "a=~\".*\"", "");
	expect_matchers("a=~\".+\"", "a=~\".+\"", "a=~\".+\"");
}

static void what_no_series_can_satisfy_is_known(void **state)
{
	(void)state;
	expect_rewrite("m{a=\"x\",a=\"y\"}",
		       "[vectorSelector] {[__name__=\"m\" a=\"x\" a=\"y\"]} 0 mod 1\n",
		       "[vectorSelector] {[__name__=\"m\" a=\"x\" a=\"y\"]} nothing\n");
	expect_rewrite("m{a!~\".*\"}", "[vectorSelector] {[__name__=\"m\" a!~\".*\"]} 0 mod 1\n",
		       "[vectorSelector] {[__name__=\"m\" a!~\".*\"]} nothing\n");
	expect_rewrite("m{a!=\"\",a=\"\"}",
		       "[vectorSelector] {[__name__=\"m\" a!=\"\" a=\"\"]} 0 mod 1\n",
		       "[vectorSelector] {[__name__=\"m\" a!=\"\" a=\"\"]} nothing\n");
}

static void answers_are_those_of_the_query_as_it_is_written(void **state)
{
	static const char *const conditions[] = {
	    "a=~\"1\"",         "a!~\"1\"",         "a=~\"\"",         "a!~\"\"",
	    "a=~\".*\"",        "a!~\".*\"",        "a=~\".+\"",       "a=~\"1|2\",a=\"2\"",
	    "a=\"2\",a!=\"2\"", "a=\"\",a=~\"1|\"", "a=\"1\",a=\"2\"", "a!=\"1\",a!=\"1\"",
	};
	struct query_rig rig;
	char query[128];
	(void)state;

	query_rig_init(&rig);
	query_rig_load(&rig, 60000, "m 0\nm{a=\"1\"} 1\nm{a=\"2\"} 2\nm{a=\"12\"} 12");
	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
		for (int k = 0; k < 2; k++) {
			snprintf(query, sizeof(query), k ? "sum(m{%s})" : "absent(m{%s})",
				 conditions[i]);
			rig.opts.plans_literally = true;
			const char *want = query_rig_answer(&rig, query, query_instant(0));
			rig.opts.plans_literally = false;
			expect_instant(&rig, query, 0, want);
		}
	}
	query_rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_expression_for_one_text_is_a_comparison),
	    cmocka_unit_test(what_is_said_twice_is_said_once),
	    cmocka_unit_test(an_equality_decides_about_all_others_of_its_label),
	    cmocka_unit_test(what_every_value_satisfies_is_left_out),
	    cmocka_unit_test(what_no_series_can_satisfy_is_known),
	    cmocka_unit_test(answers_are_those_of_the_query_as_it_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
