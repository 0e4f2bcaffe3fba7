#include "promql/window_kernels.h"

#include "base/rand.h"
#include "tests/lib/expect.h"

#include <math.h>

enum { MAX_STEPS = 80, MAX_SAMPLES = 400 };

static double any_value(struct rand *r, uint64_t oddity, double before)
{
	static const double odd[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e308, -1e308, 1e-310};

	if (rand_below(r, oddity) == 0)
		return odd[rand_below(r, sizeof(odd) / sizeof(odd[0]))];
	switch (rand_below(r, 4)) {
	case 0:
		return before;
	case 1:
		return before + (double)rand_below(r, 1000);
	default:
		return (rand_unit(r) - 0.5) * (rand_below(r, 8) ? 100 : 1e17);
	}
}

static struct samples any_series(struct arena *a, struct rand *r)
{
	struct samples s = {0};
	size_t n = rand_below(r, MAX_SAMPLES);
	uint64_t oddity = rand_below(r, 2) ? 1000000 : 10 + rand_below(r, 300);
	int64_t t_ms = 0;
	double v = 0;

	samples_reserve(a, &s, n);
	for (; s.n < n; s.n++) {
		t_ms += 1000 + (rand_below(r, 40) ? 0 : (int64_t)rand_below(r, 100000));
		v = any_value(r, oddity, isfinite(v) ? v : 1);
		s.t_ms[s.n] = t_ms;
		s.v[s.n] = v;
	}
	return s;
}

static bool same_bits(double a, double b)
{
	return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof(a)) == 0;
}

/* Kernels against the same function of one window at a time. */
static void check(enum function_id id, const struct samples *s, const struct windows *w,
		  const double *const *params, struct arena *a)
{
	struct step_series got = step_series_new(a, MAX_STEPS);

	assert_true(window_kernel(id, s, w, params, params ? 2 : 0, a, got.v, got.present));
	for (size_t i = 0; i < w->n; i++) {
		double at_step[2] = {params ? params[0][i] : 0, params ? params[1][i] : 0};
		struct range_window window = {
		    .s = s, .from = w->from[i], .to = w->to[i], .params = at_step, .scratch = a};
		double want = 0;
		bool has = window.from < window.to && range_function(id)(&window, &want);
		assert_int_equal(bits_has(got.present, i), has);
		if (has && !same_bits(got.v[i], want))
			fail_msg("function %d, step %zu of %zu samples: got %.17g, want %.17g", id,
				 i, window.to - window.from, got.v[i], want);
	}
}

static void kernels_have_the_bits_of_one_window_at_a_time(void **state)
{
	static const enum function_id functions[] = {
	    FUNCTION_SUM_OVER_TIME,    FUNCTION_AVG_OVER_TIME,     FUNCTION_STDVAR_OVER_TIME,
	    FUNCTION_STDDEV_OVER_TIME, FUNCTION_MAX_OVER_TIME,     FUNCTION_MIN_OVER_TIME,
	    FUNCTION_COUNT_OVER_TIME,  FUNCTION_PRESENT_OVER_TIME, FUNCTION_LAST_OVER_TIME,
	};
	double weights[2][MAX_STEPS];
	const double *params[2] = {weights[0], weights[1]};
	struct rand r;
	(void)state;

	rand_seed(&r, 1);
	for (int round = 0; round < 3000; round++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct samples s = any_series(a, &r);
		struct plan_window window = {.range_ms = 1 + (int64_t)rand_below(&r, 200000)};
		struct steps steps = {.start_ms = (int64_t)rand_below(&r, 100000),
				      .step_ms = 1 + (int64_t)rand_below(&r, 10000),
				      .n = rand_below(&r, MAX_STEPS)};
		struct windows w = windows_find(&s, &window, &steps, a);
		for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
			check(functions[i], &s, &w, NULL, a);
		for (size_t i = 0; i < MAX_STEPS; i++) {
			weights[0][i] = rand_unit(&r);
			weights[1][i] = rand_unit(&r);
		}
		check(FUNCTION_DOUBLE_EXPONENTIAL_SMOOTHING, &s, &w, params, a);
	}
}

static void functions_without_a_kernel_are_left_to_others(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct windows none = {0};
	struct samples s = {0};
	(void)state;

	assert_false(window_kernel(FUNCTION_DERIV, &s, &none, NULL, 0, a, NULL, NULL));
	assert_false(window_kernel(FUNCTION_RATE, &s, &none, NULL, 0, a, NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kernels_have_the_bits_of_one_window_at_a_time),
	    cmocka_unit_test(functions_without_a_kernel_are_left_to_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
