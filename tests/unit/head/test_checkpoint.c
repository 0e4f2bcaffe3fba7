#include "head/checkpoint.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "head/wal.h"
#include "head/wal_reader.h"
#include "head/wal_record.h"
#include "tests/lib/expect.h"
#include "tests/lib/histogram_text.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

struct rig {
	char *dir;
	struct wal *w;
	struct buf record;
	struct arena *a;
};

static struct rig rig_new(void)
{
	struct rig r = {.dir = temp_dir_new(), .record = BUF_INIT(1 << 16), .a = arena_new(NULL)};
	struct err err = ERR_INIT;

	r.w = wal_open(&(struct wal_options){.dir = r.dir, .compression = WAL_SNAPPY}, &err);
	if (!r.w)
		fail_msg("%s", err.msg);
	return r;
}

static void rig_done(struct rig *r)
{
	struct err err = ERR_INIT;

	expect_ok(wal_close(r->w, &err), err);
	buf_done(&r->record);
	arena_free(r->a);
	temp_dir_remove(r->dir);
}

static void append_record(struct rig *r)
{
	struct err err = ERR_INIT;
	struct str record = buf_str(&r->record);

	expect_ok(wal_append(r->w, &record, 1, &err), err);
	buf_clear(&r->record);
}

/* One of each kind, of series `ref` at `t_ms`. */
static void append_all_kinds(struct rig *r, uint64_t ref, int64_t t_ms)
{
	struct histogram *h = histogram_of(r->a, "{{schema:1 count:3 sum:5 buckets:[1 2]}}");
	struct histogram *custom =
	    histogram_of(r->a, "{{schema:-53 count:6 sum:3 custom_values:[1] buckets:[1 5]}}");

	wal_put_series(&r->record, &(struct wal_series){ref, LABELS(LABEL("a", "b"))}, 1);
	append_record(r);
	wal_put_samples(&r->record, &(struct wal_sample){.ref = ref, .t_ms = t_ms, .v = 1}, 1);
	append_record(r);
	wal_put_histograms(&r->record, WAL_HISTOGRAMS,
			   &(struct wal_histogram){.ref = ref, .t_ms = t_ms, .h = h}, 1);
	append_record(r);
	wal_put_histograms(&r->record, WAL_CUSTOM_FLOAT_HISTOGRAMS,
			   &(struct wal_histogram){.ref = ref, .t_ms = t_ms, .h = custom}, 1);
	append_record(r);
	wal_put_exemplars(&r->record, &(struct wal_exemplar){ref, t_ms, 1, LABELS(LABEL("t", "1"))},
			  1);
	append_record(r);
	wal_put_stones(&r->record, &(struct wal_stone){ref, {0, t_ms}}, 1);
	append_record(r);
	wal_put_metadata(&r->record, &(struct wal_metadata){.ref = ref, .help = STR("h")}, 1);
	append_record(r);
}

static uint32_t next_segment(struct rig *r)
{
	struct err err = ERR_INIT;
	uint32_t number = 0;

	expect_ok(wal_next_segment(r->w, &number, &err), err);
	return number;
}

static bool ref_is_odd(uint64_t ref, void *arg)
{
	(void)arg;
	return ref % 2;
}

static struct checkpoint_counts write_checkpoint(struct rig *r, uint32_t upto, int64_t min_t_ms)
{
	struct checkpoint_counts counts;
	struct err err = ERR_INIT;

	expect_ok(checkpoint_write(&(struct checkpoint_options){.wal_dir = r->dir,
								.upto = upto,
								.compression = WAL_SNAPPY,
								.min_t_ms = min_t_ms,
								.keep = ref_is_odd},
				   NULL, &counts, &err),
		  err);
	return counts;
}

/* "1 2 7" as the types of a log's records, "1:5" for the ref of series. */
static void expect_log(struct rig *r, const char *dir, const char *want)
{
	struct buf got auto_done(buf_done) = BUF_INIT(1 << 16);
	struct err err = ERR_INIT;
	struct wal_reader *reader auto_free(wal_reader_close) =
	    wal_reader_open(dir, 0, UINT32_MAX, &err);
	struct wal_record record;
	struct str bytes;

	assert_non_null(reader);
	while (wal_reader_next(reader, &bytes, &err) == ITER_VALUE) {
		expect_ok(wal_record_decode(bytes, r->a, &record, &err), err);
		buf_printf(&got, "%s%d", got.n ? " " : "", record.type);
		for (size_t i = 0; record.type == WAL_SERIES && i < record.n; i++)
			buf_printf(&got, ":%d", (int)record.series[i].ref);
	}
	expect_str(buf_str(&got), want);
}

static void what_is_old_or_of_series_that_are_gone_is_left_out(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct err err = ERR_INIT;
	uint32_t number;
	char *dir;
	(void)state;

	append_all_kinds(&r, 1, 100);
	append_all_kinds(&r, 2, 200);
	append_all_kinds(&r, 3, 300);
	next_segment(&r);
	struct checkpoint_counts counts = write_checkpoint(&r, 0, 200);
	assert_int_equal(counts.n_series, 3);
	assert_int_equal(counts.n_dropped_series, 1);
	assert_int_equal(counts.n_samples, 9);
	assert_int_equal(counts.n_dropped_samples, 3);
	expect_ok(checkpoint_find(r.dir, &dir, &number, &err), err);
	assert_int_equal(number, 0);
	/* Of series 1 itself and its metadata; of 2 what is new enough, without it. */
	expect_log(&r, dir, "1:1 2 7 10 4 1:3 2 7 10 4 3 6 6");
	free(dir);
}

static void the_next_one_goes_on_from_the_last(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct err err = ERR_INIT;
	uint32_t number;
	char *dir;
	(void)state;

	append_all_kinds(&r, 1, 100);
	expect_ok(wal_truncate(r.w, 0, &err), err);
	next_segment(&r);
	write_checkpoint(&r, 0, 0);
	expect_ok(wal_truncate(r.w, 1, &err), err);
	append_all_kinds(&r, 3, 300);
	next_segment(&r);
	write_checkpoint(&r, 1, 200);
	expect_ok(checkpoint_remove_old(r.dir, 1, &err), err);
	expect_ok(checkpoint_find(r.dir, &dir, &number, &err), err);
	assert_int_equal(number, 1);
	expect_log(&r, dir, "1:1 1:3 2 7 10 4 3 6 6");
	/* Once more: it is there, and stays. */
	write_checkpoint(&r, 1, INT64_MAX);
	expect_log(&r, dir, "1:1 1:3 2 7 10 4 3 6 6");
	free(dir);
}

static void an_unfinished_one_is_none(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct err err = ERR_INIT;
	uint32_t number;
	char *dir;
	(void)state;

	char *unfinished auto_free(mem_free) = xasprintf("%s/checkpoint.00000007.tmp", r.dir);
	expect_ok(fs_mkdirs(unfinished, &err), err);
	expect_ok(checkpoint_find(r.dir, &dir, &number, &err), err);
	assert_null(dir);
	expect_ok(checkpoint_remove_old(r.dir, 0, &err), err);
	assert_false(fs_exists(unfinished));
}

static void a_broken_log_makes_none(void **state)
{
	struct rig r auto_done(rig_done) = rig_new();
	struct checkpoint_counts counts;
	struct err err = ERR_INIT;
	struct fs_names names auto_done(fs_names_done) = {0};
	(void)state;

	append_all_kinds(&r, 1, 100);
	buf_append_str(&r.record, STR("\x01\x00 no series"));
	append_record(&r);
	next_segment(&r);
	expect_err(
	    checkpoint_write(&(struct checkpoint_options){.wal_dir = r.dir, .keep = ref_is_odd},
			     NULL, &counts, &err),
	    err, ERR_CORRUPT, "up to segment 00000000: a record of series breaks off");
	expect_ok(fs_list(r.dir, &names, &err), err);
	assert_int_equal(names.n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_old_or_of_series_that_are_gone_is_left_out),
	    cmocka_unit_test(the_next_one_goes_on_from_the_last),
	    cmocka_unit_test(an_unfinished_one_is_none),
	    cmocka_unit_test(a_broken_log_makes_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
