#include "compaction/downsample_pass.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "block/fetcher.h"
#include "block/markers.h"
#include "block/upload.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/local_block.h"
#include "tests/lib/odd_series.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

struct fixture {
	char *dir;
	char *work;
	struct fake_clock clock;
	struct bucket *bucket;
	struct metrics *metrics;
};

static const struct ulid raw_id = {{1, 2, 3, 4, 5, 6, 1}}, other_id = {{1, 2, 3, 4, 5, 6, 2}};

static void upload(struct fixture *f, struct ulid id)
{
	char *dir auto_free(mem_free) = xasprintf("%s/%s", f->dir, ulid_str(id));
	struct block_upload_options options = {.clock = &f->clock.base};
	struct err err = ERR_INIT;

	expect_ok(block_upload(f->bucket, NULL, dir, &options, &err), err);
}

static void put_block(struct fixture *f, struct ulid id)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta meta;

	odd_block_make(f->dir, id, a, &meta);
	upload(f, id);
}

static int set_up(void **state)
{
	static struct fixture f;

	f.dir = temp_dir_new();
	f.work = xasprintf("%s/work", f.dir);
	fake_clock_init(&f.clock, INT64_C(1700000000000));
	f.bucket = inmem_bucket_new(&f.clock.base);
	f.metrics = metrics_new();
	put_block(&f, raw_id);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	metrics_free(f->metrics);
	bucket_close(f->bucket);
	temp_dir_remove(f->dir);
	free(f->work);
	return 0;
}

static bool pass_over(struct fixture *f, struct bucket *b, struct downsample_pass_result *result,
		      struct err *err)
{
	struct fetcher *fetcher auto_free(fetcher_free) =
	    fetcher_new(&(const struct fetcher_options){.bucket = b, .concurrency = 1});
	struct block_view view auto_done(block_view_done) = {0};
	struct downsample_pass_options options = {
	    .bucket = b,
	    .dir = f->work,
	    .concurrency = 2,
	    .metrics = downsample_metrics_make(f->metrics),
	    .clock = &f->clock.base,
	};

	*result = (struct downsample_pass_result){0};
	if (!fetcher_fetch(fetcher, NULL, &view, err))
		return false;
	if (view.n_failed > 0) {
		*err = view.failure;
		return false;
	}
	return downsample_pass(&options, NULL, &view, result, err);
}

static uint64_t done_by(struct fixture *f)
{
	struct downsample_pass_result result;
	struct err err = ERR_INIT;

	expect_ok(pass_over(f, f->bucket, &result, &err), err);
	assert_int_equal(result.n_failed, 0);
	assert_false(fs_exists(f->work));
	return result.n_done;
}

static double counted(struct fixture *f, const char *resolution, bool failures)
{
	struct downsample_metrics m = downsample_metrics_make(f->metrics);

	return counter_value(counter_at(failures ? m.failures : m.total, resolution));
}

static void each_pass_makes_the_next_resolution_until_nothing_is_due(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(done_by(f), 1);
	assert_int_equal(bucket_check_blocks(f->bucket), 2);
	assert_int_equal(done_by(f), 1);
	assert_int_equal(bucket_check_blocks(f->bucket), 3);
	assert_int_equal(done_by(f), 0);

	assert_true(counted(f, "0", false) == 1 && counted(f, "300000", false) == 1);
	assert_true(counted(f, "0", true) == 0 && counted(f, "3600000", false) == 0);
}

static void a_block_that_is_marked_stays_as_it_is(void **state)
{
	struct fixture *f = *state;
	struct block_mark mark = {.id = raw_id, .reason = STR("manual")};
	struct downsample_pass_result result;
	struct err err = ERR_INIT;

	expect_ok(mark_write(f->bucket, NULL, MARK_NO_DOWNSAMPLE, &mark, &err), err);
	expect_ok(pass_over(f, f->bucket, &result, &err), err);

	assert_int_equal(result.n_marked, 1);
	assert_int_equal(result.n_done, 0);
	assert_int_equal(bucket_check_blocks(f->bucket), 1);
}

static void a_block_that_fails_does_not_keep_others_from_theirs(void **state)
{
	struct fixture *f = *state;
	struct downsample_pass_result result;
	struct err err = ERR_INIT;

	put_block(f, other_id);
	expect_ok(bucket_put_bytes(f->bucket, NULL, block_object(raw_id, "index"), STR("broken"),
				   PUT_REPLACE, &err),
		  err);
	expect_err(pass_over(f, f->bucket, &result, &err), err, ERR_CORRUPT, ulid_str(raw_id));

	assert_int_equal(result.n_failed, 1);
	assert_int_equal(result.n_done, 1);
	assert_true(counted(f, "0", true) == 1 && counted(f, "0", false) == 2);
}

static void a_pass_that_was_cut_off_anywhere_is_made_up_for_by_the_next(void **state)
{
	struct fixture *f = *state;

	for (size_t at = 0;; at++) {
		struct fault_bucket *faults = fault_bucket_new(f->bucket, FAULT_CRASH, at);
		struct downsample_pass_result result;
		struct err err = ERR_INIT;
		bool ok = pass_over(f, &faults->base, &result, &err);
		bool is_over = faults->n_operations <= at;
		bucket_close(&faults->base);
		assert_int_equal(bucket_check_blocks(f->bucket), ok ? 2 : 1);
		if (is_over) {
			assert_true(ok && at > 5);
			break;
		}
		assert_int_equal(done_by(f), 1);
		assert_int_equal(bucket_check_blocks(f->bucket), 2);
		bucket_close(f->bucket);
		f->bucket = inmem_bucket_new(&f->clock.base);
		upload(f, raw_id);
	}
}

static void what_other_passes_left_is_removed(void **state)
{
	struct fixture *f = *state;
	char *stale auto_free(mem_free) = xasprintf("%s/%s", f->work, ulid_str(other_id));
	struct downsample_pass_result result;
	struct err err = ERR_INIT;

	expect_ok(fs_mkdirs(stale, &err), err);
	expect_ok(bucket_put_bytes(f->bucket, NULL, block_object(raw_id, "index"), STR("broken"),
				   PUT_REPLACE, &err),
		  err);
	assert_false(pass_over(f, f->bucket, &result, &err));

	assert_false(fs_exists(stale));
	assert_true(fs_exists(f->work));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		each_pass_makes_the_next_resolution_until_nothing_is_due, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_block_that_is_marked_stays_as_it_is, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(a_block_that_fails_does_not_keep_others_from_theirs,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_pass_that_was_cut_off_anywhere_is_made_up_for_by_the_next, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_other_passes_left_is_removed, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
