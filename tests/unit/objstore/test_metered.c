#include "objstore/inmem.h"
#include "objstore/metered.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"

static double value(struct metrics *m, const char *name, const char *operation)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metric_snapshots all = metrics_gather(m, a);

	for (size_t i = 0; i < all.n; i++) {
		const struct metric_snapshot *s = &all.v[i];
		if (!str_is(s->name, name))
			continue;
		for (size_t k = 0; k < s->n_points; k++)
			if (s->n_labels < 2 || str_is(s->points[k].label_values[1], operation))
				return s->type == METRIC_HISTOGRAM
					   ? (double)s->points[k].buckets[s->n_bounds]
					   : s->points[k].value;
	}
	fail_msg("no metric %s{operation=\"%s\"}", name, operation);
	return 0;
}

#define TOTAL(m, op)    value(m, "thanos_objstore_bucket_operations_total", op)
#define FAILURES(m, op) value(m, "thanos_objstore_bucket_operation_failures_total", op)

static void each_kind_of_operation_is_counted(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct fake_clock clock;
	struct buf got auto_done(buf_done) = BUF_INIT(100);
	struct object_attrs attrs;
	struct err err = ERR_INIT;
	bool exists;
	(void)state;

	fake_clock_init(&clock, 1700000000500);
	struct bucket *b auto_free(bucket_close) =
	    metered_bucket_new(inmem_bucket_new(&clock.base), &clock.base, m);
	assert_int_equal(FAILURES(m, "iter"), 0);

	expect_ok(bucket_put_bytes(b, NULL, STR("a"), STR("12345"), PUT_REPLACE, &err), err);
	expect_ok(bucket_get_bytes(b, NULL, STR("a"), 0, BUCKET_TO_END, &got, &err), err);
	expect_ok(bucket_get_bytes(b, NULL, STR("a"), 1, 2, &got, &err), err);
	expect_ok(bucket_attrs(b, NULL, STR("a"), &attrs, &err), err);
	expect_ok(bucket_exists(b, NULL, STR("x"), &exists, &err), err);
	expect_ok(bucket_remove(b, NULL, STR("a"), &err), err);

	static const char *const operations[] = {"get",    "get_range", "exists",
						 "upload", "delete",    "attributes"};
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
		assert_int_equal(TOTAL(m, operations[i]), 1);
		assert_int_equal(FAILURES(m, operations[i]), 0);
		assert_int_equal(
		    value(m, "thanos_objstore_bucket_operation_duration_seconds", operations[i]),
		    1);
	}
	assert_int_equal(value(m, "thanos_objstore_bucket_operation_fetched_bytes_total", "get"),
			 5);
	assert_int_equal(
	    value(m, "thanos_objstore_bucket_operation_fetched_bytes_total", "get_range"), 2);
	assert_int_equal(value(m, "thanos_objstore_bucket_last_successful_upload_time", ""),
			 1700000000);
}

static void answers_that_are_expected_are_no_failures(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct bucket *b auto_free(bucket_close) =
	    metered_bucket_new(inmem_bucket_new(&clock_system), &clock_system, m);
	struct buf got auto_done(buf_done) = BUF_INIT(100);
	struct err err = ERR_INIT;
	(void)state;

	assert_false(bucket_get_bytes(b, NULL, STR("a"), 0, BUCKET_TO_END, &got, &err));
	assert_int_equal(FAILURES(m, "get"), 0);
	expect_ok(bucket_put_bytes(b, NULL, STR("a"), STR("1"), PUT_IF_ABSENT, &err), err);
	assert_false(bucket_put_bytes(b, NULL, STR("a"), STR("1"), PUT_IF_ABSENT, &err));
	assert_int_equal(TOTAL(m, "upload"), 2);
	assert_int_equal(FAILURES(m, "upload"), 0);
}

static void all_else_that_goes_wrong_is_a_failure(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct bucket *inner auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct fault_bucket *faults = fault_bucket_new(inner, FAULT_CRASH, 0);
	struct bucket *b auto_free(bucket_close) =
	    metered_bucket_new(&faults->base, &clock_system, m);
	struct err err = ERR_INIT;
	bool exists;
	(void)state;

	assert_false(bucket_exists(b, NULL, STR("a"), &exists, &err));
	assert_false(bucket_put_bytes(b, NULL, STR("a"), STR("1"), PUT_REPLACE, &err));
	assert_false(bucket_put_bytes(b, NULL, STR("../a"), STR("1"), PUT_REPLACE, &err));

	assert_int_equal(FAILURES(m, "exists"), 1);
	assert_int_equal(FAILURES(m, "upload"), 2);
	assert_int_equal(TOTAL(m, "upload"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_of_operation_is_counted),
	    cmocka_unit_test(answers_that_are_expected_are_no_failures),
	    cmocka_unit_test(all_else_that_goes_wrong_is_a_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
