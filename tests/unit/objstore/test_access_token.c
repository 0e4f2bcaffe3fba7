#include "objstore/access_token.h"

#include "tests/lib/expect.h"

enum { MINUTE_MS = 60 * 1000 };

struct rig {
	struct fake_clock clock;
	struct arena *a;
	struct access_token *token;
	int n_fetched;
	int64_t lifetime_ms;
	bool is_away;
};

static bool fetch(void *arg, struct ctx *ctx, struct arena *a, struct access_grant *out,
		  struct err *err)
{
	struct rig *rig = arg;

	(void)ctx;
	rig->n_fetched++;
	if (rig->is_away)
		return err_set(err, ERR_UNAVAILABLE, "nobody at home");
	out->parts[0] = str_of(arena_printf(a, "t%d", rig->n_fetched));
	out->parts[2] = STR("third");
	out->lifetime_ms = rig->lifetime_ms;
	return true;
}

static int set_up(void **state)
{
	static struct rig rig;

	rig = (struct rig){.a = arena_new(NULL), .lifetime_ms = 60 * MINUTE_MS};
	fake_clock_init(&rig.clock, 1700000000000);
	rig.token = access_token_new(&rig.clock.base, fetch, &rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	access_token_free(rig->token);
	arena_free(rig->a);
	return 0;
}

static void expect_token(struct rig *rig, const char *want)
{
	struct access_grant got;
	struct err err = ERR_INIT;

	expect_ok(access_token_get(rig->token, NULL, rig->a, &got, &err), err);
	expect_str(got.parts[0], want);
	expect_str(got.parts[2], "third");
}

static void it_is_fetched_once_and_again_before_it_expires(void **state)
{
	struct rig *rig = *state;

	expect_token(rig, "t1");
	fake_clock_advance(&rig->clock, 55 * MINUTE_MS);
	expect_token(rig, "t1");
	fake_clock_advance(&rig->clock, 2 * MINUTE_MS);
	expect_token(rig, "t2");
}

static void one_of_a_short_life_is_used_for_most_of_it(void **state)
{
	struct rig *rig = *state;

	rig->lifetime_ms = MINUTE_MS;
	expect_token(rig, "t1");
	fake_clock_advance(&rig->clock, 40 * 1000);
	expect_token(rig, "t1");
	fake_clock_advance(&rig->clock, 10 * 1000);
	expect_token(rig, "t2");
}

static void an_old_one_is_used_while_it_holds_and_no_new_one_is_given(void **state)
{
	struct rig *rig = *state;
	struct access_grant got;
	struct err err = ERR_INIT;

	expect_token(rig, "t1");
	rig->is_away = true;
	fake_clock_advance(&rig->clock, 57 * MINUTE_MS);
	expect_token(rig, "t1");
	expect_token(rig, "t1");
	assert_int_equal(rig->n_fetched, 2); /* not with each request */
	fake_clock_advance(&rig->clock, MINUTE_MS);
	expect_token(rig, "t1");
	assert_int_equal(rig->n_fetched, 3);

	fake_clock_advance(&rig->clock, 3 * MINUTE_MS);
	expect_err(access_token_get(rig->token, NULL, rig->a, &got, &err), err, ERR_UNAVAILABLE,
		   "nobody at home");
	rig->is_away = false;
	expect_token(rig, "t5");
}

static void what_was_refused_is_not_given_again(void **state)
{
	struct rig *rig = *state;

	rig->lifetime_ms = INT64_MAX;
	expect_token(rig, "t1");
	fake_clock_advance(&rig->clock, INT64_C(1000) * 24 * 60 * MINUTE_MS);
	expect_token(rig, "t1");
	access_token_drop(rig->token);
	expect_token(rig, "t2");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(it_is_fetched_once_and_again_before_it_expires),
	    TEST(one_of_a_short_life_is_used_for_most_of_it),
	    TEST(an_old_one_is_used_while_it_holds_and_no_new_one_is_given),
	    TEST(what_was_refused_is_not_given_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
