#include "promql/histogram_functions.h"

#include "tests/lib/expect.h"
#include "tests/lib/histogram_rig.h"

#include <math.h>

static int set_up(void **state)
{
	static struct histogram_rig rig;

	histogram_rig_init(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	histogram_rig_done(*state);
	return 0;
}

static void expect_number(double got, double want)
{
	if (got == want || (isnan(got) && isnan(want)) || fabs(got - want) < 1e-12 * fabs(want))
		return;
	fail_msg("got %.17g, want %.17g", got, want);
}

static double call(struct histogram_rig *rig, enum function_id id, const char *h)
{
	return histogram_function(id)(histogram_of(rig->arena, h));
}

static double quantile(struct histogram_rig *rig, double q, const char *h)
{
	return native_histogram_quantile(q, histogram_of(rig->arena, h), &rig->place);
}

static double fraction(struct histogram_rig *rig, double lower, double upper, const char *h)
{
	return native_histogram_fraction(lower, upper, histogram_of(rig->arena, h), &rig->place);
}

#define EXPONENTIAL "{{schema:0 count:4 sum:10 offset:1 buckets:[2 2]}}" /* (1,2] and (2,4] */
#define CUSTOM      "{{schema:-53 count:8 sum:10 custom_values:[2 6] buckets:[2 4 2]}}"
#define AROUND_ZERO "{{schema:0 count:8 sum:0 z_bucket:4 z_bucket_w:0.5 buckets:[2] n_buckets:[2]}}"

static void the_simple_ones_take_count_and_sum(void **state)
{
	struct histogram_rig *rig = *state;

	expect_number(call(rig, FUNCTION_HISTOGRAM_COUNT, EXPONENTIAL), 4);
	expect_number(call(rig, FUNCTION_HISTOGRAM_SUM, EXPONENTIAL), 10);
	expect_number(call(rig, FUNCTION_HISTOGRAM_AVG, EXPONENTIAL), 2.5);
	expect_number(call(rig, FUNCTION_HISTOGRAM_AVG, "{{}}"), NAN);
	assert_null(histogram_function(FUNCTION_HISTOGRAM_QUANTILE));
	assert_null(histogram_function(FUNCTION_RATE));
}

/* Observations are taken to be in the middle of their bucket, on its own scale. */
static void the_variance_is_that_of_the_middles_of_the_buckets(void **state)
{
	struct histogram_rig *rig = *state;
	double low = sqrt(2) - 2.5, high = sqrt(8) - 2.5;

	expect_number(call(rig, FUNCTION_HISTOGRAM_STDVAR, EXPONENTIAL),
		      (low * low + high * high) / 2);
	expect_number(call(rig, FUNCTION_HISTOGRAM_STDDEV, EXPONENTIAL),
		      sqrt((low * low + high * high) / 2));
	/* 1 and -1 twice each are at 0.707, and what is around zero is zero. */
	expect_number(call(rig, FUNCTION_HISTOGRAM_STDVAR, AROUND_ZERO), 0.25);
	expect_number(
	    call(rig, FUNCTION_HISTOGRAM_STDVAR,
		 "{{schema:-53 count:2 sum:6 custom_values:[1 2 6] offset:1 buckets:[1 1]}}"),
	    (1.5 * 1.5 + 1) / 2);
	/* The first custom bucket has no middle. */
	expect_number(call(rig, FUNCTION_HISTOGRAM_STDVAR, CUSTOM), INFINITY);
}

static void a_quantile_interpolates_on_the_scale_of_the_buckets(void **state)
{
	struct histogram_rig *rig = *state;

	expect_number(quantile(rig, 0, EXPONENTIAL), 1);
	expect_number(quantile(rig, 0.25, EXPONENTIAL), sqrt(2));
	expect_number(quantile(rig, 0.5, EXPONENTIAL), 2);
	expect_number(quantile(rig, 0.75, EXPONENTIAL), sqrt(8));
	expect_number(quantile(rig, 1, EXPONENTIAL), 4);
	expect_number(quantile(rig, 0.375, AROUND_ZERO), -0.25);
	expect_number(quantile(rig, 0.125, AROUND_ZERO), -sqrt(0.5));
	expect_number(quantile(rig, 0.5, CUSTOM), 4);
	expect_notes(rig, "");
}

static void custom_buckets_without_an_end_give_their_other_end(void **state)
{
	struct histogram_rig *rig = *state;

	expect_number(quantile(rig, 0.125, CUSTOM), 1); /* the first one begins at 0 ... */
	expect_number(quantile(rig, 0.9, CUSTOM), 6);
	expect_number(quantile(rig, 0.5, "{{schema:-53 count:2 custom_values:[-1 1] buckets:[2]}}"),
		      -1);
}

static void the_zero_bucket_reaches_only_to_where_there_are_others(void **state)
{
	struct histogram_rig *rig = *state;

	expect_number(
	    quantile(rig, 0.25,
		     "{{schema:0 count:4 sum:1 z_bucket:2 z_bucket_w:0.5 offset:1 buckets:[2]}}"),
	    0.25);
	expect_number(
	    quantile(rig, 0.25,
		     "{{schema:0 count:4 sum:-1 z_bucket:4 z_bucket_w:0.5 n_buckets:[0]}}"),
	    -0.375);
}

static void a_quantile_beyond_its_range_is_infinite(void **state)
{
	struct histogram_rig *rig = *state;

	expect_number(quantile(rig, -0.1, EXPONENTIAL), -INFINITY);
	expect_number(quantile(rig, 1.1, EXPONENTIAL), INFINITY);
	expect_number(quantile(rig, NAN, EXPONENTIAL), NAN);
	expect_number(quantile(rig, 0.5, "{{}}"), NAN);
	expect_notes(rig, "");
}

/* Four observations, of which one was NaN and is in no bucket. */
static void observations_that_are_no_numbers_are_told(void **state)
{
	const char *h = "{{schema:0 count:4 sum:NaN offset:1 buckets:[3]}}";
	struct histogram_rig *rig = *state;

	expect_number(quantile(rig, 0.375, h), sqrt(2));
	expect_notes(rig, "info: input to histogram_quantile has NaN observations, result is "
			  "skewed higher for metric name \"h\"");
	rig->place.name = (struct str){0};
	expect_number(quantile(rig, 0.9, h), NAN);
	expect_notes(rig, "info: input to histogram_quantile has NaN observations, result is NaN");
	expect_number(fraction(rig, 0, 2, h), 0.75);
	expect_notes(rig, "info: input to histogram_fraction has NaN observations, which are "
			  "excluded from all fractions");
}

static void a_fraction_counts_what_is_between_its_ends(void **state)
{
	struct histogram_rig *rig = *state;

	expect_number(fraction(rig, 1, 2, EXPONENTIAL), 0.5);
	expect_number(fraction(rig, 1, sqrt(2), EXPONENTIAL), 0.25);
	expect_number(fraction(rig, -INFINITY, INFINITY, EXPONENTIAL), 1);
	expect_number(fraction(rig, 5, 10, EXPONENTIAL), 0);
	expect_number(fraction(rig, 2, 1, EXPONENTIAL), 0);
	expect_number(fraction(rig, NAN, 1, EXPONENTIAL), NAN);
	expect_number(fraction(rig, 0, 1, "{{}}"), NAN);
	expect_number(fraction(rig, -0.25, 0.25, AROUND_ZERO), 0.25);
	expect_number(fraction(rig, 2, 4, CUSTOM), 0.25);
	expect_notes(rig, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_simple_ones_take_count_and_sum),
	    TEST(the_variance_is_that_of_the_middles_of_the_buckets),
	    TEST(a_quantile_interpolates_on_the_scale_of_the_buckets),
	    TEST(custom_buckets_without_an_end_give_their_other_end),
	    TEST(the_zero_bucket_reaches_only_to_where_there_are_others),
	    TEST(a_quantile_beyond_its_range_is_infinite),
	    TEST(observations_that_are_no_numbers_are_told),
	    TEST(a_fraction_counts_what_is_between_its_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
