#include "base/fs.h"
#include "block/object_source.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

static void ranges_of_an_object_are_read(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct err err = ERR_INIT;
	char got[4] = {0};
	(void)state;

	expect_ok(bucket_put_bytes(b, NULL, STR("o"), STR("0123456789"), PUT_REPLACE, &err), err);
	struct byte_source *src auto_free(byte_source_close) = object_source_new(b, STR("o"), 10);
	expect_ok(byte_source_read(src, NULL, 3, got, 3, &err), err);
	assert_string_equal(got, "345");
	expect_err(byte_source_read(src, NULL, 8, got, 3, &err), err, ERR_CORRUPT,
		   "o: 3 bytes at 8 are wanted, it has 10");
}

static void an_object_that_is_shorter_than_told_is_corrupt(void **state)
{
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct err err = ERR_INIT;
	char got[4];
	(void)state;

	expect_ok(bucket_put_bytes(b, NULL, STR("o"), STR("01"), PUT_REPLACE, &err), err);
	struct byte_source *src auto_free(byte_source_close) = object_source_new(b, STR("o"), 10);
	expect_err(byte_source_read(src, NULL, 0, got, 4, &err), err, ERR_CORRUPT,
		   "object o: ends at byte 2, it should have 10");
	struct byte_source *absent auto_free(byte_source_close) =
	    object_source_new(b, STR("x"), 10);
	expect_err(byte_source_read(absent, NULL, 0, got, 4, &err), err, ERR_NOT_FOUND, "x");
}

static void a_file_is_read_by_its_path(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char *dir = temp_dir_new();
	char *path = arena_printf(a, "%s/file", dir);
	struct err err = ERR_INIT;
	char got[4] = {0};
	(void)state;

	assert_null(path_source_new(path, "the file", &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	expect_ok(fs_write_atomic(path, STR("abcdef"), 0644, &err), err);
	struct byte_source *src auto_free(byte_source_close) =
	    path_source_new(path, "the file", &err);
	assert_int_equal(src->size_bytes, 6);
	expect_ok(byte_source_read(src, NULL, 2, got, 3, &err), err);
	assert_string_equal(got, "cde");
	temp_dir_remove(dir);
	assert_false(byte_source_read(src, NULL, 2, got, 3, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ranges_of_an_object_are_read),
	    cmocka_unit_test(an_object_that_is_shorter_than_told_is_corrupt),
	    cmocka_unit_test(a_file_is_read_by_its_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
