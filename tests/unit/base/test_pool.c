#include "base/pool.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"

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
	    cmocka_unit_test(as_many_tasks_run_at_once_as_there_may_be_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
