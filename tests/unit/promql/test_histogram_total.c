#include "promql/histogram_total.h"

#include "tests/lib/expect.h"
#include "tests/lib/histogram_text.h"

#include <math.h>

/* The total of histograms that are written one behind the other, separated by |. */
static struct histogram_total total_of(struct arena *a, const char *texts, bool is_average)
{
	struct histogram_total t = {0};
	struct str rest = str_of(texts), one;

	while (rest.n) {
		rest = str_split(rest, '|', &one);
		histogram_total_add(&t, a, histogram_of(a, arena_cstr(a, one)), is_average);
	}
	return t;
}

static void expect_total(const char *texts, bool is_average, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram_total t = total_of(a, texts, is_average);

	expect_histogram(a, histogram_total_value(&t, a, is_average), want);
}

static void a_sum_adds_up_and_an_average_divides(void **state)
{
	const char *three = "{{count:3 sum:1 buckets:[1 2]}}|{{count:6 sum:5 buckets:[2 4]}}|"
			    "{{count:9 sum:6 offset:1 buckets:[9]}}";
	(void)state;

	expect_total(three, false, "{{count:18 sum:12 buckets:[3 15]}}");
	expect_total(three, true, "{{count:6 sum:4 buckets:[1 5]}}");
	expect_total("{{count:3 sum:1 buckets:[3]}}", false, "{{count:3 sum:1 buckets:[3]}}");
	expect_total("{{count:3 sum:1 buckets:[3]}}", true, "{{count:3 sum:1 buckets:[3]}}");
}

static void the_lowest_resolution_counts(void **state)
{
	(void)state;
	expect_total("{{schema:1 count:4 sum:1 buckets:[1 1 1 1]}}|{{schema:0 count:1 buckets:[0 "
		     "1]}}",
		     false, "{{schema:0 count:5 sum:1 buckets:[1 3 1]}}");
}

static void what_is_lost_to_rounding_comes_back(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram_total t =
	    total_of(a,
		     "{{count:1 sum:1}}|{{count:1 sum:1e100}}|{{count:1 sum:1}}|"
		     "{{count:1 sum:-1e100}}",
		     false);
	(void)state;

	assert_true(histogram_total_value(&t, a, false)->sum == 2);
}

static void an_average_does_not_overflow_where_the_sum_does(void **state)
{
	const char *large = "{{count:1e308 sum:1.6e308 buckets:[1e308]}}|"
			    "{{count:1e308 sum:1.2e308 buckets:[1e308]}}|"
			    "{{count:1e308 sum:0.2e308 buckets:[1e308]}}";
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram_total sum = total_of(a, large, false);
	struct histogram_total average = total_of(a, large, true);
	(void)state;

	assert_true(isinf(histogram_total_value(&sum, a, false)->sum));
	assert_true(average.is_incremental);
	const struct histogram *h = histogram_total_value(&average, a, true);
	assert_true(fabs(h->sum / 1e308 - 1) < 1e-12);
	assert_true(fabs(h->count / 1e308 - 1) < 1e-12);
	assert_true(fabs(h->positive.count[0] / 1e308 - 1) < 1e-12);
}

static void the_histograms_stay_as_they_were(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct histogram *first = histogram_of(a, "{{count:1 sum:1 buckets:[1]}}");
	struct histogram_total t = {0};
	(void)state;

	histogram_total_add(&t, a, first, true);
	histogram_total_add(&t, a, first, true);
	histogram_total_value(&t, a, true);

	expect_histogram(a, first, "{{count:1 sum:1 buckets:[1]}}");
}

static void what_is_odd_about_it_is_remembered(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct histogram_total t = total_of(
	    a, "{{count:1 counter_reset_hint:reset}}|{{count:1 counter_reset_hint:not_reset}}",
	    false);
	assert_true(t.has_reset && t.has_not_reset && !t.has_bounds && !t.is_incompatible);
	t = total_of(a, "{{count:1}}|{{count:1 counter_reset_hint:not_reset}}", false);
	assert_true(!t.has_reset && t.has_not_reset);
	t = total_of(a,
		     "{{schema:-53 count:1 custom_values:[1] buckets:[1]}}|"
		     "{{schema:-53 count:1 custom_values:[1 2] buckets:[1]}}",
		     false);
	assert_true(t.has_bounds && !t.is_incompatible);
	t = total_of(a,
		     "{{schema:-53 count:1 custom_values:[1] buckets:[1]}}|"
		     "{{count:1 buckets:[1]}}|{{count:1 counter_reset_hint:reset}}",
		     false);
	assert_true(t.is_incompatible && !t.has_reset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sum_adds_up_and_an_average_divides),
	    cmocka_unit_test(the_lowest_resolution_counts),
	    cmocka_unit_test(what_is_lost_to_rounding_comes_back),
	    cmocka_unit_test(an_average_does_not_overflow_where_the_sum_does),
	    cmocka_unit_test(the_histograms_stay_as_they_were),
	    cmocka_unit_test(what_is_odd_about_it_is_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
