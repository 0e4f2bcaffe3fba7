#include "block/download.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

#define ID "01BX5ZZKBKACTAV9WEVGEMMVS0"

struct fixture {
	char *dir;
	struct fake_clock clock;
	struct bucket *bucket;
};

static void put(struct fixture *f, const char *name, const char *bytes)
{
	struct err err = ERR_INIT;
	expect_ok(bucket_put_bytes(f->bucket, NULL, str_of(name), str_of(bytes), PUT_REPLACE, &err),
		  err);
}

static int set_up(void **state)
{
	static struct fixture f;

	f.dir = temp_dir_new();
	fake_clock_init(&f.clock, 1000);
	f.bucket = inmem_bucket_new(&f.clock.base);
	put(&f, ID "/chunks/000001", "one");
	put(&f, ID "/chunks/000002", "two");
	put(&f, ID "/index", "the index");
	put(&f, ID "/meta.json", "{}");
	put(&f, ID "/deletion-mark.json", "{}");
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bucket_close(f->bucket);
	temp_dir_remove(f->dir);
	return 0;
}

static struct ulid block_id(void)
{
	struct ulid id;
	assert_true(ulid_parse(STR(ID), &id));
	return id;
}

static bool download(struct fixture *f, struct bucket *b, unsigned concurrency, struct err *err)
{
	return block_download(b, NULL, block_id(), f->dir,
			      &(struct block_download_options){concurrency}, err);
}

static void expect_file(struct fixture *f, const char *name, const char *want)
{
	char *path auto_free(mem_free) = xasprintf("%s/%s", f->dir, name);
	struct buf got auto_done(buf_done) = BUF_INIT(1 << 10);
	struct err err = ERR_INIT;

	expect_ok(fs_read(path, &got, &err), err);
	expect_str(buf_str(&got), want);
}

static void expect_all(struct fixture *f)
{
	char *mark auto_free(mem_free) = xasprintf("%s/deletion-mark.json", f->dir);

	expect_file(f, "chunks/000001", "one");
	expect_file(f, "chunks/000002", "two");
	expect_file(f, "index", "the index");
	expect_file(f, "meta.json", "{}");
	assert_false(fs_exists(mark));
}

static void the_files_of_a_block_are_fetched_and_marks_are_not(void **state)
{
	struct err err = ERR_INIT;

	expect_ok(download(*state, ((struct fixture *)*state)->bucket, 0, &err), err);
	expect_all(*state);
}

static void after_any_failure_the_next_download_completes_the_block(void **state)
{
	struct fixture *f = *state;

	for (size_t at = 0;; at++) {
		struct fault_bucket *faults = fault_bucket_new(f->bucket, FAULT_REQUEST_LOST, at);
		struct err err = ERR_INIT;
		bool ok = download(f, &faults->base, 3, &err);
		bool is_over = faults->n_operations <= at;
		bucket_close(&faults->base);
		if (is_over) {
			assert_true(ok);
			break;
		}
		expect_ok(download(f, f->bucket, 1, &err), err);
		expect_all(f);
		temp_dir_remove(f->dir);
		f->dir = temp_dir_new();
	}
}

static void what_is_there_is_not_fetched_again(void **state)
{
	struct fixture *f = *state;
	struct fault_bucket *counting = fault_bucket_new(f->bucket, FAULT_REQUEST_LOST, SIZE_MAX);
	struct err err = ERR_INIT;

	expect_ok(download(f, f->bucket, 1, &err), err);
	put(f, ID "/chunks/000002", "longer");
	expect_ok(download(f, &counting->base, 1, &err), err);

	/* the listing, the segment that changed, meta.json */
	assert_int_equal(counting->n_operations, 3);
	expect_file(f, "chunks/000002", "longer");
	bucket_close(&counting->base);
}

static void a_block_without_an_index_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	expect_ok(bucket_remove(f->bucket, NULL, STR(ID "/index"), &err), err);
	expect_err(download(f, f->bucket, 1, &err), err, ERR_NOT_FOUND,
		   "download block " ID ": it has no index");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_files_of_a_block_are_fetched_and_marks_are_not,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(after_any_failure_the_next_download_completes_the_block,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_there_is_not_fetched_again, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_block_without_an_index_is_not_found, set_up,
					    tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
