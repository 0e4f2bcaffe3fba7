#include "cache/counted_cache.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_cache.h"

static void keys_and_hits_are_counted_by_name(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct cache *c auto_free(cache_close) = counted_cache_new(
	    fake_cache_as_cache(fake_cache_new("caching-bucket")), "memcached", m);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str keys[] = {STR("a"), STR("b"), STR("c")};
	struct str values[3];
	(void)state;

	cache_set(c, STR("a"), STR("1"), 1000);
	cache_set(c, STR("c"), STR(""), 1000);
	cache_get_multi(c, NULL, keys, 3, a, values);

	struct family *requests =
	    metrics_counters(m, "thanos_cache_memcached_requests_total", "", "name");
	struct family *hits = metrics_counters(m, "thanos_cache_memcached_hits_total", "", "name");
	assert_true(counter_value(counter_at(requests, "caching-bucket")) == 3);
	assert_true(counter_value(counter_at(hits, "caching-bucket")) == 2);
	assert_string_equal(cache_name(c), "caching-bucket");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_and_hits_are_counted_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
