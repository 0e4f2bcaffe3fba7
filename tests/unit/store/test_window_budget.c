#include "store/window_budget.h"
#include "tests/lib/expect.h"

enum { MB = 1000 * 1000 };

static void without_a_budget_there_is_the_least(void **state)
{
	(void)state;
	assert_int_equal(window_budget_take(NULL, 100, 10, 1), 10);
	assert_int_equal(window_budget_take(NULL, 3, 10, 1), 3);
	window_budget_give_back(NULL, 3);
}

static void a_small_part_of_what_is_left_is_given_whole(void **state)
{
	struct window_budget b = {.limit_bytes = 2000 * MB};
	int64_t all = 0;
	(void)state;

	/* Two windows of each of 14 blocks. */
	for (int i = 0; i < 28; i++)
		all += window_budget_take(&b, 50 * MB, MB, 14);
	assert_int_equal(all, 28 * 50 * MB);
	assert_int_equal(b.taken_bytes, all);
	window_budget_give_back(&b, all);
	assert_int_equal(b.taken_bytes, 0);
}

static void no_one_passes_the_limit_but_with_the_least(void **state)
{
	struct window_budget b = {.limit_bytes = 100 * MB};
	(void)state;

	assert_int_equal(window_budget_take(&b, 1000 * MB, MB, 1), 50 * MB);
	for (int i = 0; i < 1000; i++) {
		assert_true(window_budget_take(&b, 1000 * MB, 0, 1) > 0 ||
			    b.limit_bytes - b.taken_bytes < 2);
		assert_true(b.taken_bytes <= b.limit_bytes);
	}
	assert_int_equal(window_budget_take(&b, 1000 * MB, MB, 1), MB);
	assert_int_equal(window_budget_take(&b, MB / 2, MB, 1), MB / 2);
}

static void memory_that_others_hold_leaves_less(void **state)
{
	struct tracker memory;
	struct window_budget b = {.limit_bytes = 100 * MB, .memory = &memory};
	(void)state;

	tracker_init(&memory, NULL, "process", "--max-memory", 200 * MB);
	assert_int_equal(window_budget_take(&b, 1000 * MB, MB, 0), 100 * MB);
	window_budget_give_back(&b, 100 * MB);
	tracker_charge(&memory, 180 * MB);
	assert_int_equal(window_budget_take(&b, 1000 * MB, MB, 0), 10 * MB);
	tracker_charge(&memory, 40 * MB);
	assert_int_equal(window_budget_take(&b, 1000 * MB, MB, 0), MB);
	tracker_done(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_budget_there_is_the_least),
	    cmocka_unit_test(a_small_part_of_what_is_left_is_given_whole),
	    cmocka_unit_test(no_one_passes_the_limit_but_with_the_least),
	    cmocka_unit_test(memory_that_others_hold_leaves_less),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
