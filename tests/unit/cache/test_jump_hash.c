#include "cache/jump_hash.h"
#include "tests/lib/expect.h"

static void buckets_are_those_of_other_implementations(void **state)
{
	static const struct {
		uint64_t key;
		size_t n, bucket;
	} cases[] = {
	    {1, 1, 0}, {42, 57, 43}, {0xdead10cc, 1, 0}, {0xdead10cc, 666, 361}, {256, 1024, 520},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(jump_hash(cases[i].key, cases[i].n), cases[i].bucket);
}

static void a_key_stays_or_moves_to_the_new_bucket(void **state)
{
	size_t n_moved = 0;
	(void)state;

	for (uint64_t key = 0; key < 10000; key++) {
		size_t before = jump_hash(key * 7919, 4), after = jump_hash(key * 7919, 5);
		assert_true(after == before || after == 4);
		n_moved += after != before;
	}
	assert_true(n_moved > 1500 && n_moved < 2500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(buckets_are_those_of_other_implementations),
	    cmocka_unit_test(a_key_stays_or_moves_to_the_new_bucket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
