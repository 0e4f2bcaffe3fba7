#include "compactor/compactor.h"

#include "base/alloc.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/golden_block.h"
#include "tests/lib/local_block.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

#define A "01BX5ZZKBKACTAV9WEVGEMMVS0"
#define B "01BX5ZZKBKACTAV9WEVGEMMVS1"

#define HOUR_MS INT64_C(3600000)

struct rig {
	char *dir;
	struct fake_clock clock;
	struct bucket *bucket;
	struct metrics *metrics;
	struct compactor_options options;
	struct compactor *compactor;
};

static int set_up(void **state)
{
	struct rig *r = NEW(struct rig);
	struct err err = ERR_INIT;

	r->dir = temp_dir_new();
	fake_clock_init(&r->clock, INT64_C(1700100000000));
	r->bucket = inmem_bucket_new(&r->clock.base);
	r->metrics = metrics_new();
	r->options = (struct compactor_options){
	    .bucket = r->bucket,
	    .data_dir = r->dir,
	    .fetch_concurrency = 2,
	    .max_level = COMPACTION_N_RANGES - 1,
	    .max_index_bytes = INT64_C(64) << 30,
	    .delete_delay_ms = 48 * HOUR_MS,
	    .clock = &r->clock.base,
	    .metrics = r->metrics,
	};
	*state = r;
	return time_or_duration_parse(STR("9999-12-31T23:59:59Z"), &r->options.max_time, &err) ? 0
											       : -1;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	compactor_free(r->compactor);
	metrics_free(r->metrics);
	bucket_close(r->bucket);
	temp_dir_remove(r->dir);
	free(r);
	return 0;
}

static bool iterate(struct rig *r, enum compaction_failure *failure, struct err *err)
{
	if (!r->compactor)
		r->compactor = compactor_new(&r->options);
	return compactor_iterate(r->compactor, NULL, failure, err);
}

static void iterate_well(struct rig *r)
{
	enum compaction_failure failure;
	struct err err = ERR_INIT;

	expect_ok(iterate(r, &failure, &err), err);
}

static bool has_object(struct rig *r, const char *name)
{
	struct err err = ERR_INIT;
	bool is_there = false;

	expect_ok(bucket_exists(r->bucket, NULL, str_of(name), &is_there, &err), err);
	return is_there;
}

static void put_replicas(struct rig *r)
{
	golden_block_put(r->bucket, &(struct golden_block){
					.ulid = A, .labels = "{\"cluster\":\"eu\",\"r\":\"0\"}"});
	golden_block_put(r->bucket, &(struct golden_block){
					.ulid = B, .labels = "{\"cluster\":\"eu\",\"r\":\"1\"}"});
}

static void blocks_of_replicas_become_one_without_their_label(void **state)
{
	static const struct str replica[] = {{"r", 1}};
	struct rig *r = *state;

	put_replicas(r);
	r->options.replica_labels = replica;
	r->options.n_replica_labels = 1;
	r->options.dedup_by_penalty = true;
	iterate_well(r);
	assert_int_equal(bucket_check_blocks(r->bucket), 3);
	assert_true(has_object(r, A "/deletion-mark.json"));

	/* Their time comes. */
	fake_clock_advance(&r->clock, 49 * HOUR_MS);
	iterate_well(r);
	assert_int_equal(bucket_check_blocks(r->bucket), 1);
	assert_false(has_object(r, A "/index") || has_object(r, B "/index"));
}

static void replicas_whose_label_counts_are_left_alone(void **state)
{
	struct rig *r = *state;

	put_replicas(r);
	iterate_well(r);
	assert_int_equal(bucket_check_blocks(r->bucket), 2);
	assert_false(has_object(r, A "/deletion-mark.json"));
}

static void old_blocks_and_rests_of_uploads_go(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	golden_block_put(r->bucket, &(struct golden_block){.ulid = A});
	expect_ok(bucket_put_bytes(r->bucket, NULL, STR(B "/index"), STR("x"), PUT_REPLACE, &err),
		  err);
	fake_clock_advance(&r->clock, 49 * HOUR_MS);
	r->options.retention.raw_ms = 40 * HOUR_MS;
	iterate_well(r);

	assert_true(has_object(r, A "/deletion-mark.json"));
	assert_false(has_object(r, B "/index"));
}

static void the_cleaner_deletes_without_an_iteration_what_may_go(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	golden_block_put(r->bucket, &(struct golden_block){.ulid = A});
	expect_ok(bucket_put_bytes(r->bucket, NULL, STR(B "/index"), STR("x"), PUT_REPLACE, &err),
		  err);
	r->options.retention.raw_ms = 1;
	iterate_well(r);
	assert_true(has_object(r, A "/deletion-mark.json"));

	fake_clock_advance(&r->clock, 47 * HOUR_MS);
	expect_ok(compactor_clean(r->compactor, NULL, &err), err);
	assert_true(has_object(r, A "/meta.json") && has_object(r, B "/index"));

	fake_clock_advance(&r->clock, 2 * HOUR_MS);
	expect_ok(compactor_clean(r->compactor, NULL, &err), err);
	assert_false(has_object(r, A "/meta.json") || has_object(r, A "/deletion-mark.json"));
	assert_false(has_object(r, B "/index"));
	assert_int_equal(bucket_check_blocks(r->bucket), 0);
}

static void a_failure_says_what_may_be_done_about_it(void **state)
{
	struct rig *r = *state;
	enum compaction_failure failure = COMPACTION_FAILED_OTHERWISE;
	struct err err = ERR_INIT;

	golden_block_put(r->bucket, &(struct golden_block){.ulid = A});
	golden_block_put(r->bucket, &(struct golden_block){.ulid = B});
	expect_err(iterate(r, &failure, &err), err, ERR_CORRUPT, "blocks overlap");
	assert_int_equal(failure, COMPACTION_MUST_HALT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(blocks_of_replicas_become_one_without_their_label),
	    TEST(replicas_whose_label_counts_are_left_alone),
	    TEST(old_blocks_and_rests_of_uploads_go),
	    TEST(the_cleaner_deletes_without_an_iteration_what_may_go),
	    TEST(a_failure_says_what_may_be_done_about_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
