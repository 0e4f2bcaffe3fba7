#include "base/file_writer.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { BIG_BYTES = 3 << 20 };

static int set_up(void **state)
{
	char *dir = temp_dir_new();
	*state = xasprintf("%s/f", dir);
	free(dir);
	return 0;
}

static int tear_down(void **state)
{
	char *path = *state;

	*strrchr(path, '/') = '\0';
	temp_dir_remove(path);
	return 0;
}

static void pieces_of_any_size_come_out_in_order(void **state)
{
	struct err err = ERR_INIT;
	struct file_writer *f auto_free(file_writer_close) = file_writer_open(*state, 0644, &err);
	struct buf want auto_done(buf_done) = BUF_INIT(4 * BIG_BYTES),
			got auto_done(buf_done) = BUF_INIT(4 * BIG_BYTES);
	char *big auto_free(mem_free) = xcalloc(1, BIG_BYTES);

	for (size_t i = 0; i < BIG_BYTES; i++)
		big[i] = (char)(i * 7);
	const size_t sizes[] = {0, 1, 5, BIG_BYTES, 17, (1 << 20) - 17, 1 << 20, 3};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		buf_append(&want, big, sizes[i]);
		expect_ok(file_writer_put(f, big, sizes[i], &err), err);
		assert_int_equal(f->at, want.n);
	}
	expect_ok(file_writer_sync(f, &err), err);

	expect_ok(fs_read(*state, &got, &err), err);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
}

static void aligning_and_patching_keep_the_place(void **state)
{
	struct err err = ERR_INIT;
	struct file_writer *f auto_free(file_writer_close) = file_writer_open(*state, 0644, &err);
	struct buf got auto_done(buf_done) = BUF_INIT(100);

	expect_ok(file_writer_put(f, "alen-", 5, &err), err);
	expect_ok(file_writer_align(f, 4, &err), err);
	expect_ok(file_writer_align(f, 8, &err), err);
	expect_ok(file_writer_patch(f, 0, "5678", 4, &err), err);
	expect_ok(file_writer_put(f, "end", 3, &err), err);
	expect_ok(file_writer_flush(f, &err), err);

	assert_int_equal(f->at, 11);
	expect_ok(fs_read(*state, &got, &err), err);
	assert_int_equal(got.n, 11);
	assert_memory_equal(got.p, "5678-\0\0\0end", 11);
}

static void errors_name_the_file(void **state)
{
	struct err err = ERR_INIT;
	char *absent auto_free(mem_free) = xasprintf("%s/x", (char *)*state);

	assert_null(file_writer_open(absent, 0644, &err));
	expect_err(false, err, ERR_NOT_FOUND, absent);

	struct file_writer *full auto_free(file_writer_close) =
	    file_writer_open("/dev/full", 0644, &err);
	assert_non_null(full);
	expect_ok(file_writer_put(full, "x", 1, &err), err);
	expect_err(file_writer_flush(full, &err), err, ERR_INTERNAL, "write /dev/full: No space");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(pieces_of_any_size_come_out_in_order, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(aligning_and_patching_keep_the_place, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(errors_name_the_file, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
