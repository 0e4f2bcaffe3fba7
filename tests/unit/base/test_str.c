#include "base/str.h"
#include "tests/lib/expect.h"

#include <stdlib.h>

static void texts_order_by_bytes_and_a_prefix_comes_first(void **state)
{
	(void)state;

	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_cmp((struct str){0}, STR("")), 0);
	assert_true(str_eq((struct str){0}, STR("")));
	assert_false(str_eq(STR("a"), STR("b")));
}

static void the_ends_of_a_text_are_recognised(void **state)
{
	(void)state;

	assert_true(str_starts(STR("abc"), STR("ab")));
	assert_true(str_starts(STR("abc"), STR("")));
	assert_false(str_starts(STR("a"), STR("ab")));
	assert_true(str_ends(STR("abc"), STR("bc")));
	assert_false(str_ends(STR("c"), STR("bc")));
}

static void what_is_not_found_is_at_the_end(void **state)
{
	(void)state;

	assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
	assert_int_equal(str_find(STR("abc"), STR("x")), 3);
	assert_int_equal(str_find(STR("abc"), STR("")), 0);
	assert_int_equal(str_find((struct str){0}, STR("x")), 0);
	assert_int_equal(str_find_char(STR("abc"), 'c'), 2);
	assert_int_equal(str_find_char(STR("abc"), 'x'), 3);
}

static void trimming_takes_the_listed_bytes_from_both_ends(void **state)
{
	(void)state;

	expect_str(str_trim(STR(" \ta b\n"), " \t\n"), "a b");
	expect_str(str_trim(STR("  "), " "), "");
	assert_int_equal(str_trim(str_from("\0a", 2), " ").n, 2);
}

static void splitting_tells_the_last_part_from_an_empty_one(void **state)
{
	struct str head, rest;
	(void)state;

	rest = str_split(STR("a,,b"), ',', &head);
	expect_str(head, "a");
	rest = str_split(rest, ',', &head);
	expect_str(head, "");
	rest = str_split(rest, ',', &head);
	expect_str(head, "b");
	assert_null(rest.p);
	rest = str_split(STR("a,"), ',', &head);
	assert_int_equal(rest.n, 0);
	assert_non_null(rest.p);
}

static void skipping_past_the_end_gives_nothing(void **state)
{
	(void)state;

	expect_str(str_skip(STR("abc"), 1), "bc");
	expect_str(str_skip(STR("abc"), 9), "");
}

static void whole_numbers_are_read_or_refused(void **state)
{
	static const char *const bad[] = {
	    "", "-", "+", " 1", "1 ", "1x", "9223372036854775808", "-9223372036854775809", "--1",
	};
	int64_t i;
	uint64_t u;
	(void)state;

	assert_true(str_to_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
	assert_true(str_to_i64(STR("+9223372036854775807"), &i) && i == INT64_MAX);
	assert_true(str_to_i64(STR("007"), &i) && i == 7);
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
		assert_false(str_to_i64(str_of(bad[k]), &i));
	assert_true(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
	assert_false(str_to_u64(STR("18446744073709551616"), &u));
	assert_false(str_to_u64(STR("-1"), &u));
}

static void a_copy_ends_with_nul(void **state)
{
	(void)state;

	char *copy = str_dup(str_from("abc", 2));
	assert_string_equal(copy, "ab");
	free(copy);
	copy = str_dup((struct str){0});
	assert_string_equal(copy, "");
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_order_by_bytes_and_a_prefix_comes_first),
	    cmocka_unit_test(the_ends_of_a_text_are_recognised),
	    cmocka_unit_test(what_is_not_found_is_at_the_end),
	    cmocka_unit_test(trimming_takes_the_listed_bytes_from_both_ends),
	    cmocka_unit_test(splitting_tells_the_last_part_from_an_empty_one),
	    cmocka_unit_test(skipping_past_the_end_gives_nothing),
	    cmocka_unit_test(whole_numbers_are_read_or_refused),
	    cmocka_unit_test(a_copy_ends_with_nul),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
