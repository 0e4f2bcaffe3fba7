#include "compaction/merge.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/same_file.h"
#include "tests/lib/temp_dir.h"
#include "tsdb/block_reader.h"

#include <stdlib.h>

#define GOLDEN TEST_DATA_DIR "/compaction/"
#define BLOCKS TEST_DATA_DIR "/blocks/"

static const struct time_range always = {INT64_MIN, INT64_MAX};

enum { MAX_BLOCKS = 4 };

struct rig {
	char *dir;
	struct source_block *blocks[MAX_BLOCKS];
	size_t n;
	struct block_writer *to;
};

static int set_up(void **state)
{
	struct rig *r = NEW(struct rig);
	struct err err = ERR_INIT;

	r->dir = temp_dir_new();
	r->to = block_writer_open(r->dir, &(struct block_writer_options){0}, &err);
	*state = r;
	return r->to ? 0 : -1;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	block_writer_close(r->to);
	for (size_t i = 0; i < r->n; i++)
		source_block_close(r->blocks[i]);
	temp_dir_remove(r->dir);
	free(r);
	return 0;
}

static void open_block(struct rig *r, const char *dir)
{
	struct err err = ERR_INIT;

	r->blocks[r->n] = source_block_open(dir, NULL, &err);
	if (!r->blocks[r->n++])
		fail_msg("%s", err.msg);
}

static bool merge(struct rig *r, struct time_range range, size_t *bad, struct err *err)
{
	struct merge_options options = {&chunk_merger_one_to_one, range};

	return merge_blocks(r->blocks, r->n, &options, NULL, r->to, bad, err);
}

static struct block_stats merge_whole(struct rig *r, struct time_range range)
{
	struct err err = ERR_INIT;
	struct block_stats stats = {0};
	size_t bad;

	expect_ok(merge(r, range, &bad, &err), err);
	expect_ok(block_writer_finish(r->to, NULL, &stats, &err), err);
	return stats;
}

static void expect_block(struct rig *r, const char *index, const char *segment)
{
	char *got_index auto_free(mem_free) = xasprintf("%s/index", r->dir);
	char *got_segment auto_free(mem_free) = xasprintf("%s/chunks/000001", r->dir);

	expect_same_file(got_segment, segment);
	expect_same_file(got_index, index);
}

static void blocks_that_overlap_become_what_prometheus_makes_of_them(void **state)
{
	struct rig *r = *state;

	open_block(r, GOLDEN "a");
	open_block(r, GOLDEN "b");
	open_block(r, GOLDEN "c");
	merge_whole(r, always);

	expect_block(r, GOLDEN "merged/index", GOLDEN "merged/chunks/000001");
}

static void one_block_becomes_itself(void **state)
{
	struct rig *r = *state;

	open_block(r, BLOCKS "plain");
	merge_whole(r, always);

	expect_block(r, BLOCKS "plain.index3", BLOCKS "plain/chunks/000001");
}

static void a_block_merged_with_itself_becomes_itself(void **state)
{
	struct rig *r = *state;

	open_block(r, BLOCKS "plain");
	open_block(r, BLOCKS "plain");
	open_block(r, BLOCKS "plain");
	merge_whole(r, always);

	expect_block(r, BLOCKS "plain.index3", BLOCKS "plain/chunks/000001");
}

static void samples_outside_of_the_range_are_left_out(void **state)
{
	struct rig *r = *state;
	struct time_range range = {INT64_C(1700006700000), INT64_C(1700007000000)};

	open_block(r, BLOCKS "plain");
	struct block_stats stats = merge_whole(r, range);

	assert_true(stats.n_float_samples > 0);
	assert_true(stats.min_t_ms >= range.min_t_ms);
	assert_true(stats.max_t_ms <= range.max_t_ms);
}

static void start_timestamps_are_lost(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;
	struct series s;
	size_t n = 0;

	open_block(r, BLOCKS "starts");
	struct block_stats stats = merge_whole(r, always);

	assert_int_equal(stats.n_series, 13);
	/* 14 of them are deleted. */
	assert_int_equal(stats.n_float_samples + stats.n_histogram_samples, 750 + 480 - 14);
	struct block_reader *b auto_free(block_reader_close) = block_reader_open(r->dir, &err);
	assert_non_null(b);
	struct series_iter *it auto_free(series_iter_close) =
	    block_reader_select(b, NULL, (struct matchers){0}, always, SELECT_CHUNKS, NULL, &err);
	while (series_iter_next(it, &s, &err) == ITER_VALUE)
		for (size_t i = 0; i < s.n_chunks; i++, n++)
			assert_in_range(s.chunks[i].raw.encoding, CHUNK_XOR, CHUNK_FLOAT_HISTOGRAM);
	assert_true(n > 0);
}

/* A copy of the golden block "plain" with one byte changed. */
static char *make_broken_block(struct rig *r, const char *file, size_t at)
{
	char *dir = xasprintf("%s/broken", r->dir);
	struct err err = ERR_INIT;
	static const char *const files[] = {"index", "chunks/000001"};
	char *chunks auto_free(mem_free) = xasprintf("%s/chunks", dir);

	expect_ok(fs_mkdirs(chunks, &err), err);
	for (size_t i = 0; i < 2; i++) {
		struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 20);
		char *from auto_free(mem_free) = xasprintf(BLOCKS "plain/%s", files[i]);
		char *to auto_free(mem_free) = xasprintf("%s/%s", dir, files[i]);
		expect_ok(fs_read(from, &bytes, &err), err);
		if (strcmp(files[i], file) == 0)
			bytes.p[at] ^= 1;
		expect_ok(fs_write_atomic(to, buf_str(&bytes), 0644, &err), err);
	}
	return dir;
}

static void a_broken_chunk_is_reported_with_its_block(void **state)
{
	struct rig *r = *state;
	char *dir auto_free(mem_free) = make_broken_block(r, "chunks/000001", 500);
	struct err err = ERR_INIT;
	size_t bad;

	open_block(r, BLOCKS "plain");
	open_block(r, dir);
	expect_err(merge(r, always, &bad, &err), err, ERR_CORRUPT, "checksum");

	assert_int_equal(bad, 1);
	assert_non_null(strstr(err.msg, dir));
}

static void a_broken_symbol_table_is_reported_when_the_block_is_opened(void **state)
{
	struct rig *r = *state;
	char *dir auto_free(mem_free) = make_broken_block(r, "index", 20);
	struct err err = ERR_INIT;

	struct source_block *b = source_block_open(dir, NULL, &err);

	assert_null(b);
	assert_int_equal(err.code, ERR_CORRUPT);
	assert_non_null(strstr(err.msg, "symbols"));
}

static void a_merge_can_be_cancelled(void **state)
{
	struct rig *r = *state;
	struct merge_options options = {&chunk_merger_one_to_one, always};
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct err err = ERR_INIT;
	size_t bad;

	open_block(r, BLOCKS "plain");
	ctx_cancel(ctx, ERR_CANCELED, "stopped");
	expect_err(merge_blocks(r->blocks, r->n, &options, ctx, r->to, &bad, &err), err,
		   ERR_CANCELED, "stopped");
	assert_int_equal(bad, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(blocks_that_overlap_become_what_prometheus_makes_of_them),
	    TEST(one_block_becomes_itself),
	    TEST(a_block_merged_with_itself_becomes_itself),
	    TEST(samples_outside_of_the_range_are_left_out),
	    TEST(start_timestamps_are_lost),
	    TEST(a_broken_chunk_is_reported_with_its_block),
	    TEST(a_broken_symbol_table_is_reported_when_the_block_is_opened),
	    TEST(a_merge_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
