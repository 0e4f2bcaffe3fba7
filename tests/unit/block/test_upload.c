#include "base/alloc.h"
#include "block/block_id.h"
#include "block/delete.h"
#include "block/markers.h"
#include "block/meta.h"
#include "block/upload.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/local_block.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

#define ID "01BX5ZZKBKACTAV9WEVGEMMVS0"

struct fixture {
	char *dir;
	char *block;
	struct fake_clock clock;
	struct bucket *bucket;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.dir = temp_dir_new();
	f.block = xasprintf("%s/" ID, f.dir);
	fake_clock_init(&f.clock, INT64_C(1700000000120));
	f.bucket = inmem_bucket_new(&f.clock.base);
	local_block_make(f.dir, &(struct local_block){.ulid = ID,
						      .max_t_ms = 10,
						      .n_segments = 3,
						      .thanos = "\"labels\": {\"a\": \"1\"}"});
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bucket_close(f->bucket);
	temp_dir_remove(f->dir);
	free(f->block);
	return 0;
}

static struct ulid block_id(void)
{
	struct ulid id;
	assert_true(ulid_parse(STR(ID), &id));
	return id;
}

static void the_meta_in_the_bucket_tells_files_sizes_hashes_and_time(void **state)
{
	struct fixture *f = *state;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct block_upload_options options = {
	    .hash = BLOCK_HASH_SHA256, .concurrency = 2, .clock = &f->clock.base};
	struct err err = ERR_INIT;
	struct meta m;

	expect_ok(block_upload(f->bucket, NULL, f->block, &options, &err), err);

	expect_ok(
	    bucket_get_bytes(f->bucket, NULL, STR(ID "/meta.json"), 0, BUCKET_TO_END, &text, &err),
	    err);
	expect_ok(meta_parse(buf_str(&text), a, &m, &err), err);
	assert_int_equal(m.n_files, 5);
	expect_str(m.files[0].path, "chunks/000001");
	expect_str(m.files[2].path, "chunks/000003");
	expect_str(m.files[3].path, "index");
	assert_int_equal(m.files[3].size_bytes, strlen("index of " ID));
	expect_str(m.files[3].hash_func, "SHA256");
	expect_str(m.files[3].hash,
		   "4553dfa6a22a75a7f6851fa54309d639bd4e0226b96cb2de2dee35c2dde9db80");
	expect_str(m.files[4].path, "meta.json");
	assert_int_equal(m.files[4].size_bytes, 0);
	expect_str(m.upload_time, "2023-11-14T22:13:20.12Z");
	assert_int_equal(bucket_check_blocks(f->bucket), 1);
}

static void a_block_without_external_labels_is_refused(void **state)
{
	struct fixture *f = *state;
	struct block_upload_options options = {.clock = &f->clock.base};
	struct err err = ERR_INIT;

	local_block_make(f->dir, &(struct local_block){.ulid = ID});
	expect_err(block_upload(f->bucket, NULL, f->block, &options, &err), err, ERR_INVALID,
		   "empty external labels are not allowed");
	expect_err(block_upload(f->bucket, NULL, f->dir, &options, &err), err, ERR_INVALID,
		   "not named by a ULID");
	assert_int_equal(bucket_check_blocks(f->bucket), 0);
}

static void an_upload_cut_off_anywhere_is_no_block_and_is_made_good(void **state)
{
	struct fixture *f = *state;

	for (enum fault fault = FAULT_REQUEST_LOST; fault <= FAULT_CRASH; fault++) {
		for (unsigned concurrency = 1; concurrency <= 3; concurrency += 2) {
			bool more = true;
			for (size_t at = 0; more; at++) {
				struct bucket *b auto_free(bucket_close) =
				    inmem_bucket_new(&f->clock.base);
				struct fault_bucket *faults = fault_bucket_new(b, fault, at);
				struct block_upload_options options = {.concurrency = concurrency,
								       .clock = &f->clock.base};
				struct err err = ERR_INIT;

				bool ok =
				    block_upload(&faults->base, NULL, f->block, &options, &err);
				more = faults->n_operations > at;
				bucket_close(&faults->base);
				assert_int_equal(ok, !more);
				size_t n = bucket_check_blocks(b);
				if (ok)
					assert_int_equal(n, 1);

				expect_ok(block_upload(b, NULL, f->block, &options, &err), err);
				assert_int_equal(bucket_check_blocks(b), 1);
			}
		}
	}
}

static void an_object_that_arrived_short_keeps_the_meta_away(void **state)
{
	struct fixture *f = *state;
	static const char *const files[] = {"chunks/000001", "chunks/000002", "chunks/000003",
					    "index"};

	for (size_t at = 0; at < 4; at++) {
		struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&f->clock.base);
		struct fault_bucket *faults = fault_bucket_new(b, FAULT_STORED_SHORT, at);
		struct block_upload_options options = {.clock = &f->clock.base};
		struct err err = ERR_INIT;

		expect_err(block_upload(&faults->base, NULL, f->block, &options, &err), err,
			   ERR_UNAVAILABLE, "bytes were sent, and the bucket has");
		assert_non_null(strstr(err.msg, files[at]));
		bucket_close(&faults->base);
		assert_int_equal(bucket_check_blocks(b), 0);

		expect_ok(block_upload(b, NULL, f->block, &options, &err), err);
		assert_int_equal(bucket_check_blocks(b), 1);
	}
}

static void the_check_of_what_arrived_is_one_listing(void **state)
{
	struct fixture *f = *state;
	struct fault_bucket *counting = fault_bucket_new(f->bucket, FAULT_CRASH, SIZE_MAX);
	struct block_upload_options options = {.clock = &f->clock.base};
	struct err err = ERR_INIT;

	expect_ok(block_upload(&counting->base, NULL, f->block, &options, &err), err);
	/* Three chunk files, the index, the listing, meta.json. */
	assert_int_equal(counting->n_operations, 6);
	bucket_close(&counting->base);
}

/* --- deletion ------------------------------------------------------------------------------ */

static void fill(struct fixture *f, struct bucket *b)
{
	struct block_upload_options options = {.clock = &f->clock.base};
	struct block_mark mark = {.id = block_id(), .time_s = 1};
	struct err err = ERR_INIT;

	expect_ok(block_upload(b, NULL, f->block, &options, &err), err);
	expect_ok(mark_write(b, NULL, MARK_DELETION, &mark, &err), err);
	mark.reason = STR("manual");
	expect_ok(mark_write(b, NULL, MARK_NO_COMPACT, &mark, &err), err);
	expect_ok(
	    bucket_put_bytes(b, NULL, STR("debug/metas/" ID ".json"), STR("x"), PUT_REPLACE, &err),
	    err);
}

static void expect_only_the_debug_copy(struct bucket *b)
{
	struct buf dump auto_done(buf_done) = BUF_INIT(10000);

	bucket_dump(b, &dump);
	expect_str(buf_str(&dump), "debug/metas/" ID ".json x\n");
}

static void a_deletion_takes_all_of_the_block_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	fill(f, f->bucket);
	expect_ok(block_delete(f->bucket, NULL, block_id(), &err), err);
	expect_only_the_debug_copy(f->bucket);
	expect_ok(block_delete(f->bucket, NULL, block_id(), &err), err);
}

static void a_deletion_cut_off_anywhere_leaves_a_mark_and_no_meta(void **state)
{
	struct fixture *f = *state;

	for (enum fault fault = FAULT_REQUEST_LOST; fault <= FAULT_CRASH; fault++) {
		bool more = true;
		for (size_t at = 0; more; at++) {
			struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&f->clock.base);
			struct fault_bucket *faults;
			struct buf dump auto_done(buf_done) = BUF_INIT(10000);
			struct err err = ERR_INIT;

			fill(f, b);
			faults = fault_bucket_new(b, fault, at);
			block_delete(&faults->base, NULL, block_id(), &err);
			more = faults->n_operations > at;
			bucket_close(&faults->base);

			bucket_dump(b, &dump);
			bool has_meta = strstr(buf_cstr(&dump), "/meta.json") != NULL;
			bool has_mark = strstr(buf_cstr(&dump), "deletion-mark.json") != NULL;
			bool has_index = strstr(buf_cstr(&dump), "/index") != NULL;
			if (has_meta)
				bucket_check_blocks(b);
			if (has_index)
				assert_true(has_mark);

			expect_ok(block_delete(b, NULL, block_id(), &err), err);
			expect_only_the_debug_copy(b);
		}
	}
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_meta_in_the_bucket_tells_files_sizes_hashes_and_time),
	    TEST(a_block_without_external_labels_is_refused),
	    TEST(an_upload_cut_off_anywhere_is_no_block_and_is_made_good),
	    TEST(an_object_that_arrived_short_keeps_the_meta_away),
	    TEST(the_check_of_what_arrived_is_one_listing),
	    TEST(a_deletion_takes_all_of_the_block_and_nothing_else),
	    TEST(a_deletion_cut_off_anywhere_leaves_a_mark_and_no_meta),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
