#include "compaction/downsample_chunks.h"

#include "codec/xor_chunk.h"
#include "tests/lib/expect.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

static void as_many_chunks_are_made_as_thanos_makes(void **state)
{
	static const struct {
		int64_t reach_ms, from_ms, to_ms;
		size_t n_samples, want;
	} cases[] = {
	    {0, MINUTE_MS, 5 * MINUTE_MS, 1, 1},
	    {48 * HOUR_MS, MINUTE_MS, 5 * MINUTE_MS, 2880, 5},   /* 577 windows */
	    {48 * HOUR_MS, MINUTE_MS, 5 * MINUTE_MS, 100000, 5}, /* no more for denser ones */
	    {48 * HOUR_MS, MINUTE_MS, 5 * MINUTE_MS, 288, 1},    /* a tenth */
	    {140 * 5 * MINUTE_MS, MINUTE_MS, 5 * MINUTE_MS, 700, 2},
	    {139 * 5 * MINUTE_MS, MINUTE_MS, 5 * MINUTE_MS, 700, 1},
	    /* 281 windows: 281 / 2 is rounded down to 140, so that two are enough */
	    {280 * 5 * MINUTE_MS, MINUTE_MS, 5 * MINUTE_MS, 1400, 2},
	    {281 * 5 * MINUTE_MS, MINUTE_MS, 5 * MINUTE_MS, 1405, 3},
	    {336 * HOUR_MS, 5 * MINUTE_MS, HOUR_MS, 4032, 3},
	    {-5, MINUTE_MS, HOUR_MS, 7, 1},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(downsample_chunk_count(1000, 1000 + cases[i].reach_ms,
							cases[i].from_ms, cases[i].to_ms,
							cases[i].n_samples),
				 cases[i].want);
	assert_int_equal(downsample_chunk_count(INT64_MIN, INT64_MAX, MINUTE_MS, HOUR_MS, 1), 1);
}

static void a_counter_has_its_first_and_its_last_raw_value(void **state)
{
	static const int64_t t_ms[] = {99, 150};
	static const double v[] = {7, 9};
	struct chunk_data parts[AGGR_N];
	struct aggr_chunks c;
	struct err err = ERR_INIT;
	int64_t got_t_ms[4];
	double got[4];
	size_t n;
	(void)state;

	aggr_chunks_init(&c);
	expect_ok(aggr_chunks_put_counter(&c, 12, 3, t_ms, v, 2, 1.5, &err), err);
	expect_ok(aggr_chunks_end(&c, 99, 150, &err), err);
	aggr_chunks_settle(&c);

	assert_int_equal(c.chunks.n, 1);
	assert_int_equal(c.metas.v[0].min_t_ms, 99);
	assert_int_equal(c.metas.v[0].max_t_ms, 150);
	expect_ok(aggr_chunk_split(c.chunks.v[0].data, c.chunks.v[0].size_bytes, parts, &err), err);
	assert_null(parts[AGGR_SUM].data);
	expect_ok(chunk_decode_floats(&parts[AGGR_COUNTER], got_t_ms, got, NULL, &n, &err), err);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(got_t_ms[i], ((int64_t[]){12, 99, 150, 150})[i]);
		assert_true(got[i] == ((double[]){3, 7, 9, 1.5})[i]);
	}
	aggr_chunks_done(&c);
}

static void more_samples_than_a_chunk_can_hold_are_refused(void **state)
{
	static int64_t t_ms[XOR_CHUNK_MAX_SAMPLES + 1];
	static double v[XOR_CHUNK_MAX_SAMPLES + 1];
	struct aggr_chunks c;
	struct err err = ERR_INIT;
	(void)state;

	aggr_chunks_init(&c);
	expect_err(aggr_chunks_put_floats(&c, AGGR_SUM, t_ms, v, XOR_CHUNK_MAX_SAMPLES + 1, &err),
		   err, ERR_LIMIT, "65536 samples for one chunk, it can hold 65535");
	expect_err(aggr_chunks_put_counter(&c, 0, 0, t_ms, v, XOR_CHUNK_MAX_SAMPLES - 1, 0, &err),
		   err, ERR_LIMIT, "65536 samples for one chunk");
	aggr_chunks_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_many_chunks_are_made_as_thanos_makes),
	    cmocka_unit_test(a_counter_has_its_first_and_its_last_raw_value),
	    cmocka_unit_test(more_samples_than_a_chunk_can_hold_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
