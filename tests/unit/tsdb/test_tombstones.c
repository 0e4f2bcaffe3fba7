#include "tsdb/tombstones.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "codec/crc32c.h"
#include "codec/varint.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

/* A file with these stones: ref, min, max. */
static size_t file_of(uint8_t *out, const int64_t (*stones)[3], size_t n)
{
	uint8_t *p = out + 5;

	memcpy(out, "\x01\x30\xba\x30\x01", 5);
	for (size_t i = 0; i < n; i++) {
		p += uvarint_put(p, (uint64_t)stones[i][0]);
		p += varint_put(p, stones[i][1]);
		p += varint_put(p, stones[i][2]);
	}
	uint32_t crc = crc32c(0, out + 5, (size_t)(p - out - 5));
	for (int shift = 24; shift >= 0; shift -= 8)
		*p++ = (uint8_t)(crc >> shift);
	return (size_t)(p - out);
}

static void expect_ranges(const struct tombstones *ts, uint64_t ref, size_t n_want,
			  const struct time_range *want)
{
	size_t n;
	const struct time_range *got = tombstones_of(ts, ref, &n);

	assert_int_equal(n, n_want);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(got[i].min_t_ms, want[i].min_t_ms);
		assert_int_equal(got[i].max_t_ms, want[i].max_t_ms);
	}
}

static void ranges_are_found_by_series(void **state)
{
	static const int64_t stones[][3] = {{7, 100, 200}, {3, -5, 5}, {9, INT64_MIN, INT64_MAX}};
	uint8_t file[200];
	struct err err = ERR_INIT;
	(void)state;

	struct tombstones *ts auto_free(tombstones_free) =
	    tombstones_parse(file, file_of(file, stones, 3), &err);
	assert_non_null(ts);
	assert_int_equal(tombstones_count(ts), 3);
	expect_ranges(ts, 3, 1, &(struct time_range){-5, 5});
	expect_ranges(ts, 7, 1, &(struct time_range){100, 200});
	expect_ranges(ts, 9, 1, &(struct time_range){INT64_MIN, INT64_MAX});
	expect_ranges(ts, 8, 0, NULL);
}

static void ranges_that_overlap_or_touch_become_one(void **state)
{
	static const int64_t stones[][3] = {
	    {1, 50, 60}, {1, 10, 20}, {1, 15, 30}, {1, 31, 35}, {1, 12, 13}, {1, 90, 80},
	};
	static const struct time_range want[] = {{10, 35}, {50, 60}};
	uint8_t file[200];
	struct err err = ERR_INIT;
	(void)state;

	struct tombstones *ts auto_free(tombstones_free) =
	    tombstones_parse(file, file_of(file, stones, 6), &err);
	assert_non_null(ts);
	expect_ranges(ts, 1, 2, want);
}

static void a_file_with_the_wrong_magic_number_is_reported_as_corrupt(void **state)
{
	static const uint8_t file[] = {0xde, 0xad, 0xbe, 0xef, 0x01};
	struct err err = ERR_INIT;
	(void)state;

	assert_null(tombstones_parse(file, sizeof(file), &err));

	assert_int_equal(err.code, ERR_CORRUPT);
	assert_string_equal(err.msg, "tombstones: magic 0xdeadbeef, want 0x0130ba30");
}

static void broken_files_are_corrupt(void **state)
{
	static const int64_t stones[][3] = {{7, 100, 200}};
	uint8_t file[200];
	size_t size = file_of(file, stones, 1);
	struct err err = ERR_INIT;
	(void)state;

	expect_err(tombstones_parse(file, 8, &err), err, ERR_CORRUPT, "8 bytes, want at least 9");
	expect_err(tombstones_parse(file, size - 1, &err), err, ERR_CORRUPT, "checksum 0x");
	file[4] = 2;
	expect_err(tombstones_parse(file, size, &err), err, ERR_CORRUPT,
		   "version 2, this build reads 1");
	/* A stone without its end, with a checksum that is right. */
	memcpy(file, "\x01\x30\xba\x30\x01\x07\x02", 7);
	uint32_t crc = __builtin_bswap32(crc32c(0, file + 5, 2));
	memcpy(file + 7, &crc, 4);
	expect_err(tombstones_parse(file, 11, &err), err, ERR_CORRUPT,
		   "tombstones: the one at byte 5 does not fit");
}

static void a_missing_file_means_that_nothing_was_deleted(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	struct tombstones *ts auto_free(tombstones_free) =
	    tombstones_load("/nonexistent/tombstones", &err);
	assert_non_null(ts);
	assert_int_equal(err.code, ERR_OK);
	assert_int_equal(tombstones_count(ts), 0);
}

static void what_is_written_is_read_again(void **state)
{
	char *dir = temp_dir_new();
	char *path auto_free(mem_free) = xasprintf("%s/tombstones", dir);
	const struct tombstone stones[] = {{7, {100, 200}}, {3, {-5, 5}}, {1000, {0, INT64_MAX}}};
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(tombstones_write(path, stones, 3, &err), err);

	struct tombstones *ts auto_free(tombstones_free) = tombstones_load(path, &err);
	assert_non_null(ts);
	assert_int_equal(tombstones_count(ts), 3);
	for (size_t i = 0; i < 3; i++)
		expect_ranges(ts, stones[i].series_ref, 1, &stones[i].range);
	temp_dir_remove(dir);
}

static void without_any_the_file_is_that_of_prometheus(void **state)
{
	char *dir = temp_dir_new();
	char *path auto_free(mem_free) = xasprintf("%s/tombstones", dir);
	struct buf got auto_done(buf_done) = BUF_INIT(100);
	struct buf want auto_done(buf_done) = BUF_INIT(100);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(tombstones_write(path, NULL, 0, &err), err);

	expect_ok(fs_read(path, &got, &err), err);
	expect_ok(fs_read(TEST_DATA_DIR "/blocks/plain/tombstones", &want, &err), err);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
	temp_dir_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ranges_are_found_by_series),
	    cmocka_unit_test(ranges_that_overlap_or_touch_become_one),
	    cmocka_unit_test(a_file_with_the_wrong_magic_number_is_reported_as_corrupt),
	    cmocka_unit_test(broken_files_are_corrupt),
	    cmocka_unit_test(a_missing_file_means_that_nothing_was_deleted),
	    cmocka_unit_test(what_is_written_is_read_again),
	    cmocka_unit_test(without_any_the_file_is_that_of_prometheus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
