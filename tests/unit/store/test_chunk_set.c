#include "store/chunk_set.h"
#include "tests/lib/expect.h"
#include "tests/lib/series_text.h"

/* Unite the chunks of one series written as text. */
static char *unite(struct arena *a, const char *chunks)
{
	struct series s = series_from_text(a, arena_printf(a, "x=\"\" | %s", chunks));
	size_t n = chunks_unite(a, (struct chunk *)s.chunks, s.n_chunks);
	struct series united = {.chunks = s.chunks, .n_chunks = n};
	return series_to_text(a, series_iter_of(&united, 1));
}

static void chunks_are_ordered_by_min_time_then_max_time(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	assert_string_equal(unite(a, "30-40:d 0-20:b 0-10:a 5-6:c 0-20:b 41-42:e"),
			    " | 0-10:a 0-20:b 5-6:c 30-40:d 41-42:e\n");
}

static void among_equal_times_the_larger_bytes_come_first(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	assert_string_equal(unite(a, "0-10:b 0-10:a 0-10:c"), " | 0-10:c 0-10:b 0-10:a\n");
}

static void a_raw_chunk_comes_before_aggregates_of_the_same_time(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	assert_string_equal(unite(a, "0-10:sum=s 0-10:count=c 0-10:r"),
			    " | 0-10:r 0-10:count=c 0-10:sum=s\n");
}

static void a_chunk_is_dropped_when_each_of_its_fields_stands_for_another(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	assert_string_equal(unite(a, "0-9:count=c 0-9:count=c 0-9:count=c"), " | 0-9:count=c\n");
	/* Kept under count, then under sum, then not at all. */
	assert_string_equal(unite(a, "0-9:count=c,sum=s 0-9:count=c,sum=s 0-9:count=c,sum=s"),
			    " | 0-9:count=c,sum=s 0-9:count=c,sum=s\n");
}

static void a_hash_that_came_with_the_chunk_is_believed(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct series s = series_from_text(a, "x=\"\" | 0-9:a 0-9:b");
	struct chunk *v = (struct chunk *)s.chunks;
	(void)state;

	v[0].raw.hash = v[1].raw.hash = 7;

	assert_int_equal(chunks_unite(a, v, 2), 1);
	assert_int_equal(v[0].raw.data[0], 'a');
}

static void many_chunks_in_any_order_are_sorted(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk v[500];
	(void)state;

	for (size_t i = 0; i < 500; i++) {
		int64_t t = (int64_t)(i * 7919 % 500);
		v[i] = (struct chunk){.min_t_ms = t, .max_t_ms = t};
	}
	assert_int_equal(chunks_unite(a, v, 500), 500);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(v[i].min_t_ms, i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chunks_are_ordered_by_min_time_then_max_time),
	    cmocka_unit_test(among_equal_times_the_larger_bytes_come_first),
	    cmocka_unit_test(a_raw_chunk_comes_before_aggregates_of_the_same_time),
	    cmocka_unit_test(a_chunk_is_dropped_when_each_of_its_fields_stands_for_another),
	    cmocka_unit_test(a_hash_that_came_with_the_chunk_is_believed),
	    cmocka_unit_test(many_chunks_in_any_order_are_sorted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
