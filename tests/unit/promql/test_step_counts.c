#include "promql/step_counts.h"

#include "base/rand.h"
#include "tests/lib/expect.h"

enum { MAX_TIMES = 600, MAX_STEPS = 300 };

static uint32_t count_until(const int64_t *t_ms, size_t n, int64_t until_ms)
{
	uint32_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += t_ms[i] <= until_ms;
	return count;
}

/* At a pace of ten seconds, from none to much of which is lost. */
static size_t any_times(struct rand *r, int64_t *t_ms)
{
	size_t n = rand_below(r, MAX_TIMES);
	uint64_t jitter_ms = rand_below(r, 2) ? 1 : 1 + rand_below(r, 9000);
	uint64_t oddity = rand_below(r, 2) ? 100 : 1000000;
	int64_t t = (int64_t)rand_below(r, 100000) - 50000;

	for (size_t i = 0; i < n; i++) {
		t += 10000 + (rand_below(r, oddity) ? 0 : (int64_t)rand_below(r, 1000000));
		t_ms[i] = t + (int64_t)rand_below(r, jitter_ms);
	}
	return n;
}

static void counts_are_those_of_each_step_alone(void **state)
{
	int64_t t_ms[MAX_TIMES];
	uint32_t counts[MAX_STEPS];
	struct rand r;
	(void)state;

	rand_seed(&r, 1);
	for (int round = 0; round < 3000; round++) {
		struct step_counter c = {.t_ms = t_ms, .n = any_times(&r, t_ms)};
		size_t n = rand_below(&r, MAX_STEPS), half = n / 2;
		int64_t start_ms = (int64_t)rand_below(&r, 200000) - 100000;
		int64_t step_ms = rand_below(&r, 2) ? 10000 * (int64_t)rand_below(&r, 4)
						    : (int64_t)rand_below(&r, 30000);
		step_counts(&c, start_ms, step_ms, counts, half);
		step_counts(&c, start_ms + (int64_t)half * step_ms, step_ms, counts + half,
			    n - half);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(counts[i],
					 count_until(t_ms, c.n, start_ms + (int64_t)i * step_ms));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_are_those_of_each_step_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
