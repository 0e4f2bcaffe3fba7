#include "cmd/global_flags.h"
#include "cmd/runtime.h"
#include "tests/lib/expect.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static const struct global_flags quiet = {.log_level = LOG_LEVEL_ERROR};

static struct runtime start(void)
{
	struct runtime rt;
	struct err err = ERR_INIT;

	expect_ok(runtime_init(&rt, "test", &quiet, NULL, &err), err);
	return rt;
}

static bool wait_for_end(void *arg, struct ctx *ctx, struct err *err)
{
	ctx_sleep_ms(ctx, 60000);
	if (arg)
		++*(_Atomic int *)arg;
	(void)err;
	return true;
}

static bool fail_now(void *arg, struct ctx *ctx, struct err *err)
{
	(void)ctx;
	return err_set(err, ERR_UNAVAILABLE, "%s", (const char *)arg);
}

static bool fail_when_stopped(void *arg, struct ctx *ctx, struct err *err)
{
	ctx_sleep_ms(ctx, 60000);
	return fail_now(arg, ctx, err);
}

static bool end_well(void *arg, struct ctx *ctx, struct err *err)
{
	(void)arg;
	(void)ctx;
	(void)err;
	return true;
}

static void the_first_actor_that_fails_ends_all_and_gives_the_error(void **state)
{
	struct runtime rt = start();
	struct err err = ERR_INIT;
	_Atomic int n_ended = 0;
	(void)state;

	runtime_add(&rt, &(struct actor){"a", wait_for_end, NULL, &n_ended});
	runtime_add(&rt, &(struct actor){"b", fail_now, NULL, "no port"});
	runtime_add(&rt, &(struct actor){"c", fail_when_stopped, NULL, "a later failure"});
	assert_false(runtime_was_run(&rt));

	expect_err(runtime_run(&rt, &err), err, ERR_UNAVAILABLE, "no port");
	assert_int_equal(n_ended, 1);
	assert_true(runtime_was_run(&rt));
	expect_err(ctx_check(rt.ctx, &err), err, ERR_CANCELED, "test is shutting down");
	runtime_done(&rt);
}

static void an_actor_that_ends_well_ends_all_without_a_failure(void **state)
{
	struct runtime rt = start();
	struct err err = ERR_INIT;
	(void)state;

	runtime_add(&rt, &(struct actor){"a", end_well, NULL, NULL});
	runtime_add(&rt, &(struct actor){"b", fail_when_stopped, NULL, "stopped"});

	expect_ok(runtime_run(&rt, &err), err);
	runtime_done(&rt);
}

static bool signal_self(void *arg, struct ctx *ctx, struct err *err)
{
	for (const int *signals = arg; *signals; signals++) {
		kill(getpid(), *signals);
		ctx_sleep_ms(ctx, 20);
	}
	return wait_for_end(NULL, ctx, err);
}

static void a_termination_signal_ends_all_without_a_failure(void **state)
{
	static const int signals[][2] = {{SIGTERM, 0}, {SIGINT, 0}};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct runtime rt = start();
		struct err err = ERR_INIT;
		runtime_add(&rt, &(struct actor){"a", signal_self, NULL, (void *)signals[i]});
		expect_ok(runtime_run(&rt, &err), err);
		runtime_done(&rt);
	}
}

static void count_reload(void *arg)
{
	++*(int *)arg;
}

static void a_hangup_reloads_and_ends_nothing(void **state)
{
	static const int signals[] = {SIGHUP, SIGHUP, SIGTERM, 0};
	struct runtime rt = start();
	struct err err = ERR_INIT;
	int n_reloads = 0;
	(void)state;

	runtime_add(&rt, &(struct actor){"a", signal_self, NULL, (void *)signals});
	runtime_on_reload(&rt, count_reload, &n_reloads);

	expect_ok(runtime_run(&rt, &err), err);
	assert_int_equal(n_reloads, 2);
	runtime_done(&rt);
}

struct server {
	_Atomic bool stopped;
	int *order;
	int *n_stopped;
	int number;
};

static bool serve(void *arg, struct ctx *ctx, struct err *err)
{
	struct server *s = arg;

	(void)ctx;
	(void)err;
	while (!s->stopped)
		usleep(1000);
	return true;
}

static void stop(void *arg)
{
	struct server *s = arg;

	s->order[(*s->n_stopped)++] = s->number;
	s->stopped = true;
}

static void actors_are_stopped_in_reverse_order(void **state)
{
	struct runtime rt = start();
	struct err err = ERR_INIT;
	int order[3], n_stopped = 0;
	struct server servers[3];
	(void)state;

	for (int i = 0; i < 3; i++) {
		servers[i] = (struct server){false, order, &n_stopped, i};
		runtime_add(&rt, &(struct actor){"server", serve, stop, &servers[i]});
	}
	runtime_add(&rt, &(struct actor){"end", end_well, NULL, NULL});

	expect_ok(runtime_run(&rt, &err), err);
	for (int i = 0; i < 3; i++)
		assert_int_equal(order[i], 2 - i);
	runtime_done(&rt);
}

static void a_ratio_outside_of_its_range_is_refused(void **state)
{
	struct global_flags g = {.gomemlimit_ratio = 1.5};
	struct err err = ERR_INIT;
	(void)state;

	expect_err(global_flags_check(&g, &err), err, ERR_INVALID,
		   "--auto-gomemlimit.ratio must be greater than 0 and less than or equal to 1.");
	g.gomemlimit_ratio = 1;
	expect_ok(global_flags_check(&g, &err), err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_actor_that_fails_ends_all_and_gives_the_error),
	    cmocka_unit_test(an_actor_that_ends_well_ends_all_without_a_failure),
	    cmocka_unit_test(a_termination_signal_ends_all_without_a_failure),
	    cmocka_unit_test(a_hangup_reloads_and_ends_nothing),
	    cmocka_unit_test(actors_are_stopped_in_reverse_order),
	    cmocka_unit_test(a_ratio_outside_of_its_range_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
