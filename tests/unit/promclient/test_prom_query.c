#include "promclient/prom_query.h"

#include "tests/lib/expect.h"
#include "tests/lib/fake_prometheus.h"

static int set_up(void **state)
{
	static struct fake_prometheus f;

	fake_prometheus_start(&f);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	fake_prometheus_stop(*state);
	return 0;
}

static const struct query_request INSTANT = {
    .text = {"up{a=\"b c\"} + 1", 15},
    .start_ms = 1500,
    .end_ms = 1500,
    .timeout_ms = INT64_MAX,
    .dedup = true,
    .partial_response = true,
};

static void an_instant_query_sends_what_it_says_and_nothing_more(void **state)
{
	struct fake_prometheus *f = *state;
	struct buf body auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;

	fake_prometheus_json(f, "/api/v1/query", "{\"status\":\"success\"}");
	expect_ok(prom_ask(f->client, NULL, &INSTANT, &body, &err), err);

	expect_str(buf_str(&body), "{\"status\":\"success\"}");
	assert_string_equal(fake_prometheus_asked(f), "POST /api/v1/query\n");
	expect_str(fake_prometheus_body(f), "query=up%7Ba%3D%22b%20c%22%7D%20%2B%201&time=1.500");
}

static void a_range_query_sends_all_that_differs_from_the_defaults(void **state)
{
	struct fake_prometheus *f = *state;
	static const struct str replicas[] = {{"a", 1}, {"b&c", 3}};
	struct buf body auto_done(buf_done) = BUF_INIT(1000);
	struct query_request request = {
	    .text = STR("up"),
	    .is_range = true,
	    .start_ms = -1000,
	    .end_ms = 60000,
	    .step_ms = 15000,
	    .timeout_ms = 2500,
	    .lookback_ms = 60000,
	    .max_resolution_ms = 300000,
	    .replica_labels = replicas,
	    .n_replica_labels = 2,
	};
	struct err err = ERR_INIT;

	fake_prometheus_json(f, "/api/v1/query_range", "{}");
	expect_ok(prom_ask(f->client, NULL, &request, &body, &err), err);

	expect_str(fake_prometheus_body(f),
		   "query=up&start=-1&end=60&step=15&timeout=2.500&lookback_delta=60&"
		   "max_source_resolution=300&dedup=false&partial_response=false&"
		   "replicaLabels[]=a&replicaLabels[]=b%26c");
}

static void a_refusal_has_the_servers_words(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err_code code;
		const char *want;
	} cases[] = {
	    {400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:1: no\"}",
	     ERR_INVALID, ": bad_data: 1:1: no"},
	    {503, "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"too slow\"}",
	     ERR_UNAVAILABLE, ": timeout: too slow"},
	    {404, "no such page\n", ERR_NOT_FOUND, ": HTTP status 404: no such page"},
	    {500, "{\"error\":", ERR_INTERNAL, ": HTTP status 500: {\"error\":"},
	};
	struct fake_prometheus *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf body auto_done(buf_done) = BUF_INIT(1000);
		struct err err = ERR_INIT;
		fake_prometheus_answer(f, (struct fake_answer){
					      .path = "/api/v1/query",
					      .status = cases[i].status,
					      .content_type = "application/json",
					      .body = str_of(cases[i].body),
					  });
		expect_err(prom_ask(f->client, NULL, &INSTANT, &body, &err), err, cases[i].code,
			   cases[i].want);
		assert_true(str_starts(str_of(err.msg), str_of(prom_client_url(f->client))));
	}
}

static void an_answer_beyond_the_limit_is_refused(void **state)
{
	struct fake_prometheus *f = *state;
	struct buf body auto_done(buf_done) = BUF_INIT(5);
	struct err err = ERR_INIT;

	fake_prometheus_json(f, "/api/v1/query", "{\"status\":\"success\"}");
	expect_err(prom_ask(f->client, NULL, &INSTANT, &body, &err), err, ERR_LIMIT, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	    TEST(an_instant_query_sends_what_it_says_and_nothing_more),
	    TEST(a_range_query_sends_all_that_differs_from_the_defaults),
	    TEST(a_refusal_has_the_servers_words),
	    TEST(an_answer_beyond_the_limit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
