#include "net/http_race.h"

#include "base/clock.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"
#include "tests/lib/web_rig.h"

#include <stdatomic.h>
#include <stdio.h>

/* Answers the n-th request and those after it; those before wait until they are given up. */
struct rig {
	struct web_rig web;
	_Atomic unsigned n_asked, n_given_up;
	unsigned answers_from;
	struct http_call_request request;
};

static void serve(struct http_request *r, struct http_response *response, void *arg)
{
	struct rig *rig = arg;
	unsigned n = ++rig->n_asked;
	char text[32];
	if (n < rig->answers_from) {
		ctx_sleep_ms(r->ctx, 60000);
		rig->n_given_up++;
		return;
	}
	snprintf(text, sizeof(text), "answer %u", n);
	http_response_send(response, 200, "text/plain", str_of(text));
}

static const struct http_route routes[] = {{HTTP_GET, "/", serve, NULL, 0}};

static int set_up(void **state)
{
	static struct rig rig;

	rig = (struct rig){.answers_from = 1};
	web_rig_init(&rig.web);
	http_router_add(rig.web.router,
			&(struct http_route_group){.routes = routes, .n_routes = 1, .arg = &rig});
	web_rig_start(&rig.web);
	rig.request = (struct http_call_request){.url = web_rig_url(&rig.web)};
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	web_rig_stop(&rig->web);
	return 0;
}

static void expect_body(struct http_call *call, const char *want)
{
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	enum iter_result r;
	struct str piece;

	while ((r = http_call_read(call, &piece, &err)) == ITER_VALUE)
		buf_append_str(&body, piece);
	assert_int_equal(r, ITER_END);
	expect_str(buf_str(&body), want);
}

static void a_single_call_is_a_race_too(void **state)
{
	struct rig *rig = *state;
	struct http_race *race = http_race_new(rig->web.client, NULL, &rig->request);
	struct http_call_response response;
	struct err err = ERR_INIT;
	size_t winner = 9;

	expect_ok(http_race_start(race, &err), err);
	struct http_call *call = http_race_wait(race, CTX_NO_DEADLINE, &response, &winner, &err);
	assert_non_null(call);
	assert_int_equal(winner, 0);
	assert_int_equal(response.status, 200);
	http_race_free(race); /* the winner lives on */
	expect_body(call, "answer 1");
	http_call_close(call);
}

static void the_first_answer_wins_and_the_other_calls_are_given_up(void **state)
{
	struct rig *rig = *state;
	struct http_race *race = http_race_new(rig->web.client, NULL, &rig->request);
	struct http_call_response response;
	struct err err = ERR_INIT;
	size_t winner = 9;

	rig->answers_from = 3;
	for (unsigned i = 1; i < 3; i++) {
		expect_ok(http_race_start(race, &err), err);
		wait_until(rig->n_asked == i);
		assert_null(http_race_wait(race, 0, &response, &winner, &err));
		assert_int_equal(err.code, ERR_OK);
	}
	expect_ok(http_race_start(race, &err), err);
	struct http_call *call = http_race_wait(race, CTX_NO_DEADLINE, &response, &winner, &err);
	assert_non_null(call);
	assert_int_equal(winner, 2);
	http_race_free(race);
	wait_until(rig->n_given_up == 2);
	expect_body(call, "answer 3");
	http_call_close(call);
	assert_int_equal(rig->n_asked, 3);
}

static void when_all_calls_fail_the_race_does(void **state)
{
	struct rig *rig = *state;
	struct http_call_request request = {.url = "http://127.0.0.1:1/"};
	struct http_race *race = http_race_new(rig->web.client, NULL, &request);
	struct http_call_response response;
	struct err err = ERR_INIT;
	size_t winner;

	expect_ok(http_race_start(race, &err), err);
	expect_ok(http_race_start(race, &err), err);
	struct http_call *call = http_race_wait(race, CTX_NO_DEADLINE, &response, &winner, &err);
	expect_err(call != NULL, err, ERR_UNAVAILABLE, "127.0.0.1:1");
	http_race_free(race);
}

static void it_ends_when_the_caller_goes_away(void **state)
{
	struct rig *rig = *state;
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct http_race *race = http_race_new(rig->web.client, ctx, &rig->request);
	struct http_call_response response;
	struct err err = ERR_INIT;
	size_t winner;

	rig->answers_from = 9;
	expect_ok(http_race_start(race, &err), err);
	wait_until(rig->n_asked == 1);
	ctx_cancel(ctx, ERR_CANCELED, "the client went away");
	struct http_call *call = http_race_wait(race, CTX_NO_DEADLINE, &response, &winner, &err);
	expect_err(call != NULL, err, ERR_CANCELED, "went away");
	http_race_free(race);
	wait_until(rig->n_given_up == 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_single_call_is_a_race_too),
	    TEST(the_first_answer_wins_and_the_other_calls_are_given_up),
	    TEST(when_all_calls_fail_the_race_does),
	    TEST(it_ends_when_the_caller_goes_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
