#include "model/samples.h"

#include "codec/xor_chunk.h"
#include "model/histogram_samples.h"
#include "tests/lib/expect.h"
#include "tests/lib/golden_chunks.h"
#include "tests/lib/histogram_text.h"

/* A chunk with the sample (t, 2 t) at each of `n` times, in memory of `a`. */
static struct chunk_data chunk_at(struct arena *a, const int64_t *t_ms, size_t n)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 16);
	struct xor_encoder e;

	xor_encoder_init(&e, &bytes);
	for (size_t i = 0; i < n; i++)
		xor_encoder_append(&e, t_ms[i], (double)(2 * t_ms[i]));
	struct str copy = arena_str(a, buf_str(&bytes));
	return (struct chunk_data){
	    .data = (const uint8_t *)copy.p,
	    .size_bytes = (uint32_t)copy.n,
	    .encoding = CHUNK_XOR,
	};
}

static void expect_times(const struct samples *s, const int64_t *want, size_t n)
{
	assert_int_equal(s->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(s->t_ms[i], want[i]);
		assert_true(s->v[i] == (double)(2 * want[i]));
	}
}

static const int64_t ten[] = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90};
static const struct time_range always = {INT64_MIN, INT64_MAX};

static void chunks_are_appended_one_after_the_other(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk_data first = chunk_at(a, ten, 4), second = chunk_at(a, ten + 4, 6);
	struct samples s = {0};
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(samples_append_chunk(a, &s, &first, always, &err), err);
	expect_ok(samples_append_chunk(a, &s, &second, always, &err), err);

	expect_times(&s, ten, 10);
}

static void samples_outside_of_the_range_are_cut_off(void **state)
{
	static const struct {
		struct time_range range;
		size_t first, n;
	} cases[] = {
	    {{10, 50}, 1, 5}, {{11, 49}, 2, 3}, {{-5, 5}, 0, 1},
	    {{90, 90}, 9, 1}, {{91, 99}, 0, 0}, {{-9, -1}, 0, 0},
	    {{41, 49}, 0, 0}, {{50, 40}, 0, 0}, {{INT64_MIN, INT64_MAX}, 0, 10},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct chunk_data c = chunk_at(a, ten, 10);
		struct samples s = {0};
		struct err err = ERR_INIT;
		expect_ok(samples_append_chunk(a, &s, &c, cases[i].range, &err), err);
		expect_times(&s, ten + cases[i].first, cases[i].n);
	}
}

static void what_overlaps_is_taken_once(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk_data first = chunk_at(a, ten, 6), second = chunk_at(a, ten + 3, 7);
	struct samples s = {0};
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(samples_append_chunk(a, &s, &first, always, &err), err);
	expect_ok(samples_append_chunk(a, &s, &first, always, &err), err);
	expect_ok(samples_append_chunk(a, &s, &second, always, &err), err);

	expect_times(&s, ten, 10);
}

static void times_that_do_not_ascend_are_corrupt(void **state)
{
	static const int64_t times[] = {10, 20, 20, 30};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk_data c = chunk_at(a, times, 4);
	struct samples s = {0};
	struct err err = ERR_INIT;
	(void)state;

	expect_err(samples_append_chunk(a, &s, &c, always, &err), err, ERR_CORRUPT,
		   "chunk: sample 3 of 4 is at 20, its predecessor at 20");
	assert_int_equal(s.n, 0);
}

static void histograms_stand_among_floats(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 16);
	double bucket[] = {3, 4};
	struct histogram_sample sample[] = {
	    {.t_ms = 35, .count = 3, .sum = 1.5, .positive = bucket},
	    {.t_ms = 45, .count = 4, .sum = 2.5, .positive = bucket + 1}};
	const struct histogram_span span = {2, 1};
	struct histogram_chunk histograms = {
	    .layout.positive = {&span, 1, 1}, .samples = sample, .n = 2};
	struct chunk_data first = chunk_at(a, ten, 4), last = chunk_at(a, ten + 4, 6), middle;
	struct samples s = {0};
	struct err err = ERR_INIT;
	(void)state;

	histogram_chunk_encode(CHUNK_HISTOGRAM, &histograms, &bytes);
	middle = (struct chunk_data){(uint8_t *)bytes.p, (uint32_t)bytes.n, CHUNK_HISTOGRAM, 0};
	expect_ok(samples_append_chunk(a, &s, &first, always, &err), err);
	expect_ok(samples_append_chunk(a, &s, &middle, always, &err), err);
	expect_ok(samples_append_chunk(a, &s, &last, always, &err), err);
	assert_int_equal(s.n, 11); /* the float at 40 comes too late */
	assert_null(s.hist[3]);
	assert_int_equal(s.t_ms[4], 35);
	assert_true(s.v[4] == 1.5);
	expect_histogram(a, s.hist[4], "{{count:3 sum:1.5 offset:2 buckets:[3]}}");
	expect_histogram(a, s.hist[5],
			 "{{count:4 sum:2.5 offset:2 buckets:[4] counter_reset_hint:not_reset}}");
	assert_int_equal(s.t_ms[6], 50);
	assert_null(s.hist[6]);
}

static void start_times_come_with_their_samples(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct golden_chunks all;
	struct err err = ERR_INIT;
	(void)state;

	golden_chunks_read(a, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct golden_chunk *g = &all.v[i];
		const struct golden_sample *want = g->samples.v + 1;
		struct samples s = {0};
		if (g->samples.n < 3)
			continue;
		/* Behind a sample of which nothing is known. */
		int64_t first_ms = want->t_ms - 1;
		struct chunk_data before = chunk_at(a, &first_ms, 1);
		struct time_range range = {first_ms, g->samples.v[g->samples.n - 2].t_ms};
		expect_ok(samples_append_chunk(a, &s, &before, range, &err), err);
		expect_ok(samples_append_chunk(a, &s, &g->chunk, range, &err), err);
		assert_int_equal(s.n, g->samples.n - 1);
		assert_true(chunk_has_start_times(&g->chunk) == (s.st_ms != NULL));
		assert_int_equal(s.st_ms ? s.st_ms[0] : 0, 0);
		for (size_t k = 1; k < s.n; k++) {
			assert_int_equal(s.t_ms[k], want[k - 1].t_ms);
			assert_int_equal(s.st_ms ? s.st_ms[k] : 0, want[k - 1].st_ms);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chunks_are_appended_one_after_the_other),
	    cmocka_unit_test(samples_outside_of_the_range_are_cut_off),
	    cmocka_unit_test(what_overlaps_is_taken_once),
	    cmocka_unit_test(times_that_do_not_ascend_are_corrupt),
	    cmocka_unit_test(start_times_come_with_their_samples),
	    cmocka_unit_test(histograms_stand_among_floats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
