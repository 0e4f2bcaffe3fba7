#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"
#include "tools/index_health.h"

#define CHUNKS(...)                                                                                \
	.chunks = (const struct chunk_meta[]){__VA_ARGS__},                                        \
	.n_chunks = sizeof((const struct chunk_meta[]){__VA_ARGS__}) / sizeof(struct chunk_meta)
#define CHUNK(from, to)                                                                            \
	{                                                                                          \
		.ref = 8, .min_t_ms = (from), .max_t_ms = (to)                                     \
	}

/* Of a block from 0 to 100. */
static bool read_health(const struct built_series *series, size_t n, struct index_health *out,
			struct err *err)
{
	struct buf bytes auto_done(buf_done) = index_build(2, series, n);
	struct index_reader *ix auto_free(index_reader_close) =
	    index_reader_open(byte_source_of_memory("index", bytes.p, bytes.n), NULL, err);

	return ix && index_health_read(ix, NULL, 0, 100, out, err);
}

static void expect_problems(const struct built_series *series, size_t n, const char *want)
{
	struct buf text auto_done(buf_done) = BUF_INIT(4096);
	struct index_health health;
	struct err err = ERR_INIT;

	expect_ok(read_health(series, n, &health, &err), err);
	assert_true(index_health_problems(&health, &text) == (*want != '\0'));
	expect_str(buf_str(&text), want);
}

static void a_sound_index_has_no_problems(void **state)
{
	const struct built_series series[] = {
	    {"a=\"1\"", CHUNKS(CHUNK(0, 10), CHUNK(11, 100))},
	    {"a=\"2\"", CHUNKS(CHUNK(50, 50))},
	};
	(void)state;

	expect_problems(series, 2, "");
	expect_problems(NULL, 0, "");
}

static void chunks_outside_of_the_block_are_told_apart(void **state)
{
	const struct built_series series[] = {
	    {"a=\"1\"", CHUNKS(CHUNK(-20, -10), CHUNK(-5, 10), CHUNK(90, 110))},
	    {"a=\"2\"", CHUNKS(CHUNK(100, 120), CHUNK(130, 140))},
	};
	(void)state;

	expect_problems(
	    series, 2,
	    "found 2 chunks non-completely outside the block time range, found 2 "
	    "chunks completely outside the block time range, found 1 chunks outside the "
	    "block time range introduced by "
	    "https://github.com/prometheus/tsdb/issues/347");
}

static void chunks_out_of_order_are_told_with_duplicates(void **state)
{
	const struct built_series series[] = {
	    {"a=\"1\"", CHUNKS(CHUNK(0, 10), CHUNK(0, 10), CHUNK(5, 15), CHUNK(10, 20))},
	    {"a=\"2\"", CHUNKS(CHUNK(0, 10))},
	};
	(void)state;

	expect_problems(
	    series, 2,
	    "1/2 series have an average of 2.000 out-of-order chunks: 0.500 of these are "
	    "exact duplicates (in terms of data and time range)");
}

/* As in Thanos: the same data twice does no harm. */
static void duplicates_alone_are_no_problem(void **state)
{
	const struct built_series series[] = {
	    {"a=\"1\"", CHUNKS(CHUNK(0, 10), CHUNK(0, 10))},
	};
	(void)state;

	expect_problems(series, 1, "");
}

static void what_cannot_be_counted_is_a_failure(void **state)
{
	const struct built_series disordered[] = {
	    {"a=\"2\"", CHUNKS(CHUNK(0, 10))},
	    {"a=\"1\"", CHUNKS(CHUNK(0, 10))},
	};
	const struct built_series empty[] = {{"a=\"1\"", NULL, 0}};
	struct index_health health;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(read_health(disordered, 2, &health, &err), err, ERR_CORRUPT,
		   "series {a=\"1\"} out of order; previous {a=\"2\"}");
	expect_err(read_health(empty, 1, &health, &err), err, ERR_CORRUPT,
		   "empty chunks for series");
}

static void many_series_are_read(void **state)
{
	enum { MANY = 5000 };
	static const struct chunk_meta chunk = {.ref = 8, .min_t_ms = 0, .max_t_ms = 10};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct built_series *series = ARENA_ARRAY(a, struct built_series, MANY);
	struct index_health health;
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < MANY; i++)
		series[i] = (struct built_series){arena_printf(a, "__name__=\"m\" i=\"%04d\"", i),
						  &chunk, 1};
	expect_ok(read_health(series, MANY, &health, &err), err);
	assert_int_equal(health.n_series, MANY);
	assert_int_equal(health.n_chunks, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sound_index_has_no_problems),
	    cmocka_unit_test(chunks_outside_of_the_block_are_told_apart),
	    cmocka_unit_test(chunks_out_of_order_are_told_with_duplicates),
	    cmocka_unit_test(duplicates_alone_are_no_problem),
	    cmocka_unit_test(what_cannot_be_counted_is_a_failure),
	    cmocka_unit_test(many_series_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
