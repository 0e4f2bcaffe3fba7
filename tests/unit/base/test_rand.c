#include "base/rand.h"
#include "tests/lib/expect.h"

static void the_same_seed_gives_the_same_numbers(void **state)
{
	struct rand a, b, c;
	(void)state;

	rand_seed(&a, 42);
	rand_seed(&b, 42);
	rand_seed(&c, 43);
	uint64_t first = rand_u64(&a);

	assert_true(first == rand_u64(&b));
	assert_true(first != rand_u64(&c));
	assert_true(first != rand_u64(&a));
}

/* From the reference implementation, for the state 1 2 3 4. */
static void the_generator_is_xoshiro256(void **state)
{
	static const uint64_t want[] = {11520, 0, 1509978240, 1215971899390074240};
	struct rand r = {{1, 2, 3, 4}};
	(void)state;

	for (int i = 0; i < 4; i++)
		assert_true(rand_u64(&r) == want[i]);
}

static void every_number_below_comes_about_equally_often(void **state)
{
	int n[6] = {0};
	struct rand r;
	(void)state;

	rand_seed(&r, 1);
	for (int i = 0; i < 60000; i++)
		n[rand_below(&r, 6)]++;

	for (int i = 0; i < 6; i++)
		assert_in_range(n[i], 9500, 10500);
	assert_int_equal(rand_below(&r, 1), 0);
}

static void fractions_lie_below_one(void **state)
{
	struct rand r;
	double sum = 0;
	(void)state;

	rand_seed(&r, 1);
	for (int i = 0; i < 10000; i++) {
		double v = rand_unit(&r);
		assert_true(v >= 0 && v < 1);
		sum += v;
	}

	assert_true(sum > 4800 && sum < 5200);
}

static void the_system_gives_something_new_each_time(void **state)
{
	unsigned char a[32] = {0}, b[32] = {0};
	struct rand r, s;
	(void)state;

	rand_bytes(a, sizeof(a));
	rand_bytes(b, sizeof(b));
	rand_seed_system(&r);
	rand_seed_system(&s);

	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(rand_u64(&r) != rand_u64(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_seed_gives_the_same_numbers),
	    cmocka_unit_test(the_generator_is_xoshiro256),
	    cmocka_unit_test(every_number_below_comes_about_equally_often),
	    cmocka_unit_test(fractions_lie_below_one),
	    cmocka_unit_test(the_system_gives_something_new_each_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
