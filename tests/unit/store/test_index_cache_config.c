#include "store/index_cache_config.h"

#include "tests/lib/expect.h"

static bool open_cache(const char *yaml, struct metrics *m, struct index_cache **out,
		       struct err *err)
{
	return index_cache_from_config(
	    str_of(yaml), &(struct cache_context){.clock = &clock_system, .metrics = m}, out, err);
}

static double size_metric(struct metrics *m)
{
	return gauge_value(metrics_gauge(m, "thanos_store_index_cache_max_size_bytes", ""));
}

static bool keeps_series(struct index_cache *c)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct index_cache_block block = {.index_version = 2, .index_bytes = 1 << 20};
	struct str contents;

	index_cache_store_series(c, &block, 7, STR("seven"), STR(""));
	index_cache_fetch_series(c, NULL, &block, (const uint32_t[]){7}, 1, STR(""), a, &contents);
	return contents.p != NULL;
}

static void a_cache_in_memory_has_the_sizes_it_was_given(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct index_cache *c auto_free(index_cache_free) = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(
	    open_cache("type: in-memory\nconfig: {max_size: 1MB, max_item_size: 1KB}", m, &c, &err),
	    err);
	assert_int_equal(size_metric(m), 1 << 20);
	assert_true(keeps_series(c));
}

static void without_a_config_the_sizes_are_the_defaults(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct index_cache *c auto_free(index_cache_free) = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(open_cache("type: IN-MEMORY", m, &c, &err), err);
	assert_int_equal(size_metric(m), 250 << 20);
}

static void only_enabled_items_are_kept(void **state)
{
	struct index_cache *c auto_free(index_cache_free) = NULL;
	struct index_cache *d auto_free(index_cache_free) = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(open_cache("type: IN-MEMORY\nenabled_items: [Postings, ExpandedPostings]", NULL,
			     &c, &err),
		  err);
	assert_false(keeps_series(c));
	expect_ok(open_cache("type: IN-MEMORY\nenabled_items: [Series]", NULL, &d, &err), err);
	assert_true(keeps_series(d));
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct index_cache *c = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(open_cache("type: DISK", NULL, &c, &err), err, ERR_INVALID,
		   "index cache with type DISK is not supported");
	expect_err(open_cache("type: GROUPCACHE", NULL, &c, &err), err, ERR_INVALID,
		   "index cache with type GROUPCACHE is not supported");
	expect_err(open_cache("type: IN-MEMORY\nenabled_items: [Chunks]", NULL, &c, &err), err,
		   ERR_INVALID, "unsupported item type Chunks");
	expect_err(open_cache("type: IN-MEMORY\nitems: [Series]", NULL, &c, &err), err, ERR_INVALID,
		   "field items not found in type storecache.IndexCacheConfig");
	expect_err(open_cache("type: IN-MEMORY\nconfig: {max_size: 1MB}", NULL, &c, &err), err,
		   ERR_INVALID,
		   "create IN-MEMORY index cache: max item size (125MiB) cannot be bigger than "
		   "overall cache size (1MiB)");
	assert_null(c);
}

static void a_size_alone_is_enough(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct index_cache *c auto_free(index_cache_free) = NULL;
	struct cache_context context = {.clock = &clock_system, .metrics = m};
	struct err err = ERR_INIT;
	(void)state;

	expect_err(index_cache_of_size(1 << 20, &context, &c, &err), err, ERR_INVALID,
		   "max item size (125MiB) cannot be bigger than overall cache size (1MiB)");
	expect_ok(index_cache_of_size(200 << 20, &context, &c, &err), err);
	assert_int_equal(size_metric(m), 200 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_cache_in_memory_has_the_sizes_it_was_given),
	    cmocka_unit_test(without_a_config_the_sizes_are_the_defaults),
	    cmocka_unit_test(only_enabled_items_are_kept),
	    cmocka_unit_test(what_makes_no_sense_is_refused),
	    cmocka_unit_test(a_size_alone_is_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
