#include "tsdb/block_reader.h"

#include "base/float_text.h"
#include "base/fs.h"
#include "model/samples.h"
#include "tests/lib/expect.h"

#include <inttypes.h>
#include <stdio.h>

#define BLOCKS TEST_DATA_DIR "/blocks/"

static const struct time_range always = {INT64_MIN, INT64_MAX};
static const int64_t start_ms = 1700006400000; /* of both blocks */

static struct block_reader *open_block(const char *name)
{
	char path[512];
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), BLOCKS "%s", name);
	struct block_reader *b = block_reader_open(path, &err);
	if (!b)
		fail_msg("%s", err.msg);
	return b;
}

static struct series_iter *select_from(struct block_reader *b, struct matchers ms,
				       struct time_range range, enum block_select what)
{
	struct err err = ERR_INIT;
	struct series_iter *it = block_reader_select(b, NULL, ms, range, what, NULL, &err);

	if (!it)
		fail_msg("%s", err.msg);
	return it;
}

enum dump_style {
	DUMP_PROMTOOL,   /* as `promtool tsdb dump`: labels, value, time */
	DUMP_START_TIME, /* and the start time; the value of a histogram is its sum */
};

static void dump_series(struct buf *out, const struct series *s, enum dump_style style)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct samples samples = {0};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < s->n_chunks; i++)
		expect_ok(samples_append_chunk(a, &samples, &s->chunks[i].raw, always, &err), err);
	for (size_t i = 0; i < samples.n; i++) {
		char value[FLOAT_TEXT_MAX];
		size_t n = float_metric(value, samples.v[i]);
		labels_format(out, s->labels);
		buf_printf(out, " %.*s %" PRId64, (int)n, value, samples.t_ms[i]);
		if (style == DUMP_START_TIME)
			buf_printf(out, " %" PRId64, samples.st_ms ? samples.st_ms[i] : 0);
		buf_puts(out, "\n");
	}
}

static void expect_dump(const char *name, const char *suffix, enum dump_style style)
{
	struct block_reader *b auto_free(block_reader_close) = open_block(name);
	struct series_iter *it auto_free(series_iter_close) =
	    select_from(b, (struct matchers){0}, always, SELECT_CHUNKS);
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf want auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct series s;
	char path[512];

	snprintf(path, sizeof(path), BLOCKS "%s.%s", name, suffix);
	expect_ok(fs_read(path, &want, &err), err);
	enum iter_result r;
	while ((r = series_iter_next(it, &s, &err)) == ITER_VALUE)
		dump_series(&got, &s, style);
	if (r == ITER_ERROR)
		fail_msg("%s", err.msg);
	assert_string_equal(buf_cstr(&got), buf_cstr(&want));
}

static void a_block_holds_what_promtool_says(void **state)
{
	(void)state;
	expect_dump("plain", "dump", DUMP_PROMTOOL);
}

static void deleted_samples_are_left_out(void **state)
{
	(void)state;
	expect_dump("deleted", "dump", DUMP_PROMTOOL);
}

static void chunks_with_start_times_are_read_and_deleted_from(void **state)
{
	(void)state;
	expect_dump("starts", "samples", DUMP_START_TIME);
}

/* "value of `name`: chunks", one for each series. */
static void expect_selection(const char *block, struct matcher *m, struct time_range range,
			     enum block_select what, const char *name, const char *want)
{
	struct block_reader *b auto_free(block_reader_close) = open_block(block);
	struct series_iter *it auto_free(series_iter_close) =
	    select_from(b, (struct matchers){&m, m != NULL}, range, what);
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct series s;

	while (series_iter_next(it, &s, &err) == ITER_VALUE) {
		buf_append_str(&got, labels_get(s.labels, str_of(name)));
		buf_printf(&got, ":%zu ", s.n_chunks);
	}
	assert_string_equal(buf_cstr(&got), want);
}

static void matchers_and_time_choose_series_and_chunks(void **state)
{
	struct err err = ERR_INIT;
	struct matcher *node auto_free(matcher_unref) =
	    matcher_new(MATCH_EQ, STR(LABEL_NAME), STR("node_cpu_seconds_total"), &err);
	struct matcher *le auto_free(matcher_unref) =
	    matcher_new(MATCH_RE, STR("le"), STR("0.+"), &err);
	(void)state;

	expect_selection("plain", le, always, SELECT_CHUNKS, "le", "0.1:1 ");
	expect_selection("plain", node, (struct time_range){start_ms + 1000000, INT64_MAX},
			 SELECT_CHUNKS, "instance", "h00:3 h01:3 ");
	expect_selection("plain", node, (struct time_range){start_ms + 2000000, INT64_MAX},
			 SELECT_CHUNKS, "instance", "h00:2 h01:2 ");
	expect_selection("plain", node, (struct time_range){0, start_ms}, SELECT_CHUNKS, "instance",
			 "");
}

static void a_selection_of_labels_has_no_chunks(void **state)
{
	(void)state;
	expect_selection("deleted", NULL, always, SELECT_LABELS, "s", "0:0 2:0 3:0 4:0 5:0 ");
}

static void series_whose_samples_are_all_deleted_are_left_out(void **state)
{
	(void)state;
	expect_selection("deleted", NULL, always, SELECT_CHUNKS, "s", "0:2 2:2 3:1 4:2 5:2 ");
}

static void a_chunk_with_deleted_samples_tells_its_new_range(void **state)
{
	struct block_reader *b auto_free(block_reader_close) = open_block("deleted");
	struct err err = ERR_INIT;
	struct matcher *four auto_free(matcher_unref) =
	    matcher_new(MATCH_EQ, STR("s"), STR("4"), &err);
	struct series_iter *it auto_free(series_iter_close) =
	    select_from(b, (struct matchers){&four, 1}, always, SELECT_CHUNKS);
	struct series s;
	(void)state;

	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(s.chunks[1].min_t_ms, start_ms + 1200000);
	assert_int_equal(s.chunks[1].max_t_ms, start_ms + 1290000);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_END);
}

static void a_selection_charges_its_tracker_and_gives_all_back(void **state)
{
	struct block_reader *b auto_free(block_reader_close) = open_block("plain");
	struct tracker t;
	struct err err = ERR_INIT;
	struct series s;
	(void)state;

	tracker_init(&t, NULL, "the query", "--limit", 0);
	struct series_iter *it =
	    block_reader_select(b, NULL, (struct matchers){0}, always, SELECT_CHUNKS, &t, &err);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_true(t.used_bytes > 0);
	series_iter_close(it);
	assert_int_equal(t.used_bytes, 0);
}

static void a_folder_that_is_no_block_is_named(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	assert_null(block_reader_open("/nonexistent/block", &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "block /nonexistent/block: opening "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_block_holds_what_promtool_says),
	    cmocka_unit_test(deleted_samples_are_left_out),
	    cmocka_unit_test(chunks_with_start_times_are_read_and_deleted_from),
	    cmocka_unit_test(matchers_and_time_choose_series_and_chunks),
	    cmocka_unit_test(a_selection_of_labels_has_no_chunks),
	    cmocka_unit_test(series_whose_samples_are_all_deleted_are_left_out),
	    cmocka_unit_test(a_chunk_with_deleted_samples_tells_its_new_range),
	    cmocka_unit_test(a_selection_charges_its_tracker_and_gives_all_back),
	    cmocka_unit_test(a_folder_that_is_no_block_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
