#include "promql/rate.h"

#include "base/rand.h"
#include "promql/duration.h"
#include "tests/lib/expect.h"

#include <math.h>

/* One window, as Prometheus computes it: sample by sample. */
static bool rate_of_window(const struct samples *s, enum rate_kind kind, int64_t start_ms,
			   int64_t end_ms, double *out)
{
	bool is_counter = kind != RATE_DELTA;
	size_t from = 0, to = s->n;

	while (from < s->n && s->t_ms[from] <= start_ms)
		from++;
	while (to > from && s->t_ms[to - 1] > end_ms)
		to--;
	if (to - from < 2)
		return false;
	double result = s->v[to - 1] - s->v[from];
	for (size_t i = from + 1; i < to && is_counter; i++)
		if (s->v[i] < s->v[i - 1])
			result += s->v[i - 1];

	double to_start = (double)(s->t_ms[from] - start_ms) / 1000;
	double to_end = (double)(end_ms - s->t_ms[to - 1]) / 1000;
	double sampled = (double)(s->t_ms[to - 1] - s->t_ms[from]) / 1000;
	double average = sampled / (double)(to - from - 1);
	if (to_start >= average * 1.1)
		to_start = average / 2;
	if (is_counter && result > 0 && s->v[from] >= 0) {
		double to_zero = sampled * (s->v[from] / result);
		if (to_zero < to_start)
			to_start = to_zero;
	}
	if (to_end >= average * 1.1)
		to_end = average / 2;
	double factor = (sampled + to_start + to_end) / sampled;
	if (kind == RATE_PER_SECOND)
		factor /= seconds_of_ms(end_ms - start_ms);
	*out = result * factor;
	return true;
}

static double any_value(struct rand *r, double before)
{
	switch (rand_below(r, 40)) {
	case 0:
		return 0;
	case 1:
		return before / 2;
	case 2:
		return before - 1e-9;
	case 3:
		return rand_below(r, 8) ? before : NAN;
	case 4:
		return rand_below(r, 8) ? -before : INFINITY;
	default:
		return before + (double)rand_below(r, 100) * rand_unit(r);
	}
}

static struct samples any_series(struct arena *a, struct rand *r)
{
	struct samples s = {0};
	size_t n = rand_below(r, 200);
	int64_t t_ms = (int64_t)rand_below(r, 100000), jitter_ms = rand_below(r, 2) ? 1 : 3000;
	double v = rand_below(r, 3) ? 0 : 1e6;

	samples_reserve(a, &s, n);
	for (; s.n < n; s.n++) {
		t_ms += 15000 + (int64_t)rand_below(r, (uint64_t)jitter_ms);
		if (rand_below(r, 30) == 0)
			t_ms += 90000;
		v = any_value(r, isfinite(v) ? v : 1);
		s.t_ms[s.n] = t_ms;
		s.v[s.n] = v;
	}
	return s;
}

static void check(const struct samples *s, enum rate_kind kind, const struct plan_window *window,
		  const struct steps *steps, struct arena *a)
{
	struct step_series got = step_series_new(a, steps->n);
	bool any = rate_windows(s, kind, window, steps, a, &got);

	assert_int_equal(any, bits_any(got.present, steps->n));
	for (size_t i = 0; i < steps->n; i++) {
		int64_t end_ms = window_end(window, steps_at(steps, i));
		double want = 0;
		bool has = rate_of_window(s, kind, end_ms - window->range_ms, end_ms, &want);
		assert_int_equal(bits_has(got.present, i), has);
		if (has && !(isnan(want) && isnan(got.v[i])) &&
		    memcmp(&want, &got.v[i], sizeof(want)) != 0)
			fail_msg("step %zu: got %.17g, want %.17g", i, got.v[i], want);
	}
}

static void all_windows_at_once_have_the_bits_of_one_window_at_a_time(void **state)
{
	struct rand r;
	(void)state;

	rand_seed(&r, 1);
	for (int round = 0; round < 3000; round++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct samples s = any_series(a, &r);
		struct plan_window window = {
		    .range_ms = (int64_t)(1 + rand_below(&r, 20)) * 15000,
		    .offset_ms = (int64_t)rand_below(&r, 3) * 7000,
		};
		struct steps steps = {.start_ms = (int64_t)rand_below(&r, 200000),
				      .step_ms = 1 + (int64_t)rand_below(&r, 60000),
				      .n = rand_below(&r, 150)};
		if (rand_below(&r, 2)) /* as scrapes that are on time */
			steps.step_ms = 15000 * (1 + (int64_t)rand_below(&r, 2));
		for (int kind = RATE_PER_SECOND; kind <= RATE_DELTA; kind++)
			check(&s, (enum rate_kind)kind, &window, &steps, a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_windows_at_once_have_the_bits_of_one_window_at_a_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
