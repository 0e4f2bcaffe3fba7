#include "tsdb/byte_source.h"

#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void memory_is_lent_without_a_copy(void **state)
{
	static const char text[] = "0123456789";
	struct byte_source *src auto_free(byte_source_close) = byte_source_of_memory("x", text, 10);
	struct err err = ERR_INIT;
	char got[3];
	(void)state;

	assert_ptr_equal(byte_source_view(src, NULL, 4, 6, NULL, &err), text + 4);
	expect_ok(byte_source_read(src, NULL, 7, got, 3, &err), err);
	assert_memory_equal(got, "789", 3);
}

static void what_is_outside_is_corrupt(void **state)
{
	struct byte_source *src auto_free(byte_source_close) =
	    byte_source_of_memory("index", "0123456789", 10);
	struct err err = ERR_INIT;
	char got[20];
	(void)state;

	expect_err(byte_source_read(src, NULL, 8, got, 3, &err), err, ERR_CORRUPT,
		   "index: 3 bytes at 8 are wanted, it has 10");
	expect_err(byte_source_read(src, NULL, UINT64_MAX, got, 3, &err), err, ERR_CORRUPT,
		   "it has 10");
	expect_ok(byte_source_read(src, NULL, 10, got, 0, &err), err);
}

static void a_file_is_read_at_any_place(void **state)
{
	char *dir = temp_dir_new(), path[512];
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	(void)state;

	snprintf(path, sizeof(path), "%s/file", dir);
	expect_ok(fs_write_atomic(path, STR("0123456789"), 0644, &err), err);
	struct byte_source *src = byte_source_open_file(path, "file", &err);
	assert_int_equal(src->size_bytes, 10);
	assert_null(src->memory);
	assert_memory_equal(byte_source_view(src, NULL, 4, 6, a, &err), "456789", 6);

	assert_int_equal(truncate(path, 5), 0);
	assert_null(byte_source_view(src, NULL, 4, 6, a, &err));
	assert_int_equal(err.code, ERR_CORRUPT);
	assert_string_equal(err.msg, "file: ends at byte 5, it had 10 when it was opened");
	byte_source_close(src);
	temp_dir_remove(dir);
}

static void a_file_that_is_none_cannot_be_opened(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	assert_null(byte_source_open_file("/nonexistent/file", "file", &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_null(byte_source_open_file("/", "file", &err));
	assert_string_equal(err.msg, "opening /: not a regular file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memory_is_lent_without_a_copy),
	    cmocka_unit_test(what_is_outside_is_corrupt),
	    cmocka_unit_test(a_file_is_read_at_any_place),
	    cmocka_unit_test(a_file_that_is_none_cannot_be_opened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
