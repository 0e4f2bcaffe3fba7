#include "model/matcher_cache.h"

#include "tests/lib/expect.h"

static double total(struct metrics *m, const char *name)
{
	return counter_value(metrics_counter(m, name, ""));
}

#define REQUESTS(m) total(m, "thanos_matchers_cache_requests_total")
#define HITS(m)     total(m, "thanos_matchers_cache_hits_total")
#define EVICTED(m)  total(m, "thanos_matchers_cache_evicted_total")

/* A matcher that nobody holds but the cache: only good for telling whether it is the same. */
static const struct matcher *get(struct matcher_cache *c, enum matcher_type type, struct str name,
				 struct str value)
{
	struct err err = ERR_INIT;
	struct matcher *m = matcher_cache_get(c, type, name, value, &err);

	expect_ok(m != NULL, err);
	assert_int_equal(matcher_type(m), type);
	assert_true(str_eq(matcher_name(m), name));
	assert_true(str_eq(matcher_value(m), value));
	matcher_unref(m);
	return m;
}

static void an_expression_is_compiled_once(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct matcher_cache *c auto_free(matcher_cache_free) = matcher_cache_new(10, m);
	(void)state;

	const struct matcher *first = get(c, MATCH_RE, STR("job"), STR("a.*b"));
	assert_ptr_equal(get(c, MATCH_RE, STR("job"), STR("a.*b")), first);
	assert_int_equal(REQUESTS(m), 2);
	assert_int_equal(HITS(m), 1);
	assert_int_equal(gauge_value(metrics_gauge(m, "thanos_matchers_cache_items", "")), 1);
	assert_int_equal(gauge_value(metrics_gauge(m, "thanos_matchers_cache_max_items", "")), 10);
}

static void name_value_and_type_tell_expressions_apart(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct matcher_cache *c auto_free(matcher_cache_free) = matcher_cache_new(10, m);
	(void)state;

	get(c, MATCH_RE, STR("ab"), STR("c.+"));
	get(c, MATCH_RE, STR("a"), STR("bc.+"));
	get(c, MATCH_NRE, STR("ab"), STR("c.+"));
	assert_int_equal(HITS(m), 0);
}

static void what_is_compared_is_not_kept(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct matcher_cache *c auto_free(matcher_cache_free) = matcher_cache_new(10, m);
	(void)state;

	get(c, MATCH_EQ, STR("job"), STR("a"));
	get(c, MATCH_NEQ, STR("job"), STR("a"));
	get(NULL, MATCH_RE, STR("job"), STR("a.*"));
	assert_int_equal(REQUESTS(m), 0);
}

static void the_one_used_longest_ago_makes_room(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct matcher_cache *c auto_free(matcher_cache_free) = matcher_cache_new(2, m);
	(void)state;

	get(c, MATCH_RE, STR("job"), STR("1.+"));
	get(c, MATCH_RE, STR("job"), STR("2.+"));
	get(c, MATCH_RE, STR("job"), STR("1.+"));
	get(c, MATCH_RE, STR("job"), STR("3.+"));
	assert_int_equal(EVICTED(m), 1);
	get(c, MATCH_RE, STR("job"), STR("1.+"));
	assert_int_equal(HITS(m), 2);
	get(c, MATCH_RE, STR("job"), STR("2.+"));
	assert_int_equal(HITS(m), 2);
	assert_int_equal(EVICTED(m), 2);
}

static void one_that_is_in_use_outlives_the_cache(void **state)
{
	struct matcher_cache *c = matcher_cache_new(1, NULL);
	struct err err = ERR_INIT;
	(void)state;

	struct matcher *m = matcher_cache_get(c, MATCH_RE, STR("job"), STR("a.+"), &err);
	get(c, MATCH_RE, STR("job"), STR("b.+"));
	matcher_cache_free(c);
	assert_true(matcher_matches(m, STR("ab")));
	matcher_unref(m);
}

static void a_bad_expression_fails_each_time(void **state)
{
	struct matcher_cache *c auto_free(matcher_cache_free) = matcher_cache_new(1, NULL);
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < 2; i++)
		expect_err(matcher_cache_get(c, MATCH_RE, STR("job"), STR("a("), &err) != NULL, err,
			   ERR_INVALID, "missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_expression_is_compiled_once),
	    cmocka_unit_test(name_value_and_type_tell_expressions_apart),
	    cmocka_unit_test(what_is_compared_is_not_kept),
	    cmocka_unit_test(the_one_used_longest_ago_makes_room),
	    cmocka_unit_test(one_that_is_in_use_outlives_the_cache),
	    cmocka_unit_test(a_bad_expression_fails_each_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
