#include "compaction/group_compaction.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "block/fetcher.h"
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

/* The golden blocks a and c follow each other. */
#define BASE_MS INT64_C(1700006400000)
#define SPAN_MS INT64_C(2520000)
#define HOUR_MS INT64_C(3600000)

struct rig {
	char *dir;
	struct fake_clock clock;
	struct bucket *bucket;
	struct gathered_marks no_compact;
	struct group_compaction c;
	struct compaction_result result;
};

static int set_up(void **state)
{
	struct rig *r = NEW(struct rig);

	r->dir = temp_dir_new();
	fake_clock_init(&r->clock, INT64_C(1700100000000));
	r->bucket = inmem_bucket_new(&r->clock.base);
	r->c = (struct group_compaction){
	    .limits = {.bucket = r->bucket,
		       .ranges_ms = COMPACTION_RANGES_MS,
		       .n_ranges = COMPACTION_N_RANGES,
		       .max_index_bytes = INT64_C(64) << 30,
		       .no_compact = &r->no_compact,
		       .clock = &r->clock.base},
	    .dir = r->dir,
	    .merger = &chunk_merger_one_to_one,
	};
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	gathered_marks_done(&r->no_compact);
	bucket_close(r->bucket);
	temp_dir_remove(r->dir);
	free(r);
	return 0;
}

static void put_block(struct rig *r, const char *ulid, const char *golden, int64_t min_t_ms,
		      int64_t max_t_ms)
{
	golden_block_put(r->bucket, &(struct golden_block){.golden = golden,
							   .ulid = ulid,
							   .min_t_ms = min_t_ms,
							   .max_t_ms = max_t_ms});
}

/* Two that follow each other, and two newer ones. */
static void put_row(struct rig *r)
{
	put_block(r, A, "../compaction/a", BASE_MS, BASE_MS + SPAN_MS);
	put_block(r, B, "../compaction/c", BASE_MS + SPAN_MS, BASE_MS + 2 * SPAN_MS);
	put_block(r, C, NULL, BASE_MS + 3 * HOUR_MS, BASE_MS + 4 * HOUR_MS);
	put_block(r, D, NULL, BASE_MS + 6 * HOUR_MS, BASE_MS + 7 * HOUR_MS);
}

/* The only group of what the bucket holds, through `b`. */
static bool compact(struct rig *r, struct bucket *b, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct fetcher_options options = {.bucket = r->bucket};
	struct fetcher *f auto_free(fetcher_free) = fetcher_new(&options);
	struct block_view view = {0};
	struct group_compaction c = r->c;

	expect_ok(fetcher_fetch(f, NULL, &view, err), *err);
	struct compaction_groups groups = compaction_groups_of(&view, a);
	assert_int_equal(groups.n, 1);
	c.limits.bucket = b;
	bool ok = group_compact(&c, NULL, &groups.v[0], &r->result, err);
	block_view_done(&view);
	return ok;
}

static void compact_well(struct rig *r)
{
	struct err err = ERR_INIT;

	expect_ok(compact(r, r->bucket, &err), err);
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

static struct meta read_new_meta(struct rig *r, struct arena *a)
{
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct err err = ERR_INIT;
	struct meta m;
	char *name = arena_printf(a, "%s/meta.json", ulid_str(r->result.new_block));

	expect_ok(bucket_get_bytes(r->bucket, NULL, str_of(name), 0, BUCKET_TO_END, &text, &err),
		  err);
	expect_ok(meta_parse(buf_str(&text), a, &m, &err), err);
	return m;
}

static void expect_same_object(struct rig *r, const char *file, const char *golden)
{
	struct buf got auto_done(buf_done) = BUF_INIT(1 << 24),
		       want auto_done(buf_done) = BUF_INIT(1 << 24);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	char *name = arena_printf(a, "%s/%s", ulid_str(r->result.new_block), file);

	expect_ok(bucket_get_bytes(r->bucket, NULL, str_of(name), 0, BUCKET_TO_END, &got, &err),
		  err);
	expect_ok(fs_read(golden, &want, &err), err);
	assert_true(str_eq(buf_str(&got), buf_str(&want)));
}

static void blocks_of_a_range_become_one_and_are_marked(void **state)
{
	struct rig *r = *state;
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	put_row(r);
	compact_well(r);

	assert_true(r->result.is_done && r->result.has_new_block);
	assert_false(r->result.was_vertical);
	assert_int_equal(bucket_check_blocks(r->bucket), 5);
	assert_true(has_object(r, A, "deletion-mark.json"));
	assert_true(has_object(r, B, "deletion-mark.json"));
	assert_false(has_object(r, C, "deletion-mark.json"));
	struct meta m = read_new_meta(r, a);
	assert_int_equal(m.min_t_ms, BASE_MS);
	assert_int_equal(m.max_t_ms, BASE_MS + 2 * SPAN_MS);
	assert_int_equal(m.compaction.level, 2);
	assert_int_equal(m.compaction.n_sources, 2);
	assert_int_equal(m.stats.n_series, 29);
	expect_str(m.source, "compactor");
	assert_int_equal(m.n_segment_files, 1);
	expect_str(labels_get(m.labels, STR("cluster")), "eu");
	assert_true(m.series_max_bytes > 0);
}

static void when_there_is_nothing_to_do_nothing_happens(void **state)
{
	struct rig *r = *state;

	put_block(r, A, NULL, BASE_MS, BASE_MS + HOUR_MS);
	compact_well(r);

	assert_false(r->result.is_done);
	assert_int_equal(bucket_check_blocks(r->bucket), 1);
}

static void blocks_that_overlap_stop_the_group(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	put_block(r, A, NULL, 0, 0);
	put_block(r, B, NULL, 0, 0);
	expect_err(compact(r, r->bucket, &err), err, ERR_CORRUPT, "blocks overlap: " A);

	assert_int_equal(r->result.failure, COMPACTION_MUST_HALT);
	assert_false(has_object(r, A, "deletion-mark.json"));
}

static void unless_they_may(void **state)
{
	struct rig *r = *state;

	r->c.may_overlap = true;
	put_block(r, A, NULL, 0, 0);
	put_block(r, B, NULL, 0, 0);
	compact_well(r);

	assert_true(r->result.was_vertical);
	expect_same_object(r, "index", TEST_DATA_DIR "/blocks/plain.index3");
	expect_same_object(r, "chunks/000001", TEST_DATA_DIR "/blocks/plain/chunks/000001");
}

static void what_was_cut_off_anywhere_loses_nothing(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;
	bool more = true;

	for (size_t at = 0; more; at++) {
		bucket_close(r->bucket);
		r->bucket = inmem_bucket_new(&r->clock.base);
		put_row(r);
		struct fault_bucket *faults = fault_bucket_new(r->bucket, FAULT_CRASH, at);
		bool ok = compact(r, &faults->base, &err);
		more = faults->n_operations > at;
		bucket_close(&faults->base);

		/* Marks are put through a bucket that is there no more: nothing is marked before
		 * the new block is whole. */
		size_t n = bucket_check_blocks(r->bucket);
		bool is_marked = has_object(r, A, "deletion-mark.json") ||
				 has_object(r, B, "deletion-mark.json");
		assert_true(n == 5 || !is_marked);
		assert_true(ok == !more);
		if (!ok)
			assert_int_not_equal(r->result.failure, COMPACTION_MUST_HALT);
	}
}

static void a_block_that_is_broken_is_named(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	put_row(r);
	expect_ok(bucket_put_bytes(r->bucket, NULL, STR(B "/chunks/000001"),
				   STR("\x85\xbd\x40\xdd\1\0\0\0"), PUT_REPLACE, &err),
		  err);
	expect_err(compact(r, r->bucket, &err), err, ERR_CORRUPT, "block " B);

	assert_int_equal(r->result.failure, COMPACTION_MUST_HALT);
	assert_true(r->result.has_bad_block);
	assert_string_equal(ulid_str(r->result.bad_block), B);
	assert_false(has_object(r, A, "deletion-mark.json"));
}

static void chunks_outside_of_their_block_stop_the_group(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;

	put_row(r);
	put_block(r, A, "../compaction/a", BASE_MS, BASE_MS + SPAN_MS / 2);
	expect_err(compact(r, r->bucket, &err), err, ERR_CORRUPT, "outside of its block");

	assert_int_equal(r->result.failure, COMPACTION_MUST_HALT);
}

static void the_block_with_the_largest_index_is_left_out_when_all_are_too_large(void **state)
{
	struct rig *r = *state;

	put_row(r);
	r->c.limits.max_index_bytes = 100;
	compact_well(r);

	assert_false(r->result.is_done);
	assert_true(has_object(r, A, "no-compact-mark.json") ||
		    has_object(r, B, "no-compact-mark.json"));
}

static void downsampled_blocks_that_overlap_are_left_out(void **state)
{
	struct rig *r = *state;

	r->c.may_overlap = true;
	for (int i = 0; i < 2; i++)
		golden_block_put(
		    r->bucket, &(struct golden_block){.ulid = i ? B : A, .resolution_ms = 300000});
	compact_well(r);

	assert_false(r->result.is_done);
	assert_true(has_object(r, A, "no-compact-mark.json"));
	assert_true(has_object(r, B, "no-compact-mark.json"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(blocks_of_a_range_become_one_and_are_marked),
	    TEST(when_there_is_nothing_to_do_nothing_happens),
	    TEST(blocks_that_overlap_stop_the_group),
	    TEST(unless_they_may),
	    TEST(what_was_cut_off_anywhere_loses_nothing),
	    TEST(a_block_that_is_broken_is_named),
	    TEST(chunks_outside_of_their_block_stop_the_group),
	    TEST(the_block_with_the_largest_index_is_left_out_when_all_are_too_large),
	    TEST(downsampled_blocks_that_overlap_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
