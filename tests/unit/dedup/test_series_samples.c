#include "dedup/series_samples.h"

#include "codec/xor2_chunk.h"
#include "codec/xor_chunk.h"
#include "model/histogram.h"
#include "model/histogram_samples.h"
#include "model/store_api.h"
#include "tests/lib/expect.h"
#include "tests/lib/golden_chunks.h"
#include "tests/lib/histogram_text.h"

#include <math.h>
#include <stdio.h>

static const struct time_range always = {INT64_MIN, INT64_MAX};

/* A chunk of "t:v t:v ..." */
static struct chunk_data encode(struct arena *a, const char *text)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct xor_encoder e;
	char *rest = arena_cstr(a, str_of(text)), *word;

	xor_encoder_init(&e, &out);
	while ((word = strtok_r(rest, " ", &rest))) {
		long long t_ms;
		double v;
		assert_int_equal(sscanf(word, "%lld:%lf", &t_ms, &v), 2);
		xor_encoder_append(&e, t_ms, v);
	}
	struct str bytes = arena_str(a, buf_str(&out));
	return (struct chunk_data){(const uint8_t *)bytes.p, (uint32_t)bytes.n, CHUNK_XOR, 0};
}

static struct chunk raw(struct arena *a, int64_t min_t_ms, int64_t max_t_ms, const char *text)
{
	return (struct chunk){min_t_ms, max_t_ms, encode(a, text), NULL};
}

static struct chunk downsampled(struct arena *a, const char *count, const char *sum,
				const char *counter)
{
	struct chunk_data *aggrs = ARENA_ARRAY(a, struct chunk_data, AGGR_N);

	aggrs[AGGR_COUNT] = encode(a, count);
	aggrs[AGGR_SUM] = encode(a, sum);
	if (counter)
		aggrs[AGGR_COUNTER] = encode(a, counter);
	return (struct chunk){0, 1000, .aggrs = aggrs};
}

static void expect_samples(struct arena *a, const struct chunk *chunks, size_t n,
			   struct series_read how, const char *want)
{
	struct series s = {.chunks = chunks, .n_chunks = n};
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct samples got = {0};
	struct err err = ERR_INIT;

	expect_ok(series_samples_read(&s, &how, a, &got, &err), err);

	for (size_t i = 0; i < got.n; i++)
		buf_printf(&text, "%s%lld:%g", i ? " " : "", (long long)got.t_ms[i], got.v[i]);
	expect_str(buf_str(&text), want);
}

static void chunks_follow_each_other_and_what_overlaps_is_skipped(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk chunks[] = {raw(a, 10, 30, "10:1 20:2 30:3"),
				 raw(a, 25, 40, "25:7 30:8 40:9")};
	(void)state;

	expect_samples(a, chunks, 2, (struct series_read){DEDUP_NONE, "", always},
		       "10:1 20:2 30:3 40:9");
	expect_samples(a, chunks, 2, (struct series_read){DEDUP_NONE, "", {20, 30}}, "20:2 30:3");
	expect_samples(a, chunks, 0, (struct series_read){DEDUP_PENALTY, "", always}, "");
}

static void overlapping_chunks_are_replicas_and_become_one_series(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk chunks[] = {
	    raw(a, 10000, 20000, "10000:1 20000:2"),
	    raw(a, 10100, 30100, "10100:5 20100:6 30100:7"),
	    raw(a, 30000, 40000, "30000:3 40000:4"),
	};
	(void)state;

	expect_samples(a, chunks, 3, (struct series_read){DEDUP_PENALTY, "", always},
		       "10000:1 20000:2 30000:3 40000:4");
	expect_samples(a, chunks, 3, (struct series_read){DEDUP_CHAIN, "", always},
		       "10000:1 10100:5 20000:2 20100:6 30000:3 30100:7 40000:4");
}

/* Three samples, from first_ms on, 10 s apart, each of which started 5 s before. */
static struct chunk with_starts(struct arena *a, int64_t first_ms)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1 << 10);
	int64_t t_ms[3], st_ms[3];
	double v[3] = {1, 2, 3};

	for (int64_t i = 0; i < 3; i++) {
		t_ms[i] = first_ms + 10000 * i;
		st_ms[i] = t_ms[i] - 5000;
	}
	xor2_chunk_encode(&(struct xor2_columns){t_ms, v, st_ms}, 3, &out);
	struct str bytes = arena_str(a, buf_str(&out));
	return (struct chunk){
	    .min_t_ms = t_ms[0],
	    .max_t_ms = t_ms[2],
	    .raw = {(const uint8_t *)bytes.p, (uint32_t)bytes.n, CHUNK_XOR2, 0},
	};
}

static void start_times_go_with_the_samples_of_their_replica(void **state)
{
	static const enum dedup_function functions[] = {DEDUP_NONE, DEDUP_CHAIN, DEDUP_PENALTY};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk chunks[] = {
	    raw(a, 10000, 12000, "10000:7 12000:8"),
	    with_starts(a, 12000),
	    with_starts(a, 50000),
	};
	struct series s = {.chunks = chunks, .n_chunks = 3};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		struct series_read how = {functions[i], "", always};
		struct samples got = {0};
		struct err err = ERR_INIT;
		expect_ok(series_samples_read(&s, &how, a, &got, &err), err);
		size_t n_known = 0;
		for (size_t k = 0; k < got.n; k++) {
			bool is_known = got.v[k] < 7;
			assert_int_equal(got.st_ms[k], is_known ? got.t_ms[k] - 5000 : 0);
			n_known += is_known;
		}
		assert_true(n_known > 0 && n_known < got.n);
	}
}

/* Two chunks of whole histograms, the second one 15 s * n behind the first. */
static void read_stats(struct arena *a, const struct golden_chunk *g, int64_t second_from_ms,
		       struct samples *out)
{
	const struct golden_sample *s = g->samples.v;
	struct chunk chunks[] = {
	    {s[0].t_ms, s[g->samples.n - 1].t_ms, g->plain, NULL},
	    {second_from_ms, INT64_MAX, g->plain, NULL},
	};
	struct series series = {.chunks = chunks, .n_chunks = 2};
	struct series_read how = {
	    .dedup = DEDUP_NONE, .func = "", .range = always, .only_stats = true};
	struct err err = ERR_INIT;

	expect_ok(series_samples_read(&series, &how, a, out, &err), err);
	assert_int_equal(out->n, g->samples.n); /* the second one has the same times */
}

static void stats_leave_buckets_out_unless_chunks_overlap(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct samples apart = {0}, overlapping = {0};
	struct golden_chunks all;
	size_t i = 0;
	(void)state;

	golden_chunks_read(a, &all);
	while (strcmp(all.v[i].name, "st_whole_none") != 0)
		i++;
	const struct golden_chunk *g = &all.v[i];
	read_stats(a, g, g->samples.v[g->samples.n - 1].t_ms + 1, &apart);
	read_stats(a, g, g->samples.v[0].t_ms, &overlapping);
	for (size_t k = 0; k < apart.n; k++) {
		const struct histogram *got = apart.hist[k], *want = overlapping.hist[k];
		bool is_end = k == 0 || k + 1 == apart.n;
		assert_true(want->positive.n == 3);
		assert_int_equal(got->positive.n, is_end ? 3 : 0);
		assert_true(got->count == want->count && got->sum == want->sum);
		assert_int_equal(got->hint, want->hint);
	}
}

static void the_function_decides_which_aggregate_is_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk chunks[] = {downsampled(a, "100:2 200:4", "100:10 200:30", "100:1 200:5")};
	(void)state;

	expect_samples(a, chunks, 1, (struct series_read){DEDUP_NONE, "count_over_time", always},
		       "100:2 200:4");
	expect_samples(a, chunks, 1, (struct series_read){DEDUP_NONE, "sum_over_time", always},
		       "100:10 200:30");
	expect_samples(a, chunks, 1, (struct series_read){DEDUP_NONE, "sum", always},
		       "100:5 200:7.5");
	expect_samples(a, chunks, 1, (struct series_read){DEDUP_NONE, "rate", always},
		       "100:1 200:5");
	assert_int_equal(series_aggrs_for("sum"), WANT_COUNT | WANT_SUM);
	assert_int_equal(series_aggrs_for("max"), WANT_MAX);
	assert_int_equal(series_aggrs_for("min_over_time"), WANT_MIN);
	assert_int_equal(series_aggrs_for("xincrease"), WANT_COUNTER);
}

static void a_counter_only_grows_across_resets_and_chunks(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk chunks[] = {
	    downsampled(a, "1:1", "1:1", "100:10 200:25 200:5"), /* in truth it ended with 5 */
	    raw(a, 300, 500, "300:7 400:nan 500:3"),
	};
	(void)state;

	expect_samples(a, chunks, 2, (struct series_read){DEDUP_NONE, "rate", always},
		       "100:10 200:25 300:27 500:30");
	expect_samples(a, chunks + 1, 1, (struct series_read){DEDUP_NONE, "resets", {400, 600}},
		       "500:10");
}

static void a_chunk_without_the_aggregate_is_corrupt(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk chunks[] = {downsampled(a, "1:1 2:1", "1:1", NULL)};
	struct series s = {.chunks = chunks, .n_chunks = 1};
	struct series_read rate = {DEDUP_NONE, "rate", always}, sum = {DEDUP_NONE, "", always};
	struct samples got = {0};
	struct err err = ERR_INIT;
	(void)state;

	expect_err(series_samples_read(&s, &rate, a, &got, &err), err, ERR_CORRUPT,
		   "chunk from 0 to 1000: no counter in it");
	expect_err(series_samples_read(&s, &sum, a, &got, &err), err, ERR_CORRUPT,
		   "sum and count are not aligned");
}

/* What a downsampled series of histograms has: how many there are in a window, and their sum. */
static struct chunk downsampled_histograms(struct arena *a, const char *count)
{
	static const int64_t t_ms[] = {10, 20};
	struct histogram *sums[] = {
	    histogram_of(a, "{{schema:0 count:6 sum:12 buckets:[2 4]}}"),
	    histogram_of(a, "{{schema:0 count:9 sum:3 buckets:[3 6]}}"),
	};
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 16);
	struct histogram_chunk c;
	struct chunk_data *aggrs = ARENA_ARRAY(a, struct chunk_data, AGGR_N);

	histograms_to_chunk(a, t_ms, sums, 2, HISTOGRAM_CHUNK_GAUGE, &c);
	histogram_chunk_encode(CHUNK_FLOAT_HISTOGRAM, &c, &bytes);
	aggrs[AGGR_COUNT] = encode(a, count);
	aggrs[AGGR_SUM] = (struct chunk_data){(const uint8_t *)arena_str(a, buf_str(&bytes)).p,
					      (uint32_t)bytes.n, CHUNK_FLOAT_HISTOGRAM, 0};
	return (struct chunk){0, 1000, .aggrs = aggrs};
}

static void of_downsampled_histograms_the_average_is_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk chunks[] = {raw(a, 0, 5, "5:7"), downsampled_histograms(a, "10:2 20:3")};
	struct series s = {.chunks = chunks, .n_chunks = 2};
	struct samples got = {0};
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(
	    series_samples_read(&s, &(struct series_read){DEDUP_NONE, "", {0, 20}}, a, &got, &err),
	    err);

	assert_int_equal(got.n, 3);
	assert_null(got.hist[0]);
	assert_true(got.v[0] == 7);
	expect_histogram(a, got.hist[1],
			 "{{schema:0 count:3 sum:6 buckets:[1 2] counter_reset_hint:gauge}}");
	expect_histogram(a, got.hist[2],
			 "{{schema:0 count:3 sum:1 buckets:[1 2] counter_reset_hint:gauge}}");
	assert_true(got.t_ms[2] == 20 && got.v[2] == 1);
}

static void counts_that_do_not_fit_the_sums_of_histograms_are_corrupt(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk chunks[] = {downsampled_histograms(a, "10:2 21:3")};
	struct series s = {.chunks = chunks, .n_chunks = 1};
	struct samples got = {0};
	struct err err = ERR_INIT;
	(void)state;

	expect_err(
	    series_samples_read(&s, &(struct series_read){DEDUP_NONE, "", always}, a, &got, &err),
	    err, ERR_CORRUPT, "sum and count are not aligned");
}

static void functions_of_two_samples_are_given_two_windows_in_their_range(void **state)
{
	(void)state;

	assert_int_equal(series_max_resolution_ms("rate", 600000, 3600000), 300000);
	assert_int_equal(series_max_resolution_ms("rate", 600000, 60000), 60000);
	assert_int_equal(series_max_resolution_ms("deriv", 1, 3600000), 0);
	assert_int_equal(series_max_resolution_ms("rate", 0, 3600000), 3600000);
	assert_int_equal(series_max_resolution_ms("sum_over_time", 600000, 3600000), 3600000);
	assert_int_equal(series_max_resolution_ms("xrate", 600000, 3600000), 3600000);
	assert_int_equal(series_max_resolution_ms("", 600000, 3600000), 3600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chunks_follow_each_other_and_what_overlaps_is_skipped),
	    cmocka_unit_test(overlapping_chunks_are_replicas_and_become_one_series),
	    cmocka_unit_test(start_times_go_with_the_samples_of_their_replica),
	    cmocka_unit_test(stats_leave_buckets_out_unless_chunks_overlap),
	    cmocka_unit_test(the_function_decides_which_aggregate_is_read),
	    cmocka_unit_test(a_counter_only_grows_across_resets_and_chunks),
	    cmocka_unit_test(a_chunk_without_the_aggregate_is_corrupt),
	    cmocka_unit_test(of_downsampled_histograms_the_average_is_read),
	    cmocka_unit_test(counts_that_do_not_fit_the_sums_of_histograms_are_corrupt),
	    cmocka_unit_test(functions_of_two_samples_are_given_two_windows_in_their_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
