#include "promql/start_times.h"

#include "promql/pair_counts.h"
#include "promql/rate.h"
#include "tests/lib/expect.h"

enum { MINUTE = 60000, N = 4 };

struct columns {
	int64_t t_ms[N];
	double v[N];
	int64_t st_ms[N];
};

static struct samples samples_of(struct columns *s, size_t n)
{
	return (struct samples){.t_ms = s->t_ms, .v = s->v, .st_ms = s->st_ms, .n = n, .cap = N};
}

/* All four samples, a minute apart from 1 m on, seen from 4 m. */
static double increase_of(struct arena *a, const struct samples *s, int64_t range_ms)
{
	struct plan_window window = {.range_ms = range_ms};
	struct steps steps = {4 * MINUTE, 1, 1};
	struct step_series out = step_series_new(a, 1);

	return rate_windows(s, RATE_INCREASE, &window, &steps, a, &out) ? out.v[0] : -1;
}

static void a_start_behind_the_sample_before_is_a_reset(void **state)
{
	static const int64_t t_ms[] = {1000, 2000};
	static const struct {
		int64_t before_ms, st_ms;
		bool is_reset;
	} cases[] = {
	    {0, 0, false},       /* not known */
	    {0, 1500, true},     /* in between */
	    {0, 2000, false},    /* at its own sample: says nothing */
	    {0, 2500, false},    /* and later cannot be */
	    {500, 999, false},   /* before the sample before */
	    {500, 1000, true},   /* a delta */
	    {0, 1000, false},    /* a counter whose start is not known */
	    {1000, 1000, false}, /* likewise */
	    {1500, 1000, false}, /* the one before makes no sense */
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const int64_t st_ms[] = {cases[i].before_ms, cases[i].st_ms};
		assert_int_equal(start_time_is_reset(t_ms, st_ms, 1), cases[i].is_reset);
	}
}

static void deltas_add_up(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct columns s = {.t_ms = {MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE},
			    .v = {5, 6, 7, 8},
			    .st_ms = {1, MINUTE, 2 * MINUTE, 3 * MINUTE}};
	struct samples samples = samples_of(&s, N);
	struct plan_window window = {.range_ms = 3 * MINUTE + 1};
	struct steps steps = {4 * MINUTE, 1, 1};
	struct step_series out = step_series_new(a, 1);
	(void)state;

	/* Of the first sample, whose start is not in the window, nothing is known. */
	assert_true(increase_of(a, &samples, 3 * MINUTE + 1) > 20.99);
	assert_true(increase_of(a, &samples, 3 * MINUTE + 1) < 21.01);
	assert_true(pair_count_windows(&samples, PAIRS_RESET, &window, &steps, a, &out));
	assert_true(out.v[0] == 3);
	samples.st_ms = NULL;
	assert_true(increase_of(a, &samples, 3 * MINUTE + 1) < 3.01);
}

static void a_counter_that_begins_in_the_window_was_zero_there(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct columns s = {
	    .t_ms = {3 * MINUTE, 4 * MINUTE}, .v = {10, 20}, .st_ms = {2 * MINUTE, 2 * MINUTE}};
	struct samples both = samples_of(&s, 2), one = samples_of(&s, 1);
	(void)state;

	assert_true(increase_of(a, &both, 4 * MINUTE) == 20);
	assert_true(increase_of(a, &one, 4 * MINUTE) == 10);
	/* Half of it is in the window, and a single sample says nothing about that half. */
	assert_true(increase_of(a, &one, 2 * MINUTE) == -1);
}

static void only_overlaps_within_a_window_are_told(void **state)
{
	struct columns s = {.t_ms = {MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE},
			    .v = {1, 2, 3, 4},
			    .st_ms = {0, 30000, 30000, 30000}};
	struct samples samples = samples_of(&s, N);
	struct plan_window window = {.range_ms = 2 * MINUTE};
	struct steps early = {2 * MINUTE, MINUTE, 3}, late = {3 * MINUTE, MINUTE, 2};
	(void)state;

	assert_true(start_times_overlap(&samples, &window, &early));
	assert_false(start_times_overlap(&samples, &window, &late));
	s.st_ms[2] = MINUTE;
	assert_true(start_times_overlap(&samples, &window, &late));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_start_behind_the_sample_before_is_a_reset),
	    cmocka_unit_test(deltas_add_up),
	    cmocka_unit_test(a_counter_that_begins_in_the_window_was_zero_there),
	    cmocka_unit_test(only_overlaps_within_a_window_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
