#include "cache/circuit_breaker.h"
#include "tests/lib/expect.h"

struct rig {
	struct fake_clock clock;
	struct circuit_breaker b;
};

static void rig_init(struct rig *r)
{
	const struct circuit_breaker_config config = {
	    .enabled = true,
	    .half_open_max_requests = 2,
	    .open_ns = INT64_C(5000000000),
	    .min_requests = 4,
	    .consecutive_failures = 3,
	    .failure_percent = 0.5,
	};
	fake_clock_init(&r->clock, 0);
	circuit_breaker_init(&r->b, &config, &r->clock.base);
}

static void rig_done(struct rig *r)
{
	circuit_breaker_done(&r->b);
}

/* 's' succeeds, 'f' fails, 'r' is refused. */
static void play(struct rig *r, const char *requests)
{
	for (; *requests; requests++) {
		uint64_t generation;
		bool inside = circuit_breaker_enter(&r->b, &generation);
		assert_int_equal(inside, *requests != 'r');
		if (inside)
			circuit_breaker_leave(&r->b, generation, *requests == 's');
	}
}

static void it_opens_after_failures_in_a_row_but_not_before_the_minimum(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r);

	play(&r, "fffs"); /* three in a row, of three requests */
	play(&r, "ssssssfff");
	play(&r, "rr");
}

static void it_opens_at_a_share_of_failures(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r);

	play(&r, "fssf");
	play(&r, "r");
}

static void counts_are_forgotten_after_ten_seconds(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r);

	play(&r, "ff");
	fake_clock_advance(&r.clock, 10000);
	play(&r, "fsss");
	assert_int_equal(r.b.state, CIRCUIT_CLOSED);
}

static void after_a_while_a_few_may_try_and_close_it(void **state)
{
	struct rig r auto_done(rig_done);
	uint64_t first, second, third;
	(void)state;
	rig_init(&r);

	play(&r, "ffffr");
	fake_clock_advance(&r.clock, 4999);
	play(&r, "r");
	fake_clock_advance(&r.clock, 1);
	assert_true(circuit_breaker_enter(&r.b, &first));
	assert_true(circuit_breaker_enter(&r.b, &second));
	assert_false(circuit_breaker_enter(&r.b, &third));
	circuit_breaker_leave(&r.b, first, true);
	assert_int_equal(r.b.state, CIRCUIT_HALF_OPEN);
	circuit_breaker_leave(&r.b, second, true);
	assert_int_equal(r.b.state, CIRCUIT_CLOSED);
	play(&r, "sss");
}

static void one_failure_while_trying_opens_it_again(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;
	rig_init(&r);

	play(&r, "ffffr");
	fake_clock_advance(&r.clock, 5000);
	play(&r, "sfr");
	fake_clock_advance(&r.clock, 5000);
	play(&r, "sss");
	assert_int_equal(r.b.state, CIRCUIT_CLOSED);
}

static void what_was_let_in_before_a_change_counts_no_more(void **state)
{
	struct rig r auto_done(rig_done);
	uint64_t late;
	(void)state;
	rig_init(&r);

	assert_true(circuit_breaker_enter(&r.b, &late));
	play(&r, "fffr"); /* the late one is one of the four */
	fake_clock_advance(&r.clock, 5000);
	play(&r, "s");
	circuit_breaker_leave(&r.b, late, false);
	assert_int_equal(r.b.state, CIRCUIT_HALF_OPEN);
}

static void one_that_is_not_enabled_lets_everything_pass(void **state)
{
	struct circuit_breaker b;
	const struct circuit_breaker_config config = {.enabled = false};
	uint64_t generation;
	(void)state;

	circuit_breaker_init(&b, &config, &clock_system);
	for (int i = 0; i < 100; i++) {
		assert_true(circuit_breaker_enter(&b, &generation));
		circuit_breaker_leave(&b, generation, false);
	}
	circuit_breaker_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_opens_after_failures_in_a_row_but_not_before_the_minimum),
	    cmocka_unit_test(it_opens_at_a_share_of_failures),
	    cmocka_unit_test(counts_are_forgotten_after_ten_seconds),
	    cmocka_unit_test(after_a_while_a_few_may_try_and_close_it),
	    cmocka_unit_test(one_failure_while_trying_opens_it_again),
	    cmocka_unit_test(what_was_let_in_before_a_change_counts_no_more),
	    cmocka_unit_test(one_that_is_not_enabled_lets_everything_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
