#include "promql/windows.h"

#include "base/rand.h"
#include "tests/lib/expect.h"

static struct samples any_series(struct arena *a, struct rand *r)
{
	struct samples s = {0};
	size_t n = rand_below(r, 300);
	int64_t t_ms = (int64_t)rand_below(r, 50000);

	samples_reserve(a, &s, n);
	for (; s.n < n; s.n++) {
		t_ms += rand_below(r, 20) ? 1000 : 1 + (int64_t)rand_below(r, 50000);
		s.t_ms[s.n] = t_ms;
		s.v[s.n] = 0;
	}
	return s;
}

static size_t count_until(const struct samples *s, int64_t t_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->t_ms[i] <= t_ms;
	return n;
}

static void a_window_holds_what_is_after_its_start_and_not_after_its_end(void **state)
{
	struct rand r;
	(void)state;

	rand_seed(&r, 1);
	for (int round = 0; round < 1000; round++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct samples s = any_series(a, &r);
		struct plan_window window = {
		    .range_ms = 1 + (int64_t)rand_below(&r, 100000),
		    .offset_ms = (int64_t)rand_below(&r, 3) * 7000,
		    .pinned = rand_below(&r, 5) == 0,
		    .at_ms = 100000,
		};
		struct steps steps = {.start_ms = (int64_t)rand_below(&r, 100000),
				      .step_ms = 1 + (int64_t)rand_below(&r, 3000),
				      .n = rand_below(&r, 200)};
		size_t at_least = 1 + rand_below(&r, 3);
		struct windows w = windows_find(&s, &window, &steps, a);
		struct step_series out = step_series_new(a, steps.n);
		windows_present(&w, at_least, out.present);
		for (size_t i = 0; i < steps.n; i++) {
			int64_t end_ms = window_end(&window, steps_at(&steps, i));
			assert_int_equal(w.from[i], count_until(&s, end_ms - window.range_ms));
			assert_int_equal(w.to[i], count_until(&s, end_ms));
			assert_int_equal(bits_has(out.present, i), w.to[i] - w.from[i] >= at_least);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_window_holds_what_is_after_its_start_and_not_after_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
