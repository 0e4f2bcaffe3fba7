#include "net/loop.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

#include <pthread.h>
#include <stdatomic.h>

static struct loops *start_loops(size_t n)
{
	struct err err = ERR_INIT;
	struct loops *loops = loops_start(n, &err);
	if (!loops)
		fail_msg("%s", err.msg);
	return loops;
}

struct counter {
	struct loop *loop;
	size_t n;
	bool in_order;
	bool on_loop;
};

struct numbered {
	struct counter *counter;
	size_t number;
};

static void count(void *arg)
{
	struct numbered *n = arg;
	n->counter->in_order &= n->number == n->counter->n++;
	n->counter->on_loop &= loop_is_current(n->counter->loop);
}

static void do_nothing(void *arg)
{
	(void)arg;
}

static void posted_calls_run_in_order_on_the_loops_thread(void **state)
{
	struct loops *loops auto_free(loops_stop) = start_loops(1);
	struct counter counter = {.loop = loops_get(loops, 0), .in_order = true, .on_loop = true};
	struct numbered calls[1000];
	(void)state;

	for (size_t i = 0; i < 1000; i++) {
		calls[i] = (struct numbered){&counter, i};
		loop_post(counter.loop, count, &calls[i]);
	}
	loop_call(counter.loop, do_nothing, NULL);

	assert_int_equal(counter.n, 1000);
	assert_true(counter.in_order);
	assert_true(counter.on_loop);
	assert_false(loop_is_current(counter.loop));
}

struct poster {
	struct loop *loop;
	_Atomic size_t *n;
};

static void add_one(void *arg)
{
	atomic_fetch_add((_Atomic size_t *)arg, 1);
}

static void *post_many(void *arg)
{
	struct poster *p = arg;
	for (int i = 0; i < 2000; i++)
		loop_post(p->loop, add_one, (void *)p->n);
	return NULL;
}

static void calls_posted_by_many_threads_all_run(void **state)
{
	_Atomic size_t n = 0;
	struct loops *loops = start_loops(2);
	struct poster posters[4];
	pthread_t threads[4];
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		posters[i] = (struct poster){loops_next(loops), &n};
		pthread_create(&threads[i], NULL, post_many, &posters[i]);
	}
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	loops_stop(loops);

	assert_int_equal(n, 8000);
}

struct alarm {
	struct loop *loop;
	struct loop_timer *timer;
	int64_t set_ms, fired_ms;
	_Atomic unsigned n_fired;
};

static void alarm_fired(void *arg)
{
	struct alarm *a = arg;
	a->fired_ms = loop_now_ms(a->loop);
	a->n_fired++;
}

static void alarm_set(void *arg)
{
	struct alarm *a = arg;
	a->set_ms = loop_now_ms(a->loop);
	a->timer = loop_timer_new(a->loop, alarm_fired, a);
	loop_timer_start(a->timer, 10000);
	loop_timer_start(a->timer, 20); /* replaces the first */
}

static void alarm_set_far(void *arg)
{
	struct alarm *a = arg;
	a->timer = loop_timer_new(a->loop, alarm_fired, a);
	loop_timer_start(a->timer, 3600 * 1000);
}

static void alarm_off(void *arg)
{
	struct alarm *a = arg;
	loop_timer_start(a->timer, 1);
	loop_timer_stop(a->timer);
	loop_timer_free(a->timer);
}

static void a_timer_fires_once_after_its_time(void **state)
{
	struct loops *loops auto_free(loops_stop) = start_loops(1);
	struct alarm a = {.loop = loops_get(loops, 0)};
	(void)state;

	loop_call(a.loop, alarm_set, &a);
	wait_until(a.n_fired > 0);
	loop_call(a.loop, alarm_off, &a);
	usleep(10 * 1000);

	assert_int_equal(a.n_fired, 1);
	assert_true(a.fired_ms - a.set_ms >= 20);
}

static void a_timer_that_is_left_goes_with_its_loop(void **state)
{
	struct loops *loops = start_loops(1);
	struct alarm a = {.loop = loops_get(loops, 0)};
	(void)state;

	loop_call(a.loop, alarm_set_far, &a);
	loops_stop(loops);

	assert_int_equal(a.n_fired, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(posted_calls_run_in_order_on_the_loops_thread),
	    cmocka_unit_test(calls_posted_by_many_threads_all_run),
	    cmocka_unit_test(a_timer_fires_once_after_its_time),
	    cmocka_unit_test(a_timer_that_is_left_goes_with_its_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
