#include "model/ulid.h"
#include "tests/lib/expect.h"

static void the_text_and_the_bytes_are_the_same_ulid(void **state)
{
	static const char text[] = "01BX5ZZKBKACTAV9WEVGEMMVS0";
	struct ulid id, again;
	(void)state;

	assert_true(ulid_parse(str_of(text), &id));

	assert_string_equal(ulid_str(id), text);
	assert_true(ulid_parse(STR("01bx5zzkbkactav9wevgemmvs0"), &again));
	assert_int_equal(ulid_cmp(id, again), 0);
	/* From the specification's test of times. */
	assert_true(ulid_parse(STR("01ARYZ6S41TSV4RRFFQ69G5FAV"), &id));
	assert_int_equal(ulid_time_ms(id), INT64_C(1469918176385));
}

static void the_smallest_and_the_largest_ulid_are_read(void **state)
{
	struct ulid id;
	(void)state;

	assert_true(ulid_parse(STR("00000000000000000000000000"), &id));
	assert_int_equal(ulid_time_ms(id), 0);
	assert_string_equal(ulid_str(id), "00000000000000000000000000");
	assert_true(ulid_parse(STR("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), &id));
	assert_int_equal(ulid_time_ms(id), (INT64_C(1) << 48) - 1);
	assert_string_equal(ulid_str(id), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

static void what_is_no_ulid_is_refused(void **state)
{
	static const struct str texts[] = {
	    STR(""),
	    STR("01BX5ZZKBKACTAV9WEVGEMMVS"),   /* too short */
	    STR("01BX5ZZKBKACTAV9WEVGEMMVS00"), /* too long */
	    STR("81BX5ZZKBKACTAV9WEVGEMMVS0"),  /* more than 128 bits */
	    STR("01BX5ZZKBKACTAV9WEVGEMMVSU"),  /* U, I, L and O are no letters here */
	    STR("01BX5ZZKBKACTAV9WEVGEMMVSI"),
	    STR("01BX5ZZKBKACTAV9WEVGEMMVS\0"),
	    STR("..BX5ZZKBKACTAV9WEVGEMMVS0"),
	};
	struct ulid id;
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_false(ulid_parse(texts[i], &id));
}

static void new_ulids_carry_their_time_and_differ(void **state)
{
	struct ulid a = ulid_new(1234567890123), b = ulid_new(1234567890123);
	(void)state;

	assert_int_equal(ulid_time_ms(a), INT64_C(1234567890123));
	assert_int_not_equal(ulid_cmp(a, b), 0);
	assert_true(ulid_cmp(ulid_new(1), ulid_new(2)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_text_and_the_bytes_are_the_same_ulid),
	    cmocka_unit_test(the_smallest_and_the_largest_ulid_are_read),
	    cmocka_unit_test(what_is_no_ulid_is_refused),
	    cmocka_unit_test(new_ulids_carry_their_time_and_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
