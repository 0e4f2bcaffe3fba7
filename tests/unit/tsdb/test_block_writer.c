#include "tsdb/block_writer.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"
#include "codec/xor_chunk.h"
#include "tests/lib/expect.h"
#include "tests/lib/same_file.h"
#include "tests/lib/temp_dir.h"
#include "tsdb/block_reader.h"
#include "tsdb/chunks_reader.h"
#include "tsdb/postings_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCKS TEST_DATA_DIR "/blocks/"

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

static struct block_writer *open_writer(void **state, struct block_writer_options options)
{
	struct err err = ERR_INIT;
	struct block_writer *w = block_writer_open(*state, &options, &err);

	if (!w)
		fail_msg("%s", err.msg);
	return w;
}

static void add_symbols(struct block_writer *w, const char *symbols)
{
	char *text auto_free(mem_free) = xstrdup(symbols);
	struct err err = ERR_INIT;

	for (char *s = strtok(text, " "); s; s = strtok(NULL, " "))
		expect_ok(block_writer_add_symbol(w, str_of(s), &err), err);
}

/* A chunk with samples at first_t_ms, first_t_ms + 1, ... in `out`. */
static struct chunk_data make_chunk(struct buf *out, int64_t first_t_ms, size_t n)
{
	struct xor_encoder e;
	size_t start = out->n;

	xor_encoder_init(&e, out);
	for (size_t i = 0; i < n; i++)
		xor_encoder_append(&e, first_t_ms + (int64_t)i, (double)i * 1.25);
	return (struct chunk_data){
	    .data = (const uint8_t *)out->p + start,
	    .size_bytes = (uint32_t)(out->n - start),
	    .encoding = CHUNK_XOR,
	};
}

/* --- what Prometheus wrote ----------------------------------------------------------------- */

static void copy_symbols(struct index_reader *from, struct block_writer *to, struct arena *a)
{
	struct symbol_lookup *lookup = symbol_lookup_new(from->symbols, NULL, a);
	struct err err = ERR_INIT;
	struct str symbol;

	for (size_t i = 0; i < index_symbols_count(from->symbols); i++) {
		expect_ok(symbol_lookup_get(lookup, (uint32_t)i, &symbol, &err), err);
		expect_ok(block_writer_add_symbol(to, symbol, &err), err);
	}
}

static void copy_series(struct index_reader *from, struct chunks_reader *chunks,
			struct block_writer *to, struct arena *a)
{
	struct err err = ERR_INIT;
	struct postings all;

	expect_ok(postings_for_matchers(from->src, from->postings, NULL, (struct matchers){0}, a,
					&all, &err),
		  err);
	for (size_t i = 0; i < all.n; i++) {
		struct index_series s;
		expect_ok(
		    index_series_read(from->src, NULL, postings_at(all, i), INDEX_V2, a, &s, &err),
		    err);
		struct chunk_data *data = ARENA_ARRAY(a, struct chunk_data, s.n_chunks);
		for (size_t k = 0; k < s.n_chunks; k++)
			expect_ok(
			    chunks_reader_get(chunks, NULL, s.chunks[k].ref, a, &data[k], &err),
			    err);
		expect_ok(block_writer_add_series(to, &s, data, &err), err);
	}
}

struct golden {
	const char *dir;
	const char *index; /* as Prometheus 3 writes it */
	struct block_stats stats;
};

static const struct golden plain = {
    .dir = "plain",
    .index = "plain.index3",
    .stats = {.n_series = 51,
	      .n_chunks = 57,
	      .n_float_samples = 1162,
	      .min_t_ms = INT64_C(1700006400000),
	      .max_t_ms = INT64_C(1700011000000)},
};

static const struct golden starts = {
    .dir = "starts",
    .index = "starts/index",
    .stats = {.n_series = 13,
	      .n_chunks = 18,
	      .n_float_samples = 750,
	      .n_histogram_samples = 480,
	      .min_t_ms = INT64_C(1700006400000),
	      .max_t_ms = INT64_C(1700008635000)},
};

static void rewrite_golden_block(void **state, const struct golden *g, size_t index_memory_bytes)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct block_stats stats;
	struct block_reader *from auto_free(block_reader_close) =
	    block_reader_open(arena_printf(a, BLOCKS "%s", g->dir), &err);
	struct chunks_reader *chunks auto_free(chunks_reader_close) =
	    chunks_reader_open(arena_printf(a, BLOCKS "%s/chunks", g->dir), CHUNKS_ANYWHERE, &err);
	assert_true(from && chunks);
	struct block_writer *w auto_free(block_writer_close) = open_writer(
	    state, (struct block_writer_options){.index_memory_bytes = index_memory_bytes});

	copy_symbols(block_reader_index(from), w, a);
	copy_series(block_reader_index(from), chunks, w, a);
	expect_ok(block_writer_finish(w, NULL, &stats, &err), err);

	expect_same_file(arena_printf(a, "%s/chunks/000001", (char *)*state),
			 arena_printf(a, BLOCKS "%s/chunks/000001", g->dir));
	expect_same_file(arena_printf(a, "%s/index", (char *)*state),
			 arena_printf(a, BLOCKS "%s", g->index));
	assert_false(fs_exists(arena_printf(a, "%s/index_tmp_po", (char *)*state)));
	assert_int_equal(stats.n_series, g->stats.n_series);
	assert_int_equal(stats.n_chunks, g->stats.n_chunks);
	assert_int_equal(stats.n_float_samples, g->stats.n_float_samples);
	assert_int_equal(stats.n_histogram_samples, g->stats.n_histogram_samples);
	assert_int_equal(stats.min_t_ms, g->stats.min_t_ms);
	assert_int_equal(stats.max_t_ms, g->stats.max_t_ms);
	assert_true(stats.series_max_bytes >= 32 && stats.series_max_bytes % 16 == 0);
}

static void a_block_of_prometheus_is_written_again_byte_for_byte(void **state)
{
	rewrite_golden_block(state, &plain, 0);
}

static void so_is_one_with_start_times(void **state)
{
	rewrite_golden_block(state, &starts, 0);
}

static void the_index_is_the_same_when_it_takes_a_pass_for_each_label_name(void **state)
{
	rewrite_golden_block(state, &plain, 1);
}

/* --- segments ------------------------------------------------------------------------------ */

static void a_segment_is_cut_before_the_chunk_that_does_not_fit(void **state)
{
	enum { N = 5, SAMPLES = 10 };
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 16);
	struct chunk_data one[N], two[N];
	struct chunk_meta metas[2][N];
	struct err err = ERR_INIT;
	struct block_stats stats;

	buf_reserve(&bytes, 1 << 15); /* the chunks must not move */
	for (int i = 0; i < N; i++)
		one[i] = make_chunk(&bytes, 1000 + 100 * i, SAMPLES);
	for (int i = 0; i < N; i++)
		two[i] = make_chunk(&bytes, 1000 + 100 * i, SAMPLES);
	for (int i = 0; i < N; i++)
		metas[0][i] = metas[1][i] =
		    (struct chunk_meta){0, 1000 + 100 * i, 1000 + 100 * i + SAMPLES - 1};
	/* Room for three chunks, whose lengths count as five bytes. */
	uint64_t segment_bytes = 8 + 3 * (one[0].size_bytes + 10) + 2;
	struct block_writer *w auto_free(block_writer_close) =
	    open_writer(state, (struct block_writer_options){.segment_bytes = segment_bytes});

	add_symbols(w, "a b n");
	struct symbol_pair labels[2] = {{2, 0}, {2, 1}};
	struct index_series first = {&labels[0], 1, metas[0], N},
			    second = {&labels[1], 1, metas[1], N};
	expect_ok(block_writer_add_series(w, &first, one, &err), err);
	expect_ok(block_writer_add_series(w, &second, two, &err), err);
	expect_ok(block_writer_finish(w, NULL, &stats, &err), err);

	for (int i = 0; i < 2 * N; i++)
		assert_int_equal(chunk_ref_segment(metas[i / N][i % N].ref), i / 3);
	assert_int_equal(chunk_ref_offset(metas[0][0].ref), CHUNK_SEGMENT_HEADER_BYTES);
	assert_int_equal(stats.chunk_max_bytes, one[0].size_bytes + 6);
	struct block_reader *b auto_free(block_reader_close) = block_reader_open(*state, &err);
	if (!b)
		fail_msg("%s", err.msg);
}

static void a_block_without_series_has_an_index_and_no_segment(void **state)
{
	struct block_writer *w auto_free(block_writer_close) =
	    open_writer(state, (struct block_writer_options){0});
	char *segment auto_free(mem_free) = xasprintf("%s/chunks/000001", (char *)*state);
	struct err err = ERR_INIT;
	struct block_stats stats;

	expect_ok(block_writer_finish(w, NULL, &stats, &err), err);

	assert_false(fs_exists(segment));
	assert_int_equal(stats.n_series, 0);
	struct block_reader *b auto_free(block_reader_close) = block_reader_open(*state, &err);
	if (!b)
		fail_msg("%s", err.msg);
}

/* --- order --------------------------------------------------------------------------------- */

static void what_comes_in_the_wrong_order_is_refused(void **state)
{
	struct block_writer *w auto_free(block_writer_close) =
	    open_writer(state, (struct block_writer_options){0});
	struct err err = ERR_INIT;
	struct symbol_pair low = {0, 1}, high = {0, 2}, twice[] = {{1, 0}, {1, 2}};
	struct chunk_data none[2] = {{(const uint8_t *)"\0\1x", 3, CHUNK_XOR, 0},
				     {(const uint8_t *)"\0\1x", 3, CHUNK_XOR, 0}};

	add_symbols(w, "a b c");
	expect_err(block_writer_add_symbol(w, STR("c"), &err), err, ERR_INVALID,
		   "symbol \"c\" after \"c\"");
	struct index_series s = {&high, 1, NULL, 0};
	expect_ok(block_writer_add_series(w, &s, NULL, &err), err);
	expect_err(block_writer_add_series(w, &s, NULL, &err), err, ERR_INVALID,
		   "series 1: not behind the one before");
	s.labels = &low;
	expect_err(block_writer_add_series(w, &s, NULL, &err), err, ERR_INVALID,
		   "series 1: not behind the one before");
	s = (struct index_series){twice, 2, NULL, 0};
	expect_err(block_writer_add_series(w, &s, NULL, &err), err, ERR_INVALID,
		   "label names do not ascend");
	struct symbol_pair unknown = {1, 3};
	s = (struct index_series){&unknown, 1, NULL, 0};
	expect_err(block_writer_add_series(w, &s, NULL, &err), err, ERR_INVALID,
		   "symbols 1 and 3, there are 3");
	struct chunk_meta overlap[] = {{0, 5, 9}, {0, 9, 12}};
	s = (struct index_series){&twice[1], 1, overlap, 2};
	expect_err(block_writer_add_series(w, &s, none, &err), err, ERR_INVALID,
		   "chunk 1 from 9 to 12 ms");
}

static void a_full_disk_is_reported(void **state)
{
	struct err err = ERR_INIT;
	char *index auto_free(mem_free) = xasprintf("%s/index", (char *)*state);

	assert_int_equal(symlink("/dev/full", index), 0);
	struct block_writer *w auto_free(block_writer_close) =
	    open_writer(state, (struct block_writer_options){0});
	struct block_stats stats;
	expect_err(block_writer_finish(w, NULL, &stats, &err), err, ERR_INTERNAL, "No space left");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_block_of_prometheus_is_written_again_byte_for_byte),
	    TEST(so_is_one_with_start_times),
	    TEST(the_index_is_the_same_when_it_takes_a_pass_for_each_label_name),
	    TEST(a_segment_is_cut_before_the_chunk_that_does_not_fit),
	    TEST(a_block_without_series_has_an_index_and_no_segment),
	    TEST(what_comes_in_the_wrong_order_is_refused),
	    TEST(a_full_disk_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
