#include "base/map.h"
#include "base/rand.h"
#include "tests/lib/expect.h"

#include <stdio.h>

static void what_was_put_is_found_until_it_is_removed(void **state)
{
	struct map m = {0};
	int one = 1, two = 2;
	(void)state;

	assert_null(map_get(&m, STR("a")));
	assert_null(map_remove(&m, STR("a")));
	assert_null(map_put(&m, STR("a"), &one));
	assert_ptr_equal(map_put(&m, STR("a"), &two), &one);
	assert_ptr_equal(map_get(&m, STR("a")), &two);
	assert_int_equal(m.n, 1);
	assert_ptr_equal(map_remove(&m, STR("a")), &two);
	assert_null(map_get(&m, STR("a")));
	assert_int_equal(m.n, 0);
	map_done(&m);
}

static void the_empty_key_is_a_key(void **state)
{
	struct map m = {0};
	int value;
	(void)state;

	map_put(&m, (struct str){0}, &value);

	assert_ptr_equal(map_get(&m, STR("")), &value);
	map_done(&m);
}

/* The plain truth: a value per number, or NULL. */
static void it_agrees_with_an_array_under_random_use(void **state)
{
	enum { N = 500 };
	static char keys[N][8];
	void *truth[N] = {0};
	struct map m = {0};
	struct rand r;
	size_t n = 0;
	(void)state;

	for (int i = 0; i < N; i++)
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
	rand_seed(&r, 11);
	for (int step = 0; step < 100000; step++) {
		size_t i = rand_below(&r, N);
		struct str key = str_of(keys[i]);
		if (rand_below(&r, 2)) {
			n += truth[i] == NULL;
			assert_ptr_equal(map_put(&m, key, keys[i]), truth[i]);
			truth[i] = keys[i];
		} else {
			n -= truth[i] != NULL;
			assert_ptr_equal(map_remove(&m, key), truth[i]);
			truth[i] = NULL;
		}
		assert_int_equal(m.n, n);
		i = rand_below(&r, N);
		assert_ptr_equal(map_get(&m, str_of(keys[i])), truth[i]);
	}
	map_done(&m);
}

static void iteration_sees_every_entry_once(void **state)
{
	char keys[100][8];
	bool seen[100] = {0};
	struct map m = {0};
	size_t n = 0;
	(void)state;
	for (size_t i = 0; i < 100; i++) {
		snprintf(keys[i], sizeof(keys[i]), "%zu", i);
		map_put(&m, str_of(keys[i]), &seen[i]);
	}

	for (struct map_entry *e = map_next(&m, NULL); e; e = map_next(&m, e), n++) {
		assert_false(*(bool *)e->value);
		*(bool *)e->value = true;
	}

	assert_int_equal(n, 100);
	map_clear(&m);
	assert_null(map_next(&m, NULL));
	map_done(&m);
}

static void a_slot_is_where_the_value_goes(void **state)
{
	struct map m = {0};
	int value;
	(void)state;

	void **slot = map_slot(&m, STR("a"));
	assert_null(*slot);
	*slot = &value;

	assert_ptr_equal(*map_slot(&m, STR("a")), &value);
	assert_int_equal(m.n, 1);
	map_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_put_is_found_until_it_is_removed),
	    cmocka_unit_test(the_empty_key_is_a_key),
	    cmocka_unit_test(it_agrees_with_an_array_under_random_use),
	    cmocka_unit_test(iteration_sees_every_entry_once),
	    cmocka_unit_test(a_slot_is_where_the_value_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
