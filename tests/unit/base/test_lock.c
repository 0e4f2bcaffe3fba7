#include "base/lock.h"
#include "tests/lib/child.h"
#include "tests/lib/expect.h"

#include <signal.h>

static struct mutex outer = MUTEX_INIT(RANK_STORE), inner = MUTEX_INIT(RANK_CACHE);

static void locks_are_taken_downwards_and_can_be_taken_again(void **state)
{
	(void)state;

	for (int i = 0; i < 3; i++) {
		MUTEX_HOLD(&outer);
		mutex_lock(&inner);
		mutex_unlock(&inner);
	}
	mutex_lock(&inner);
	mutex_unlock(&inner);
}

static void take_upwards(void)
{
	mutex_lock(&inner);
	mutex_lock(&outer);
}

static void take_two_of_a_rank(void)
{
	struct mutex other;
	mutex_init(&other, RANK_STORE);
	mutex_lock(&outer);
	mutex_lock(&other);
}

static void the_wrong_order_stops_the_program(void **state)
{
	struct buf said auto_done(buf_done) = BUF_INIT(10000);
	(void)state;

	assert_int_equal(child_run(take_upwards, &said).signal, SIGABRT);
	expect_str(buf_str(&said), "athanor: lock order: STORE is taken while CACHE is held\n");
	buf_clear(&said);
	assert_int_equal(child_run(take_two_of_a_rank, &said).signal, SIGABRT);
	expect_str(buf_str(&said), "athanor: lock order: STORE is taken while STORE is held\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(locks_are_taken_downwards_and_can_be_taken_again),
#ifdef ATHANOR_SLOW_ASSERTS
	    cmocka_unit_test(the_wrong_order_stops_the_program),
#endif
	};
	(void)the_wrong_order_stops_the_program;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
