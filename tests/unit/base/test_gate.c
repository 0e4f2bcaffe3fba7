#include "base/gate.h"
#include "base/metric.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

#include <stdatomic.h>

struct visitor {
	struct gate *gate;
	_Atomic int *inside, *peak, *done;
};

static void *visit(void *arg)
{
	struct visitor *v = arg;
	struct err err = ERR_INIT;

	for (int i = 0; i < 200; i++) {
		if (!gate_enter(v->gate, NULL, &err))
			return "refused";
		int now = ++*v->inside;
		int peak = *v->peak;
		while (now > peak && !atomic_compare_exchange_weak(v->peak, &peak, now))
			;
		--*v->inside;
		gate_leave(v->gate);
	}
	++*v->done;
	return NULL;
}

static void never_more_than_allowed_are_inside(void **state)
{
	struct gate *g auto_free(gate_free) = gate_new(2, NULL, "", "queries");
	_Atomic int inside = 0, peak = 0, done = 0;
	struct visitor v = {g, &inside, &peak, &done};
	pthread_t threads[6];
	(void)state;

	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, visit, &v);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);

	assert_int_equal(done, 6);
	assert_in_range(peak, 1, 2);
}

static void who_waits_too_long_is_told_so_and_takes_no_place(void **state)
{
	struct gate *g auto_free(gate_free) = gate_new(1, NULL, "", "queries");
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 20);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(gate_enter(g, NULL, &err), err);
	expect_err(gate_enter(g, ctx, &err), err, ERR_TIMEOUT, "context deadline exceeded");
	gate_leave(g);
	expect_ok(gate_enter(g, NULL, &err), err);
	gate_leave(g);
}

struct patient {
	struct gate *gate;
	int number;
	int *order;
	_Atomic int *n_entered;
};

static void *wait_in_line(void *arg)
{
	struct patient *p = arg;
	struct err err = ERR_INIT;

	gate_enter(p->gate, NULL, &err);
	p->order[(*p->n_entered)++] = p->number;
	gate_leave(p->gate);
	return NULL;
}

static void who_came_first_is_served_first(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct gate *g auto_free(gate_free) = gate_new(1, m, "test_", "queries");
	struct counter *came = metrics_counter(m, "test_gate_queries_total", "");
	_Atomic int n_entered = 0;
	int order[4];
	struct patient patients[4];
	pthread_t threads[4];
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(gate_enter(g, NULL, &err), err);
	for (int i = 0; i < 4; i++) {
		patients[i] = (struct patient){g, i, order, &n_entered};
		pthread_create(&threads[i], NULL, wait_in_line, &patients[i]);
		wait_until(counter_value(came) == 2 + i);
		ctx_sleep_ms(NULL, 10); /* from counting to standing in line */
	}
	gate_leave(g);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);

	for (int i = 0; i < 4; i++)
		assert_int_equal(order[i], i);
}

static void it_counts_as_thanos_does(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct gate *g auto_free(gate_free) = gate_new(3, m, "thanos_query_concurrent_", "queries");
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(gate_enter(g, NULL, &err), err);

#define GAUGE(name) gauge_value(metrics_gauge(m, "thanos_query_concurrent_gate_queries_" name, ""))
	assert_true(GAUGE("max") == 3);
	assert_true(GAUGE("in_flight") == 1);
	gate_leave(g);
	assert_true(GAUGE("in_flight") == 0);
}

static void gates_with_names_are_told_apart_by_a_label(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct gate *a auto_free(gate_free) = gate_new_named(1, m, "x_", "gets", "index-cache");
	struct gate *b auto_free(gate_free) = gate_new_named(2, m, "x_", "gets", "caching-bucket");
	struct family *max = metrics_gauges(m, "x_gate_gets_max", "", "name");
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(gate_enter(a, NULL, &err), err);

	struct family *in_flight = metrics_gauges(m, "x_gate_gets_in_flight", "", "name");
	assert_true(gauge_value(gauge_at(max, "index-cache")) == 1);
	assert_true(gauge_value(gauge_at(max, "caching-bucket")) == 2);
	assert_true(gauge_value(gauge_at(in_flight, "index-cache")) == 1);
	assert_true(gauge_value(gauge_at(in_flight, "caching-bucket")) == 0);
	gate_leave(a);
}

static void gates_that_are_alike_limit_apart_and_count_together(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct gate *a auto_free(gate_free) = gate_new(1, m, "x_", "selects");
	struct gate *b auto_free(gate_free) = gate_new_like(a);
	struct gauge *in_flight = metrics_gauge(m, "x_gate_selects_in_flight",
						"Number of selects that are currently in flight.");
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(gate_enter(a, NULL, &err), err);
	expect_ok(gate_enter(b, NULL, &err), err);
	assert_true(gauge_value(in_flight) == 2);
	struct ctx *late auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 1);
	assert_false(gate_enter(b, late, &err));
	gate_leave(a);
	gate_leave(b);
	assert_true(gauge_value(in_flight) == 0);
}

static void no_limit_and_no_gate_let_everyone_in(void **state)
{
	struct gate *g auto_free(gate_free) = gate_new(0, NULL, "", "queries");
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < 100; i++) {
		expect_ok(gate_enter(g, NULL, &err), err);
		expect_ok(gate_enter(NULL, NULL, &err), err);
	}
	for (int i = 0; i < 100; i++) {
		gate_leave(g);
		gate_leave(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(never_more_than_allowed_are_inside),
	    cmocka_unit_test(who_waits_too_long_is_told_so_and_takes_no_place),
	    cmocka_unit_test(who_came_first_is_served_first),
	    cmocka_unit_test(it_counts_as_thanos_does),
	    cmocka_unit_test(gates_with_names_are_told_apart_by_a_label),
	    cmocka_unit_test(gates_that_are_alike_limit_apart_and_count_together),
	    cmocka_unit_test(no_limit_and_no_gate_let_everyone_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
