#include "promql/aggregations.h"

#include "base/rand.h"
#include "promql/kahan.h"
#include "tests/lib/expect.h"

enum { STEPS = 130 };

static struct step_series any_series(struct arena *a, struct rand *r)
{
	struct step_series s = step_series_new(a, STEPS);
	bool is_full = rand_below(r, 2);

	for (size_t i = 0; i < STEPS; i++) {
		s.v[i] = (rand_unit(r) - 0.5) * pow(10, (double)rand_below(r, 30));
		if (rand_below(r, 200) == 0)
			s.v[i] = rand_below(r, 2) ? INFINITY : NAN;
		if (is_full || rand_below(r, 3))
			bits_set(s.present, i);
	}
	return s;
}

/* The sum of one step, as Prometheus adds. */
static double sum_of_step(const struct step_series *v, size_t n, size_t step)
{
	struct kahan k = {0, 0};
	bool is_first = true;

	for (size_t i = 0; i < n; i++) {
		if (!bits_has(v[i].present, step))
			continue;
		if (is_first)
			k.sum = v[i].v[step];
		else
			kahan_add(&k, v[i].v[step]);
		is_first = false;
	}
	return k.sum + k.c;
}

static void sums_of_all_steps_have_the_bits_of_sums_of_one(void **state)
{
	struct rand r;
	const struct aggregation *sum = aggregation_of(AGGREGATE_SUM);
	(void)state;

	rand_seed(&r, 7);
	for (int round = 0; round < 300; round++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct step_series v[20];
		struct aggregation_state got = aggregation_state_new(sum, a, STEPS);
		size_t n = 1 + rand_below(&r, 20);

		for (size_t i = 0; i < n; i++) {
			v[i] = any_series(a, &r);
			sum->add(&got, &v[i], STEPS);
		}
		sum->finish(&got, STEPS);

		for (size_t step = 0; step < STEPS; step++) {
			double want = sum_of_step(v, n, step), value = got.columns[0][step];
			if (bits_has(got.present, step) && want != value &&
			    !(isnan(want) && isnan(value)))
				fail_msg("step %zu: got %.17g, want %.17g", step, value, want);
		}
	}
}

static double aggregate_in_blocks(enum aggregate_op op, const double *v, size_t n, size_t block)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const struct aggregation *agg = aggregation_of(op);
	struct aggregation_state total = aggregation_state_new(agg, a, 1);
	struct aggregation_state part = aggregation_state_new(agg, a, 1);

	for (size_t i = 0; i < n; i++) {
		struct step_series s = step_series_new(a, 1);
		s.v[0] = v[i];
		bits_set(s.present, 0);
		agg->add(&part, &s, 1);
		if ((i + 1) % block == 0 || i + 1 == n) {
			agg->merge(&total, &part, 1);
			aggregation_state_clear(agg, &part, 1);
		}
	}
	agg->finish(&total, 1);
	return total.columns[0][0];
}

static void blocks_put_together_give_what_the_whole_gives(void **state)
{
	static const enum aggregate_op ops[] = {AGGREGATE_SUM,    AGGREGATE_AVG,   AGGREGATE_COUNT,
						AGGREGATE_MIN,    AGGREGATE_MAX,   AGGREGATE_GROUP,
						AGGREGATE_STDDEV, AGGREGATE_STDVAR};
	double v[100];
	struct rand r;
	(void)state;

	rand_seed(&r, 3);
	for (size_t i = 0; i < 100; i++)
		v[i] = rand_unit(&r) * 1000;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		double whole = aggregate_in_blocks(ops[i], v, 100, 1000);
		double blocks = aggregate_in_blocks(ops[i], v, 100, 7);
		if (fabs(whole - blocks) > 1e-12 * fabs(whole))
			fail_msg("%s: got %.17g, want %.17g", aggregate_op_name(ops[i]), blocks,
				 whole);
	}
}

static void an_average_whose_sum_overflows_is_still_right(void **state)
{
	static const double v[] = {1.6e308, 1.7e308, 1.5e308, 1.4e308};
	(void)state;

	assert_true(fabs(aggregate_in_blocks(AGGREGATE_AVG, v, 4, 100) / 1.55e308 - 1) < 1e-12);
	assert_true(fabs(aggregate_in_blocks(AGGREGATE_AVG, v, 4, 1) / 1.55e308 - 1) < 1e-12);
	assert_true(fabs(aggregate_in_blocks(AGGREGATE_AVG, v, 4, 2) / 1.55e308 - 1) < 1e-12);
}

static void what_is_no_number_counts_only_when_nothing_else_is_there(void **state)
{
	static const double v[] = {NAN, 2, NAN, 1}, none[] = {NAN, NAN};
	(void)state;

	assert_true(aggregate_in_blocks(AGGREGATE_MIN, v, 4, 1) == 1);
	assert_true(aggregate_in_blocks(AGGREGATE_MAX, v, 4, 2) == 2);
	assert_true(isnan(aggregate_in_blocks(AGGREGATE_MAX, none, 2, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_of_all_steps_have_the_bits_of_sums_of_one),
	    cmocka_unit_test(blocks_put_together_give_what_the_whole_gives),
	    cmocka_unit_test(an_average_whose_sum_overflows_is_still_right),
	    cmocka_unit_test(what_is_no_number_counts_only_when_nothing_else_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
