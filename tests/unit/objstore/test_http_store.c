/* What all stores behind HTTP have in common and no single store's test shows. */
#include "objstore/http_store.h"

#include "tests/lib/expect.h"
#include "tests/lib/web_rig.h"

#include <stdatomic.h>

struct rig {
	struct web_rig web;
	struct http_store *store;
	struct metrics *metrics;
	struct hedging_config hedging;
	_Atomic unsigned n_asked;
	_Atomic unsigned answers_from; /* nobody is answered before this many requests have come */
};

static void hold(struct rig *rig, struct http_request *r)
{
	rig->n_asked++;
	while (rig->n_asked < rig->answers_from && ctx_sleep_ms(r->ctx, 1))
		;
}

static void serve(struct http_request *r, struct http_response *response, void *arg)
{
	hold(arg, r);
	http_response_send(response, 200, "text/plain", STR("here"));
}

/* Leaves time for more requests, if there are to be more. */
static void serve_late(struct http_request *r, struct http_response *response, void *arg)
{
	hold(arg, r);
	ctx_sleep_ms(r->ctx, 50);
	http_response_send(response, 200, "text/plain", STR("here"));
}

static const struct http_route routes[] = {{0, "/late", serve_late, NULL, 0},
					   {0, "/*path", serve, NULL, 0}};

static struct str explain(const struct store_answer *answer, struct arena *a)
{
	(void)answer, (void)a;
	return STR("");
}

static int set_up(void **state)
{
	static struct rig rig;

	rig = (struct rig){.metrics = metrics_new()};
	rig.hedging = (struct hedging_config){
	    .enabled = true,
	    .up_to = 3,
	    .quantile = 0.9,
	    .hedges = metrics_counter(rig.metrics, "hedges", ""),
	    .wins = metrics_counter(rig.metrics, "wins", ""),
	};
	web_rig_init(&rig.web);
	http_router_add(rig.web.router,
			&(struct http_route_group){.routes = routes, .n_routes = 2, .arg = &rig});
	web_rig_start(&rig.web);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	http_store_free(rig->store);
	web_rig_stop(&rig->web);
	metrics_free(rig->metrics);
	return 0;
}

static void open_store(struct rig *rig)
{
	struct http_client_options plain = {0};
	struct err err = ERR_INIT;
	struct http_store_options options = {
	    .kind = "Test",
	    .clock = &clock_system,
	    .explain = explain,
	    .hedging = rig->hedging,
	};
	rig->store =
	    http_store_new(http_client_new(loops_get(rig->web.loops, 0), &plain, &err), &options);
}

static void ask(struct rig *rig, const char *method, const char *path)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct store_request r = {
	    .method = method, .base = web_rig_url(&rig->web), .path = str_of(path), .object = path};
	struct store_answer answer;
	struct err err = ERR_INIT;

	expect_ok(http_store_ask(rig->store, NULL, &r, 1000, a, &answer, &err), err);
}

/* So that the store knows how long answers take. */
static void warm_up(struct rig *rig)
{
	for (int i = 0; i < 20; i++)
		ask(rig, "GET", "/");
	rig->n_asked = 0;
}

static unsigned counted(struct rig *rig, const char *name)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metric_snapshots all = metrics_gather(rig->metrics, a);

	for (size_t i = 0; i < all.n; i++)
		if (str_is(all.v[i].name, name))
			return (unsigned)all.v[i].points[0].value;
	return 0;
}

static void a_get_that_is_not_answered_is_asked_again(void **state)
{
	struct rig *rig = *state;

	open_store(rig);
	warm_up(rig);
	rig->answers_from = 2;
	ask(rig, "GET", "/");
	assert_in_range(counted(rig, "hedges"), 1, 2);
	assert_true(counted(rig, "wins") <= 1);
	ask(rig, "HEAD", "/");
}

static void it_is_not_asked_more_often_than_allowed(void **state)
{
	struct rig *rig = *state;

	rig->hedging.up_to = 2;
	open_store(rig);
	warm_up(rig);
	rig->answers_from = 2;
	ask(rig, "GET", "/late");
	assert_int_equal(rig->n_asked, 2);
	assert_int_equal(counted(rig, "hedges"), 1);
}

static void before_enough_answers_were_seen_nothing_is_asked_twice(void **state)
{
	struct rig *rig = *state;

	open_store(rig);
	ask(rig, "GET", "/late");
	assert_int_equal(rig->n_asked, 1);
}

static void what_writes_is_never_asked_twice(void **state)
{
	struct rig *rig = *state;

	open_store(rig);
	warm_up(rig);
	ask(rig, "PUT", "/late");
	ask(rig, "DELETE", "/late");
	ask(rig, "POST", "/late");
	assert_int_equal(rig->n_asked, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_get_that_is_not_answered_is_asked_again),
	    TEST(it_is_not_asked_more_often_than_allowed),
	    TEST(before_enough_answers_were_seen_nothing_is_asked_twice),
	    TEST(what_writes_is_never_asked_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
