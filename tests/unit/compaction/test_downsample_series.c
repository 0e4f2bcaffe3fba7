#include "compaction/downsample_series.h"

#include "codec/xor_chunk.h"
#include "model/histogram_samples.h"
#include "tests/lib/expect.h"
#include "tests/lib/histogram_text.h"

enum { MINUTE_MS = 60 * 1000, MAX_CHUNKS = 400 };

/* A source series, and what becomes of it. */
struct rig {
	struct arena *a;
	struct chunk_meta metas[MAX_CHUNKS];
	struct chunk_data chunks[MAX_CHUNKS];
	size_t n;
	struct series_downsampler d;
};

static void rig_init(struct rig *r, int64_t from_ms, int64_t to_ms)
{
	r->a = arena_new(NULL);
	r->n = 0;
	series_downsampler_init(&r->d, from_ms, to_ms);
}

static void rig_done(struct rig *r)
{
	series_downsampler_done(&r->d);
	arena_free(r->a);
}

static void put_chunk(struct rig *r, int64_t min_t_ms, int64_t max_t_ms, const struct buf *bytes,
		      enum chunk_encoding encoding)
{
	struct str copy = arena_str(r->a, buf_str(bytes));

	r->metas[r->n] = (struct chunk_meta){.min_t_ms = min_t_ms, .max_t_ms = max_t_ms};
	r->chunks[r->n++] =
	    (struct chunk_data){(const uint8_t *)copy.p, (uint32_t)copy.n, encoding, 0};
}

/* Samples 1, 2, 3, ... a minute apart. */
static void put_floats(struct rig *r, int64_t t_ms, size_t n)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 20);
	struct xor_encoder e;

	xor_encoder_init(&e, &bytes);
	for (size_t i = 0; i < n; i++)
		xor_encoder_append(&e, t_ms + (int64_t)i * MINUTE_MS, (double)(i + 1));
	put_chunk(r, t_ms, t_ms + (int64_t)(n ? n - 1 : 0) * MINUTE_MS, &bytes, CHUNK_XOR);
}

static void put_histogram(struct rig *r, int64_t t_ms)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 16);
	struct histogram *h = histogram_of(r->a, "{{schema:0 count:3 sum:5 buckets:[1 2]}}");
	struct histogram_chunk c;

	histograms_to_chunk(r->a, &t_ms, &h, 1, HISTOGRAM_CHUNK_UNKNOWN, &c);
	histogram_chunk_encode(CHUNK_HISTOGRAM, &c, &bytes);
	put_chunk(r, t_ms, t_ms, &bytes, CHUNK_HISTOGRAM);
}

/* A downsampled chunk with a window of five minutes that counts `count`, of a counter. */
static void put_aggr(struct rig *r, int64_t t_ms, double count, double counter)
{
	struct aggr_chunks c;
	struct err err = ERR_INIT;

	aggr_chunks_init(&c);
	expect_ok(aggr_chunks_put_floats(&c, AGGR_COUNT, &t_ms, &count, 1, &err), err);
	expect_ok(aggr_chunks_put_counter(&c, t_ms - MINUTE_MS, counter, &t_ms, &counter, 1,
					  counter, &err),
		  err);
	expect_ok(aggr_chunks_end(&c, t_ms, t_ms, &err), err);
	put_chunk(r, t_ms, t_ms, &c.bytes, CHUNK_AGGR);
	aggr_chunks_done(&c);
}

/* One that counts one sample in each of n windows. */
static void put_long_aggr(struct rig *r, size_t n)
{
	int64_t *t_ms = ARENA_ARRAY(r->a, int64_t, n);
	double *count = ARENA_ARRAY(r->a, double, n);
	struct aggr_chunks c;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		t_ms[i] = ((int64_t)i + 1) * RESOLUTION_5M_MS - 1;
		count[i] = 1;
	}
	aggr_chunks_init(&c);
	expect_ok(aggr_chunks_put_floats(&c, AGGR_COUNT, t_ms, count, n, &err), err);
	expect_ok(aggr_chunks_end(&c, t_ms[0], t_ms[n - 1], &err), err);
	put_chunk(r, t_ms[0], t_ms[n - 1], &c.bytes, CHUNK_AGGR);
	aggr_chunks_done(&c);
}

static bool run(struct rig *r, struct err *err)
{
	return series_downsample(&r->d, r->metas, r->chunks, r->n, err);
}

/* An aggregate of a chunk, as "t:v t:v". */
static void expect_part(struct rig *r, size_t chunk, enum aggr aggr, const char *want)
{
	const struct chunk_data *c = &r->d.out.chunks.v[chunk];
	struct buf text auto_done(buf_done) = BUF_INIT(1 << 16);
	struct chunk_data parts[AGGR_N];
	struct err err = ERR_INIT;
	int64_t t_ms[100];
	double v[100];
	size_t n;

	assert_true(chunk < r->d.out.chunks.n);
	expect_ok(aggr_chunk_split(c->data, c->size_bytes, parts, &err), err);
	expect_ok(chunk_decode_floats(&parts[aggr], t_ms, v, NULL, &n, &err), err);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s%ld:%g", i ? " " : "", t_ms[i], v[i]);
	expect_str(buf_str(&text), want);
}

static void raw_samples_become_windows(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, RESOLUTION_RAW_MS, RESOLUTION_5M_MS);

	put_floats(&r, 0, 4);
	put_floats(&r, 4 * MINUTE_MS, 3);
	expect_ok(run(&r, &err), err);

	assert_int_equal(r.d.out.chunks.n, 1);
	expect_part(&r, 0, AGGR_COUNT, "299999:5 360000:2");
	expect_part(&r, 0, AGGR_MAX, "299999:4 360000:3");
	/* 1 2 3 4, a reset to 1, 2 3; between the first and the last as they were */
	expect_part(&r, 0, AGGR_COUNTER, "0:1 299999:5 360000:7 360000:3");
}

static void floats_and_histograms_have_chunks_of_their_own(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, RESOLUTION_RAW_MS, RESOLUTION_5M_MS);

	put_floats(&r, 0, 2);
	put_histogram(&r, 3 * MINUTE_MS);
	put_floats(&r, 4 * MINUTE_MS, 1);
	expect_ok(run(&r, &err), err);

	assert_int_equal(r.d.out.chunks.n, 3);
	expect_part(&r, 0, AGGR_COUNT, "60000:2");
	expect_part(&r, 1, AGGR_COUNT, "180000:1");
	expect_part(&r, 2, AGGR_COUNT, "240000:1");
}

static void chunks_that_overlap_are_corrupt(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, RESOLUTION_RAW_MS, RESOLUTION_5M_MS);

	put_floats(&r, 0, 3);
	put_floats(&r, 2 * MINUTE_MS, 3);

	expect_err(run(&r, &err), err, ERR_CORRUPT,
		   "chunk 2 of 2, from 120000 to 240000, overlaps");
}

static void a_series_without_chunks_or_samples_has_none(void **state)
{
	static const int64_t from_ms[] = {RESOLUTION_RAW_MS, RESOLUTION_5M_MS};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct rig r auto_done(rig_done);
		struct err err = ERR_INIT;
		rig_init(&r, from_ms[i], RESOLUTION_1H_MS);
		expect_ok(run(&r, &err), err);
		assert_int_equal(r.d.out.chunks.n, 0);
		put_floats(&r, 0, 0);
		expect_ok(run(&r, &err), err);
		assert_int_equal(r.d.out.chunks.n, 0);
	}
}

static void aggregates_are_put_together_and_counters_told_apart_by_their_ends(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, RESOLUTION_5M_MS, RESOLUTION_1H_MS);

	put_aggr(&r, 5 * MINUTE_MS - 1, 5, 100);
	put_aggr(&r, 10 * MINUTE_MS - 1, 4, 30); /* started again */
	expect_ok(run(&r, &err), err);

	assert_int_equal(r.d.out.chunks.n, 1);
	expect_part(&r, 0, AGGR_COUNT, "599999:9");
	expect_part(&r, 0, AGGR_COUNTER, "239999:100 599999:130 599999:30");
}

static void raw_chunks_among_aggregates_are_downsampled_on_the_way(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;
	rig_init(&r, RESOLUTION_5M_MS, RESOLUTION_1H_MS);

	put_aggr(&r, 5 * MINUTE_MS - 1, 5, 100);
	put_floats(&r, 5 * MINUTE_MS, 3);
	put_floats(&r, 9 * MINUTE_MS, 0);
	put_aggr(&r, 15 * MINUTE_MS - 1, 2, 300);
	expect_ok(run(&r, &err), err);

	assert_int_equal(r.d.out.chunks.n, 1);
	expect_part(&r, 0, AGGR_COUNT, "899999:10");
}

/* A chunk is never divided, as many as there should be by the number of its windows. */
static void fewer_chunks_than_there_should_be_are_taken_one_by_one(void **state)
{
	struct rig r auto_done(rig_done);
	struct chunk_data parts[AGGR_N];
	struct err err = ERR_INIT;
	size_t n;
	(void)state;
	rig_init(&r, RESOLUTION_5M_MS, RESOLUTION_1H_MS);

	put_long_aggr(&r, 5004);
	assert_int_equal(downsample_chunk_count(r.metas[0].min_t_ms, r.metas[0].max_t_ms,
						RESOLUTION_5M_MS, RESOLUTION_1H_MS, 5004),
			 3);
	expect_ok(run(&r, &err), err);

	assert_int_equal(r.d.out.chunks.n, 1);
	expect_ok(
	    aggr_chunk_split(r.d.out.chunks.v[0].data, r.d.out.chunks.v[0].size_bytes, parts, &err),
	    err);
	expect_ok(chunk_num_samples(&parts[AGGR_COUNT], &n, &err), err);
	assert_int_equal(n, 417);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(raw_samples_become_windows),
	    cmocka_unit_test(floats_and_histograms_have_chunks_of_their_own),
	    cmocka_unit_test(chunks_that_overlap_are_corrupt),
	    cmocka_unit_test(a_series_without_chunks_or_samples_has_none),
	    cmocka_unit_test(aggregates_are_put_together_and_counters_told_apart_by_their_ends),
	    cmocka_unit_test(raw_chunks_among_aggregates_are_downsampled_on_the_way),
	    cmocka_unit_test(fewer_chunks_than_there_should_be_are_taken_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
