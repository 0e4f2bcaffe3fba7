#include "head/wal.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/rand.h"
#include "head/wal_reader.h"
#include "head/wal_segments.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include "base/alloc.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Records with contents that follow from their number: sizes from nothing to several pages. */
static void fill_record(struct buf *out, uint64_t number)
{
	static const size_t sizes[] = {0, 1, 20, 500, 7000, 32761, 32760, 32754, 90000, 8};
	struct rand r;
	size_t n = sizes[number % 10] + (number >= 10 ? number % 7 : 0);

	rand_seed(&r, number);
	buf_clear(out);
	for (size_t i = 0; i < n; i++)
		buf_putc(out, (char)(rand_below(&r, 4) * (i / 16 % 3)));
}

static void append_records(struct wal *w, uint64_t first, uint64_t end)
{
	struct buf record auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	for (uint64_t i = first; i < end; i++) {
		fill_record(&record, i);
		expect_ok(wal_append(w, &(struct str){record.p, record.n}, 1, &err), err);
	}
}

/* As many of the records from 0 on as the log has, without an error. */
static uint64_t count_records(const char *dir, struct wal_place *bad)
{
	struct buf want auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct wal_reader *r auto_free(wal_reader_close) =
	    wal_reader_open(dir, 0, UINT32_MAX, &err);
	enum iter_result result;
	struct str got;
	uint64_t n = 0;

	assert_non_null(r);
	while ((result = wal_reader_next(r, &got, &err)) == ITER_VALUE) {
		fill_record(&want, n++);
		assert_int_equal(got.n, want.n);
		if (got.n)
			assert_memory_equal(got.p, want.p, got.n);
	}
	if (result == ITER_ERROR && !bad)
		fail_msg("%s", err.msg);
	if (result == ITER_ERROR)
		*bad = wal_reader_place(r);
	return n;
}

static struct wal *open_log(const char *dir, enum wal_compression compression)
{
	struct err err = ERR_INIT;
	struct wal *w = wal_open(&(struct wal_options){.dir = dir,
						       .compression = compression,
						       .segment_bytes = 4 * WAL_PAGE_BYTES},
				 &err);

	if (!w)
		fail_msg("%s", err.msg);
	return w;
}

static size_t count_segments(const char *dir)
{
	struct wal_segments segments auto_done(wal_segments_done) = {0};
	struct err err = ERR_INIT;

	expect_ok(wal_segments_list(dir, &segments, &err), err);
	return segments.n;
}

static void close_log(struct wal *w)
{
	struct err err = ERR_INIT;

	expect_ok(wal_close(w, &err), err);
}

static void records_come_back_in_order(void **state)
{
	static const enum wal_compression compressions[] = {WAL_PLAIN, WAL_SNAPPY, WAL_ZSTD};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		char *dir = temp_dir_new();
		struct wal *w = open_log(dir, compressions[i]);
		append_records(w, 0, 100);
		close_log(w);
		assert_int_equal(count_records(dir, NULL), 100);
		temp_dir_remove(dir);
	}
}

static void no_record_reaches_over_the_end_of_a_segment(void **state)
{
	char *dir = temp_dir_new();
	struct wal *w = open_log(dir, WAL_PLAIN);
	struct err err = ERR_INIT;
	(void)state;

	append_records(w, 0, 60);
	close_log(w);
	assert_true(count_segments(dir) > 5);
	for (uint32_t i = 0; i < count_segments(dir); i++) {
		struct wal_reader *r auto_free(wal_reader_close) = wal_reader_open(dir, i, i, &err);
		struct str record;
		enum iter_result result;
		while ((result = wal_reader_next(r, &record, &err)) == ITER_VALUE)
			assert_int_equal(wal_reader_place(r).segment, i);
		if (result == ITER_ERROR)
			fail_msg("%s", err.msg);
	}
	temp_dir_remove(dir);
}

static void a_log_opened_again_goes_on_in_a_new_segment(void **state)
{
	char *dir = temp_dir_new();
	(void)state;

	for (uint64_t i = 0; i < 5; i++) {
		struct wal *w = open_log(dir, WAL_SNAPPY);
		append_records(w, 3 * i, 3 * i + 3);
		close_log(w);
	}
	assert_int_equal(count_segments(dir), 5);
	assert_int_equal(count_records(dir, NULL), 15);
	temp_dir_remove(dir);
}

static void segments_before_a_number_are_removed(void **state)
{
	char *dir = temp_dir_new();
	struct wal *w = open_log(dir, WAL_PLAIN);
	struct err err = ERR_INIT;
	uint32_t number;
	(void)state;

	append_records(w, 0, 10);
	expect_ok(wal_next_segment(w, &number, &err), err);
	expect_ok(wal_truncate(w, number, &err), err);
	append_records(w, 0, 4);
	close_log(w);
	assert_int_equal(count_segments(dir), 1);
	assert_int_equal(count_records(dir, NULL), 4);
	temp_dir_remove(dir);
}

/* Wherever the file of the last segment ends, the records before the cut are there, and after the
 * repair the log can be read and written. */
static void a_torn_end_costs_only_the_record_that_was_torn(void **state)
{
	char *dir = temp_dir_new();
	struct err err = ERR_INIT;
	struct fs_info info;
	(void)state;

	struct wal *w = open_log(dir, WAL_PLAIN);
	append_records(w, 0, 7);
	close_log(w);
	char *path auto_free(mem_free) = wal_segment_path(dir, 0);
	expect_ok(fs_stat(path, &info, &err), err);
	uint64_t before = 7;
	for (int64_t size = info.size_bytes; size > 0; size -= size > 60000 ? 499 : 173) {
		struct wal_place bad = {0};
		assert_int_equal(truncate(path, size), 0);
		uint64_t n = count_records(dir, &bad);
		assert_true(n <= before);
		before = n;
		if (bad.offset)
			assert_true((int64_t)bad.offset <= size);
	}
	assert_true(before <= 3);
	temp_dir_remove(dir);
}

static void what_lies_behind_a_broken_record_is_cut_off(void **state)
{
	char *dir = temp_dir_new();
	struct err err = ERR_INIT;
	struct wal_place bad = {0};
	(void)state;

	struct wal *w = open_log(dir, WAL_PLAIN);
	append_records(w, 0, 30);
	close_log(w);
	size_t n_before = count_segments(dir);
	char *path auto_free(mem_free) = wal_segment_path(dir, 1);
	FILE *f = fopen(path, "r+b");
	fseek(f, 40000, SEEK_SET);
	fputc('x', f);
	fclose(f);

	uint64_t n = count_records(dir, &bad);
	assert_int_equal(bad.segment, 1);
	assert_true(bad.offset <= 40000);
	expect_ok(wal_cut(dir, bad, &err), err);
	assert_int_equal(count_segments(dir), 2);
	assert_true(n_before > 2);
	w = open_log(dir, WAL_PLAIN);
	append_records(w, n, n + 10);
	close_log(w);
	assert_int_equal(count_records(dir, NULL), n + 10);
	temp_dir_remove(dir);
}

static void a_gap_between_segments_is_corrupt(void **state)
{
	char *dir = temp_dir_new();
	struct err err = ERR_INIT;
	(void)state;

	struct wal *w = open_log(dir, WAL_PLAIN);
	append_records(w, 0, 30);
	close_log(w);
	char *path auto_free(mem_free) = wal_segment_path(dir, 1);
	expect_ok(fs_remove(path, &err), err);
	expect_err(wal_reader_open(dir, 0, UINT32_MAX, &err), err, ERR_CORRUPT,
		   "segment 00000002 follows 00000000");
	expect_err(wal_open(&(struct wal_options){.dir = dir}, &err), err, ERR_CORRUPT, "open log");
	temp_dir_remove(dir);
}

/* A full disk, as a limit on the size of files: what was refused leaves nothing behind. */
static void a_write_that_fails_leaves_a_whole_log(void **state)
{
	char *dir = temp_dir_new();
	struct buf record auto_done(buf_done) = BUF_INIT(1 << 20);
	struct rlimit before, small;
	struct err err = ERR_INIT;
	(void)state;

	struct wal *w = open_log(dir, WAL_PLAIN);
	append_records(w, 0, 4);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 20000;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	fill_record(&record, 8);
	expect_err(wal_append(w, &(struct str){record.p, record.n}, 1, &err), err, ERR_INTERNAL,
		   "00000000: File too large");
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(count_records(dir, NULL), 4);
	append_records(w, 4, 9);
	close_log(w);
	assert_int_equal(count_records(dir, NULL), 9);
	temp_dir_remove(dir);
}

struct writer {
	struct wal *w;
	pthread_t thread;
};

static void *write_and_sync(void *arg)
{
	struct writer *me = arg;
	struct err err = ERR_INIT;

	for (int i = 0; i < 200; i++) {
		expect_ok(wal_append(me->w, (struct str[]){STR("a"), STR("bc")}, 2, &err), err);
		expect_ok(wal_sync(me->w, &err), err);
	}
	return NULL;
}

static void threads_append_and_sync_at_once(void **state)
{
	struct writer writers[4];
	char *dir = temp_dir_new();
	struct err err = ERR_INIT;
	struct str record;
	size_t n = 0;
	(void)state;

	struct wal *w = open_log(dir, WAL_PLAIN);
	for (size_t i = 0; i < 4; i++) {
		writers[i].w = w;
		pthread_create(&writers[i].thread, NULL, write_and_sync, &writers[i]);
	}
	for (size_t i = 0; i < 4; i++)
		pthread_join(writers[i].thread, NULL);
	close_log(w);
	struct wal_reader *r auto_free(wal_reader_close) =
	    wal_reader_open(dir, 0, UINT32_MAX, &err);
	while (wal_reader_next(r, &record, &err) == ITER_VALUE)
		expect_str(record, n++ % 2 ? "bc" : "a");
	assert_int_equal(n, 4 * 200 * 2);
	temp_dir_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_come_back_in_order),
	    cmocka_unit_test(no_record_reaches_over_the_end_of_a_segment),
	    cmocka_unit_test(a_log_opened_again_goes_on_in_a_new_segment),
	    cmocka_unit_test(segments_before_a_number_are_removed),
	    cmocka_unit_test(a_torn_end_costs_only_the_record_that_was_torn),
	    cmocka_unit_test(what_lies_behind_a_broken_record_is_cut_off),
	    cmocka_unit_test(a_gap_between_segments_is_corrupt),
	    cmocka_unit_test(a_write_that_fails_leaves_a_whole_log),
	    cmocka_unit_test(threads_append_and_sync_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
