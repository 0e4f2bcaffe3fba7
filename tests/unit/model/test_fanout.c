#include "model/fanout.h"

#include "tests/lib/cmocka.h"

static const uint8_t xor_of_300[] = {300 >> 8, 300 & 0xff, 1, 2, 3};
static const uint8_t histogram[] = {0, 7, 1, 2, 3};

static void series_chunks_and_samples_are_counted(void **state)
{
	const struct chunk_data aggrs[AGGR_N] = {
	    [0] = {.data = xor_of_300, .size_bytes = 5, .encoding = CHUNK_XOR},
	    [2] = {.data = xor_of_300, .size_bytes = 5, .encoding = CHUNK_XOR},
	};
	const struct chunk chunks[] = {
	    {.raw = {.data = xor_of_300, .size_bytes = 5, .encoding = CHUNK_XOR}},
	    {.raw = {.data = histogram, .size_bytes = 5, .encoding = CHUNK_HISTOGRAM}},
	    {.raw = {.data = xor_of_300, .size_bytes = 1, .encoding = CHUNK_XOR}},
	    {.aggrs = aggrs},
	};
	struct series_count count = {0}, twice = {0};
	(void)state;

	series_count_add(&count, &(struct series){.chunks = chunks, .n_chunks = 4});
	series_count_add(&count, &(struct series){0});
	series_count_add_all(&twice, &count);
	series_count_add_all(&twice, &count);
	assert_int_equal(count.n_series, 2);
	assert_int_equal(count.n_chunks, 5);
	assert_int_equal(count.n_samples, 900);
	assert_int_equal(twice.n_samples, 1800);
}

static void every_store_has_a_share_for_each_selector(void **state)
{
	struct fanout f;
	(void)state;

	fanout_init(&f);
	struct store_share *a = fanout_add(&f, "a:1", 1);
	struct store_share *b = fanout_add(&f, "b:1", 2);
	a->n_messages = 3;
	fanout_add_merged(&f, &(struct series_count){1, 2, 3});
	fanout_add_merged(&f, &(struct series_count){1, 2, 3});
	assert_int_equal(f.shares.n, 2);
	assert_string_equal(f.shares.v[0]->address, "a:1");
	assert_int_equal(f.shares.v[0]->n_messages, 3);
	assert_int_equal(b->selector, 2);
	assert_int_equal(f.merged.n_samples, 6);
	fanout_done(&f);
	assert_null(fanout_add(NULL, "a:1", 1));
	fanout_add_merged(NULL, &(struct series_count){1, 2, 3});
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(series_chunks_and_samples_are_counted),
	    cmocka_unit_test(every_store_has_a_share_for_each_selector),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
