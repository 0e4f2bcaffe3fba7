#include "base/clock.h"
#include "base/ctx.h"
#include "tests/lib/expect.h"

#include <stdatomic.h>

static void without_a_context_nothing_ends(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	assert_true(ctx_check(NULL, &err));
	assert_false(ctx_done(NULL));
	assert_int_equal(ctx_deadline_ns(NULL), CTX_NO_DEADLINE);
	assert_int_equal(ctx_remaining_ms(NULL), INT64_MAX);
	assert_true(ctx_sleep_ms(NULL, 1));
}

static void the_first_reason_is_kept_and_reaches_the_children(void **state)
{
	struct ctx *parent auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct ctx *child auto_free(ctx_free) = ctx_new(parent, CTX_NO_DEADLINE);
	struct ctx *grandchild auto_free(ctx_free) = ctx_new(child, CTX_NO_DEADLINE);
	struct err err = ERR_INIT;
	(void)state;

	ctx_cancel(parent, ERR_LIMIT, "store %s is over", "a");
	ctx_cancel(parent, ERR_CANCELED, "again");

	expect_err(ctx_check(grandchild, &err), err, ERR_LIMIT, "store a is over");
	struct ctx *late auto_free(ctx_free) = ctx_new(child, CTX_NO_DEADLINE);
	assert_true(ctx_done(late));
}

static void a_child_can_end_alone(void **state)
{
	struct ctx *parent auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct ctx *child auto_free(ctx_free) = ctx_new(parent, CTX_NO_DEADLINE);
	(void)state;

	ctx_cancel(child, ERR_CANCELED, "enough");

	assert_true(ctx_done(child));
	assert_false(ctx_done(parent));
}

static void the_earlier_deadline_counts(void **state)
{
	struct ctx *parent auto_free(ctx_free) = ctx_new(NULL, 1000);
	struct ctx *child auto_free(ctx_free) = ctx_new(parent, 2000);
	struct ctx *sooner auto_free(ctx_free) = ctx_new(parent, 500);
	struct err err = ERR_INIT;
	(void)state;

	assert_int_equal(ctx_deadline_ns(child), 1000);
	assert_int_equal(ctx_deadline_ns(sooner), 500);
	expect_err(ctx_check(child, &err), err, ERR_TIMEOUT, "context deadline exceeded");
	assert_int_equal(ctx_remaining_ms(child), 0);
}

static void a_timeout_too_large_to_count_is_none(void **state)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, INT64_MAX);
	(void)state;

	assert_int_equal(ctx_deadline_ns(ctx), CTX_NO_DEADLINE);
}

static void sleeping_ends_at_the_deadline(void **state)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 20);
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	(void)state;

	assert_false(ctx_sleep_ms(ctx, 60000));

	assert_true(clock_monotonic_ns(&clock_system) - start_ns < INT64_C(30000000000));
}

struct counting_hook {
	struct ctx_hook hook;
	_Atomic int n_calls;
};

static void count(struct ctx_hook *hook)
{
	((struct counting_hook *)hook)->n_calls++;
}

static void a_hook_is_called_once_and_not_after_its_removal(void **state)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct counting_hook kept = {.hook.fn = count}, removed = {.hook.fn = count};
	struct counting_hook late = {.hook.fn = count};
	(void)state;

	ctx_add_hook(ctx, &kept.hook);
	ctx_add_hook(ctx, &removed.hook);
	ctx_remove_hook(ctx, &removed.hook);
	ctx_cancel(ctx, ERR_CANCELED, "enough");
	ctx_add_hook(ctx, &late.hook);
	ctx_remove_hook(ctx, &kept.hook);

	assert_int_equal(kept.n_calls, 1);
	assert_int_equal(removed.n_calls, 0);
	assert_int_equal(late.n_calls, 1);
}

static void *cancel(void *ctx)
{
	ctx_cancel(ctx, ERR_CANCELED, "the client went away");
	return NULL;
}

static void a_cancellation_from_another_thread_ends_a_sleep(void **state)
{
	(void)state;

	for (int i = 0; i < 200; i++) {
		struct ctx *parent auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
		struct ctx *ctx auto_free(ctx_free) = ctx_new(parent, CTX_NO_DEADLINE);
		struct err err = ERR_INIT;
		pthread_t thread;
		pthread_create(&thread, NULL, cancel, parent);
		assert_false(ctx_sleep_ms(ctx, 60000));
		pthread_join(thread, NULL);
		expect_err(ctx_check(ctx, &err), err, ERR_CANCELED, "the client went away");
	}
}

struct meeting {
	struct ctx *ctx;
	pthread_mutex_t mu;
	pthread_cond_t changed;
	bool here; /* guarded by mu */
};

static void *come(void *arg)
{
	struct meeting *m = arg;

	pthread_mutex_lock(&m->mu);
	m->here = true;
	pthread_cond_signal(&m->changed);
	pthread_mutex_unlock(&m->mu);
	return NULL;
}

static bool wait_for(struct meeting *m)
{
	struct ctx_waker waker;

	ctx_waker_start(&waker, m->ctx, &m->changed, &m->mu);
	pthread_mutex_lock(&m->mu);
	while (!m->here && ctx_wait(m->ctx, &m->changed, &m->mu))
		;
	bool here = m->here;
	pthread_mutex_unlock(&m->mu);
	ctx_waker_stop(&waker);
	return here;
}

static void waiting_misses_neither_the_signal_nor_the_cancellation(void **state)
{
	(void)state;

	for (int i = 0; i < 200; i++) {
		struct meeting m = {.ctx = ctx_new(NULL, CTX_NO_DEADLINE),
				    .mu = PTHREAD_MUTEX_INITIALIZER};
		pthread_t thread;
		ctx_cond_init(&m.changed);
		bool comes = i % 2;
		pthread_create(&thread, NULL, comes ? come : cancel,
			       comes ? (void *)&m : (void *)m.ctx);
		assert_int_equal(wait_for(&m), comes);
		pthread_join(thread, NULL);
		pthread_cond_destroy(&m.changed);
		ctx_free(m.ctx);
	}
}

static void *make_and_end_children(void *parent)
{
	for (int i = 0; i < 500; i++) {
		struct ctx *child = ctx_new(parent, CTX_NO_DEADLINE);
		ctx_done(child);
		ctx_free(child);
	}
	return NULL;
}

static void children_come_and_go_while_the_parent_is_canceled(void **state)
{
	struct ctx *parent = ctx_new(NULL, CTX_NO_DEADLINE);
	pthread_t threads[3];
	(void)state;

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, make_and_end_children, parent);
	ctx_sleep_ms(NULL, 1);
	ctx_cancel(parent, ERR_CANCELED, "enough");
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);

	assert_true(ctx_done(parent));
	ctx_free(parent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_context_nothing_ends),
	    cmocka_unit_test(the_first_reason_is_kept_and_reaches_the_children),
	    cmocka_unit_test(a_child_can_end_alone),
	    cmocka_unit_test(the_earlier_deadline_counts),
	    cmocka_unit_test(a_timeout_too_large_to_count_is_none),
	    cmocka_unit_test(sleeping_ends_at_the_deadline),
	    cmocka_unit_test(a_hook_is_called_once_and_not_after_its_removal),
	    cmocka_unit_test(a_cancellation_from_another_thread_ends_a_sleep),
	    cmocka_unit_test(waiting_misses_neither_the_signal_nor_the_cancellation),
	    cmocka_unit_test(children_come_and_go_while_the_parent_is_canceled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
