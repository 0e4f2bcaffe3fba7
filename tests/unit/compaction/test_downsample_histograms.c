#include "compaction/downsample_histograms.h"

#include "model/histogram_samples.h"
#include "model/samples.h"
#include "tests/lib/expect.h"
#include "tests/lib/histogram_text.h"

static const struct time_range always = {INT64_MIN, INT64_MAX};

enum { WINDOW_MS = 100 };

struct rig {
	struct arena *a;
	struct histogram_samples in;
	struct aggr_chunks out;
};

static void rig_init(struct rig *r)
{
	r->a = arena_new(NULL);
	histogram_samples_init(&r->in);
	aggr_chunks_init(&r->out);
}

static void rig_done(struct rig *r)
{
	aggr_chunks_done(&r->out);
	histogram_samples_done(&r->in);
	arena_free(r->a);
}

/* A chunk of n histograms, all at t_ms, t_ms + 50, ... */
static void put(struct rig *r, int64_t t_ms, const char *const *texts, size_t n,
		enum histogram_chunk_reset reset)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 16);
	int64_t *times = ARENA_ARRAY(r->a, int64_t, n);
	struct histogram **h = ARENA_ARRAY(r->a, struct histogram *, n);
	struct histogram_chunk c;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		times[i] = t_ms + 50 * (int64_t)i;
		h[i] = histogram_of(r->a, texts[i]);
	}
	histograms_to_chunk(r->a, times, h, n, reset, &c);
	histogram_chunk_encode(CHUNK_FLOAT_HISTOGRAM, &c, &bytes);
	struct chunk_data data = {(const uint8_t *)arena_str(r->a, buf_str(&bytes)).p,
				  (uint32_t)bytes.n, CHUNK_FLOAT_HISTOGRAM, 0};
	expect_ok(histogram_samples_append(&r->in, &data, &err), err);
}

#define PUT(r, t_ms, reset, ...)                                                                   \
	put((r), (t_ms), (const char *const[]){__VA_ARGS__},                                       \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), reset)

static void run(struct rig *r)
{
	struct err err = ERR_INIT;

	expect_ok(downsample_histograms(&r->in, WINDOW_MS, &r->out, &err), err);
	aggr_chunks_settle(&r->out);
}

static void expect_part(struct rig *r, size_t chunk, enum aggr aggr, size_t i, int64_t t_ms,
			const char *want)
{
	const struct chunk_data *c = &r->out.chunks.v[chunk];
	struct chunk_data parts[AGGR_N];
	struct samples s = {0};
	struct err err = ERR_INIT;

	expect_ok(aggr_chunk_split(c->data, c->size_bytes, parts, &err), err);
	assert_null(parts[AGGR_MIN].data);
	assert_null(parts[AGGR_MAX].data);
	expect_ok(samples_append_chunk(r->a, &s, &parts[aggr], always, &err), err);
	assert_true(i < s.n);
	assert_int_equal(s.t_ms[i], t_ms);
	struct histogram *h = s.hist[i];
	histogram_compact(r->a, h);
	expect_histogram(r->a, h, want);
}

static void sums_are_gauges_and_counters_go_on_over_resets(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r);

	PUT(&r, 0, HISTOGRAM_CHUNK_UNKNOWN, "{{schema:0 count:3 sum:5 buckets:[1 2]}}",
	    "{{schema:0 count:5 sum:9 buckets:[2 3]}}");
	PUT(&r, 100, HISTOGRAM_CHUNK_UNKNOWN, "{{schema:0 count:1 sum:1 buckets:[1]}}");
	run(&r);

	assert_int_equal(r.out.chunks.n, 1);
	expect_part(&r, 0, AGGR_SUM, 0, 99,
		    "{{schema:0 count:8 sum:14 buckets:[3 5] counter_reset_hint:gauge}}");
	expect_part(&r, 0, AGGR_SUM, 1, 100,
		    "{{schema:0 count:1 sum:1 buckets:[1] counter_reset_hint:gauge}}");
	expect_part(&r, 0, AGGR_COUNTER, 0, 99, "{{schema:0 count:5 sum:9 buckets:[2 3]}}");
	expect_part(&r, 0, AGGR_COUNTER, 1, 100,
		    "{{schema:0 count:6 sum:10 buckets:[3 3] counter_reset_hint:not_reset}}");
}

static void all_of_a_chunk_have_the_lowest_resolution_of_it(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r);

	PUT(&r, 0, HISTOGRAM_CHUNK_UNKNOWN, "{{schema:1 count:4 sum:1 offset:1 buckets:[3 1]}}");
	PUT(&r, 150, HISTOGRAM_CHUNK_UNKNOWN, "{{schema:0 count:7 sum:2 offset:1 buckets:[7]}}");
	run(&r);

	assert_int_equal(r.out.chunks.n, 1);
	expect_part(&r, 0, AGGR_COUNTER, 0, 99, "{{schema:0 count:4 sum:1 offset:1 buckets:[4]}}");
	expect_part(&r, 0, AGGR_COUNTER, 1, 150,
		    "{{schema:0 count:7 sum:2 offset:1 buckets:[7] counter_reset_hint:not_reset}}");
}

static void custom_bounds_that_change_end_a_chunk(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r);

	PUT(&r, 0, HISTOGRAM_CHUNK_UNKNOWN,
	    "{{schema:-53 count:3 sum:5 custom_values:[1 2] buckets:[1 2]}}",
	    "{{schema:-53 count:4 sum:6 custom_values:[1 2] buckets:[2 2]}}");
	PUT(&r, 200, HISTOGRAM_CHUNK_UNKNOWN,
	    "{{schema:-53 count:3 sum:5 custom_values:[1 3] buckets:[1 2]}}");
	PUT(&r, 300, HISTOGRAM_CHUNK_UNKNOWN, "{{schema:0 count:3 sum:5 buckets:[1 2]}}");
	run(&r);

	assert_int_equal(r.out.chunks.n, 3);
	expect_part(&r, 0, AGGR_COUNTER, 0, 50,
		    "{{schema:-53 count:4 sum:6 custom_values:[1 2] buckets:[2 2]}}");
	expect_part(&r, 1, AGGR_COUNTER, 0, 200,
		    "{{schema:-53 count:3 sum:5 custom_values:[1 3] buckets:[1 2]}}");
	expect_part(&r, 2, AGGR_COUNTER, 0, 300, "{{schema:0 count:3 sum:5 buckets:[1 2]}}");
}

static void a_gauge_among_counters_has_chunks_of_its_own(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r);

	PUT(&r, 0, HISTOGRAM_CHUNK_UNKNOWN, "{{schema:0 count:3 sum:5 buckets:[1 2]}}");
	PUT(&r, 100, HISTOGRAM_CHUNK_GAUGE, "{{schema:0 count:9 sum:5 buckets:[9]}}",
	    "{{schema:0 count:2 sum:5 buckets:[1 1]}}");
	run(&r);

	assert_int_equal(r.out.chunks.n, 2);
	expect_part(&r, 1, AGGR_COUNTER, 0, 150,
		    "{{schema:0 count:2 sum:5 buckets:[1 1] counter_reset_hint:gauge}}");
}

static void zero_buckets_become_as_wide_as_the_widest(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r);

	PUT(&r, 0, HISTOGRAM_CHUNK_UNKNOWN,
	    "{{schema:0 count:6 sum:5 z_bucket:1 z_bucket_w:0.25 buckets:[2 3]}}");
	PUT(&r, 100, HISTOGRAM_CHUNK_UNKNOWN,
	    "{{schema:0 count:7 sum:6 z_bucket:4 z_bucket_w:1 offset:1 buckets:[3]}}");
	run(&r);

	assert_int_equal(r.out.chunks.n, 1);
	expect_part(&r, 0, AGGR_COUNTER, 0, 99,
		    "{{schema:0 count:6 sum:5 z_bucket:3 z_bucket_w:1 offset:1 buckets:[3]}}");
	expect_part(&r, 0, AGGR_COUNTER, 1, 100,
		    "{{schema:0 count:7 sum:6 z_bucket:4 z_bucket_w:1 offset:1 buckets:[3] "
		    "counter_reset_hint:not_reset}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_are_gauges_and_counters_go_on_over_resets),
	    cmocka_unit_test(all_of_a_chunk_have_the_lowest_resolution_of_it),
	    cmocka_unit_test(custom_bounds_that_change_end_a_chunk),
	    cmocka_unit_test(a_gauge_among_counters_has_chunks_of_its_own),
	    cmocka_unit_test(zero_buckets_become_as_wide_as_the_widest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
