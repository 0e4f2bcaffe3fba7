#include "cache/config.h"

#include "tests/lib/expect.h"

static bool open_cache(enum cache_type type, const char *yaml, struct metrics *m,
		       struct cache **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct yaml_node *config = NULL;

	return yaml_parse(str_of(yaml), a, &config, err) &&
	       cache_from_config(type, config,
				 &(struct cache_context){.name = "caching-bucket", .metrics = m},
				 out, err);
}

static void types_are_known_by_their_names(void **state)
{
	enum cache_type type;
	(void)state;

	assert_true(cache_type_parse(STR("in-memory"), &type));
	assert_int_equal(type, CACHE_IN_MEMORY);
	assert_true(cache_type_parse(STR("MEMCACHED"), &type));
	assert_int_equal(type, CACHE_MEMCACHED);
	assert_true(cache_type_parse(STR("Redis"), &type));
	assert_int_equal(type, CACHE_REDIS);
	assert_false(cache_type_parse(STR("INMEMORY"), &type));
	assert_false(cache_type_parse(STR(""), &type));
}

static void a_cache_in_memory_has_the_sizes_it_was_given(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct cache *c auto_free(cache_close) = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(
	    open_cache(CACHE_IN_MEMORY, "max_size: 1MB\nmax_item_size: 10KB\nodd: 1", m, &c, &err),
	    err);

	struct family *sizes =
	    metrics_gauges(m, "thanos_cache_inmemory_max_size_bytes", "", "name");
	assert_int_equal(gauge_value(gauge_at(sizes, "caching-bucket")), 1 << 20);
	assert_string_equal(cache_name(c), "caching-bucket");
}

static void without_a_configuration_the_sizes_are_the_defaults(void **state)
{
	struct memory_cache_config c;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(memory_cache_config_decode(NULL, &c, &err), err);

	assert_int_equal(c.max_bytes, 250 << 20);
	assert_int_equal(c.max_item_bytes, 125 << 20);
}

static void sizes_that_make_no_sense_are_refused(void **state)
{
	struct cache *c = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(open_cache(CACHE_IN_MEMORY, "max_size: 1MB\nmax_item_size: 2MB", NULL, &c, &err),
		   err, ERR_INVALID,
		   "max item size (2MiB) cannot be bigger than overall cache size (1MiB)");
	expect_err(open_cache(CACHE_IN_MEMORY, "max_size: 1 apple", NULL, &c, &err), err,
		   ERR_INVALID, "line 1");
	assert_null(c);
}

static void a_cache_of_peers_is_refused(void **state)
{
	struct cache *c = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(open_cache(CACHE_GROUPCACHE, "{}", NULL, &c, &err), err, ERR_UNSUPPORTED,
		   "caches of type GROUPCACHE are not supported");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(types_are_known_by_their_names),
	    cmocka_unit_test(a_cache_in_memory_has_the_sizes_it_was_given),
	    cmocka_unit_test(without_a_configuration_the_sizes_are_the_defaults),
	    cmocka_unit_test(sizes_that_make_no_sense_are_refused),
	    cmocka_unit_test(a_cache_of_peers_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
