#include "objstore/pace.h"

#include "tests/lib/expect.h"

#define MS INT64_C(1000000)

static int set_up(void **state)
{
	static struct pace p;

	pace_init(&p);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	pace_done(*state);
	return 0;
}

static void without_complaints_nobody_waits(void **state)
{
	for (int64_t i = 0; i < 10000; i++) {
		assert_int_equal(pace_take_ns(*state, i * 1000), 0);
		pace_answered(*state, i * 1000);
	}
}

/* A store that takes `limit` requests in each second and refuses the others, and a client that
 * always has work: how many are served and refused from second `from` to `to`. */
static void simulate(struct pace *p, int64_t limit, int64_t from, int64_t to, uint64_t *n_served,
		     uint64_t *n_refused)
{
	int64_t now_ns = 0, second = 0, in_second = 0;

	*n_served = *n_refused = 0;
	while (now_ns < to * 1000 * MS) {
		now_ns += pace_take_ns(p, now_ns) + MS; /* a request takes a millisecond */
		if (now_ns / (1000 * MS) != second) {
			second = now_ns / (1000 * MS);
			in_second = 0;
		}
		bool is_served = ++in_second <= limit;
		if (is_served)
			pace_answered(p, now_ns);
		else
			pace_complained(p, now_ns);
		if (second >= from)
			++*(is_served ? n_served : n_refused);
	}
}

static void a_store_with_a_limit_is_asked_nearly_as_often_as_it_likes(void **state)
{
	uint64_t n_served, n_refused;

	simulate(*state, 100, 10, 70, &n_served, &n_refused);

	assert_in_range(n_served, 60 * 75, 60 * 100);
	assert_true(n_refused * 50 < n_served);
}

static void even_a_store_that_refuses_everything_is_asked_now_and_then(void **state)
{
	uint64_t n_served, n_refused;

	simulate(*state, 0, 100, 200, &n_served, &n_refused);

	assert_int_equal(n_served, 0);
	assert_in_range(n_refused, 90, 200);
}

static void an_old_complaint_is_forgotten(void **state)
{
	pace_complained(*state, 0);
	pace_take_ns(*state, 0);
	assert_true(pace_take_ns(*state, 0) > 0);

	pace_answered(*state, 121 * 1000 * MS);
	pace_take_ns(*state, 121 * 1000 * MS);
	assert_int_equal(pace_take_ns(*state, 121 * 1000 * MS), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(without_complaints_nobody_waits),
	    TEST(a_store_with_a_limit_is_asked_nearly_as_often_as_it_likes),
	    TEST(even_a_store_that_refuses_everything_is_asked_now_and_then),
	    TEST(an_old_complaint_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
