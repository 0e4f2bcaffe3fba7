#include "base/pool.h"
#include "base/queue.h"
#include "tests/lib/child.h"
#include "tests/lib/expect.h"

#include <signal.h>
#include <stdatomic.h>

static void count(void *arg)
{
	atomic_fetch_add((_Atomic int *)arg, 1);
}

/* A task that waits until the queue is closed. */
static void block(void *gate)
{
	struct err err = ERR_INIT;
	void *item;
	queue_take(gate, NULL, &item, &err);
}

static void all_accepted_tasks_run_before_the_pool_ends(void **state)
{
	struct pool *p = pool_new(&(struct pool_options){"test", 4, .max_backlog = 10000});
	struct err err = ERR_INIT;
	_Atomic int n = 0;
	(void)state;

	for (int i = 0; i < 5000; i++)
		expect_ok(pool_submit(p, count, &n, &err), err);
	pool_free(p);

	assert_int_equal(n, 5000);
}

static void a_full_pool_refuses_and_says_why(void **state)
{
	struct queue *gate auto_free(queue_free) = queue_new(1);
	struct pool *p auto_free(pool_free) =
	    pool_new(&(struct pool_options){"test", 2, .max_backlog = 1});
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < 3; i++)
		expect_ok(pool_submit(p, block, gate, &err), err);
	expect_err(pool_submit(p, block, gate, &err), err, ERR_LIMIT,
		   "pool test is full: 2 threads are busy and ");
	assert_int_equal(pool_stats(p).n_threads, 2);
	queue_close(gate);
	expect_ok(pool_drain(p, NULL, &err), err);
}

static void waiting_for_room_ends_with_the_context(void **state)
{
	struct queue *gate auto_free(queue_free) = queue_new(1); /* freed behind its reader */
	struct pool *p auto_free(pool_free) = pool_new(&(struct pool_options){"test", 1});
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 20);
	struct err err = ERR_INIT;
	_Atomic int n = 0;
	(void)state;

	expect_ok(pool_submit(p, block, gate, &err), err);
	expect_err(pool_submit_wait(p, ctx, count, &n, &err), err, ERR_TIMEOUT, "deadline");
	expect_err(pool_drain(p, ctx, &err), err, ERR_TIMEOUT,
		   "waiting for the tasks of pool test: context deadline exceeded");
	queue_close(gate);
}

static void waiting_for_room_ends_when_there_is_some(void **state)
{
	struct pool *p auto_free(pool_free) = pool_new(&(struct pool_options){"test", 2});
	struct err err = ERR_INIT;
	_Atomic int n = 0;
	(void)state;

	for (int i = 0; i < 1000; i++)
		expect_ok(pool_submit_wait(p, NULL, count, &n, &err), err);
	expect_ok(pool_drain(p, NULL, &err), err);

	assert_int_equal(n, 1000);
	expect_err(pool_submit(p, count, &n, &err), err, ERR_CANCELED, "takes no more tasks");
}

static void idle_threads_end(void **state)
{
	struct pool *p auto_free(pool_free) =
	    pool_new(&(struct pool_options){"test", 3, .max_backlog = 10, .idle_timeout_ms = 10});
	struct err err = ERR_INIT;
	_Atomic int n = 0;
	(void)state;

	for (int i = 0; i < 10; i++)
		expect_ok(pool_submit(p, count, &n, &err), err);
	for (int i = 0; i < 500 && (n < 10 || pool_stats(p).n_threads > 0); i++)
		ctx_sleep_ms(NULL, 10);

	assert_int_equal(pool_stats(p).n_threads, 0);
	expect_ok(pool_submit(p, count, &n, &err), err);
}

static void a_group_waits_for_its_tasks_only(void **state)
{
	struct queue *gate auto_free(queue_free) = queue_new(1);
	struct pool *p auto_free(pool_free) =
	    pool_new(&(struct pool_options){"test", 4, .max_backlog = 100});
	struct pool_group g;
	struct err err = ERR_INIT;
	_Atomic int n = 0;
	(void)state;

	expect_ok(pool_submit(p, block, gate, &err), err);
	pool_group_init(&g, p);
	for (int i = 0; i < 50; i++)
		expect_ok(pool_group_run(&g, count, &n, &err), err);
	pool_group_wait(&g);

	assert_int_equal(n, 50);
	queue_close(gate);
}

static void wait_within(void *pool)
{
	struct pool_group g;
	pool_group_init(&g, pool);
	pool_group_wait(&g);
}

static void break_the_rule(void)
{
	struct pool *p = pool_new(&(struct pool_options){"test", 1});
	struct err err;

	pool_submit(p, wait_within, p, &err);
	pool_free(p);
}

static void a_task_that_waits_for_its_own_pool_stops_the_program(void **state)
{
	struct buf said auto_done(buf_done) = BUF_INIT(10000);
	(void)state;

	assert_int_equal(child_run(break_the_rule, &said).signal, SIGABRT);
}

enum { N_THREADS = 50 };

struct meeting {
	pthread_mutex_t mu;
	pthread_cond_t changed;
	int n_here;
};

/* Leaves when everybody has come. */
static void meet(void *arg)
{
	struct meeting *m = arg;

	pthread_mutex_lock(&m->mu);
	m->n_here++;
	pthread_cond_broadcast(&m->changed);
	while (m->n_here < N_THREADS)
		pthread_cond_wait(&m->changed, &m->mu);
	pthread_mutex_unlock(&m->mu);
}

/* Also while none of them has begun to run. */
static void as_many_tasks_run_at_once_as_there_may_be_threads(void **state)
{
	(void)state;
	struct meeting m = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
	struct pool *pool =
	    pool_new(&(struct pool_options){.name = "test", .max_threads = N_THREADS});
	struct err err = ERR_INIT;

	for (int i = 0; i < N_THREADS; i++)
		expect_ok(pool_submit(pool, meet, &m, &err), err);

	pool_free(pool);
	assert_int_equal(m.n_here, N_THREADS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    /* Forks, which TSan allows only while there are no other threads. */
	    cmocka_unit_test(a_task_that_waits_for_its_own_pool_stops_the_program),
	    cmocka_unit_test(all_accepted_tasks_run_before_the_pool_ends),
	    cmocka_unit_test(as_many_tasks_run_at_once_as_there_may_be_threads),
	    cmocka_unit_test(a_full_pool_refuses_and_says_why),
	    cmocka_unit_test(waiting_for_room_ends_with_the_context),
	    cmocka_unit_test(waiting_for_room_ends_when_there_is_some),
	    cmocka_unit_test(idle_threads_end),
	    cmocka_unit_test(a_group_waits_for_its_tasks_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
