#include "dedup/chain.h"
#include "tests/lib/expect.h"
#include "tests/lib/replica_cases.h"

/* All times of all replicas, each once, ascending. */
static size_t all_times(struct arena *a, const struct replica_case *c, int64_t **out)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		n += c->v[i].n;
	int64_t *t = arena_alloc(a, n * sizeof(*t));
	n = 0;
	for (size_t i = 0; i < c->n; i++) {
		for (size_t k = 0; k < c->v[i].n; k++) {
			size_t at = n;
			while (at > 0 && t[at - 1] >= c->v[i].t_ms[k])
				at--;
			if (at < n && t[at] == c->v[i].t_ms[k])
				continue;
			memmove(t + at + 1, t + at, (n - at) * sizeof(*t));
			t[at] = c->v[i].t_ms[k];
			n++;
		}
	}
	*out = t;
	return n;
}

static bool some_replica_says(const struct replica_case *c, int64_t t_ms, double v)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->v[i].n; k++)
			if (c->v[i].t_ms[k] == t_ms && c->v[i].v[k] == v)
				return true;
	return false;
}

static void each_time_of_any_replica_comes_once_with_a_value_of_it(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct replica_case c = replica_case_make(a, seed);
		struct samples got = {0};
		int64_t *want;

		chain_merge(c.v, c.n, a, &got);

		assert_int_equal(got.n, all_times(a, &c, &want));
		for (size_t i = 0; i < got.n; i++) {
			assert_int_equal(got.t_ms[i], want[i]);
			assert_true(some_replica_says(&c, got.t_ms[i], got.v[i]));
		}
	}
}

static void of_two_values_at_a_time_that_of_the_replica_that_was_waiting_is_taken(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	int64_t t_ms[] = {10, 20, 30};
	double first[] = {1, 2, 3}, second[] = {5, 6, 7};
	struct samples replicas[] = {{t_ms, first, NULL, NULL, 3, 3},
				     {t_ms, second, NULL, NULL, 3, 3}};
	struct samples got = {0};
	(void)state;

	chain_merge(replicas, 2, a, &got);

	assert_int_equal(got.n, 3);
	assert_true(got.v[0] == 5 && got.v[1] == 6 && got.v[2] == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_time_of_any_replica_comes_once_with_a_value_of_it),
	    cmocka_unit_test(of_two_values_at_a_time_that_of_the_replica_that_was_waiting_is_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
