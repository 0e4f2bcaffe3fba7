#include "querier/querier.h"

#include "tests/lib/api_rig.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

static int set_up(void **state)
{
	static struct api_rig rig;

	api_rig_init(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	api_rig_stop(*state);
	return 0;
}

static void the_page_is_served_with_its_policy(void **state)
{
	struct api_rig *rig = *state;
	api_rig_start(rig);

	for (int i = 0; i < 2; i++) {
		struct web_answer got = web_get(&rig->web, i ? "/graph" : "/");
		assert_int_equal(got.status, 200);
		assert_string_equal(web_header(&rig->web, &got, "content-type"),
				    "text/html; charset=utf-8");
		assert_non_null(
		    strstr(web_header(&rig->web, &got, "content-security-policy"), "default-src"));
	}
}

static void all_routes_are_below_the_prefix(void **state)
{
	static const char *const paths[] = {"/", "/graph", "/api/v1/query?query=1",
					    "/api/v1/stores", "/api/v1/status/buildinfo"};
	struct api_rig *rig = *state;
	rig->options.route_prefix = "/thanos/a";
	api_rig_start(rig);

	for (size_t i = 0; i < 5; i++) {
		api_rig_get(rig, 404, paths[i]);
		api_rig_get(rig, 200, arena_printf(rig->web.arena, "/thanos/a%s", paths[i]));
	}
}

static void routes_take_the_methods_of_thanos(void **state)
{
	static const struct {
		const char *method, *path;
		int status;
	} cases[] = {
	    {"POST", "/api/v1/label/a/values", 405}, {"POST", "/api/v1/stores", 405},
	    {"DELETE", "/api/v1/query", 405},        {"POST", "/api/v1/query_range", 400},
	    {"HEAD", "/api/v1/stores", 200},
	};
	struct api_rig *rig = *state;
	api_rig_start(rig);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(web_ask(&rig->web, cases[i].method, cases[i].path).status,
				 cases[i].status);
}

static void *refresh(void *arg)
{
	void **both = arg;

	querier_refresh(both[0], both[1]);
	return NULL;
}

static void endpoints_are_asked_again_and_again(void **state)
{
	struct api_rig *rig = *state;
	struct ctx *ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	pthread_t thread;
	rig->options.endpoints.info_timeout_ms = 10;
	api_rig_start(rig);
	void *both[] = {rig->querier, ctx};

	pthread_create(&thread, NULL, refresh, both);
	assert_true(querier_wait_refreshed(rig->querier, ctx));
	wait_until(rig->stores[0].n_infos >= 4);
	ctx_cancel(ctx, ERR_CANCELED, "enough");
	pthread_join(thread, NULL);
	ctx_free(ctx);
}

static void waiting_for_the_first_round_ends_with_the_context(void **state)
{
	struct api_rig *rig = *state;
	struct ctx *ctx = ctx_new_timeout_ms(NULL, 20);
	api_rig_start(rig);
	struct querier *other = querier_new(&rig->options);

	assert_false(querier_wait_refreshed(other, ctx));
	querier_free(other);
	ctx_free(ctx);
}

static void other_queriers_see_what_the_stores_have_together(void **state)
{
	struct api_rig *rig = *state;
	struct err err = ERR_INIT;
	struct store_info info;
	rig->stores[0].info.min_t_ms = 5;
	rig->stores[1].info.min_t_ms = 7;
	api_rig_start(rig);

	expect_ok(store_info(querier_store(rig->querier), NULL, rig->web.arena, &info, &err), err);
	assert_string_equal(info.component, "query");
	assert_int_equal(info.min_t_ms, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_page_is_served_with_its_policy),
	    TEST(all_routes_are_below_the_prefix),
	    TEST(routes_take_the_methods_of_thanos),
	    TEST(endpoints_are_asked_again_and_again),
	    TEST(waiting_for_the_first_round_ends_with_the_context),
	    TEST(other_queriers_see_what_the_stores_have_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
