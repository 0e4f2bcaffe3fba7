#include "promql/histogram_windows.h"

#include "tests/lib/expect.h"
#include "tests/lib/histogram_rig.h"

enum { MINUTE = 60000, MAX = 8 };

struct fixture {
	struct histogram_rig rig;
	struct histogram_window window;
	struct histogram *v[MAX];
	int64_t t_ms[MAX];
	int64_t st_ms[MAX];
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	histogram_rig_init(&f.rig);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	histogram_rig_done(&f->rig);
	return 0;
}

/* Separated by |, a minute apart from 1 m on, in a window that begins at 0 and ends with them. */
static void load(struct fixture *f, const char *texts)
{
	struct str rest = str_of(texts), one;
	struct histogram_window *w = &f->window;

	*w = (struct histogram_window){.t_ms = f->t_ms, .v = f->v, .place = f->rig.place};
	while (rest.n) {
		rest = str_split(rest, '|', &one);
		assert_true(w->n < MAX);
		f->t_ms[w->n] = (int64_t)(w->n + 1) * MINUTE;
		f->v[w->n++] = histogram_of(f->rig.arena, arena_cstr(f->rig.arena, one));
	}
	w->end_ms = (int64_t)w->n * MINUTE;
}

/* The same window as part of a series whose events were counted. */
static struct histogram_window counted(struct fixture *f)
{
	const struct histogram_window *w = &f->window;
	struct samples s = {
	    .t_ms = f->t_ms, .st_ms = w->st_ms ? f->st_ms : NULL, .hist = f->v, .n = w->n};
	uint32_t before[MAX + 1];

	struct histogram_window all = histogram_window_of(&s, true, f->rig.arena, before);
	assert_int_equal(before[w->n], w->n);
	all.start_ms = w->start_ms;
	all.end_ms = w->end_ms;
	all.place = w->place;
	return all;
}

static void expect_rate(struct fixture *f, enum rate_kind kind, const char *want)
{
	const struct histogram_window with_events = counted(f);
	const struct histogram *got = histogram_rate(&f->window, kind, f->rig.arena);

	assert_non_null(got);
	expect_histogram(f->rig.arena, got, want);
	got = histogram_rate(&with_events, kind, f->rig.arena);
	assert_non_null(got);
	expect_histogram(f->rig.arena, got, want);
}

static void an_increase_is_extrapolated_to_the_window_but_not_below_zero(void **state)
{
	struct fixture *f = *state;

	/* From 8 to 14 in two minutes; the third one, before, would have had 3. */
	load(f, "{{count:8 sum:8 buckets:[8]}}|{{count:11 sum:8 buckets:[11]}}|"
		"{{count:14 sum:14 buckets:[14]}}");
	expect_rate(f, RATE_INCREASE, "{{count:9 sum:9 buckets:[9] counter_reset_hint:gauge}}");
	expect_rate(f, RATE_PER_SECOND,
		    "{{count:0.05 sum:0.05 buckets:[0.05] counter_reset_hint:gauge}}");
	/* It was zero half a minute before. */
	load(f, "{{count:2 buckets:[2]}}|{{count:6 buckets:[6]}}");
	expect_rate(f, RATE_INCREASE, "{{count:6 buckets:[6] counter_reset_hint:gauge}}");
	expect_notes(&f->rig, "");
}

static void what_a_reset_took_away_is_added(void **state)
{
	struct fixture *f = *state;

	load(f, "{{count:8 buckets:[4 4]}}|{{count:12 buckets:[6 6]}}|{{count:4 buckets:[4]}}");

	/* 6 6 - 4 4 + 4 0, half as much again for the minute before. */
	expect_rate(f, RATE_INCREASE, "{{count:12 buckets:[9 3] counter_reset_hint:gauge}}");
}

static void a_hint_tells_a_reset_that_the_buckets_hide(void **state)
{
	struct fixture *f = *state;

	load(f, "{{count:8 buckets:[8]}}|{{count:8 buckets:[8] counter_reset_hint:reset}}");
	f->window.start_ms = MINUTE - 1;

	const struct histogram *h = histogram_rate(&f->window, RATE_INCREASE, f->rig.arena);
	assert_true(h->count > 8 && h->count < 8.001);
}

static void a_counter_that_began_inside_counts_from_there(void **state)
{
	struct fixture *f = *state;

	load(f, "{{count:8 buckets:[8]}}");
	assert_null(histogram_rate(&f->window, RATE_INCREASE, f->rig.arena));
	f->st_ms[0] = MINUTE / 2;
	f->window.st_ms = f->st_ms;

	expect_rate(f, RATE_INCREASE, "{{count:8 buckets:[8]}}");
	assert_null(histogram_rate(&f->window, RATE_DELTA, f->rig.arena));
}

static void the_lowest_resolution_counts(void **state)
{
	struct fixture *f = *state;

	load(f, "{{schema:1 count:8 buckets:[0 4 4]}}|{{schema:0 count:12 buckets:[0 12]}}");

	expect_rate(f, RATE_INCREASE, "{{count:8 offset:1 buckets:[8] counter_reset_hint:gauge}}");
}

static void kinds_that_do_not_go_with_the_function_are_told(void **state)
{
	struct fixture *f = *state;

	load(f, "{{count:8 counter_reset_hint:gauge}}|{{count:10 counter_reset_hint:gauge}}");
	histogram_rate(&f->window, RATE_INCREASE, f->rig.arena);
	expect_notes(&f->rig, "warning: this native histogram metric is not a counter: \"h\"");
	histogram_rate(&f->window, RATE_DELTA, f->rig.arena);
	expect_notes(&f->rig, "");
	load(f, "{{count:8}}|{{count:10}}");
	histogram_rate(&f->window, RATE_DELTA, f->rig.arena);
	expect_notes(&f->rig, "warning: this native histogram metric is not a gauge: \"h\"");
	histogram_rate(&f->window, RATE_INCREASE, f->rig.arena);
	expect_notes(&f->rig, "");
}

static void custom_and_other_buckets_have_no_rate(void **state)
{
	struct fixture *f = *state;
	const char *note =
	    "warning: vector contains a mix of histograms with exponential and custom "
	    "buckets schemas for metric name \"h\"";

	load(f, "{{count:1 buckets:[1]}}|{{schema:-53 count:2 custom_values:[1] buckets:[2]}}|"
		"{{count:3 buckets:[3]}}");
	assert_null(histogram_rate(&f->window, RATE_INCREASE, f->rig.arena));
	expect_notes(&f->rig, note);
	assert_null(histogram_instant_rate(&f->window, false, f->rig.arena));
	assert_null(histogram_sum_over_time(&f->window, false, f->rig.arena));
}

static void an_instant_rate_looks_at_the_last_two(void **state)
{
	struct fixture *f = *state;

	load(f, "{{count:1 buckets:[1]}}|{{count:2 buckets:[2]}}|{{count:62 buckets:[62]}}");
	expect_histogram(f->rig.arena, histogram_instant_rate(&f->window, true, f->rig.arena),
			 "{{count:1 buckets:[1] counter_reset_hint:gauge}}");
	load(f, "{{count:9 buckets:[9]}}|{{count:6 buckets:[6]}}");
	expect_histogram(f->rig.arena, histogram_instant_rate(&f->window, true, f->rig.arena),
			 "{{count:0.1 buckets:[0.1] counter_reset_hint:gauge}}");
	expect_notes(&f->rig, "");
	expect_histogram(f->rig.arena, histogram_instant_rate(&f->window, false, f->rig.arena),
			 "{{count:-3 buckets:[-3] counter_reset_hint:gauge}}");
	expect_notes(&f->rig, "warning: this native histogram metric is not a gauge: \"h\"");
	load(f, "{{count:9}}");
	assert_null(histogram_instant_rate(&f->window, true, f->rig.arena));
}

static void sums_and_averages_are_over_the_whole_window(void **state)
{
	struct fixture *f = *state;

	load(f, "{{count:1 sum:3 buckets:[1] counter_reset_hint:reset}}|"
		"{{count:2 sum:5 buckets:[1 1] counter_reset_hint:not_reset}}");

	expect_histogram(f->rig.arena, histogram_sum_over_time(&f->window, false, f->rig.arena),
			 "{{count:3 sum:8 buckets:[2 1]}}");
	expect_histogram(f->rig.arena, histogram_sum_over_time(&f->window, true, f->rig.arena),
			 "{{count:1.5 sum:4 buckets:[1 0.5]}}");
	expect_notes(&f->rig, "warning: conflicting counter resets during histogram aggregation");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_increase_is_extrapolated_to_the_window_but_not_below_zero),
	    TEST(what_a_reset_took_away_is_added),
	    TEST(a_hint_tells_a_reset_that_the_buckets_hide),
	    TEST(a_counter_that_began_inside_counts_from_there),
	    TEST(the_lowest_resolution_counts),
	    TEST(kinds_that_do_not_go_with_the_function_are_told),
	    TEST(custom_and_other_buckets_have_no_rate),
	    TEST(an_instant_rate_looks_at_the_last_two),
	    TEST(sums_and_averages_are_over_the_whole_window),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
