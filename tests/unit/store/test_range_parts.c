#include "store/range_parts.h"

#include "tests/lib/expect.h"

#include <stdatomic.h>

static void ranges_with_small_gaps_are_one_part(void **state)
{
	static const struct range_item items[] = {
	    {0, 10}, {5, 8}, {20, 30}, {41, 50}, {60, 61}, {61, 70},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct range_part *parts;
	(void)state;

	assert_int_equal(range_parts_plan(items, 6, 10, a, &parts), 2);
	assert_int_equal(parts[0].start, 0);
	assert_int_equal(parts[0].end, 30);
	assert_int_equal(parts[0].n, 3);
	assert_int_equal(parts[1].start, 41);
	assert_int_equal(parts[1].end, 70);
	assert_int_equal(parts[1].first, 3);
	assert_int_equal(parts[1].n, 3);
	assert_int_equal(range_parts_plan(items, 0, 10, a, &parts), 0);
}

struct work {
	_Atomic size_t done[100];
	_Atomic bool is_busy[RANGE_WORKERS_MAX];
	size_t fails_at;
};

static bool do_part(void *arg, size_t worker, size_t part, struct err *err)
{
	struct work *w = arg;

	assert_true(worker < RANGE_WORKERS_MAX);
	assert_false(atomic_exchange(&w->is_busy[worker], true));
	w->done[part]++;
	w->is_busy[worker] = false;
	if (part == w->fails_at)
		return err_set(err, ERR_UNAVAILABLE, "part %zu", part);
	return true;
}

static void all_parts_are_done_once_with_and_without_threads(void **state)
{
	struct pool *pool auto_free(pool_free) =
	    pool_new(&(const struct pool_options){.name = "test", .max_threads = 3});
	struct pool *pools[] = {NULL, pool};
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < 2; i++) {
		struct work w = {.fails_at = SIZE_MAX};
		assert_true(range_parts_run(pools[i], 100, do_part, &w, &err));
		for (size_t k = 0; k < 100; k++)
			assert_int_equal(w.done[k], 1);
	}
}

static void after_a_failure_no_more_parts_are_begun(void **state)
{
	struct work w = {.fails_at = 3};
	struct err err = ERR_INIT;
	(void)state;

	expect_err(range_parts_run(NULL, 100, do_part, &w, &err), err, ERR_UNAVAILABLE, "part 3");
	assert_int_equal(w.done[3], 1);
	assert_int_equal(w.done[4], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ranges_with_small_gaps_are_one_part),
	    cmocka_unit_test(all_parts_are_done_once_with_and_without_threads),
	    cmocka_unit_test(after_a_failure_no_more_parts_are_begun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
