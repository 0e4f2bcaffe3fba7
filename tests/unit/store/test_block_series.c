/* Batches, order and fetches of one block's series, with an index made for it. */
#include "base/alloc.h"
#include "base/rand.h"
#include "block/block_id.h"
#include "objstore/inmem.h"
#include "store/block_series.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/golden_block.h"

#include <stdlib.h>

#define ID "01AAAAAAAAAAAAAAAAAAAAAAAA"

static struct store_block *open_block(struct bucket *b, struct header_cache *headers,
				      const char *labels)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct store_block_options options = {.bucket = b, .headers = headers};
	struct err err = ERR_INIT;
	struct meta m;

	golden_block_put(b, &(struct golden_block){.ulid = ID, .labels = labels});
	expect_ok(bucket_get_bytes(b, NULL, STR(ID "/meta.json"), 0, BUCKET_TO_END, &text, &err),
		  err);
	expect_ok(meta_parse(buf_str(&text), a, &m, &err), err);
	struct meta *kept auto_free(meta_unref) = meta_new(&m);
	struct store_block *block = store_block_open(&options, kept, &err);
	assert_non_null(block);
	return block;
}

static char *select_with(struct arena *a, struct store_block *block,
			 struct block_series_options options)
{
	struct err err = ERR_INIT;
	struct matcher *m auto_free(matcher_unref) =
	    matcher_new(MATCH_RE, STR("__name__"), STR(".+"), &err);
	struct matcher *const all[] = {m};
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct series s;
	enum iter_result r;

	options.matchers = (struct matchers){all, 1};
	options.range = (struct time_range){INT64_MIN, INT64_MAX};
	options.aggrs = WANT_RAW;
	struct series_iter *it auto_free(series_iter_close) =
	    block_series_new(block, NULL, &options, NULL, &err);
	assert_non_null(it);
	while ((r = series_iter_next(it, &s, &err)) == ITER_VALUE) {
		labels_format(&text, s.labels);
		for (size_t i = 0; i < s.n_chunks; i++)
			buf_printf(&text, " %lld:%u", (long long)s.chunks[i].min_t_ms,
				   s.chunks[i].raw.size_bytes);
		buf_puts(&text, "\n");
	}
	if (r == ITER_ERROR)
		fail_msg("%s", err.msg);
	return arena_cstr(a, buf_str(&text));
}

static char *select_all(struct arena *a, struct store_block *block, size_t batch_series)
{
	return select_with(a, block,
			   (struct block_series_options){.batch_series = batch_series,
							 .window_bytes = batch_series * 100});
}

static void batches_of_any_size_give_the_same_series(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct header_cache *headers =
	    header_cache_new(&(const struct header_cache_options){.bucket = b});
	struct store_block *block = open_block(b, headers, "{\"cluster\":\"eu\",\"zz\":\"1\"}");
	(void)state;

	char *want = select_all(a, block, 0);
	for (size_t n = 1; n < 70; n += 4)
		assert_string_equal(select_all(a, block, n), want);
	store_block_unref(block);
	header_cache_free(headers);
}

static void many_chunks_take_few_requests(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct bucket *inner auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct fault_bucket *counting = fault_bucket_new(inner, FAULT_CRASH, SIZE_MAX);
	struct bucket *b auto_free(bucket_close) = &counting->base;
	struct header_cache *headers =
	    header_cache_new(&(const struct header_cache_options){.bucket = b});
	struct store_block *block = open_block(b, headers, NULL);
	(void)state;

	select_all(a, block, 0);
	counting->n_operations = 0;
	select_all(a, block, 0);
	/* Postings, symbols, one or two fetches of series, one of chunks: 57 chunks in 51 series.
	 */
	assert_true(counting->n_operations < 16);
	store_block_unref(block);
	header_cache_free(headers);
}

/* Requests to the bucket, with windows and batches that hold one series if they do not grow. */
static size_t requests_with(struct store_block *block, struct fault_bucket *counting,
			    struct window_budget *budget, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct block_series_options options = {
	    .batch_series = 1,
	    .window_bytes = 1,
	    .budget = budget,
	    .batch_series_max = GOLDEN_PLAIN_SERIES,
	    .n_blocks = 1,
	};

	counting->n_operations = 0;
	assert_string_equal(select_with(a, block, options), want);
	assert_int_equal(budget ? budget->taken_bytes : 0, 0);
	return counting->n_operations;
}

static void with_memory_for_it_a_batch_has_one_request_for_its_chunks(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct bucket *inner auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct fault_bucket *counting = fault_bucket_new(inner, FAULT_CRASH, SIZE_MAX);
	struct bucket *b auto_free(bucket_close) = &counting->base;
	struct header_cache *headers =
	    header_cache_new(&(const struct header_cache_options){.bucket = b});
	struct store_block *block = open_block(b, headers, NULL);
	struct window_budget much = {.limit_bytes = 64 << 20}, some = {.limit_bytes = 16 << 10};
	(void)state;

	char *want = select_all(a, block, 0);
	counting->n_operations = 0;
	select_all(a, block, 0);
	size_t least = counting->n_operations;
	assert_int_equal(requests_with(block, counting, &much, want), least);
	/* One for the entry and one for the chunks of each series. */
	size_t most = requests_with(block, counting, NULL, want);
	assert_int_equal(most, least + 2 * (GOLDEN_PLAIN_SERIES - 1));
	assert_in_range(requests_with(block, counting, &some, want), least + 1, most / 2);
	store_block_unref(block);
	header_cache_free(headers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(batches_of_any_size_give_the_same_series),
	    cmocka_unit_test(many_chunks_take_few_requests),
	    cmocka_unit_test(with_memory_for_it_a_batch_has_one_request_for_its_chunks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
