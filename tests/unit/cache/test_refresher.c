#include "cache/refresher.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

#include <stdatomic.h>

struct counts {
	_Atomic size_t n_calls;
	_Atomic bool waits, was_ended;
};

static void count(void *arg, struct ctx *ctx)
{
	struct counts *c = arg;

	c->n_calls++;
	while (c->waits && !ctx_done(ctx))
		usleep(1000);
	c->was_ended = ctx_done(ctx);
}

static struct refresher *refresher_of(struct counts *c, int64_t interval_ms)
{
	struct err err = ERR_INIT;
	struct refresher *r = refresher_new("a-name-that-is-longer", interval_ms, count, c, &err);

	if (!r)
		fail_msg("%s", err.msg);
	return r;
}

static void it_comes_again_and_again(void **state)
{
	struct counts c = {0};
	struct refresher *r auto_free(refresher_free) = refresher_of(&c, 1);
	(void)state;

	wait_until(c.n_calls >= 3);
}

static void who_is_in_a_hurry_need_not_wait_for_the_interval(void **state)
{
	struct counts c = {0};
	struct refresher *r auto_free(refresher_free) = refresher_of(&c, INT64_MAX);
	(void)state;

	refresher_hurry(r);
	refresher_hurry(r);
	wait_until(c.n_calls == 1);
	refresher_hurry(r);
	wait_until(c.n_calls == 2);
}

static void its_end_ends_what_it_does(void **state)
{
	struct counts c = {.waits = true};
	struct refresher *r = refresher_of(&c, 1);
	(void)state;

	wait_until(c.n_calls == 1);
	refresher_free(r);

	assert_true(c.was_ended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_comes_again_and_again),
	    cmocka_unit_test(who_is_in_a_hurry_need_not_wait_for_the_interval),
	    cmocka_unit_test(its_end_ends_what_it_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
