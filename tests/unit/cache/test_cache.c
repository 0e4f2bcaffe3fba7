#include "cache/cache.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_cache.h"

static void what_was_set_is_found_and_the_rest_is_a_miss(void **state)
{
	struct fake_cache *fake = fake_cache_new("test");
	struct cache *c auto_free(cache_close) = fake_cache_as_cache(fake);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str keys[] = {STR("a"), STR("absent"), STR("empty"), STR("a")};
	struct str values[4];
	(void)state;

	cache_set(c, STR("a"), STR("1"), 1000);
	cache_set(c, STR("empty"), STR(""), 1000);
	cache_get_multi(c, NULL, keys, 4, a, values);

	assert_true(str_is(values[0], "1"));
	assert_null(values[1].p);
	assert_true(values[2].p && values[2].n == 0);
	assert_true(str_is(values[3], "1"));
	assert_string_equal(cache_name(c), "test");
}

static void a_value_that_is_past_at_once_is_not_stored(void **state)
{
	struct fake_cache *fake = fake_cache_new("test");
	struct cache *c auto_free(cache_close) = fake_cache_as_cache(fake);
	(void)state;

	cache_set(c, STR("a"), STR("1"), 0);
	cache_set(c, STR("a"), STR("1"), -1);

	assert_int_equal(fake_cache_n_set(fake), 0);
}

static void who_is_canceled_asks_nothing_and_misses_all(void **state)
{
	struct fake_cache *fake = fake_cache_new("test");
	struct cache *c auto_free(cache_close) = fake_cache_as_cache(fake);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct str value = STR("untouched");
	(void)state;
	cache_set(c, STR("a"), STR("1"), 1000);

	ctx_cancel(ctx, ERR_CANCELED, "the test went away");

	assert_false(cache_get(c, ctx, STR("a"), a, &value));
	assert_true(str_is(value, "untouched"));
	assert_int_equal(fake_cache_n_asked(fake), 0);
	assert_true(cache_get(c, NULL, STR("a"), a, &value));
	assert_true(str_is(value, "1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_set_is_found_and_the_rest_is_a_miss),
	    cmocka_unit_test(a_value_that_is_past_at_once_is_not_stored),
	    cmocka_unit_test(who_is_canceled_asks_nothing_and_misses_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
