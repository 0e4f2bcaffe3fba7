#include "api/active_queries_api.h"

#include "base/gate.h"
#include "tests/lib/api_rig.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

/* A querier whose only place is taken, so that queries wait until they are canceled. */
struct rig {
	struct api_rig api;
	struct gate *gate;
	struct active_queries *active;
};

static int set_up(void **state)
{
	static struct rig r;
	struct err err = ERR_INIT;

	api_rig_init(&r.api);
	r.gate = gate_new(1, NULL, "", "");
	r.active = active_queries_new(&r.api.clock.base, NULL);
	r.api.options.query.evaluator.queries = r.gate;
	r.api.options.query.evaluator.active = r.active;
	assert_true(gate_enter(r.gate, NULL, &err));
	*state = &r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	gate_leave(r->gate);
	api_rig_stop(&r->api);
	active_queries_free(r->active);
	gate_free(r->gate);
	return 0;
}

static size_t n_active(struct rig *r)
{
	return active_queries_list(r->active, (struct str){0}, r->api.web.arena).n;
}

/* A query that is active when this returns. */
static struct http_call *begin(struct rig *r, const char *path)
{
	struct web_rig *web = &r->api.web;
	size_t before = n_active(r);
	struct err err = ERR_INIT;
	const char *url = arena_printf(web->arena, "%s%s", web_rig_url(web), path);

	struct http_call *call = http_call_start(
	    web->client, NULL, &(struct http_call_request){.method = "GET", .url = url}, &err);
	assert_non_null(call);
	wait_until(n_active(r) == before + 1);
	return call;
}

static void expect_canceled(struct http_call *call)
{
	struct http_call_response got;
	struct err err = ERR_INIT;
	struct str body;

	expect_ok(http_call_response(call, &got, &err), err);
	assert_int_equal(got.status, 503);
	assert_int_equal(http_call_read(call, &body, &err), ITER_VALUE);
	expect_str(body, "{\"status\":\"error\",\"errorType\":\"canceled\","
			 "\"error\":\"query was canceled in expression evaluation\"}");
}

#define FIRST                                                                                      \
	"{\"id\":\"1\",\"query\":\"up\",\"tenant\":\"default-tenant\",\"start\":50,\"end\":50,"    \
	"\"step\":0,\"askedAt\":100,\"seconds\":0,\"state\":\"waiting\"}"
#define SECOND                                                                                     \
	"{\"id\":\"2\",\"query\":\"sum(up)\",\"tenant\":\"default-tenant\",\"start\":10,"          \
	"\"end\":30.500,\"step\":10,\"askedAt\":100,\"seconds\":0,\"state\":\"waiting\"}"
#define LIST(text) "{\"status\":\"success\",\"data\":[" text "]}"

static void active_queries_are_listed_and_canceled(void **state)
{
	struct rig *r = *state;
	struct web_rig *web = &r->api.web;

	api_rig_start(&r->api);
	expect_str(str_of(api_rig_get(&r->api, 200, "/api/v1/status/active_queries")), LIST(""));
	struct http_call *first auto_free(http_call_close) =
	    begin(r, "/api/v1/query?query=up&time=50");
	struct http_call *second auto_free(http_call_close) =
	    begin(r, "/api/v1/query_range?query=sum(up)&start=10&end=30.5&step=10");
	expect_str(str_of(api_rig_get(&r->api, 200, "/api/v1/status/active_queries")),
		   LIST(FIRST "," SECOND));

	struct web_answer got = web_ask(web, "DELETE", "/api/v1/status/active_queries/1");
	assert_int_equal(got.status, 200);
	expect_str(str_of(got.body), "{\"status\":\"success\",\"data\":{\"id\":\"1\"}}");
	expect_canceled(first);
	wait_until(n_active(r) == 1);
	expect_str(str_of(api_rig_get(&r->api, 200, "/api/v1/status/active_queries")),
		   LIST(SECOND));
	web_ask(web, "DELETE", "/api/v1/status/active_queries/2");
	expect_canceled(second);
}

static void what_is_not_active_cannot_be_canceled(void **state)
{
	static const struct {
		const char *id;
		int status;
		const char *body;
	} cases[] = {
	    {"7", 404, "\"not_found\",\"error\":\"no active query has the id 7\""},
	    {"x", 400, "\"bad_data\",\"error\":\"'x' is not the id of a query\""},
	    {"-1", 400, "'-1' is not the id of a query"},
	};
	struct rig *r = *state;

	api_rig_start(&r->api);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct web_answer got =
		    web_ask(&r->api.web, "DELETE",
			    arena_printf(r->api.web.arena, "/api/v1/status/active_queries/%s",
					 cases[i].id));
		assert_int_equal(got.status, cases[i].status);
		assert_non_null(strstr(got.body, cases[i].body));
	}
}

static void an_enforced_tenant_sees_and_cancels_its_own_queries(void **state)
{
	struct rig *r = *state;

	r->api.options.query.tenancy.is_enforced = true;
	r->api.options.query.tenancy.label = STR("job");
	api_rig_start(&r->api);
	/* Of somebody else, as far as the default tenant can tell. */
	struct query_request req = {.text = STR("theirs"), .tenant = STR("other")};
	struct ctx *ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	struct active_query theirs;
	active_queries_add(r->active, &theirs, &req, ctx);
	expect_str(str_of(api_rig_get(&r->api, 200, "/api/v1/status/active_queries")), LIST(""));
	assert_int_equal(web_ask(&r->api.web, "DELETE", "/api/v1/status/active_queries/1").status,
			 404);
	assert_false(ctx_done(ctx));
	active_queries_remove(r->active, &theirs);
	ctx_free(ctx);
}

static void a_client_that_goes_away_ends_its_query(void **state)
{
	struct rig *r = *state;

	api_rig_start(&r->api);
	http_call_close(begin(r, "/api/v1/query?query=up&time=50"));
	wait_until(n_active(r) == 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(active_queries_are_listed_and_canceled, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(what_is_not_active_cannot_be_canceled, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(an_enforced_tenant_sees_and_cancels_its_own_queries,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_client_that_goes_away_ends_its_query, set_up,
					    tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
