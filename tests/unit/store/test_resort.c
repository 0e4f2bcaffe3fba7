#include "store/resort.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_store.h"
#include "tests/lib/series_text.h"

static void series_are_sorted_and_joined_without_the_dropped_labels(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str drop[] = {STR("replica"), STR("absent")};
	struct series_iter *src = series_stream(a, "pod=\"z\" replica=\"a\" | 0-9:z\n"
						   "pod=\"b\" replica=\"b\" | 0-9:same 10-19:x\n"
						   "pod=\"b\" replica=\"c\" | 0-9:same\n"
						   "replica=\"d\" zone=\"1\" | 5-6:y\n");
	(void)state;

	char *got = series_to_text(a, series_resort(src, drop, 2, NULL));

	assert_string_equal(
	    got, "pod=\"b\" | 0-9:same 10-19:x\npod=\"z\" | 0-9:z\nzone=\"1\" | 5-6:y\n");
}

static void an_empty_stream_stays_empty(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	assert_string_equal(series_to_text(a, series_resort(series_iter_empty(), NULL, 0, NULL)),
			    "");
}

static void more_than_the_memory_limit_is_an_error_and_all_is_given_back(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct tracker query;
	struct err err = ERR_INIT;
	struct series s;
	(void)state;

	tracker_init(&query, NULL, "the query", "--query.max-memory", 2000);
	struct series_iter *it =
	    series_resort(series_stream(a, "a=\"1\"\na=\"2\"\n"), NULL, 0, &query);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_ERROR);
	assert_int_equal(err.code, ERR_LIMIT);
	series_iter_close(it);
	assert_int_equal(query.used_bytes, 0);
}

static void what_a_stream_gave_before_it_failed_comes_first(void **state)
{
	const struct series two[] = {
	    {.labels = {.v = (struct label[]){LABEL("a", "1"), LABEL("replica", "x")}, .n = 2}},
	    {.labels = {.v = (struct label[]){LABEL("a", "2"), LABEL("replica", "x")}, .n = 2}},
	};
	struct str drop[] = {STR("replica")};
	struct series_request all = {0};
	struct fake_store store;
	struct err err = ERR_INIT;
	struct series s;
	(void)state;

	fake_store_init(&store, two, 2);
	store.fail_after_one = "unexpected EOF";
	struct series_iter *it =
	    series_resort(store_series(&store.base, NULL, &all, NULL, NULL, &err), drop, 1, NULL);

	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	expect_str(labels_get(s.labels, STR("a")), "1");
	assert_int_equal(s.labels.n, 1);
	assert_int_equal(err.code, ERR_OK);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_ERROR);
	expect_err(NULL, err, ERR_UNAVAILABLE, "unexpected EOF");
	series_iter_close(it);
	assert_int_equal(store.n_open, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(series_are_sorted_and_joined_without_the_dropped_labels),
	    cmocka_unit_test(an_empty_stream_stays_empty),
	    cmocka_unit_test(what_a_stream_gave_before_it_failed_comes_first),
	    cmocka_unit_test(more_than_the_memory_limit_is_an_error_and_all_is_given_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
