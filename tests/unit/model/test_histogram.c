#include "model/histogram.h"

#include "tests/lib/expect.h"
#include "tests/lib/histogram_text.h"

#include <float.h>
#include <math.h>

static void text_goes_from_the_lowest_bucket_to_the_highest(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const struct {
		const char *histogram, *want;
	} cases[] = {
	    {"{{}}", "{count:0, sum:0}"},
	    {"{{count:10 sum:3.5 z_bucket:2 z_bucket_w:0.001 buckets:[3 0 1] n_buckets:[0 1]}}",
	     "{count:10, sum:3.5, [-2,-1):1, [-0.001,0.001]:2, (0.5,1]:3, (2,4]:1}"},
	    {"{{schema:-53 count:6 sum:1 custom_values:[5 10] buckets:[1 2 3]}}",
	     "{count:6, sum:1, [-Inf,5]:1, (5,10]:2, (10,+Inf]:3}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		histogram_format(&text, histogram_of(a, cases[i].histogram));
		expect_str(buf_str(&text), cases[i].want);
	}
	(void)state;
}

static void sums_have_the_layout_that_both_can_have(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const struct {
		const char *h, *other, *want;
	} cases[] = {
	    /* gaps, before and behind */
	    {"{{count:3 sum:1 offset:2 buckets:[1 2]}}", "{{count:4 sum:2 buckets:[1 0 3]}}",
	     "{{count:7 sum:3 buckets:[1 0 4 2]}}"},
	    /* the lower resolution */
	    {"{{schema:1 count:4 sum:1 offset:1 buckets:[1 1 1 1]}}",
	     "{{schema:0 count:4 sum:1 offset:1 buckets:[2 2]}}",
	     "{{schema:0 count:8 sum:2 offset:1 buckets:[4 4]}}"},
	    {"{{schema:0 count:4 sum:1 offset:1 buckets:[2 2]}}",
	     "{{schema:1 count:4 sum:1 offset:1 buckets:[1 1 1 1]}}",
	     "{{schema:0 count:8 sum:2 offset:1 buckets:[4 4]}}"},
	    /* the wider zero bucket takes what lies in it */
	    {"{{count:4 sum:1 z_bucket:1 z_bucket_w:0.01 offset:-1 buckets:[1 2]}}",
	     "{{count:2 sum:1 z_bucket:2 z_bucket_w:0.5}}",
	     "{{count:6 sum:2 z_bucket:4 z_bucket_w:0.5 buckets:[2]}}"},
	    /* and grows on to the end of the bucket it cuts */
	    {"{{count:4 sum:1 z_bucket:1 z_bucket_w:0.01 buckets:[3]}}",
	     "{{count:2 sum:1 z_bucket:2 z_bucket_w:0.6}}",
	     "{{count:6 sum:2 z_bucket:6 z_bucket_w:1}}"},
	    /* bounds that only one has vanish */
	    {"{{schema:-53 count:6 sum:1 custom_values:[5 10 15] buckets:[1 2 3]}}",
	     "{{schema:-53 count:3 sum:1 custom_values:[5 15] buckets:[1 1 1]}}",
	     "{{schema:-53 count:9 sum:2 custom_values:[5 15] buckets:[2 6 1]}}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct histogram *h = histogram_of(a, cases[i].h);
		struct histogram *other = histogram_of(a, cases[i].other);
		struct histogram_clash clash = histogram_add(a, h, other);
		assert_false(clash.is_incompatible);
		expect_histogram(a, h, cases[i].want);
		expect_histogram(a, other, cases[i].other);
		struct histogram *g = histogram_of(a, cases[i].h);
		struct histogram *c = histogram_compensation(a, g);
		histogram_add_compensated(a, g, c, histogram_of(a, cases[i].other));
		histogram_settle(a, g, c);
		expect_histogram(a, g, cases[i].want);
	}
	(void)state;
}

static void hints_that_contradict_each_other_become_unknown(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const struct {
		enum histogram_hint h, other, want;
		bool collides;
	} cases[] = {
	    {HISTOGRAM_RESET, HISTOGRAM_RESET, HISTOGRAM_RESET, false},
	    {HISTOGRAM_RESET, HISTOGRAM_NOT_RESET, HISTOGRAM_UNKNOWN, true},
	    {HISTOGRAM_NOT_RESET, HISTOGRAM_RESET, HISTOGRAM_UNKNOWN, true},
	    {HISTOGRAM_UNKNOWN, HISTOGRAM_RESET, HISTOGRAM_UNKNOWN, false},
	    {HISTOGRAM_RESET, HISTOGRAM_UNKNOWN, HISTOGRAM_UNKNOWN, false},
	    {HISTOGRAM_RESET, HISTOGRAM_GAUGE, HISTOGRAM_GAUGE, false},
	    {HISTOGRAM_GAUGE, HISTOGRAM_UNKNOWN, HISTOGRAM_GAUGE, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct histogram h = {.hint = cases[i].h}, other = {.hint = cases[i].other};
		struct histogram_clash clash = histogram_add(a, &h, &other);
		assert_int_equal(clash.has_hints, cases[i].collides);
		assert_int_equal(h.hint, cases[i].want);
	}
	(void)state;
}

static void custom_and_exponential_buckets_are_not_added(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram *h = histogram_of(a, "{{count:1 sum:1 buckets:[1]}}");
	struct histogram *custom =
	    histogram_of(a, "{{schema:-53 count:1 sum:1 custom_values:[5] buckets:[1]}}");

	assert_true(histogram_add(a, h, custom).is_incompatible);
	assert_true(histogram_subtract(a, custom, h).is_incompatible);
	expect_histogram(a, h, "{{count:1 sum:1 buckets:[1]}}");
	(void)state;
}

static void compensation_keeps_what_rounding_would_lose(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram *h = histogram_of(a, "{{count:1e100 sum:1e100 buckets:[1e100]}}");
	struct histogram *c = histogram_compensation(a, h);

	histogram_add_compensated(a, h, c, histogram_of(a, "{{count:1 sum:1 buckets:[1 1]}}"));
	histogram_add_compensated(
	    a, h, c, histogram_of(a, "{{count:-1e100 sum:-1e100 buckets:[-1e100 1]}}"));
	histogram_settle(a, h, c);
	expect_histogram(a, h, "{{count:1 sum:1 buckets:[1 2]}}");
	(void)state;
}

static void a_counter_that_lost_observations_was_reset(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const struct {
		const char *previous, *h;
		bool want;
	} cases[] = {
	    {"{{count:3 buckets:[1 2]}}", "{{count:3 buckets:[1 2]}}", false},
	    {"{{count:3 buckets:[1 2]}}", "{{count:9 buckets:[1 2 6]}}", false},
	    {"{{count:3 buckets:[1 2]}}", "{{count:2 buckets:[1 2]}}", true},
	    {"{{count:3 buckets:[1 2]}}", "{{count:9 buckets:[0 9]}}", true},
	    {"{{count:3 buckets:[0 3]}}", "{{count:9 offset:1 buckets:[9]}}", false},
	    {"{{count:3 buckets:[1 2]}}", "{{count:9 offset:1 buckets:[9]}}", true},
	    {"{{count:3 n_buckets:[1 2]}}", "{{count:9 n_buckets:[9 1]}}", true},
	    {"{{count:3 buckets:[1 2]}}", "{{schema:1 count:9 buckets:[9 9]}}", true},
	    {"{{schema:1 count:3 offset:1 buckets:[1 2]}}", "{{count:3 offset:1 buckets:[3]}}",
	     false},
	    {"{{schema:1 count:3 offset:1 buckets:[1 2]}}", "{{count:3 offset:1 buckets:[2]}}",
	     true},
	    {"{{count:3 z_bucket:1 z_bucket_w:0.5}}", "{{count:3 z_bucket:1 z_bucket_w:0.1}}",
	     true},
	    {"{{count:3 buckets:[1 2]}}", "{{count:3 z_bucket:1 z_bucket_w:1 buckets:[0 2]}}",
	     false},
	    {"{{count:3 buckets:[1 2]}}", "{{count:3 z_bucket:1 z_bucket_w:0.7 buckets:[0 2]}}",
	     true},
	    {"{{count:9 buckets:[9]}}", "{{count:1 counter_reset_hint:not_reset}}", false},
	    {"{{count:1 buckets:[1]}}", "{{count:9 buckets:[9] counter_reset_hint:reset}}", true},
	    {"{{schema:-53 count:3 custom_values:[5 10] buckets:[1 2]}}",
	     "{{schema:-53 count:3 custom_values:[10] buckets:[3]}}", false},
	    {"{{schema:-53 count:3 custom_values:[5 10] buckets:[1 2]}}",
	     "{{schema:-53 count:3 custom_values:[10] buckets:[2 1]}}", true},
	    {"{{count:1 buckets:[1]}}", "{{schema:-53 count:3 custom_values:[5] buckets:[3]}}",
	     true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (histogram_is_reset(histogram_of(a, cases[i].h),
				       histogram_of(a, cases[i].previous)) != cases[i].want)
			fail_msg("from %s to %s: want %d", cases[i].previous, cases[i].h,
				 cases[i].want);
	(void)state;
}

static void buckets_ascend_around_the_zero_bucket(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct histogram *h =
	    histogram_of(a, "{{count:7 z_bucket:2 z_bucket_w:0.75 buckets:[1 2] n_buckets:[1 1]}}");
	static const struct {
		double lower, upper, count;
	} want[] = {{-2, -1, 1}, {-1, -0.75, 1}, {-0.75, 0.75, 2}, {0.75, 1, 1}, {1, 2, 2}};

	assert_int_equal(histogram_num_buckets(h), 5);
	for (size_t i = 0; i < 5; i++) {
		struct histogram_bucket b = histogram_bucket_at(h, i);
		assert_true(b.lower == want[i].lower && b.upper == want[i].upper);
		assert_true(b.count == want[i].count);
	}
	(void)state;
}

static void the_last_finite_bucket_ends_at_the_largest_number(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const struct {
		const char *histogram;
		double lower, upper;
	} cases[] = {
	    {"{{offset:1024 buckets:[1]}}", 0x1p1023, DBL_MAX},
	    {"{{offset:1025 buckets:[1]}}", DBL_MAX, INFINITY},
	    {"{{schema:-2 offset:256 buckets:[1]}}", 0x1p1020, DBL_MAX},
	    {"{{schema:1 offset:1 buckets:[1]}}", 1, 1.414213562373095},
	    {"{{schema:8 offset:6 buckets:[1]}}", 2 * 0.5068150424757447, 2 * 0.5081891574554764},
	    {"{{offset:-1073 buckets:[1]}}", 0x1p-1074, 0x1p-1073},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct histogram_bucket b =
		    histogram_bucket_at(histogram_of(a, cases[i].histogram), 0);
		assert_true(b.lower == cases[i].lower);
		assert_true(b.upper == cases[i].upper);
	}
	(void)state;
}

static void trimming_cuts_a_bucket_where_interpolation_says(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram *custom = histogram_of(
	    a, "{{schema:-53 count:6 sum:60 custom_values:[0 10 20] buckets:[0 2 4]}}");
	struct histogram *whole = histogram_copy(a, custom);

	histogram_trim(a, custom, 15, true);
	expect_histogram(
	    a, custom,
	    "{{schema:-53 count:4 sum:35 custom_values:[0 10 20] offset:1 buckets:[2 2]}}");
	histogram_trim(a, whole, 20, true);
	expect_histogram(a, whole,
			 "{{schema:-53 count:6 sum:60 custom_values:[0 10 20] buckets:[0 2 4]}}");
	struct histogram *zero =
	    histogram_of(a, "{{count:6 sum:5 z_bucket:4 z_bucket_w:1 offset:1 buckets:[2]}}");
	histogram_trim(a, zero, 0.5, true);
	expect_histogram(a, zero, "{{count:2 sum:0.5 z_bucket:2 z_bucket_w:1}}");
	(void)state;
}

static void factors_below_zero_make_gauges(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram *h = histogram_of(a, "{{count:4 sum:2 z_bucket:2 buckets:[2]}}");

	histogram_multiply(h, 2);
	expect_histogram(a, h, "{{count:8 sum:4 z_bucket:4 buckets:[4]}}");
	histogram_divide(h, -4);
	expect_histogram(a, h,
			 "{{count:-2 sum:-1 z_bucket:-1 buckets:[-1] counter_reset_hint:gauge}}");
	histogram_divide(h, 0);
	assert_true(isinf(h->count) && h->positive.n == 0);
	(void)state;
}

static void compact_histograms_have_no_empty_buckets(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram *h = histogram_of(a, "{{count:4 buckets:[0 0 4 0] n_buckets:[0]}}");

	histogram_compact(a, h);
	expect_histogram(a, h, "{{count:4 offset:2 buckets:[4]}}");
	assert_int_equal(h->negative.n, 0);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_goes_from_the_lowest_bucket_to_the_highest),
	    cmocka_unit_test(sums_have_the_layout_that_both_can_have),
	    cmocka_unit_test(hints_that_contradict_each_other_become_unknown),
	    cmocka_unit_test(custom_and_exponential_buckets_are_not_added),
	    cmocka_unit_test(compensation_keeps_what_rounding_would_lose),
	    cmocka_unit_test(a_counter_that_lost_observations_was_reset),
	    cmocka_unit_test(buckets_ascend_around_the_zero_bucket),
	    cmocka_unit_test(the_last_finite_bucket_ends_at_the_largest_number),
	    cmocka_unit_test(trimming_cuts_a_bucket_where_interpolation_says),
	    cmocka_unit_test(factors_below_zero_make_gauges),
	    cmocka_unit_test(compact_histograms_have_no_empty_buckets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
