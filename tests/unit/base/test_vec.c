#include "base/vec.h"
#include "tests/lib/expect.h"

static void what_was_pushed_stays_in_order_and_comes_off_the_end(void **state)
{
	VEC(int) numbers = {0};
	(void)state;

	for (int i = 0; i < 1000; i++)
		vec_push(&numbers, i);

	for (int i = 0; i < 1000; i++)
		assert_int_equal(numbers.v[i], i);
	assert_int_equal(vec_last(&numbers), 999);
	assert_int_equal(vec_pop(&numbers), 999);
	assert_int_equal(numbers.n, 999);
	vec_clear(&numbers);
	assert_int_equal(numbers.n, 0);
	vec_done(&numbers);
	assert_null(numbers.v);
}

static void reserved_room_is_not_moved(void **state)
{
	VEC(char) bytes = {0};
	(void)state;

	vec_reserve(&bytes, 5000);
	char *before = bytes.v;
	for (int i = 0; i < 5000; i++)
		vec_push(&bytes, 'x');

	assert_ptr_equal(bytes.v, before);
	vec_done(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_pushed_stays_in_order_and_comes_off_the_end),
	    cmocka_unit_test(reserved_room_is_not_moved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
