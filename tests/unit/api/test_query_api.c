#include "api/query_api.h"

#include "api/columns.h"
#include "base/gate.h"
#include "tests/lib/api_rig.h"
#include "tests/lib/columns_reader.h"
#include "tests/lib/expect.h"
#include "tests/lib/wait.h"

#include <stdlib.h>

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

static struct api_rig *start(void **state)
{
	api_rig_start(*state);
	return *state;
}

#define SUCCESS(data)     "{\"status\":\"success\",\"data\":{" data ",\"analysis\":{}}}"
#define ERROR(type, text) "{\"status\":\"error\",\"errorType\":\"" type "\",\"error\":\"" text "\"}"

static void expect_get(struct api_rig *rig, const char *path, int status, const char *want)
{
	assert_string_equal(api_rig_get(rig, status, path), want);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void an_instant_query_is_answered_at_its_time(void **state)
{
	struct api_rig *rig = start(state);

	expect_get(rig, "/api/v1/query?query=sum(up)&time=50", 200,
		   SUCCESS("\"resultType\":\"vector\",\"result\":["
			   "{\"metric\":{},\"value\":[50,\"20\"]}]"));
	/* Now, when no time is given: 100 s. */
	expect_get(rig, "/api/v1/query?query=time()", 200,
		   SUCCESS("\"resultType\":\"scalar\",\"result\":[100,\"100\"]"));
}

static void a_range_query_is_answered_step_by_step(void **state)
{
	struct api_rig *rig = start(state);

	expect_get(rig, "/api/v1/query_range?query=max(up)&start=10&end=30.5&step=10", 200,
		   SUCCESS("\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":["
			   "[10,\"1\"],[20,\"2\"],[30,\"3\"]]}]"));
}

static void a_step_that_is_not_given_makes_250_points(void **state)
{
	struct api_rig *rig = start(state);

	/* 499 whole seconds are one step of one second each. */
	const char *body =
	    api_rig_get(rig, 200, "/api/v1/query_range?query=vector(1)&start=0.9&end=500.1");
	assert_non_null(strstr(body, "[0.900,\"1\"],[1.900,\"1\"]"));
	body = api_rig_get(rig, 200, "/api/v1/query_range?query=vector(1)&start=0&end=500");
	assert_non_null(strstr(body, "[0,\"1\"],[2,\"1\"]"));
}

static void a_form_may_come_in_the_body(void **state)
{
	struct api_rig *rig = start(state);

	struct web_answer got =
	    web_post(&rig->web, "/api/v1/query?time=50", "query=sum%28up%29&time=60&dedup=0");
	assert_int_equal(got.status, 200);
	assert_non_null(strstr(got.body, "[60,\"24\"]"));
	got = web_post(&rig->web, "/api/v1/query_range", "query=1&start=0&end=1&step=1");
	assert_int_equal(got.status, 200);
}

/* --- what is asked of the stores -------------------------------------------------------------- */

static void replicas_are_merged_when_the_request_names_their_label(void **state)
{
	struct api_rig *rig = start(state);
	static const char *const paths[] = {
	    "/api/v1/query?query=count(up)&time=50",
	    "/api/v1/query?query=count(up)&time=50&replicaLabels[]=replica",
	    "/api/v1/query?query=count(up)&time=50&replicaLabels%5B%5D=replica&dedup=false",
	};
	static const char *const counts[] = {"\"4\"", "\"3\"", "\"4\""};

	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(api_rig_get(rig, 200, paths[i]), counts[i]));
}

static void the_querier_has_replica_labels_of_its_own(void **state)
{
	static const struct str replica[] = {{"replica", 7}};
	struct api_rig *rig = *state;

	rig->options.query.evaluator.replica_labels = replica;
	rig->options.query.evaluator.n_replica_labels = 1;
	api_rig_start(rig);
	assert_non_null(
	    strstr(api_rig_get(rig, 200, "/api/v1/query?query=count(up)&time=50"), "\"3\""));
	assert_non_null(strstr(
	    api_rig_get(rig, 200, "/api/v1/query?query=count(up)&time=50&replicaLabels[]=job"),
	    "\"2\""));
}

static void only_stores_that_match_are_asked(void **state)
{
	struct api_rig *rig = start(state);
	static const char path[] = "/api/v1/query?query=count(up)&time=50"
				   "&storeMatch[]=%7B__address__%3D%22b:10901%22%7D";

	assert_non_null(strstr(api_rig_get(rig, 200, path), "\"2\""));
	assert_int_equal(rig->stores[0].n_calls, 0);
	assert_int_equal(rig->stores[1].n_calls, 1);
}

static void a_store_that_fails_is_a_warning_or_an_error(void **state)
{
	struct api_rig *rig = start(state);
	rig->stores[0].fail = "no route";

	struct web_answer got = web_get(&rig->web, "/api/v1/query?query=count(up)&time=50");
	assert_int_equal(got.status, 200);
	assert_non_null(strstr(got.body, "\"2\""));
	assert_non_null(strstr(got.body, "\"warnings\":[\"fetch series for Addr: a:10901"));
	assert_string_equal(web_header(&rig->web, &got, "cache-control"), "no-store");

	static const struct {
		const char *path;
		int status;
		const char *type;
	} cases[] = {
	    {"/api/v1/query?query=up&time=50&partial_response=false", 422, "\"execution\""},
	    {"/api/v1/query_range?query=up&start=1&end=2&step=1&partial_response=0", 422,
	     "\"execution\""},
	};
	for (size_t i = 0; i < 2; i++) {
		const char *body = api_rig_get(rig, cases[i].status, cases[i].path);
		assert_non_null(strstr(body, cases[i].type));
		assert_non_null(strstr(body, "no route"));
	}
}

static void the_resolution_follows_the_step_when_asked_to(void **state)
{
	static const struct {
		const char *path;
		int64_t want_ms;
	} cases[] = {
	    {"/api/v1/query_range?query=up&start=0&end=100&step=50", 0},
	    {"/api/v1/query_range?query=up&start=0&end=100&step=50&max_source_resolution=auto",
	     10000},
	    {"/api/v1/query_range?query=up&start=0&end=100&step=50&max_source_resolution=5m",
	     300000},
	    {"/api/v1/query?query=up&time=50&max_source_resolution=auto", 3600000},
	    {"/api/v1/query?query=up&time=50&max_source_resolution=0s", 0},
	};
	struct api_rig *rig = *state;

	rig->options.query.instant_max_resolution_ms = 3600000;
	api_rig_start(rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		api_rig_get(rig, 200, cases[i].path);
		assert_int_equal(rig->stores[0].last_request.max_resolution_ms, cases[i].want_ms);
	}
}

static void the_lookback_grows_with_the_resolution(void **state)
{
	static const struct {
		const char *params;
		int64_t want_ms; /* the oldest sample of a query at 10000 s */
	} cases[] = {
	    {"", 9700001},
	    {"&lookback_delta=10s", 9990001},
	    {"&max_source_resolution=5m", 9700001},
	    {"&max_source_resolution=301", 6400001},
	    {"&max_source_resolution=1h&lookback_delta=1m", 9940001},
	};
	struct api_rig *rig = *state;

	rig->options.query.evaluator.dynamic_lookback = true;
	api_rig_start(rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		api_rig_get(rig, 200,
			    arena_printf(rig->web.arena, "/api/v1/query?query=up&time=10000%s",
					 cases[i].params));
		assert_int_equal(rig->stores[0].last_request.min_t_ms, cases[i].want_ms);
		assert_int_equal(rig->stores[0].last_request.max_t_ms, 10000000);
	}
}

/* --- refusals --------------------------------------------------------------------------------- */

static void extended_rates_are_known_to_one_engine(void **state)
{
	static const char unknown[] =
	    ERROR("bad_data", "1:1: parse error: unknown function with name \\\"xdelta\\\"");
	static const char delta[] = SUCCESS("\"resultType\":\"vector\",\"result\":["
					    "{\"metric\":{\"job\":\"x\",\"replica\":\"a\"},"
					    "\"value\":[100,\"10\"]}]");
	struct api_rig *rig = *state;

	rig->options.query.evaluator.engine.parser.extended_functions = true;
	rig->options.query.evaluator.default_engine = QUERY_ENGINE_THANOS;
	api_rig_start(rig);
#define XDELTA "/api/v1/query?query=xdelta(up%7Bjob%3D%22x%22%7D%5B100s%5D)"
	expect_get(rig, XDELTA "&engine=thanos", 200, delta);
	expect_get(rig, XDELTA, 200, delta);
	expect_get(rig, XDELTA "&engine=prometheus", 400, unknown);
}

static void what_is_wrong_with_a_request_is_bad_data(void **state)
{
	static const struct {
		const char *params, *want;
	} instant[] = {
	    {"query=", "unknown position: parse error: no expression found in input"},
	    {"query=up%7B", "1:4: parse error: unexpected end of input inside braces"},
	    {"query=up&time=x",
	     "Invalid time value for 'time': cannot parse \\\"x\\\" to a valid timestamp"},
	    {"query=up&timeout=x", "cannot parse \\\"x\\\" to a valid duration"},
	    {"query=up&dedup=x",
	     "'dedup' parameter: strconv.ParseBool: parsing \\\"x\\\": invalid syntax"},
	    {"query=up&partial_response=x",
	     "'partial_response' parameter: strconv.ParseBool: parsing \\\"x\\\": invalid syntax"},
	    {"query=up&max_source_resolution=x",
	     "'max_source_resolution' parameter: cannot parse \\\"x\\\" to a valid duration"},
	    {"query=up&max_source_resolution=-1",
	     "negative 'max_source_resolution' is not accepted. Try a positive integer"},
	    {"query=up&lookback_delta=x",
	     "'lookback_delta' parameter: cannot parse \\\"x\\\" to a valid duration"},
	    {"query=up&engine=x", "'x' bad engine"},
	    {"query=up&storeMatch[]=x%7B",
	     "1:3: parse error: unexpected end of input inside braces"},
	};
	static const struct {
		const char *params, *want;
	} range[] = {
	    {"query=up", "cannot parse \\\"\\\" to a valid timestamp"},
	    {"query=up&start=1", "cannot parse \\\"\\\" to a valid timestamp"},
	    {"query=up&start=1&end=y", "cannot parse \\\"y\\\" to a valid timestamp"},
	    {"query=up&start=2&end=1", "end timestamp must not be before start time"},
	    {"query=up&start=1&end=2&step=x",
	     "'step' parameter: cannot parse \\\"x\\\" to a valid duration"},
	    {"query=up&start=1&end=2&step=0",
	     "zero or negative query resolution step widths are not accepted. Try a positive "
	     "integer"},
	    {"query=up&start=1&end=2&step=-1",
	     "zero or negative query resolution step widths are not accepted. Try a positive "
	     "integer"},
	    {"query=up&start=0&end=11001&step=1",
	     "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
	     "query resolution (?step=XX)"},
	    {"query=up&start=-9223372036854774&end=9223372036854774&step=60",
	     "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
	     "query resolution (?step=XX)"},
	    {"query=up[5m]&start=0&end=1&step=1",
	     "invalid expression type \\\"range vector\\\" for range query, must "
	     "be Scalar or instant Vector"},
	};
	struct api_rig *rig = start(state);
	struct arena *a = rig->web.arena;

	for (size_t i = 0; i < sizeof(instant) / sizeof(*instant); i++)
		expect_get(rig, arena_printf(a, "/api/v1/query?%s", instant[i].params), 400,
			   arena_printf(a, ERROR("bad_data", "%s"), instant[i].want));
	for (size_t i = 0; i < sizeof(range) / sizeof(*range); i++)
		expect_get(rig, arena_printf(a, "/api/v1/query_range?%s", range[i].params), 400,
			   arena_printf(a, ERROR("bad_data", "%s"), range[i].want));
	assert_int_equal(rig->stores[0].n_calls, 0);
}

static void times_at_the_ends_of_the_world_are_harmless(void **state)
{
	static const char *const paths[] = {
	    "/api/v1/query?query=up&time=9223372036854774",
	    "/api/v1/query?query=up&time=-9223372036854774",
	    "/api/v1/query?query=rate(up[5m]%20offset%201y)&time=-9223372036854774",
	    "/api/v1/query?query=rate(up[5m]%20offset%20-1y)&time=9223372036854774",
	    "/api/v1/query_range?query=up&start=-9223372036854774&end=9223372036854774"
	    "&step=9000000000",
	    "/api/v1/query?query=rate(up[5m]%20@%20-9223372036854774%20offset%201y)",
	    "/api/v1/query?query=max_over_time(up[5m:1m]%20@%209223372036854774%20offset%20-1y)",
	};
	struct api_rig *rig = start(state);

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int status = web_get(&rig->web, paths[i]).status;
		assert_true(status == 200 || status == 400);
	}
}

static void a_form_that_cannot_be_decoded_is_bad_data(void **state)
{
	struct api_rig *rig = start(state);

	assert_non_null(
	    strstr(api_rig_get(rig, 400, "/api/v1/query?query=%zz"), "\"error\":\"parse form: "));
}

static void a_query_that_cannot_be_evaluated_is_execution(void **state)
{
	struct api_rig *rig = start(state);

	const char *body = api_rig_get(rig, 422, "/api/v1/query?query=up%2Bon()up&time=50");
	assert_non_null(strstr(body, "\"errorType\":\"execution\""));
	assert_non_null(strstr(body, "found duplicate series"));
}

static void a_query_over_its_memory_is_execution(void **state)
{
	struct api_rig *rig = *state;

	rig->options.query.evaluator.max_memory_bytes = 1;
	api_rig_start(rig);
	const char *body = api_rig_get(rig, 422, "/api/v1/query?query=up&time=50");
	assert_non_null(strstr(body, "\"errorType\":\"execution\""));
	assert_non_null(strstr(body, "--query.max-memory-per-query"));
}

static void a_query_out_of_time_is_timeout(void **state)
{
	struct api_rig *rig = start(state);

	for (int i = 0; i < 2; i++)
		expect_get(rig,
			   i ? "/api/v1/query?query=up&time=50&timeout=0"
			     : "/api/v1/query_range?query=up&start=1&end=2&step=1&timeout=-1",
			   503, ERROR("timeout", "query timed out in expression evaluation"));
}

static void a_request_cannot_ask_for_more_time_than_there_is(void **state)
{
	struct api_rig *rig = *state;

	rig->options.query.evaluator.timeout_ms = 0;
	api_rig_start(rig);
	expect_get(rig, "/api/v1/query?query=up&time=50&timeout=1h", 503,
		   ERROR("timeout", "query timed out in expression evaluation"));
}

static void a_query_waits_for_its_turn(void **state)
{
	struct api_rig *rig = *state;
	struct gate *gate = gate_new(1, NULL, "", "");
	struct err err = ERR_INIT;

	rig->options.query.evaluator.queries = gate;
	api_rig_start(rig);
	api_rig_get(rig, 200, "/api/v1/query?query=up&time=50");
	expect_ok(gate_enter(gate, NULL, &err), err);
	api_rig_get(rig, 503, "/api/v1/query?query=up&time=50&timeout=50ms");
	gate_leave(gate);
	api_rig_get(rig, 200, "/api/v1/query?query=up&time=50");
	gate_free(gate);
}

static void a_query_is_explained_without_asking_a_store(void **state)
{
	struct api_rig *rig = start(state);
	static const char want[] =
	    "{\"status\":\"success\",\"data\":{\"name\":\"[aggregate] sum by ([job])\",\"children\":[{"
	    "\"name\":\"[matrixSelector] rate({[__name__=\\\"up\\\"]}[1m0s] 0 mod 1)\"}]}}";

	expect_get(rig, "/api/v1/query_explain?query=sum%20by(job)(rate(up[1m]))&engine=thanos",
		   200, want);
	expect_get(rig,
		   "/api/v1/query_range_explain?query=sum%20by(job)(rate(up[1m]))"
		   "&start=0&end=10&step=1",
		   200, want);
	assert_int_equal(rig->stores[0].n_calls, 0);
	expect_get(rig, "/api/v1/query_explain?query=up%7B%7B", 400,
		   ERROR("bad_data", "1:4: parse error: unexpected left brace '{'"));
	api_rig_get(rig, 400, "/api/v1/query_range_explain?query=up&start=1");
	api_rig_get(rig, 400, "/api/v1/query_explain?query=up&engine=x");
}

/* The text with all times in it as "T". */
static const char *without_times(struct api_rig *rig, const char *text)
{
	static const char *const keys[] = {"\"executionTime\":\"", "\"duration\":\""};
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	while (*text) {
		bool found = false;
		for (size_t i = 0; i < 2 && !found; i++) {
			if (strncmp(text, keys[i], strlen(keys[i])) != 0)
				continue;
			buf_puts(&out, keys[i]);
			buf_putc(&out, 'T');
			text = strchr(text + strlen(keys[i]), '"');
			found = true;
		}
		if (!found)
			buf_putc(&out, *text++);
	}
	return arena_cstr(rig->web.arena, buf_str(&out));
}

static void an_analysis_tells_what_operators_and_stores_did(void **state)
{
	struct api_rig *rig = start(state);
	const char *body = api_rig_get(
	    rig, 200, "/api/v1/query?query=sum(up%7Bjob!=%22y%22%7D)%2B1&time=50&analyze=true");

	assert_string_equal(
	    without_times(rig, strstr(body, "\"analysis\"")),
	    "\"analysis\":{\"name\":\"[vectorScalarBinary] +\",\"executionTime\":\"T\","
	    "\"peakSamples\":1,\"totalSamples\":3,\"series\":1,\"values\":1,\"chunkBytes\":102,"
	    "\"children\":[{\"name\":\"[aggregate] sum by ([])\",\"executionTime\":\"T\","
	    "\"peakSamples\":1,\"totalSamples\":3,\"series\":1,\"values\":1,\"chunkBytes\":102,"
	    "\"children\":[{\"name\":\"[vectorSelector] {[__name__=\\\"up\\\" job!=\\\"y\\\"]} 0 mod 1\","
	    "\"executionTime\":\"T\",\"peakSamples\":1,\"totalSamples\":3,\"series\":3,"
	    "\"values\":3,\"chunkBytes\":102,\"fanout\":["
	    "{\"endpointAddr\":\"a:10901\",\"duration\":\"T\",\"series\":2,\"chunks\":2,\"samples\":22},"
	    "{\"endpointAddr\":\"b:10901\",\"duration\":\"T\",\"series\":1,\"chunks\":1,\"samples\":11}"
	    "]}]},{\"name\":\"[numberLiteral] 1\",\"executionTime\":\"T\",\"series\":1,"
	    "\"values\":1}]}}}");
	body = api_rig_get(rig, 200, "/api/v1/query?query=1&analyze=false");
	assert_non_null(strstr(body, "\"analysis\":{}}"));
}

static void what_is_no_endpoint_is_not_found(void **state)
{
	struct api_rig *rig = start(state);

	assert_string_equal(api_rig_get(rig, 404, "/api/v1/nope"), "404 page not found\n");
	assert_int_equal(web_ask(&rig->web, "OPTIONS", "/api/v1/nope").status, 204);
	assert_int_equal(web_ask(&rig->web, "POST", "/api/v1/stores").status, 405);
}

/* The answer in columns, which must be one. */
static struct columns_answer get_columns(struct api_rig *rig, const char *path)
{
	struct web_answer got = web_get_as(&rig->web, path, COLUMNS_CONTENT_TYPE);
	struct columns_answer answer;
	struct err err = ERR_INIT;

	assert_int_equal(got.status, 200);
	assert_string_equal(web_header(&rig->web, &got, "content-type"), COLUMNS_CONTENT_TYPE);
	expect_ok(columns_read(rig->web.arena, got.bytes, &answer, &err), err);
	return answer;
}

static double value_at(const struct columns_series *s, size_t i)
{
	double v;

	memcpy(&v, &s->v[i], sizeof(v));
	return v;
}

static void an_answer_comes_in_columns_to_who_accepts_them(void **state)
{
	struct api_rig *rig = start(state);

	struct columns_answer got = get_columns(
	    rig, "/api/v1/query_range?query=up%3E4&start=30&end=60&step=10&stats=all&analyze=1");
	expect_str(got.result_type, "matrix");
	assert_int_equal(got.start_ms, 30000);
	assert_int_equal(got.step_ms, 10000);
	assert_int_equal(got.n_steps, 4);
	assert_int_equal(got.n, 4);
	expect_str(labels_get(got.v[0].labels, STR("job")), "x");
	assert_true(got.v[0].v[1] == COLUMNS_MISSING);
	assert_true(value_at(&got.v[0], 2) == 5);
	assert_true(got.stats.n > 0 && got.analysis.n > 0 && got.fanout.n > 0);
	assert_int_equal(got.warnings.n, 0);

	got = get_columns(rig, "/api/v1/query?query=sort_desc(up)&time=50&limit=1");
	expect_str(got.result_type, "vector");
	assert_int_equal(got.n_steps, 1);
	assert_int_equal(got.n, 1);
	expect_str(got.warnings, "[\"results truncated due to limit\"]");
	got = get_columns(rig, "/api/v1/query?query=up[20s]&time=50");
	assert_int_equal(got.v[0].n, 2);
	assert_true(got.v[0].t_ms[1] == 50000);
	got = get_columns(rig, "/api/v1/query?query=7&time=1.5");
	expect_str(got.value, "[1.5,\"7\"]");
	got = get_columns(rig, "/api/v1/query?query=rate(up[20s])&time=50");
	expect_str(got.infos, "[\"PromQL info: metric might not be a counter, name does not end in "
			      "_total/_sum/_count/_bucket: \\\"up\\\"\"]");
}

static void an_error_is_json_to_who_accepts_columns(void **state)
{
	struct api_rig *rig = start(state);

	struct web_answer got =
	    web_get_as(&rig->web, "/api/v1/query?query=up%2Bon()up&time=50", COLUMNS_CONTENT_TYPE);
	assert_int_equal(got.status, 422);
	assert_string_equal(web_header(&rig->web, &got, "content-type"), "application/json");
	assert_non_null(strstr(got.body, "found duplicate series"));
}

static void an_answer_has_no_more_series_than_its_limit(void **state)
{
	struct api_rig *rig = start(state);
	static const char *const paths[] = {
	    "/api/v1/query?query=sort(up)&time=50",
	    "/api/v1/query?query=up[20s]&time=50",
	    "/api/v1/query_range?query=up&start=50&end=60&step=10",
	};

	for (size_t i = 0; i < 3; i++) {
		for (int limit = 0; limit <= 5; limit++) {
			const char *body = api_rig_get(
			    rig, 200, arena_printf(rig->web.arena, "%s&limit=%d", paths[i], limit));
			int n = 0;
			for (const char *at = body; (at = strstr(at, "\"metric\"")); at++)
				n++;
			assert_int_equal(n, limit == 0 || limit > 4 ? 4 : limit);
			assert_int_equal(strstr(body, "\"warnings\":[\"results truncated due to "
						      "limit\"]") != NULL,
					 limit > 0 && limit < 4);
		}
	}
	expect_get(
	    rig, "/api/v1/query?query=up&limit=-1", 400,
	    ERROR("bad_data", "invalid parameter \\\"limit\\\": limit must be non-negative"));
	expect_get(rig, "/api/v1/query?query=up&limit=x", 400,
		   ERROR("bad_data", "invalid parameter \\\"limit\\\": strconv.Atoi: parsing "
				     "\\\"x\\\": invalid syntax"));
}

static void what_a_query_cost_is_told_when_asked_for(void **state)
{
	struct api_rig *rig = start(state);

	/* Two steps of four series, and of their windows of two samples each. */
	const char *body = api_rig_get(
	    rig, 200,
	    "/api/v1/query_range?query=up%2Brate(up[20s])&start=50&end=60&step=10&stats=all");
	assert_non_null(strstr(body, "\"stats\":{\"timings\":{\"evalTotalTime\":0,"));
	assert_non_null(strstr(body,
			       "\"samples\":{\"totalQueryableSamplesPerStep\":[[50,12],[60,12]],"
			       "\"totalQueryableSamples\":24,"));
	body = api_rig_get(rig, 200, "/api/v1/query?query=up&time=0.5&stats=all");
	assert_non_null(strstr(body, "PerStep\":[[0.5,4]],"));
	body = api_rig_get(rig, 200, "/api/v1/query?query=up&time=50&stats=some");
	assert_non_null(strstr(body, "\"samples\":{\"totalQueryableSamples\":4,"));
	body = api_rig_get(rig, 200, "/api/v1/query?query=1&stats=");
	assert_null(strstr(body, "\"stats\""));
}

enum { MANY_SERIES = 3000 };

/* up{job="j0000"} and so on, instead of what the store had. */
static void give_many_series(struct api_rig *rig)
{
	struct arena *a = rig->web.arena;
	struct series *v = ARENA_ARRAY(a, struct series, MANY_SERIES);

	for (int i = 0; i < MANY_SERIES; i++) {
		struct label labels[] = {LABEL("__name__", "up"),
					 {STR("job"), str_of(arena_printf(a, "j%04d", i))}};
		v[i] = rig->series[0][0];
		v[i].labels = labels_copy(a, (struct labels){labels, 2});
	}
	rig->stores[0].series = v;
	rig->stores[0].n_series = MANY_SERIES;
}

static void a_long_answer_is_never_held_as_a_whole(void **state)
{
	struct api_rig *rig = *state;
	static const char path[] = "/api/v1/query_range?query=up%2B1&start=0&end=100&step=0.4";

	rig->options.query.evaluator.max_memory_bytes = 1 << 20;
	give_many_series(rig);
	api_rig_start(rig);
	struct web_answer got = web_get(&rig->web, path);
	assert_int_equal(got.status, 200);
	assert_false(got.is_broken);
	assert_true(got.bytes.n > 8 << 20);
	/* Columns are, and know the limit. */
	got = web_get_as(&rig->web, path, COLUMNS_CONTENT_TYPE);
	assert_int_equal(got.status, 422);
	assert_non_null(strstr(got.body, "--query.max-memory-per-query"));
}

static void a_query_may_be_of_one_shard(void **state)
{
	struct api_rig *rig = *state;
	static const char *const paths[] = {
	    "/api/v1/query?query=sum(up)&time=50&shard_info="
	    "%7B%22shard_index%22:0,%22total_shards%22:2,%22by%22:true,%22labels%22:[%22job%22]%7D",
	    "/api/v1/query?query=sum(up)&time=50&shard_info="
	    "%7B%22shard_index%22:1,%22total_shards%22:2,%22by%22:true,%22labels%22:[%22job%22]%7D",
	};
	int total = 0;

	/* It is the proxy that picks the series. */
	rig->stores[0].info.supports_sharding = rig->stores[1].info.supports_sharding = false;
	api_rig_start(rig);
	for (size_t i = 0; i < 2; i++) {
		const char *value = strstr(api_rig_get(rig, 200, paths[i]), "[50,\"");
		int n = value ? atoi(value + 5) : 0;
		assert_true(n < 20);
		total += n;
	}
	assert_int_equal(total, 20);
	const char *body =
	    api_rig_get(rig, 400, "/api/v1/query?query=1&shard_info=%7B%22by%22:1%7D");
	assert_non_null(strstr(body, "could not unmarshal parameter shard_info: "));
}

static void no_series_stays_open(void **state)
{
	struct api_rig *rig = start(state);

	api_rig_get(rig, 200, "/api/v1/query?query=topk(1,up)%2Bup&time=50");
	api_rig_get(rig, 422, "/api/v1/query?query=up%2Bon()up&time=50");
	wait_until(rig->stores[0].n_open == 0 && rig->stores[1].n_open == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_instant_query_is_answered_at_its_time),
	    TEST(a_range_query_is_answered_step_by_step),
	    TEST(a_step_that_is_not_given_makes_250_points),
	    TEST(a_form_may_come_in_the_body),
	    TEST(replicas_are_merged_when_the_request_names_their_label),
	    TEST(the_querier_has_replica_labels_of_its_own),
	    TEST(only_stores_that_match_are_asked),
	    TEST(a_store_that_fails_is_a_warning_or_an_error),
	    TEST(the_resolution_follows_the_step_when_asked_to),
	    TEST(the_lookback_grows_with_the_resolution),
	    TEST(extended_rates_are_known_to_one_engine),
	    TEST(what_is_wrong_with_a_request_is_bad_data),
	    TEST(times_at_the_ends_of_the_world_are_harmless),
	    TEST(a_form_that_cannot_be_decoded_is_bad_data),
	    TEST(a_query_that_cannot_be_evaluated_is_execution),
	    TEST(a_query_over_its_memory_is_execution),
	    TEST(a_query_out_of_time_is_timeout),
	    TEST(a_request_cannot_ask_for_more_time_than_there_is),
	    TEST(a_query_waits_for_its_turn),
	    TEST(a_query_is_explained_without_asking_a_store),
	    TEST(an_analysis_tells_what_operators_and_stores_did),
	    TEST(an_answer_has_no_more_series_than_its_limit),
	    TEST(what_is_no_endpoint_is_not_found),
	    TEST(an_answer_comes_in_columns_to_who_accepts_them),
	    TEST(an_error_is_json_to_who_accepts_columns),
	    TEST(what_a_query_cost_is_told_when_asked_for),
	    TEST(a_long_answer_is_never_held_as_a_whole),
	    TEST(a_query_may_be_of_one_shard),
	    TEST(no_series_stays_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
