#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_times.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

#define A "01AAAAAAAAAAAAAAAAAAAAAAAA"
#define B "01BBBBBBBBBBBBBBBBBBBBBBBB"

static struct ulid id_of(const char *text)
{
	struct ulid id;

	assert_true(ulid_parse(str_of(text), &id));
	return id;
}

static void what_is_written_is_read_back(void **state)
{
	char *dir = temp_dir_new();
	char *path auto_free(mem_free) = xasprintf("%s/times", dir);
	struct block_times t = {.at_ms = 7}, got = BLOCK_TIMES_INIT;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(block_times_read(path, &got, &err), err, ERR_NOT_FOUND, "times");
	vec_push(&t.v, (struct block_time){id_of(A), 1});
	vec_push(&t.v, (struct block_time){id_of(B), INT64_MIN});
	expect_ok(block_times_write(&t, path, &err), err);
	expect_ok(block_times_read(path, &got, &err), err);

	assert_int_equal(got.at_ms, 7);
	assert_int_equal(got.v.n, 2);
	assert_int_equal(block_times_get(&got, id_of(A), 0), 1);
	assert_int_equal(block_times_get(&got, id_of(B), 0), INT64_MIN);
	assert_int_equal(block_times_get(&got, (struct ulid){{0}}, 42), 42);
	block_times_done(&t);
	block_times_done(&got);
	temp_dir_remove(dir);
}

static void other_bytes_are_corrupt(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"", "it begins with \"\""},
	    {"block-times 2 1 0\n", "version 2, want 1"},
	    {"block-times 1 x 0\n", "its first line"},
	    {"block-times 1 1 1\n", "0 bytes for 1 lines"},
	    {"block-times 1 1 99999999999\n" A " 1\n", "bytes for 99999999999 lines"},
	    {"block-times 1 1 1\n" A " 1234567\nx", "1 bytes behind the end"},
	    {"block-times 1 1 2\n" A " 1\n" A " 1\n", "line 2 is not above its predecessor"},
	    {"block-times 1 1 1\nnothing at all in this line of it\n", "line 1 of 1 is no block"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct block_times t = BLOCK_TIMES_INIT;
		struct err err = ERR_INIT;
		expect_err(block_times_parse(str_of(cases[i].text), &t, &err), err, ERR_CORRUPT,
			   cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read_back),
	    cmocka_unit_test(other_bytes_are_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
