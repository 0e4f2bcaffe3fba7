#include "compaction/downsample.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "model/samples.h"
#include "tests/lib/expect.h"
#include "tests/lib/odd_series.h"
#include "tests/lib/temp_dir.h"
#include "tsdb/block_reader.h"

#include <stdlib.h>

/* tests/golden/downsample/README.md tells how they were made. */
#define GOLDEN TEST_DATA_DIR "/downsample/"

static const struct ulid raw_id = {{1, 2, 3, 4, 5, 6, 1}}, fine_id = {{1, 2, 3, 4, 5, 6, 2}},
			 coarse_id = {{1, 2, 3, 4, 5, 6, 3}};

static int set_up(void **state)
{
	*state = temp_dir_new();
	return 0;
}

static int tear_down(void **state)
{
	temp_dir_remove(*state);
	return 0;
}

/* With DOWNSAMPLE_KEEP=DIR in the environment, blocks are made there and stay. */
static const char *dir_of(void **state)
{
	const char *keep = getenv("DOWNSAMPLE_KEEP");
	return keep ? keep : *state;
}

static bool downsample(const char *dir, const struct meta *source, int64_t resolution_ms,
		       struct ulid id, struct downsample_result *result, struct err *err)
{
	char *from auto_free(mem_free) = xasprintf("%s/%s", dir, ulid_str(source->id));
	struct downsample_job job = {
	    .source_dir = from,
	    .source = source,
	    .out_dir = dir,
	    .id = id,
	    .resolution_ms = resolution_ms,
	};

	return downsample_block(&job, NULL, result, err);
}

/* --- beside what Thanos made ---------------------------------------------------------------------
 */

static const struct time_range always = {INT64_MIN, INT64_MAX};

static void read_histograms(struct arena *a, const struct chunk_data *c, struct samples *out)
{
	struct err err = ERR_INIT;

	*out = (struct samples){0};
	expect_ok(samples_append_chunk(a, out, c, always, &err), err);
}

static void expect_same_histograms(struct arena *a, const struct chunk_data *got,
				   const struct chunk_data *want)
{
	struct samples x, y;

	read_histograms(a, got, &x);
	read_histograms(a, want, &y);
	assert_int_equal(x.n, y.n);
	for (size_t i = 0; i < x.n; i++) {
		assert_int_equal(x.t_ms[i], y.t_ms[i]);
		assert_int_equal(x.hist[i]->hint, y.hist[i]->hint);
		assert_true(histogram_equal(x.hist[i], y.hist[i]));
	}
}

/* Floats byte for byte. Of the spans that tell a histogram chunk's buckets there may be more than
 * are needed, and Thanos, which adds buckets one by one, leaves some; ours are the fewest. */
static void expect_same_part(struct arena *a, const struct chunk_data *got,
			     const struct chunk_data *want)
{
	assert_int_equal(got->encoding, want->encoding);
	if (chunk_encoding_is_histogram(want->encoding)) {
		expect_same_histograms(a, got, want);
		return;
	}
	assert_int_equal(got->size_bytes, want->size_bytes);
	assert_memory_equal(got->data, want->data, want->size_bytes);
}

static void expect_same_series(struct arena *a, const struct series *got, const struct series *want)
{
	assert_int_equal(labels_cmp(got->labels, want->labels), 0);
	assert_int_equal(got->n_chunks, want->n_chunks);
	for (size_t i = 0; i < want->n_chunks; i++) {
		const struct chunk *x = &got->chunks[i], *y = &want->chunks[i];
		assert_int_equal(x->min_t_ms, y->min_t_ms);
		assert_int_equal(x->max_t_ms, y->max_t_ms);
		assert_non_null(x->aggrs);
		for (int k = 0; k < AGGR_N; k++)
			expect_same_part(a, &x->aggrs[k], &y->aggrs[k]);
	}
}

static struct series_iter *all_series_of(const char *dir, struct block_reader **b)
{
	struct err err = ERR_INIT;

	*b = block_reader_open(dir, &err);
	if (!*b)
		fail_msg("%s", err.msg);
	return block_reader_select(*b, NULL, (struct matchers){0}, always, SELECT_CHUNKS, NULL,
				   &err);
}

static void expect_golden(struct arena *a, const char *dir, struct ulid id, const char *golden,
			  size_t n_series)
{
	struct block_reader *x auto_free(block_reader_close) = NULL;
	struct block_reader *y auto_free(block_reader_close) = NULL;
	struct series_iter *got = all_series_of(arena_printf(a, "%s/%s", dir, ulid_str(id)), &x);
	struct series_iter *want = all_series_of(arena_printf(a, GOLDEN "%s", golden), &y);
	struct series g, w;
	struct err err = ERR_INIT;
	size_t n = 0;

	for (; series_iter_next(want, &w, &err) == ITER_VALUE; n++) {
		assert_int_equal(series_iter_next(got, &g, &err), ITER_VALUE);
		expect_same_series(a, &g, &w);
	}
	assert_int_equal(series_iter_next(got, &g, &err), ITER_END);
	assert_int_equal(n, n_series);
	series_iter_close(got);
	series_iter_close(want);
}

static void both_levels_are_sample_for_sample_what_thanos_makes(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct downsample_result result;
	struct err err = ERR_INIT;
	struct meta raw, fine;

	odd_block_make(dir_of(state), raw_id, a, &raw);
	expect_ok(downsample(dir_of(state), &raw, RESOLUTION_5M_MS, fine_id, &result, &err), err);
	assert_int_equal(result.n_empty, 2);
	expect_golden(a, dir_of(state), fine_id, "5m", result.n_series);

	const char *fine_dir = arena_printf(a, "%s/%s", dir_of(state), ulid_str(fine_id));
	expect_ok(meta_read_file(fine_dir, a, &fine, &err), err);
	expect_ok(downsample(dir_of(state), &fine, RESOLUTION_1H_MS, coarse_id, &result, &err),
		  err);
	assert_int_equal(result.n_empty, 0);
	expect_golden(a, dir_of(state), coarse_id, "1h", result.n_series);
}

static void the_new_blocks_meta_is_the_old_ones_with_new_numbers(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct downsample_result result;
	struct err err = ERR_INIT;
	struct meta raw, fine;

	odd_block_make(*state, raw_id, a, &raw);
	raw.stats.n_tombstones = 7;
	expect_ok(downsample(*state, &raw, RESOLUTION_5M_MS, fine_id, &result, &err), err);
	expect_ok(meta_read_file(arena_printf(a, "%s/%s", (char *)*state, ulid_str(fine_id)), a,
				 &fine, &err),
		  err);

	assert_int_equal(ulid_cmp(fine.id, fine_id), 0);
	assert_int_equal(fine.min_t_ms, raw.min_t_ms);
	assert_int_equal(fine.max_t_ms, raw.max_t_ms);
	assert_int_equal(fine.resolution_ms, RESOLUTION_5M_MS);
	assert_int_equal(fine.compaction.level, raw.compaction.level);
	assert_int_equal(ulid_cmp(fine.compaction.sources[0], raw_id), 0);
	assert_int_equal(fine.stats.n_series, raw.stats.n_series - 2);
	assert_int_equal(fine.stats.n_samples, result.n_samples);
	assert_int_equal(fine.stats.n_float_samples, raw.stats.n_float_samples);
	assert_int_equal(fine.stats.n_tombstones, 7);
	expect_str(fine.source, "compactor");
	assert_int_equal(fine.n_segment_files, 1);
	expect_str(fine.segment_files[0], "000001");
	assert_true(fine.series_max_bytes > 0 && fine.chunk_max_bytes > 0);
}

static void a_resolution_that_is_not_coarser_is_refused(void **state)
{
	struct meta source = {.id = raw_id, .resolution_ms = RESOLUTION_5M_MS};
	struct downsample_result result;
	struct err err = ERR_INIT;

	expect_err(downsample(*state, &source, RESOLUTION_5M_MS, fine_id, &result, &err), err,
		   ERR_INVALID, "its resolution is 300000 ms, it cannot become 300000 ms");
}

static void a_block_that_is_not_there_leaves_nothing_behind(void **state)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	struct meta source = {.id = raw_id};
	struct downsample_result result;
	struct err err = ERR_INIT;

	expect_err(downsample(*state, &source, RESOLUTION_5M_MS, fine_id, &result, &err), err,
		   ERR_NOT_FOUND, "index");
	expect_ok(fs_list(*state, &names, &err), err);
	assert_int_equal(names.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(both_levels_are_sample_for_sample_what_thanos_makes,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_new_blocks_meta_is_the_old_ones_with_new_numbers,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_resolution_that_is_not_coarser_is_refused, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(a_block_that_is_not_there_leaves_nothing_behind, set_up,
					    tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
