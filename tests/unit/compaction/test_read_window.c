#include "compaction/read_window.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/rand.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

enum { SIZE = 1000, CAP = 64 };

struct rig {
	char *dir;
	uint8_t bytes[SIZE];
	struct byte_source *src;
	struct read_window window;
};

static int set_up(void **state)
{
	struct rig *r = NEW(struct rig);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < SIZE; i++)
		r->bytes[i] = (uint8_t)(i * 7 + i / 256);
	r->dir = temp_dir_new();
	char *path auto_free(mem_free) = xasprintf("%s/file", r->dir);
	if (!fs_write_atomic(path, str_from(r->bytes, SIZE), 0600, &err))
		return -1;
	r->src = byte_source_open_file(path, "file", &err);
	read_window_init(&r->window, CAP);
	read_window_open(&r->window, r->src);
	*state = r;
	return r->src ? 0 : -1;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	read_window_done(&r->window);
	byte_source_close(r->src);
	temp_dir_remove(r->dir);
	free(r);
	return 0;
}

static size_t expect_bytes(struct rig *r, uint64_t offset, size_t need)
{
	struct err err = ERR_INIT;
	size_t n = 0;
	const uint8_t *p = read_window_get(&r->window, NULL, offset, need, &n, &err);

	if (!p)
		fail_msg("%s", err.msg);
	assert_true(n >= need || offset + n == SIZE);
	assert_memory_equal(p, r->bytes + offset, n);
	return n;
}

static void bytes_are_found_wherever_they_lie(void **state)
{
	struct rig *r = *state;
	struct rand rand;

	rand_seed(&rand, 3);
	for (uint64_t at = 0; at < SIZE; at += rand_below(&rand, 40))
		expect_bytes(r, at, 1 + rand_below(&rand, 30));
	for (int i = 0; i < 200; i++)
		expect_bytes(r, rand_below(&rand, SIZE), 1 + rand_below(&rand, 100));
}

static void more_than_fits_is_read_at_once(void **state)
{
	expect_bytes(*state, 10, 5 * CAP);
}

static void at_the_end_there_is_less(void **state)
{
	assert_int_equal(expect_bytes(*state, SIZE - 3, 10), 3);
}

static void behind_the_end_there_is_nothing(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;
	size_t n;

	expect_err(read_window_get(&r->window, NULL, SIZE, 1, &n, &err), err, ERR_CORRUPT,
		   "file: byte 1000 is wanted, it has 1000");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(bytes_are_found_wherever_they_lie),
	    TEST(more_than_fits_is_read_at_once),
	    TEST(at_the_end_there_is_less),
	    TEST(behind_the_end_there_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
