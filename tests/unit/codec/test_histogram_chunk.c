#include "codec/histogram_chunk.h"

#include "base/fs.h"
#include "codec/bit_stream.h"
#include "tests/lib/expect.h"
#include "tests/lib/golden_chunks.h"

static const char *const chunks[] = {
    "whole_counter", "float_counter", "whole_gauge", "float_gauge", "whole_custom",
    "float_custom",  "whole_stale",   "float_stale", "whole_large", "float_large",
};

/* A file has the encoding before the chunk. */
static struct chunk_data read_chunk(const char *name, struct arena *a)
{
	struct buf file auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	const char *path =
	    arena_printf(a, TEST_DATA_DIR "/../fuzz/corpus/histogram_chunk/%s", name);

	expect_ok(fs_read(path, &file, &err), err);
	struct str copy = arena_str(a, buf_str(&file));
	return (struct chunk_data){
	    .data = (const uint8_t *)copy.p + 1,
	    .size_bytes = (uint32_t)copy.n - 1,
	    .encoding = (enum chunk_encoding)copy.p[0],
	};
}

static void encoding_gives_the_bytes_of_prometheus(void **state)
{
	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct buf out auto_done(buf_done) = BUF_INIT(1 << 20);
		struct chunk_data c = read_chunk(chunks[i], a);
		struct histogram_chunk chunk;
		struct err err = ERR_INIT;
		expect_ok(histogram_chunk_decode(&c, a, &chunk, &err), err);
		assert_int_equal(chunk.n, 40);
		histogram_chunk_encode(c.encoding, &chunk, &out);
		if (out.n != c.size_bytes || memcmp(out.p, c.data, out.n) != 0)
			fail_msg("%s: other bytes", chunks[i]);
	}
	(void)state;
}

static void start_times_are_those_that_prometheus_wrote(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct golden_chunks all;
	size_t n_tested = 0;
	(void)state;

	golden_chunks_read(a, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct golden_chunk *g = &all.v[i];
		struct histogram_chunk chunk;
		struct err err = ERR_INIT;
		if (g->chunk.encoding == CHUNK_XOR2)
			continue;
		expect_ok(histogram_chunk_decode(&g->chunk, a, &chunk, &err), err);
		assert_int_equal(chunk.n, g->samples.n);
		for (size_t k = 0; k < chunk.n; k++) {
			const struct histogram_sample *s = &chunk.samples[k];
			const struct golden_sample *want = &g->samples.v[k];
			if (s->t_ms != want->t_ms || s->st_ms != want->st_ms ||
			    memcmp(&s->sum, &want->v_bits, sizeof(want->v_bits)) != 0)
				fail_msg("%s: sample %zu is another", g->name, k);
		}
		n_tested++;
	}
	assert_int_equal(n_tested, 13);
}

static void start_times_are_written_as_prometheus_does(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct golden_chunks all;
	(void)state;

	golden_chunks_read(a, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct golden_chunk *g = &all.v[i];
		struct buf out auto_done(buf_done) = BUF_INIT(1 << 20);
		struct histogram_chunk chunk;
		struct err err = ERR_INIT;
		/* The counts of the huge one are no doubles. */
		if (g->chunk.encoding == CHUNK_XOR2 || strcmp(g->name, "st_whole_huge") == 0)
			continue;
		expect_ok(histogram_chunk_decode(&g->chunk, a, &chunk, &err), err);
		histogram_chunk_encode(g->chunk.encoding, &chunk, &out);
		if (out.n != g->chunk.size_bytes || memcmp(out.p, g->chunk.data, out.n) != 0)
			fail_msg("%s: other bytes", g->name);
	}
}

static void markers_of_staleness_have_no_buckets(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk_data c = read_chunk("whole_stale", a);
	struct histogram_chunk chunk;
	struct err err = ERR_INIT;

	expect_ok(histogram_chunk_decode(&c, a, &chunk, &err), err);
	assert_non_null(chunk.samples[35].positive);
	assert_null(chunk.samples[36].positive);
	assert_true(chunk.samples[36].count == 0 && chunk.samples[39].count == 0);
	(void)state;
}

static void stats_have_buckets_at_both_ends_only(void **state)
{
	static const char *const names[] = {"whole_counter", "float_gauge", "whole_stale"};

	for (size_t i = 0; i < 3; i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct chunk_data c = read_chunk(names[i], a);
		struct histogram_chunk stats, whole;
		struct err err = ERR_INIT;
		size_t last = i == 2 ? 35 : 39; /* markers of staleness follow */
		expect_ok(histogram_chunk_decode_stats(&c, a, &stats, &err), err);
		expect_ok(histogram_chunk_decode(&c, a, &whole, &err), err);
		assert_int_equal(stats.n, 40);
		for (size_t k = 0; k < 40; k++) {
			const struct histogram_sample *got = &stats.samples[k];
			const struct histogram_sample *want = &whole.samples[k];
			assert_true(got->count == want->count && got->t_ms == want->t_ms);
			assert_memory_equal(&got->sum, &want->sum, sizeof(got->sum));
			assert_int_equal(got->positive != NULL, k == 0 || k == last);
			if (!got->positive)
				continue;
			assert_memory_equal(got->positive, want->positive,
					    stats.layout.positive.n_buckets * sizeof(double));
			assert_memory_equal(got->negative, want->negative,
					    stats.layout.negative.n_buckets * sizeof(double));
		}
	}
	(void)state;
}

static void what_does_not_fit_is_corrupt(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *want;
	} cases[] = {
	    {"\0\1", 2, "too few for its header"},
	    {"\0\377\0\0", 4, "more samples than fit"},
	    {"\0\1\0\0", 4, "it ends inside a sample"},
	    /* schema 53: 1110 000110101 */
	    {"\0\1\0\0\xe1\xa8\0\0\0\0", 10, "there is no schema 53"},
	    /* schema 0, 2^63 spans and more */
	    {"\0\1\0\0\x7f\xff\0\0\0\0\0\0\0\0\0\0", 16, "more spans than fit"},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct chunk_data c = {(const uint8_t *)cases[i].bytes, (uint32_t)cases[i].n,
				       CHUNK_HISTOGRAM, 0};
		struct histogram_chunk chunk;
		struct err err = ERR_INIT;
		expect_err(histogram_chunk_decode(&c, a, &chunk, &err), err, ERR_CORRUPT,
			   cases[i].want);
	}
	(void)state;
}

static void no_prefix_of_a_chunk_decodes(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk_data c = read_chunk("float_custom", a);

	for (uint32_t n = 0; n < c.size_bytes; n++) {
		struct chunk_data prefix = {.size_bytes = n, .encoding = c.encoding};
		struct histogram_chunk chunk;
		struct err err = ERR_INIT;
		/* of exactly that size, so that a sanitizer sees every step outside */
		struct buf copy auto_done(buf_done) = BUF_INIT(1 << 20);
		buf_append(&copy, c.data, n);
		prefix.data = (const uint8_t *)copy.p;
		assert_false(histogram_chunk_decode(&prefix, a, &chunk, &err));
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encoding_gives_the_bytes_of_prometheus),
	    cmocka_unit_test(start_times_are_those_that_prometheus_wrote),
	    cmocka_unit_test(start_times_are_written_as_prometheus_does),
	    cmocka_unit_test(markers_of_staleness_have_no_buckets),
	    cmocka_unit_test(stats_have_buckets_at_both_ends_only),
	    cmocka_unit_test(what_does_not_fit_is_corrupt),
	    cmocka_unit_test(no_prefix_of_a_chunk_decodes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
