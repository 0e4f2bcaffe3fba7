#include "store/store_limits.h"
#include "tests/lib/expect.h"

static void a_request_is_refused_when_it_is_over(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct family *dropped = metrics_counters(m, "dropped_total", "", "reason", "tenant");
	struct store_limits l;
	struct err err = ERR_INIT;
	(void)state;

	store_limits_init(&l, &(struct store_limits_config){.series = 10, .samples = 1200}, dropped,
			  "t");
	expect_ok(store_limits_reserve(&l, STORE_LIMIT_SERIES, 10, &err), err);
	expect_err(store_limits_reserve(&l, STORE_LIMIT_SERIES, 1, &err), err, ERR_LIMIT,
		   "exceeded series limit: limit 10 violated (got 11)");
	expect_err(store_limits_reserve(&l, STORE_LIMIT_SERIES, 1, &err), err, ERR_LIMIT, "got 12");
	expect_err(store_limits_reserve(&l, STORE_LIMIT_CHUNKS, 11, &err), err, ERR_LIMIT,
		   "exceeded chunks limit: limit 10 violated (got 11)");
	expect_ok(store_limits_reserve(&l, STORE_LIMIT_BYTES, UINT64_MAX / 2, &err), err);
	assert_int_equal(counter_value(counter_at(dropped, "series", "t")), 1);
}

static void fewer_samples_than_a_chunk_allow_one_chunk(void **state)
{
	struct store_limits l;
	struct err err = ERR_INIT;
	(void)state;

	store_limits_init(&l, &(struct store_limits_config){.samples = 5}, NULL, "");
	expect_ok(store_limits_reserve(&l, STORE_LIMIT_CHUNKS, 1, &err), err);
	assert_false(store_limits_reserve(&l, STORE_LIMIT_CHUNKS, 1, &err));
	expect_ok(store_limits_reserve(NULL, STORE_LIMIT_CHUNKS, 1, &err), err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_is_refused_when_it_is_over),
	    cmocka_unit_test(fewer_samples_than_a_chunk_allow_one_chunk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
