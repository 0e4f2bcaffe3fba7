#include "compaction/bucket_compaction.h"

#include "base/alloc.h"
#include "block/block_id.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/golden_block.h"
#include "tests/lib/local_block.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

#define A "01BX5ZZKBKACTAV9WEVGEMMVS0"
#define B "01BX5ZZKBKACTAV9WEVGEMMVS1"
#define C "01BX5ZZKBKACTAV9WEVGEMMVS2"
#define D "01BX5ZZKBKACTAV9WEVGEMMVS3"

#define HOUR_MS INT64_C(3600000)
/* Long after all blocks were made. */
#define NOW_MS INT64_C(1700100000000)

struct rig {
	char *dir;
	struct fake_clock clock;
	struct bucket *bucket;
	struct metrics *metrics;
	struct deletion_mark_filter marks;
	struct duplicate_filter duplicates;
	struct remembering_filter marked_blocks;
	struct remembering_filter duplicate_blocks;
	struct gathered_marks no_compact;
	struct fetcher *fetcher;
	struct bucket_compaction c;
	struct bucket_compaction_result result;
};

static void make_fetcher(struct rig *r)
{
	static struct block_filter *filters[3];

	deletion_mark_filter_init(&r->marks, r->bucket, 24 * HOUR_MS, 1, &r->clock.base, NULL);
	duplicate_filter_init(&r->duplicates);
	remembering_filter_init(&r->marked_blocks, &r->marks.base);
	remembering_filter_init(&r->duplicate_blocks, &r->duplicates.base);
	gathered_marks_init(&r->no_compact, r->bucket, MARK_NO_COMPACT, 1, NULL);
	filters[0] = &r->marked_blocks.base;
	filters[1] = &r->duplicate_blocks.base;
	filters[2] = &r->no_compact.base;
	r->fetcher = fetcher_new(
	    &(struct fetcher_options){.bucket = r->bucket, .filters = filters, .n_filters = 3});
}

static int set_up(void **state)
{
	struct rig *r = NEW(struct rig);

	r->dir = temp_dir_new();
	fake_clock_init(&r->clock, NOW_MS);
	r->bucket = inmem_bucket_new(&r->clock.base);
	r->metrics = metrics_new();
	make_fetcher(r);
	r->c = (struct bucket_compaction){
	    .fetcher = r->fetcher,
	    .marked = &r->marked_blocks,
	    .duplicates = &r->duplicate_blocks,
	    .cleaning = {.bucket = r->bucket,
			 .clock = &r->clock.base,
			 .delete_delay_ms = 48 * HOUR_MS},
	    .group = {.limits = {.bucket = r->bucket,
				 .ranges_ms = COMPACTION_RANGES_MS,
				 .n_ranges = COMPACTION_N_RANGES,
				 .max_index_bytes = INT64_C(64) << 30,
				 .no_compact = &r->no_compact,
				 .clock = &r->clock.base},
		      .dir = r->dir,
		      .merger = &chunk_merger_one_to_one},
	    .concurrency = 2,
	    .metrics = group_metrics_make(r->metrics),
	};
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	fetcher_free(r->fetcher);
	gathered_marks_done(&r->no_compact);
	deletion_mark_filter_done(&r->marks);
	remembering_filter_done(&r->marked_blocks);
	remembering_filter_done(&r->duplicate_blocks);
	metrics_free(r->metrics);
	bucket_close(r->bucket);
	temp_dir_remove(r->dir);
	free(r);
	return 0;
}

static bool has_object(struct rig *r, const char *ulid, const char *file)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	bool is_there = false;

	expect_ok(bucket_exists(r->bucket, NULL, str_of(arena_printf(a, "%s/%s", ulid, file)),
				&is_there, &err),
		  err);
	return is_there;
}

static void mark(struct rig *r, const char *ulid, int64_t age_ms)
{
	struct block_mark m = {.time_s = (NOW_MS - age_ms) / 1000};
	struct err err = ERR_INIT;

	assert_true(ulid_parse(str_of(ulid), &m.id));
	expect_ok(mark_write(r->bucket, NULL, MARK_DELETION, &m, &err), err);
}

static bool run(struct rig *r, struct err *err)
{
	return bucket_compaction_run(&r->c, NULL, &r->result, err);
}

static double count(struct rig *r, struct family *f)
{
	(void)r;
	return counter_value(counter_at(f, "0"));
}

static void a_group_that_fails_does_not_keep_others_from_their_work(void **state)
{
	const char *eu = "{\"cluster\":\"eu\"}", *us = "{\"cluster\":\"us\"}";
	struct rig *r = *state;
	struct err err = ERR_INIT;

	golden_block_put(r->bucket, &(struct golden_block){.ulid = A, .labels = eu});
	golden_block_put(r->bucket, &(struct golden_block){.ulid = B, .labels = eu});
	golden_block_put(r->bucket, &(struct golden_block){.ulid = C, .labels = us});
	golden_block_put(r->bucket, &(struct golden_block){.ulid = D, .labels = us});
	r->c.group.may_overlap = true;
	expect_ok(
	    bucket_put_bytes(r->bucket, NULL, STR(B "/index"), STR("broken"), PUT_REPLACE, &err),
	    err);
	expect_err(run(r, &err), err, ERR_CORRUPT, "block " B);

	assert_int_equal(r->result.n_failed_groups, 1);
	assert_int_equal(r->result.n_compactions, 1);
	assert_int_equal(r->result.failure, COMPACTION_MUST_HALT);
	assert_true(has_object(r, C, "deletion-mark.json"));
	assert_false(has_object(r, A, "deletion-mark.json"));
	assert_true(count(r, r->c.metrics.failures) == 1);
	assert_true(count(r, r->c.metrics.vertical_compactions) == 1);
	assert_true(gauge_value(gauge_at(r->c.metrics.set_aside, "halt")) == 1);
	assert_true(gauge_value(gauge_at(r->c.metrics.set_aside, "other")) == 0);

	expect_ok(bucket_remove(r->bucket, NULL, STR(B "/meta.json"), &err), err);
	expect_ok(run(r, &err), err);
	assert_true(gauge_value(gauge_at(r->c.metrics.set_aside, "halt")) == 0);
}

static void when_all_is_compacted_nothing_is_left_to_do(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	r->c.group.may_overlap = true;
	golden_block_put(r->bucket, &(struct golden_block){.ulid = A});
	golden_block_put(r->bucket, &(struct golden_block){.ulid = B});
	expect_ok(run(r, &err), err);
	assert_int_equal(r->result.n_compactions, 1);

	expect_ok(run(r, &err), err);
	assert_int_equal(r->result.n_compactions, 0);
	assert_int_equal(bucket_check_blocks(r->bucket), 3);
}

static void blocks_that_were_marked_long_ago_are_deleted(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	golden_block_put(r->bucket, &(struct golden_block){.ulid = A});
	golden_block_put(r->bucket, &(struct golden_block){.ulid = B});
	golden_block_put(r->bucket, &(struct golden_block){.ulid = C});
	mark(r, A, 49 * HOUR_MS);
	mark(r, B, 47 * HOUR_MS);
	expect_ok(run(r, &err), err);

	assert_false(has_object(r, A, "index"));
	assert_false(has_object(r, A, "deletion-mark.json"));
	assert_true(has_object(r, B, "meta.json"));
	assert_int_equal(bucket_check_blocks(r->bucket), 2);
}

static void duplicates_are_marked(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;
	static const char both[] =
	    "{\"ulid\":\"" C "\",\"minTime\":1700006400000,\"maxTime\":1700011000001,"
	    "\"compaction\":{\"level\":2,\"sources\":[\"" A "\",\"" B "\"]},\"version\":1,"
	    "\"thanos\":{\"labels\":{\"cluster\":\"eu\"},\"downsample\":{\"resolution\":0},"
	    "\"source\":\"compactor\"}}";

	golden_block_put(r->bucket, &(struct golden_block){.ulid = A});
	golden_block_put(r->bucket, &(struct golden_block){.ulid = B});
	golden_block_put(r->bucket, &(struct golden_block){.ulid = C});
	expect_ok(
	    bucket_put_bytes(r->bucket, NULL, STR(C "/meta.json"), str_of(both), PUT_REPLACE, &err),
	    err);
	expect_ok(run(r, &err), err);

	assert_true(has_object(r, A, "deletion-mark.json"));
	assert_true(has_object(r, B, "deletion-mark.json"));
	assert_false(has_object(r, C, "deletion-mark.json"));
}

static void old_rests_of_uploads_are_removed(void **state)
{
	struct rig *r = *state;
	struct partial_block partial[2] = {0};
	struct err err = ERR_INIT;

	assert_true(ulid_parse(STR(A), &partial[0].id) && ulid_parse(STR(B), &partial[1].id));
	expect_ok(bucket_put_bytes(r->bucket, NULL, STR(A "/index"), STR("x"), PUT_REPLACE, &err),
		  err);
	fake_clock_advance(&r->clock, 49 * HOUR_MS);
	expect_ok(bucket_put_bytes(r->bucket, NULL, STR(B "/index"), STR("x"), PUT_REPLACE, &err),
		  err);
	clean_partial_uploads(&r->c.cleaning, NULL, partial, 2);

	assert_false(has_object(r, A, "index"));
	assert_true(has_object(r, B, "index"));
}

static void a_bucket_that_does_not_answer_may_be_asked_again(void **state)
{
	struct rig *r = *state;
	struct fault_bucket *faults = fault_bucket_new(r->bucket, FAULT_REQUEST_LOST, 0);
	struct err err = ERR_INIT;

	fetcher_free(r->fetcher);
	r->fetcher = fetcher_new(&(struct fetcher_options){.bucket = &faults->base});
	r->c.fetcher = r->fetcher;
	assert_false(run(r, &err));

	assert_int_equal(r->result.failure, COMPACTION_MAY_RETRY);
	fetcher_free(r->fetcher);
	r->fetcher = NULL;
	bucket_close(&faults->base);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_group_that_fails_does_not_keep_others_from_their_work),
	    TEST(when_all_is_compacted_nothing_is_left_to_do),
	    TEST(blocks_that_were_marked_long_ago_are_deleted),
	    TEST(duplicates_are_marked),
	    TEST(old_rests_of_uploads_are_removed),
	    TEST(a_bucket_that_does_not_answer_may_be_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
