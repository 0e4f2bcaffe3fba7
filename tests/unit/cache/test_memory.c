#include "cache/memory.h"

#include "tests/lib/expect.h"

#include <pthread.h>
#include <stdio.h>

enum { OVERHEAD_BYTES = 112 /* about what an item needs beside its key and value */ };

static struct str text_key(char buf[32], const char *prefix, int i)
{
	snprintf(buf, 32, "%s%d", prefix, i);
	return str_of(buf);
}

static bool has(struct memory_cache *c, struct str key)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str value;

	return memory_cache_get(c, key, a, &value);
}

static void put_1k(struct memory_cache *c, struct str key)
{
	static const char zeros[1024];

	memory_cache_put(c, key, str_from(zeros, sizeof(zeros)), 0);
}

static void what_is_put_is_found_under_its_key_only(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct memory_cache *c auto_free(memory_cache_free) =
	    memory_cache_new(&(struct memory_cache_options){.max_bytes = 1 << 20});
	struct str value;
	(void)state;

	memory_cache_put(c, STR("a"), STR("one"), 0);
	memory_cache_put(c, STR("b"), STR(""), 0);
	memory_cache_put(c, STR("a"), STR("two"), 0);

	assert_true(memory_cache_get(c, STR("a"), a, &value));
	expect_str(value, "two");
	assert_true(memory_cache_get(c, STR("b"), a, &value));
	assert_int_equal(value.n, 0);
	assert_non_null(value.p);
	assert_false(has(c, STR("ab")));
	assert_int_equal(memory_cache_counts(c, 0).items, 2);
	assert_int_equal(memory_cache_counts(c, 0).added, 2);
	assert_int_equal(memory_cache_counts(c, 0).value_bytes, 3);
}

static void the_budget_holds_whatever_is_put(void **state)
{
	struct tracker t;
	tracker_init(&t, NULL, "process", "", 0);
	struct memory_cache *c =
	    memory_cache_new(&(struct memory_cache_options){.max_bytes = 100 << 10, .tracker = &t});
	(void)state;

	for (int i = 0; i < 10000; i++) {
		char key[32];
		put_1k(c, text_key(key, "k", i));
		assert_true(memory_cache_counts(c, 0).total_bytes <= 100 << 10);
	}

	struct memory_cache_counts n = memory_cache_counts(c, 0);
	assert_true(n.items > 80 && n.items < 100);
	assert_int_equal(n.added, 10000);
	assert_int_equal(n.evicted, 10000 - n.items);
	assert_true(t.used_bytes >= (int64_t)n.total_bytes);
	memory_cache_free(c);
	assert_int_equal(t.used_bytes, 0);
}

static void an_item_larger_than_allowed_is_not_kept(void **state)
{
	struct memory_cache *c auto_free(memory_cache_free) = memory_cache_new(
	    &(struct memory_cache_options){.max_bytes = 4096, .max_item_bytes = 1023});
	struct memory_cache *small auto_free(memory_cache_free) =
	    memory_cache_new(&(struct memory_cache_options){.max_bytes = 1024});
	(void)state;

	memory_cache_put(small, STR("other"), STR("x"), 0);
	put_1k(c, STR("k"));
	put_1k(small, STR("k"));

	assert_false(has(c, STR("k")));
	assert_false(has(small, STR("k")));
	assert_true(has(small, STR("other")));
	assert_int_equal(memory_cache_counts(c, 0).overflowed, 1);
	assert_int_equal(memory_cache_counts(small, 0).overflowed, 1);
}

static void one_item_may_take_the_place_of_all_parts(void **state)
{
	struct memory_cache *c auto_free(memory_cache_free) =
	    memory_cache_new(&(struct memory_cache_options){.max_bytes = 100 << 10});
	static const char large[90 << 10];
	(void)state;

	for (int i = 0; i < 200; i++) {
		char key[32];
		put_1k(c, text_key(key, "k", i));
	}
	memory_cache_put(c, STR("large"), str_from(large, sizeof(large)), 0);

	assert_true(has(c, STR("large")));
	assert_true(memory_cache_counts(c, 0).total_bytes <= 100 << 10);
}

/* How many of 50 items, which were asked for before, are there after as many others as `n_scanned`
 * were put and not asked for. */
static int survivors_of_scan(int n_scanned)
{
	struct memory_cache *c auto_free(memory_cache_free) =
	    memory_cache_new(&(struct memory_cache_options){.max_bytes = 100 << 10});
	char key[32];
	int n = 0;

	for (int i = 0; i < 50; i++)
		put_1k(c, text_key(key, "used", i));
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 50; i++)
			assert_true(has(c, text_key(key, "used", i)));
	for (int i = 0; i < n_scanned; i++)
		put_1k(c, text_key(key, "scanned", i));
	for (int i = 0; i < 50; i++)
		n += has(c, text_key(key, "used", i));
	return n;
}

static void what_is_used_survives_a_scan(void **state)
{
	(void)state;
	assert_int_equal(survivors_of_scan(100), 50);
	assert_int_equal(survivors_of_scan(10000), 50);
}

static void what_is_used_no_more_makes_room(void **state)
{
	struct memory_cache *c auto_free(memory_cache_free) =
	    memory_cache_new(&(struct memory_cache_options){.max_bytes = 100 << 10});
	char key[32];
	int n_old = 0, n_new = 0;
	(void)state;

	for (int i = 0; i < 80; i++)
		put_1k(c, text_key(key, "old", i));
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 80; i++)
			has(c, text_key(key, "old", i));
	for (int round = 0; round < 20; round++)
		for (int i = 0; i < 60; i++)
			if (!has(c, text_key(key, "new", i)))
				put_1k(c, text_key(key, "new", i));
	for (int i = 0; i < 80; i++)
		n_old += has(c, text_key(key, "old", i));
	for (int i = 0; i < 60; i++)
		n_new += has(c, text_key(key, "new", i));

	assert_true(n_new > 55);
	assert_true(n_old < 40);
}

static void an_item_that_outlived_its_time_is_absent(void **state)
{
	struct fake_clock clock;
	fake_clock_init(&clock, 1000);
	struct memory_cache *c auto_free(memory_cache_free) = memory_cache_new(
	    &(struct memory_cache_options){.max_bytes = 1 << 20, .clock = &clock.base});
	(void)state;

	memory_cache_put(c, STR("k"), STR("v"), 500);
	memory_cache_put(c, STR("forever"), STR("v"), 0);
	memory_cache_put(c, STR("very long"), STR("v"), INT64_MAX);
	fake_clock_advance(&clock, 499);
	assert_true(has(c, STR("k")));
	fake_clock_advance(&clock, 1);
	assert_false(has(c, STR("k")));
	assert_true(has(c, STR("forever")));
	assert_true(has(c, STR("very long")));
	assert_int_equal(memory_cache_counts(c, 0).items, 2);
	assert_int_equal(memory_cache_counts(c, 0).evicted, 0);
}

static void where_the_process_has_no_room_the_cache_makes_some(void **state)
{
	struct tracker process;
	tracker_init(&process, NULL, "process", "--max-memory", 50 << 10);
	struct memory_cache *c = memory_cache_new(
	    &(struct memory_cache_options){.max_bytes = 1 << 20, .tracker = &process});
	char key[32];
	(void)state;

	for (int i = 0; i < 100; i++)
		put_1k(c, text_key(key, "k", i));
	assert_true(process.used_bytes <= 50 << 10);
	assert_true(memory_cache_counts(c, 0).items > 30);

	tracker_charge(&process, 40 << 10);
	put_1k(c, STR("one more"));
	assert_int_equal(memory_cache_counts(c, 0).overflowed, 1);

	size_t had = memory_cache_counts(c, 0).total_bytes;
	assert_true(memory_cache_shed(c, 10 << 10) >= 10 << 10);
	assert_true(memory_cache_counts(c, 0).total_bytes <= had - (10 << 10));
	memory_cache_shed(c, SIZE_MAX);
	assert_int_equal(memory_cache_counts(c, 0).items, 0);
	memory_cache_free(c);
	tracker_done(&process);
}

static double point(struct metrics *m, const char *name)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metric_snapshots all = metrics_gather(m, a);

	for (size_t i = 0; i < all.n; i++)
		if (str_is(all.v[i].name, name)) {
			expect_str(all.v[i].points[0].label_values[0], "bucket");
			return all.v[i].points[0].value;
		}
	fail_msg("there is no metric %s", name);
	return 0;
}

static void it_is_a_cache_with_metrics(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct cache *c auto_free(cache_close) =
	    memory_cache_as_cache(memory_cache_new(&(struct memory_cache_options){
		.name = "bucket", .max_bytes = 1 << 20, .max_item_bytes = 100, .metrics = m}));
	struct str values[3];
	char large[101] = {0};
	(void)state;

	cache_set(c, STR("a"), STR("1"), 1000);
	cache_set(c, STR("b"), STR("22"), 1000);
	cache_set(c, STR("large"), str_from(large, sizeof(large)), 1000);
	cache_get_multi(c, NULL, (struct str[]){STR("b"), STR("c"), STR("b")}, 3, a, values);

	assert_string_equal(cache_name(c), "bucket");
	expect_str(values[0], "22");
	assert_null(values[1].p);
	expect_str(values[2], "22");
	assert_int_equal(point(m, "thanos_cache_inmemory_requests_total"), 3);
	assert_int_equal(point(m, "thanos_cache_inmemory_hits_total"), 2);
	assert_int_equal(point(m, "thanos_cache_inmemory_items"), 2);
	assert_int_equal(point(m, "thanos_cache_inmemory_items_size_bytes"), 3);
	assert_int_equal(point(m, "thanos_cache_inmemory_items_overflowed_total"), 1);
	assert_int_equal(point(m, "thanos_cache_inmemory_max_item_size_bytes"), 100);
}

static void when_the_process_needs_memory_each_use_gives_some_back(void **state)
{
	struct tracker process, cached;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char key[32];
	struct str value;
	(void)state;

	tracker_init(&process, NULL, "process", "--max-memory", 100 << 10);
	tracker_init(&cached, &process, "caches", "", 0);
	struct memory_cache *c = memory_cache_new(
	    &(struct memory_cache_options){.max_bytes = 1 << 20, .tracker = &cached});
	for (int i = 0; i < 50; i++)
		put_1k(c, text_key(key, "k", i));
	struct str asked = STR("k1");
	cache_get_multi(memory_cache_as_cache(c), NULL, &asked, 1, a, &value);
	assert_int_equal(memory_cache_counts(c, 0).items, 50);

	tracker_charge(&process, 50 << 10);
	cache_get_multi(memory_cache_as_cache(c), NULL, &asked, 1, a, &value);
	assert_true(memory_cache_counts(c, 0).items < 40);
	assert_true(process.used_bytes <= (100 << 10) / 8 * 7);
	memory_cache_free(c);
	tracker_done(&process);
}

/* Puts and finds the same few items as three other threads: what is found is what was put. */
static void *use(void *arg)
{
	struct memory_cache *c = arg;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char key[32], text[600] = {0};
	struct str value;

	for (int i = 0; i < 20000; i++) {
		int item = i * 7919 % 500;
		struct str k = text_key(key, "k", item);
		size_t n = (size_t)item + 50;
		memset(text, item % 256, n);
		if (!memory_cache_get(c, k, a, &value))
			memory_cache_put(c, k, str_from(text, n), item % 3);
		else if (value.n != n || memcmp(value.p, text, n) != 0)
			return arg;
		if (item == 0)
			memory_cache_shed(c, 2000);
		arena_clear(a);
	}
	return NULL;
}

static void threads_share_it(void **state)
{
	struct tracker t;
	pthread_t threads[4];
	(void)state;

	tracker_init(&t, NULL, "process", "", 0);
	struct memory_cache *c = memory_cache_new(
	    &(struct memory_cache_options){.max_bytes = 64 << 10, .tracker = &t, .n_parts = 2});
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use, c), 0);
	for (int i = 0; i < 4; i++) {
		void *wrong;
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}

	struct memory_cache_counts n = memory_cache_counts(c, 0);
	assert_true(n.items > 0 && n.total_bytes <= 64 << 10);
	assert_int_equal(t.used_bytes, n.total_bytes);
	assert_int_equal(n.requests, 80000);
	memory_cache_shed(c, SIZE_MAX);
	assert_int_equal(memory_cache_counts(c, 0).items, 0);
	assert_int_equal(t.used_bytes, 0);
	memory_cache_free(c);
}

static unsigned by_first_letter(struct str key)
{
	return key.p[0] == 'b';
}

static void items_are_counted_by_kind(void **state)
{
	struct memory_cache *c auto_free(memory_cache_free) =
	    memory_cache_new(&(struct memory_cache_options){
		.max_bytes = 1 << 20, .n_kinds = 2, .kind_of = by_first_letter});
	(void)state;

	memory_cache_put(c, STR("a"), STR("1"), 0);
	memory_cache_put(c, STR("b"), STR("22"), 0);
	memory_cache_put(c, STR("bb"), STR("22"), 0);

	assert_int_equal(memory_cache_counts(c, 0).items, 1);
	assert_int_equal(memory_cache_counts(c, 1).items, 2);
	assert_int_equal(memory_cache_counts(c, 1).value_bytes, 4);
	assert_true(memory_cache_counts(c, 0).total_bytes < OVERHEAD_BYTES + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_put_is_found_under_its_key_only),
	    cmocka_unit_test(the_budget_holds_whatever_is_put),
	    cmocka_unit_test(an_item_larger_than_allowed_is_not_kept),
	    cmocka_unit_test(one_item_may_take_the_place_of_all_parts),
	    cmocka_unit_test(what_is_used_survives_a_scan),
	    cmocka_unit_test(what_is_used_no_more_makes_room),
	    cmocka_unit_test(an_item_that_outlived_its_time_is_absent),
	    cmocka_unit_test(where_the_process_has_no_room_the_cache_makes_some),
	    cmocka_unit_test(when_the_process_needs_memory_each_use_gives_some_back),
	    cmocka_unit_test(threads_share_it),
	    cmocka_unit_test(it_is_a_cache_with_metrics),
	    cmocka_unit_test(items_are_counted_by_kind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
