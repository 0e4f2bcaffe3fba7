#include "base/queue.h"
#include "tests/lib/expect.h"

#include <pthread.h>

static void items_come_out_in_the_order_they_went_in(void **state)
{
	struct queue *q auto_free(queue_free) = queue_new(3);
	int v[4];
	void *item;
	(void)state;

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 3; i++)
			assert_true(queue_try_put(q, &v[i]));
		assert_false(queue_try_put(q, &v[3]));
		assert_int_equal(queue_length(q), 3);
		for (int i = 0; i < 3; i++) {
			assert_true(queue_try_take(q, &item));
			assert_ptr_equal(item, &v[i]);
		}
		assert_false(queue_try_take(q, &item));
	}
}

static void a_closed_queue_gives_what_it_holds_and_then_ends(void **state)
{
	struct queue *q auto_free(queue_free) = queue_new(3);
	struct err err = ERR_INIT;
	void *item;
	int v;
	(void)state;

	assert_true(queue_put(q, NULL, &v, &err));
	queue_close(q);
	queue_close(q);

	expect_err(queue_put(q, NULL, &v, &err), err, ERR_CANCELED, "the queue is closed");
	assert_int_equal(queue_take(q, NULL, &item, &err), ITER_VALUE);
	assert_int_equal(queue_take(q, NULL, &item, &err), ITER_END);
}

static void waiting_ends_with_the_context(void **state)
{
	struct queue *q auto_free(queue_free) = queue_new(1);
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 20);
	struct err err = ERR_INIT;
	void *item;
	int v;
	(void)state;

	assert_int_equal(queue_take(q, ctx, &item, &err), ITER_ERROR);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_true(queue_try_put(q, &v));
	expect_err(queue_put(q, ctx, &v, &err), err, ERR_TIMEOUT, "context deadline exceeded");
}

static void *cancel_soon(void *ctx)
{
	ctx_sleep_ms(NULL, 20);
	ctx_cancel(ctx, ERR_CANCELED, "the client went away");
	return NULL;
}

static void a_cancellation_from_another_thread_wakes_the_taker(void **state)
{
	struct queue *q auto_free(queue_free) = queue_new(1);
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct err err = ERR_INIT;
	pthread_t thread;
	void *item;
	(void)state;

	pthread_create(&thread, NULL, cancel_soon, ctx);
	assert_int_equal(queue_take(q, ctx, &item, &err), ITER_ERROR);
	pthread_join(thread, NULL);

	assert_string_equal(err.msg, "the client went away");
}

enum { N_ITEMS = 20000, N_THREADS = 3 };

static void *produce(void *queue)
{
	struct err err = ERR_INIT;
	for (size_t i = 1; i <= N_ITEMS; i++)
		queue_put(queue, NULL, (void *)i, &err);
	return NULL;
}

static void *consume(void *queue)
{
	struct err err = ERR_INIT;
	size_t sum = 0;
	void *item;
	while (queue_take(queue, NULL, &item, &err) == ITER_VALUE)
		sum += (size_t)item;
	return (void *)sum;
}

static void many_threads_lose_and_double_nothing(void **state)
{
	struct queue *q auto_free(queue_free) = queue_new(7);
	pthread_t producers[N_THREADS], consumers[N_THREADS];
	size_t sum = 0;
	void *part;
	(void)state;

	for (int i = 0; i < N_THREADS; i++) {
		pthread_create(&producers[i], NULL, produce, q);
		pthread_create(&consumers[i], NULL, consume, q);
	}
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(producers[i], NULL);
	queue_close(q);
	for (int i = 0; i < N_THREADS; i++) {
		pthread_join(consumers[i], &part);
		sum += (size_t)part;
	}

	assert_int_equal(sum, (size_t)N_THREADS * N_ITEMS * (N_ITEMS + 1) / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(items_come_out_in_the_order_they_went_in),
	    cmocka_unit_test(a_closed_queue_gives_what_it_holds_and_then_ends),
	    cmocka_unit_test(waiting_ends_with_the_context),
	    cmocka_unit_test(a_cancellation_from_another_thread_wakes_the_taker),
	    cmocka_unit_test(many_threads_lose_and_double_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
