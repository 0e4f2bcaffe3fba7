#include "promql/name_text.h"

#include "tests/lib/expect.h"

static void names_are_quoted_as_go_quotes_them(void **state)
{
	(void)state;
	expect_str(str_of(quoted_name(STR("up")).s), "\"up\"");
	expect_str(str_of(quoted_name(STR("a \"b\"\n\\\x01ä")).s), "\"a \\\"b\\\"\\n\\\\\\x01ä\"");
	expect_str(str_of(quoted_name(STR("")).s), "\"\"");
}

static void a_metric_is_named_only_if_its_name_is_known(void **state)
{
	(void)state;
	expect_str(str_of(for_metric_name(STR("up")).s), " for metric name \"up\"");
	expect_str(str_of(for_metric_name(STR("")).s), "");
	expect_str(str_of(for_metric_name((struct str){0}).s), "");
}

static void what_is_too_long_is_cut(void **state)
{
	char name[2000];
	(void)state;

	memset(name, 'x', sizeof(name));
	assert_int_equal(strlen(quoted_name(str_from(name, sizeof(name))).s), 511);
	memset(name, '\n', sizeof(name));
	assert_int_equal(strlen(quoted_name(str_from(name, sizeof(name))).s), 511);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_quoted_as_go_quotes_them),
	    cmocka_unit_test(a_metric_is_named_only_if_its_name_is_known),
	    cmocka_unit_test(what_is_too_long_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
