#include "store/index_cache_key.h"

#include "tests/lib/expect.h"

/* The keys of a block 01FTR7EBYKVC9HCF3F8RGMHXJ7 that Thanos makes. */
static struct ulid block(void)
{
	struct ulid id;

	assert_true(ulid_parse(STR("01FTR7EBYKVC9HCF3F8RGMHXJ7"), &id));
	return id;
}

static void lists_of_labels_are_named_by_a_digest(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	expect_str(index_cache_postings_key(a, block(), STR("foo"), STR("bar")),
		   "P:01FTR7EBYKVC9HCF3F8RGMHXJ7:jCXwSJJrZbhjpARCdPaLRL-cVX7MJ7mudtvSKh46I9E:dss");
}

static void lists_of_matchers_are_named_by_what_they_print_in_order(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct matcher *re auto_free(matcher_unref) =
	    matcher_new(MATCH_RE, STR("a"), STR("x.*\"\n"), &err);
	struct matcher *eq auto_free(matcher_unref) =
	    matcher_new(MATCH_EQ, STR("z"), STR("1"), &err);
	struct matcher *neq auto_free(matcher_unref) =
	    matcher_new(MATCH_NEQ, STR("z"), STR(""), &err);
	struct matcher *eq2 auto_free(matcher_unref) =
	    matcher_new(MATCH_EQ, STR("with space"), STR("\xc3\xa9"), &err);
	struct matcher *v[] = {re, eq, neq, eq2};
	(void)state;

	expect_str(index_cache_expanded_key(a, block(), (struct matchers){v, 4}),
		   "EP:01FTR7EBYKVC9HCF3F8RGMHXJ7:XJHS-46fVWPqBLijLTRXTjBWxou8S6fWjKvGo0632Mk:dss");
}

static void series_are_named_by_their_place(void **state)
{
	char key[INDEX_CACHE_SERIES_KEY_MAX];
	(void)state;

	expect_str(str_from(key, index_cache_put_series_key(key, block(), UINT64_MAX)),
		   "S:01FTR7EBYKVC9HCF3F8RGMHXJ7:18446744073709551615");
	expect_str(str_from(key, index_cache_put_series_key(key, block(), 0)),
		   "S:01FTR7EBYKVC9HCF3F8RGMHXJ7:0");
}

static void a_key_tells_what_it_is_of(void **state)
{
	(void)state;
	assert_int_equal(index_cache_key_item(STR("P:x")), INDEX_CACHE_POSTINGS);
	assert_int_equal(index_cache_key_item(STR("S:x")), INDEX_CACHE_SERIES);
	assert_int_equal(index_cache_key_item(STR("EP:x")), INDEX_CACHE_EXPANDED_POSTINGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_of_labels_are_named_by_a_digest),
	    cmocka_unit_test(lists_of_matchers_are_named_by_what_they_print_in_order),
	    cmocka_unit_test(series_are_named_by_their_place),
	    cmocka_unit_test(a_key_tells_what_it_is_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
