#include "base/hash.h"
#include "tests/lib/expect.h"

/* The two published test values of xxHash64 with seed 0. */
static void the_hash_on_the_wire_is_xxhash64(void **state)
{
	(void)state;

	assert_true(hash_xx64(STR("")) == UINT64_C(0xef46db3751d8e999));
	assert_true(hash_xx64(STR("abc")) == UINT64_C(0x44bc2cf5ad770999));
}

static void numbers_that_differ_in_one_bit_hash_apart(void **state)
{
	(void)state;

	for (int bit = 0; bit < 64; bit++) {
		uint64_t differing = hash_u64(1) ^ hash_u64(1 ^ UINT64_C(1) << bit);
		assert_in_range(__builtin_popcountll(differing), 12, 52);
	}
}

static void equal_bytes_hash_alike(void **state)
{
	char copy[] = "label";
	(void)state;

	assert_true(hash_bytes(STR("label")) == hash_bytes(str_from(copy, 5)));
	assert_true(hash_bytes(STR("label")) != hash_bytes(STR("labem")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_hash_on_the_wire_is_xxhash64),
	    cmocka_unit_test(numbers_that_differ_in_one_bit_hash_apart),
	    cmocka_unit_test(equal_bytes_hash_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
