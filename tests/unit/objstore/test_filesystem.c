/* What a directory as a bucket promises beyond test_acceptance.c. */
#include "base/alloc.h"
#include "base/fs.h"
#include "objstore/filesystem.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <utime.h>

struct fixture {
	char *dir;
	struct bucket *bucket;
};

static int set_up(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;

	f.dir = temp_dir_new();
	f.bucket = filesystem_bucket_new(f.dir, &err);
	*state = &f;
	return f.bucket ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bucket_close(f->bucket);
	temp_dir_remove(f->dir);
	return 0;
}

static size_t count_files(const char *dir, const char *below)
{
	char *path auto_free(mem_free) = xasprintf("%s/%s", dir, below);
	struct fs_names names auto_done(fs_names_done) = {0};
	struct err err = ERR_INIT;

	return fs_list(path, &names, &err) ? names.n : 0;
}

static void no_name_leads_into_the_folder_of_unfinished_uploads(void **state)
{
	struct fixture *f = *state;
	struct buf got auto_done(buf_done) = BUF_INIT(100);
	struct object_attrs attrs;
	struct err err = ERR_INIT;

	struct bucket_writer *w = bucket_put(f->bucket, NULL, STR("a"), PUT_REPLACE, &err);
	assert_int_equal(count_files(f->dir, ".athanor-tmp"), 1);
	expect_err(
	    bucket_put_bytes(f->bucket, NULL, STR(".athanor-tmp/x"), STR("1"), PUT_REPLACE, &err),
	    err, ERR_INVALID, ".athanor-tmp is reserved");
	expect_err(bucket_get_bytes(f->bucket, NULL, STR(".athanor-tmp/x"), 0, 1, &got, &err), err,
		   ERR_INVALID, "reserved");
	expect_err(bucket_attrs(f->bucket, NULL, STR(".athanor-tmp/x"), &attrs, &err), err,
		   ERR_INVALID, "reserved");
	expect_err(bucket_remove(f->bucket, NULL, STR(".athanor-tmp/x"), &err), err, ERR_NOT_FOUND,
		   "not an object");
	bucket_writer_abort(w);
	assert_int_equal(count_files(f->dir, ".athanor-tmp"), 0);
}

static void the_folder_of_unfinished_uploads_goes_with_the_last_of_them(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	struct bucket_writer *a = bucket_put(f->bucket, NULL, STR("a"), PUT_REPLACE, &err);
	struct bucket_writer *b = bucket_put(f->bucket, NULL, STR("b"), PUT_REPLACE, &err);
	expect_ok(bucket_writer_commit(a, &err), err);
	assert_int_equal(count_files(f->dir, ""), 2);
	expect_ok(bucket_writer_commit(b, &err), err);
	assert_int_equal(count_files(f->dir, ""), 2); /* the objects */

	expect_ok(bucket_remove(f->bucket, NULL, STR("a"), &err), err);
	expect_ok(bucket_remove(f->bucket, NULL, STR("b"), &err), err);
	bucket_writer_abort(bucket_put(f->bucket, NULL, STR("c"), PUT_REPLACE, &err));
	assert_int_equal(count_files(f->dir, ""), 0);
}

static void uploads_that_nobody_finished_are_removed_after_a_day(void **state)
{
	struct fixture *f = *state;
	char *old auto_free(mem_free) = xasprintf("%s/.athanor-tmp/old", f->dir);
	char *young auto_free(mem_free) = xasprintf("%s/.athanor-tmp/young", f->dir);
	char *tmp auto_free(mem_free) = xasprintf("%s/.athanor-tmp", f->dir);
	struct err err = ERR_INIT;

	expect_ok(fs_mkdirs(tmp, &err), err);
	expect_ok(fs_write_atomic(old, STR("x"), 0644, &err), err);
	expect_ok(fs_write_atomic(young, STR("x"), 0644, &err), err);
	struct utimbuf two_days_ago = {0};
	two_days_ago.actime = two_days_ago.modtime = time(NULL) - 2 * 24 * 3600;
	assert_int_equal(utime(old, &two_days_ago), 0);

	bucket_close(f->bucket);
	f->bucket = filesystem_bucket_new(f->dir, &err);
	assert_false(fs_exists(old));
	assert_true(fs_exists(young));
}

static void what_is_no_regular_file_is_no_object(void **state)
{
	struct fixture *f = *state;
	char *fifo auto_free(mem_free) = xasprintf("%s/fifo", f->dir);
	struct buf got auto_done(buf_done) = BUF_INIT(100);
	struct err err = ERR_INIT;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	expect_err(bucket_get_bytes(f->bucket, NULL, STR("fifo"), 0, 1, &got, &err), err,
		   ERR_NOT_FOUND, "fifo: not a regular file");
}

static void without_a_directory_there_is_no_bucket(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	assert_null(filesystem_bucket_new("", &err));
	assert_int_equal(err.code, ERR_INVALID);
}

/* --- many at once -------------------------------------------------------------------------- */

enum { ROUNDS = 200 };

struct rounds {
	pthread_t thread;
	struct bucket *bucket;
	bool failed;
	struct err err;
};

static void *put_and_remove(void *arg)
{
	struct rounds *r = arg;

	for (int i = 0; i < ROUNDS && !r->failed; i++) {
		r->failed = !bucket_put_bytes(r->bucket, NULL, STR("x/y/z/object"), STR("12345"),
					      PUT_REPLACE, &r->err);
		if (!r->failed && !bucket_remove(r->bucket, NULL, STR("x/y/z/object"), &r->err))
			r->failed = r->err.code != ERR_NOT_FOUND;
	}
	return NULL;
}

static void directories_that_come_and_go_under_others_do_not_fail_uploads(void **state)
{
	struct fixture *f = *state;
	struct rounds all[4] = {0};

	for (size_t i = 0; i < 4; i++) {
		all[i].bucket = f->bucket;
		assert_int_equal(pthread_create(&all[i].thread, NULL, put_and_remove, &all[i]), 0);
	}
	for (size_t i = 0; i < 4; i++)
		pthread_join(all[i].thread, NULL);
	for (size_t i = 0; i < 4; i++) {
		if (all[i].failed)
			fail_msg("%s", all[i].err.msg);
	}
	assert_int_equal(count_files(f->dir, "x"), 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(no_name_leads_into_the_folder_of_unfinished_uploads),
	    TEST(the_folder_of_unfinished_uploads_goes_with_the_last_of_them),
	    TEST(uploads_that_nobody_finished_are_removed_after_a_day),
	    TEST(what_is_no_regular_file_is_no_object),
	    TEST(without_a_directory_there_is_no_bucket),
	    TEST(directories_that_come_and_go_under_others_do_not_fail_uploads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
