#include "base/clock.h"
#include "tests/lib/expect.h"

static void the_systems_clock_goes_forward(void **state)
{
	(void)state;

	int64_t before = clock_monotonic_ns(&clock_system);
	int64_t after = clock_monotonic_ns(&clock_system);

	assert_true(after >= before);
	assert_true(clock_wall_ms(&clock_system) > INT64_C(1600000000000));
}

static void a_fake_clock_stands_still_until_told(void **state)
{
	struct fake_clock fake;
	(void)state;

	fake_clock_init(&fake, 1000);
	assert_int_equal(clock_wall_ms(&fake.base), 1000);
	fake_clock_advance(&fake, 5);

	assert_int_equal(clock_wall_ms(&fake.base), 1005);
	assert_int_equal(clock_monotonic_ns(&fake.base), 1005000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_systems_clock_goes_forward),
	    cmocka_unit_test(a_fake_clock_stands_still_until_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
