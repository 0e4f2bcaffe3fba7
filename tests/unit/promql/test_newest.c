#include "promql/newest.h"

#include "base/rand.h"
#include "tests/lib/expect.h"

/* The sample that one step sees, looked for among all of them; NULL for none. */
static const double *newest_of_step(const struct samples *s, const struct plan_window *window,
				    int64_t step_ms)
{
	int64_t end_ms = window_end(window, step_ms);
	const double *newest = NULL;

	for (size_t i = 0; i < s->n && s->t_ms[i] <= end_ms; i++)
		newest = s->t_ms[i] > end_ms - window->range_ms && !is_stale_nan(s->v[i]) ? &s->v[i]
											  : NULL;
	return newest;
}

static double stale_nan(void)
{
	uint64_t bits = STALE_NAN_BITS;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* With a pace, and sometimes with jitter, gaps and markers. */
static struct samples any_series(struct arena *a, struct rand *r)
{
	struct samples s = {0};
	size_t n = rand_below(r, 1000);
	int64_t t_ms = (int64_t)rand_below(r, 100000);
	uint64_t jitter_ms = rand_below(r, 2) ? 1 : 3000, oddity = rand_below(r, 2) ? 50 : 100000;

	samples_reserve(a, &s, n);
	s.st_ms = ARENA_ARRAY(a, int64_t, n);
	for (; s.n < n; s.n++) {
		t_ms += 15000 + (rand_below(r, oddity) == 0 ? 400000 : 0);
		s.t_ms[s.n] = t_ms + (int64_t)rand_below(r, jitter_ms);
		s.st_ms[s.n] = s.t_ms[s.n] - 7;
		s.v[s.n] = rand_below(r, oddity) == 0 ? stale_nan() : rand_unit(r);
	}
	return s;
}

static void check(const struct samples *s, const struct plan_window *window,
		  const struct steps *steps, struct arena *a)
{
	struct step_series values = step_series_new(a, steps->n);
	struct step_series times = step_series_new(a, steps->n);
	struct step_series starts = step_series_new(a, steps->n);
	bool any = newest_samples(s, window, steps, &values);

	assert_int_equal(any, newest_sample_times(s, window, steps, &times));
	assert_int_equal(any, newest_start_times(s, window, steps, &starts));
	assert_int_equal(any, bits_any(values.present, steps->n));
	for (size_t i = 0; i < steps->n; i++) {
		const double *want = newest_of_step(s, window, steps_at(steps, i));
		assert_int_equal(bits_has(values.present, i), want != NULL);
		assert_int_equal(bits_has(times.present, i), want != NULL);
		if (!want)
			continue;
		assert_true(values.v[i] == *want);
		assert_true(times.v[i] == (double)s->t_ms[want - s->v] / 1000);
		assert_true(starts.v[i] == (double)s->st_ms[want - s->v] / 1000);
	}
}

static void all_steps_at_once_see_what_each_sees_alone(void **state)
{
	struct rand r;
	(void)state;

	rand_seed(&r, 1);
	for (int round = 0; round < 2000; round++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct samples s = any_series(a, &r);
		struct plan_window window = {
		    .range_ms = rand_below(&r, 2) ? 300000 : 1 + (int64_t)rand_below(&r, 40000),
		    .offset_ms = (int64_t)rand_below(&r, 3) * 7000,
		    .pinned = rand_below(&r, 10) == 0,
		    .at_ms = 1000000,
		};
		struct steps steps = {.start_ms = (int64_t)rand_below(&r, 200000),
				      .step_ms = 15000 * (1 + (int64_t)rand_below(&r, 5)),
				      .n = rand_below(&r, 300)};
		if (rand_below(&r, 3) == 0)
			steps.step_ms = 1 + (int64_t)rand_below(&r, 60000);
		check(&s, &window, &steps, a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_steps_at_once_see_what_each_sees_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
