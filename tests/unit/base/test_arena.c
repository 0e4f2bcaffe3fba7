#include "base/arena.h"
#include "tests/lib/expect.h"

static void allocations_keep_their_bytes_and_are_aligned(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char *all[200];
	(void)state;

	for (size_t i = 0; i < 200; i++) {
		all[i] = arena_alloc(a, i * 97 + 1);
		memset(all[i], (int)i, i * 97 + 1);
	}

	for (size_t i = 0; i < 200; i++) {
		assert_int_equal((uintptr_t)all[i] % 16, 0);
		assert_int_equal((unsigned char)all[i][i * 97], i);
	}
}

static void a_loop_that_marks_and_rewinds_does_not_grow(void **state)
{
	struct tracker t;
	tracker_init(&t, NULL, "query", "--query.max-memory", 0);
	struct arena *a = arena_new(&t);
	(void)state;

	arena_alloc(a, 10);
	for (int i = 0; i < 10000; i++) {
		struct arena_mark mark = arena_mark(a);
		arena_alloc(a, 3000);
		arena_alloc(a, 3000);
		arena_rewind(a, mark);
	}

	assert_true(t.peak_bytes < 32 * 1024);
	arena_free(a);
	assert_int_equal(t.used_bytes, 0);
}

static void growing_the_newest_allocation_keeps_what_it_holds(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct {
		int *v;
		size_t n, cap;
	} numbers = {0};
	(void)state;

	for (int i = 0; i < 100000; i++)
		ARENA_PUSH(a, &numbers, i);

	for (int i = 0; i < 100000; i++)
		assert_int_equal(numbers.v[i], i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(allocations_keep_their_bytes_and_are_aligned),
	    cmocka_unit_test(a_loop_that_marks_and_rewinds_does_not_grow),
	    cmocka_unit_test(growing_the_newest_allocation_keeps_what_it_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
