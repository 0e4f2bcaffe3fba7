#include "store/index_cache.h"

#include "cache/memory.h"
#include "tests/lib/expect.h"

static const struct index_cache_block block = {
    .id.bytes = {1, 2, 3},
    .index_version = 2,
    .index_bytes = 1 << 20,
};

static struct index_cache *new_cache(struct metrics *m)
{
	return index_cache_new(&(struct index_cache_options){
	    .max_bytes = 1 << 20, .max_item_bytes = 1 << 19, .metrics = m});
}

static double count(struct metrics *m, const char *name, const char *item, const char *tenant)
{
	return counter_value(
	    counter_at(metrics_counters(m, name, "", "item_type", "tenant"), item, tenant));
}

static void a_list_is_found_under_its_block_and_label(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct index_cache *c auto_free(index_cache_free) = new_cache(m);
	struct postings_key keys[] = {
	    {STR("job"), STR("b")}, {STR("job"), STR("a")}, {STR("jo"), STR("ba")}};
	struct index_cache_block other = block;
	struct postings lists[3];
	(void)state;

	index_cache_store_postings(c, &block, &keys[1], postings_of(a, (const uint32_t[]){4, 9}, 2),
				   STR(""));
	index_cache_store_postings(c, &block, &keys[2], (struct postings){0}, STR(""));
	struct index_cache_hits hits =
	    index_cache_fetch_postings(c, NULL, &block, keys, 3, STR("team"), a, lists);

	assert_int_equal(hits.n, 2);
	assert_true(hits.bytes > 6);
	assert_null(lists[0].be);
	assert_int_equal(lists[1].n, 2);
	assert_int_equal(postings_at(lists[1], 1), 9);
	assert_non_null(lists[2].be);
	assert_int_equal(lists[2].n, 0);
	assert_int_equal(count(m, "thanos_store_index_cache_requests_total", "Postings", "team"),
			 3);
	assert_int_equal(count(m, "thanos_store_index_cache_hits_total", "Postings", "team"), 2);

	other.id.bytes[15] = 1;
	hits = index_cache_fetch_postings(c, NULL, &other, keys, 3, STR(""), a, lists);
	assert_int_equal(hits.n, 0);
}

static void the_list_of_matchers_is_found_whatever_their_order(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct index_cache *c auto_free(index_cache_free) = new_cache(NULL);
	struct err err = ERR_INIT;
	struct matcher *x auto_free(matcher_unref) =
	    matcher_new(MATCH_RE, STR("b"), STR("x|y"), &err);
	struct matcher *y auto_free(matcher_unref) =
	    matcher_new(MATCH_EQ, STR("z"), STR("1"), &err);
	struct matchers xy = {(struct matcher *[]){x, y}, 2}, yx = {(struct matcher *[]){y, x}, 2};
	struct matchers none = {0}, only_x = {(struct matcher *[]){x}, 1};
	struct postings list;
	(void)state;

	index_cache_store_expanded(c, &block, xy, postings_of(a, (const uint32_t[]){3}, 1),
				   STR(""));
	index_cache_store_expanded(c, &block, none, postings_of(a, (const uint32_t[]){4}, 1),
				   STR(""));

	assert_int_equal(index_cache_fetch_expanded(c, NULL, &block, yx, STR(""), a, &list).n, 1);
	assert_int_equal(postings_at(list, 0), 3);
	assert_int_equal(index_cache_fetch_expanded(c, NULL, &block, only_x, STR(""), a, &list).n,
			 0);
	assert_null(list.be);
	assert_int_equal(index_cache_fetch_expanded(c, NULL, &block, none, STR(""), a, &list).n, 0);
}

static void entries_of_series_are_found_by_reference(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct index_cache *c auto_free(index_cache_free) = new_cache(m);
	struct str contents[2];
	(void)state;

	index_cache_store_series(c, &block, 7, STR("seven"), STR(""));
	struct index_cache_hits hits = index_cache_fetch_series(
	    c, NULL, &block, (const uint32_t[]){6, 7}, 2, STR(""), a, contents);

	assert_int_equal(hits.n, 1);
	assert_int_equal(hits.bytes, 5);
	assert_null(contents[0].p);
	expect_str(contents[1], "seven");
	assert_int_equal(
	    count(m, "thanos_store_index_cache_requests_total", "Series", "default-tenant"), 2);
	assert_int_equal(
	    count(m, "thanos_store_index_cache_hits_total", "Series", "default-tenant"), 1);
}

static void a_list_that_leaves_the_index_is_absent_and_counted(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct index_cache *c auto_free(index_cache_free) = new_cache(m);
	struct postings_key key = {STR("job"), STR("a")};
	struct index_cache_block smaller = block;
	struct postings list;
	(void)state;

	index_cache_store_postings(c, &block, &key, postings_of(a, (const uint32_t[]){101}, 1),
				   STR(""));
	smaller.index_bytes = 1600;
	struct index_cache_hits hits =
	    index_cache_fetch_postings(c, NULL, &smaller, &key, 1, STR(""), a, &list);

	assert_int_equal(hits.n, 0);
	assert_null(list.be);
	struct family *refused =
	    metrics_counters(m, "athanor_store_index_cache_items_refused_total", "", "item_type");
	assert_int_equal(counter_value(counter_at(refused, "Postings")), 1);
}

static void without_a_cache_all_is_absent(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct postings_key key = {STR("job"), STR("a")};
	struct postings list;
	struct str contents;
	(void)state;

	index_cache_store_series(NULL, &block, 7, STR("seven"), STR(""));
	index_cache_fetch_postings(NULL, NULL, &block, &key, 1, STR(""), a, &list);
	index_cache_fetch_series(NULL, NULL, &block, (const uint32_t[]){7}, 1, STR(""), a,
				 &contents);

	assert_null(list.be);
	assert_null(contents.p);
}

static void kinds_that_are_disabled_are_not_kept(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct index_cache *c auto_free(index_cache_free) =
	    index_cache_new(&(struct index_cache_options){
		.max_bytes = 1 << 20,
		.metrics = m,
		.is_disabled = {[INDEX_CACHE_SERIES] = true},
	    });
	struct postings_key key = {STR("job"), STR("a")};
	struct postings list;
	struct str contents;
	(void)state;

	index_cache_store_series(c, &block, 7, STR("seven"), STR(""));
	index_cache_store_postings(c, &block, &key, postings_of(a, (const uint32_t[]){4}, 1),
				   STR(""));
	index_cache_fetch_series(c, NULL, &block, (const uint32_t[]){7}, 1, STR(""), a, &contents);
	index_cache_fetch_postings(c, NULL, &block, &key, 1, STR(""), a, &list);

	assert_null(contents.p);
	assert_non_null(list.be);
	assert_int_equal(
	    count(m, "thanos_store_index_cache_requests_total", "Series", "default-tenant"), 0);
}

/* What another machine holds, and how long. */
static void items_live_in_a_cache_as_long_as_they_were_given(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct fake_clock clock;
	fake_clock_init(&clock, 0);
	struct cache *memory = memory_cache_as_cache(memory_cache_new(
	    &(struct memory_cache_options){.max_bytes = 1 << 20, .clock = &clock.base}));
	struct index_cache *c auto_free(index_cache_free) = index_cache_new(
	    &(struct index_cache_options){.cache = memory, .ttl_ms = 500, .clock = &clock.base});
	struct str contents;
	(void)state;

	index_cache_store_series(c, &block, 7, STR("seven"), STR(""));
	fake_clock_advance(&clock, 499);
	index_cache_fetch_series(c, NULL, &block, (const uint32_t[]){7}, 1, STR(""), a, &contents);
	expect_str(contents, "seven");
	fake_clock_advance(&clock, 1);
	index_cache_fetch_series(c, NULL, &block, (const uint32_t[]){7}, 1, STR(""), a, &contents);
	assert_null(contents.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_is_found_under_its_block_and_label),
	    cmocka_unit_test(the_list_of_matchers_is_found_whatever_their_order),
	    cmocka_unit_test(entries_of_series_are_found_by_reference),
	    cmocka_unit_test(a_list_that_leaves_the_index_is_absent_and_counted),
	    cmocka_unit_test(without_a_cache_all_is_absent),
	    cmocka_unit_test(kinds_that_are_disabled_are_not_kept),
	    cmocka_unit_test(items_live_in_a_cache_as_long_as_they_were_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
