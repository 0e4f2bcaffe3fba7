#include "api/answer.h"

#include "tests/lib/expect.h"
#include "tests/lib/web_rig.h"

/* One handler per case; they share the options. */
static struct api_options options;

#define HANDLER(name)                                                                              \
	static void name(struct http_request *r, struct http_response *response, void *arg)

static void answer_with(struct http_response *response, const char *value, enum note_kind kind,
			const char *note)
{
	struct api_answer answer auto_done(api_answer_done);

	api_answer_init(&answer, response, &options);
	json_put_cstr(api_data(&answer), value);
	if (note)
		notes_add(&answer.notes, kind, "%s", note);
	api_end(&answer);
}

HANDLER(plain)
{
	(void)r, (void)arg;
	answer_with(response, "a<b", NOTE_WARNING, NULL);
}

HANDLER(warned)
{
	(void)r, (void)arg;
	answer_with(response, "x", NOTE_WARNING, "a store is \"down\"");
}

HANDLER(annotated)
{
	(void)r, (void)arg;
	answer_with(response, "x", NOTE_PROMQL_INFO, "PromQL info: metric might not be a counter");
}

HANDLER(empty)
{
	struct api_answer answer auto_done(api_answer_done);
	(void)r, (void)arg;

	api_answer_init(&answer, response, &options);
}

HANDLER(failed)
{
	struct api_answer answer auto_done(api_answer_done);
	struct err err = ERR_INIT;
	(void)arg;

	api_answer_init(&answer, response, &options);
	/* Data that has not left yet does not count. */
	if (http_request_param(r, "late").n > 0) {
		json_begin_array(api_data(&answer));
		json_put_cstr(api_data(&answer), "x");
	}
	err_set(&err, ERR_INVALID, "no \"such\" thing");
	api_fail(&answer, (enum api_error)(http_request_param(r, "kind").p[0] - '0'), &err);
}

/* More than is held back: 1 MB, then the end the query names. */
HANDLER(long_answer)
{
	struct api_answer answer auto_done(api_answer_done);
	struct err err = ERR_INIT;
	(void)arg;

	api_answer_init(&answer, response, &options);
	struct json_writer *w = api_data(&answer);
	json_begin_array(w);
	for (int i = 0; i < 100000; i++)
		json_put_cstr(w, "12345678");
	json_end_array(w);
	err_set(&err, ERR_INTERNAL, "too late");
	if (http_request_param(r, "fails").n > 0)
		api_fail(&answer, API_INTERNAL, &err);
	else
		api_end(&answer);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/plain", plain, NULL, 0},         {HTTP_GET, "/warned", warned, NULL, 0},
    {HTTP_GET, "/annotated", annotated, NULL, 0}, {HTTP_GET, "/empty", empty, NULL, 0},
    {HTTP_GET, "/failed", failed, NULL, 0},       {HTTP_GET, "/long", long_answer, NULL, 0},
};

static int set_up(void **state)
{
	static struct web_rig rig;

	options = (struct api_options){0};
	web_rig_init(&rig);
	http_router_add(rig.router,
			&(struct http_route_group){.routes = routes,
						   .n_routes = sizeof(routes) / sizeof(*routes)});
	web_rig_start(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	web_rig_stop(*state);
	return 0;
}

static void success_wraps_the_data(void **state)
{
	struct web_answer got = web_get(*state, "/plain");

	assert_int_equal(got.status, 200);
	assert_string_equal(got.body, "{\"status\":\"success\",\"data\":\"a\\u003cb\"}");
	assert_string_equal(web_header(*state, &got, "content-type"), "application/json");
	assert_string_equal(web_header(*state, &got, "cache-control"), "");
}

static void any_site_may_ask_unless_switched_off(void **state)
{
	struct web_answer got = web_get(*state, "/plain");

	assert_string_equal(web_header(*state, &got, "access-control-allow-origin"), "*");
	assert_string_equal(web_header(*state, &got, "access-control-allow-methods"),
			    "GET, POST, OPTIONS");
	assert_string_equal(web_header(*state, &got, "access-control-expose-headers"), "Date");
	assert_string_equal(web_header(*state, &got, "access-control-allow-headers"),
			    "Accept, Accept-Encoding, Authorization, Content-Type, Origin");

	options.disable_cors = true;
	got = web_get(*state, "/plain");
	assert_null(http_header_find(&got.headers, "access-control-allow-origin"));
	assert_null(http_header_find(&got.headers, "access-control-expose-headers"));
}

static void a_warning_comes_last_and_forbids_to_cache(void **state)
{
	struct web_answer got = web_get(*state, "/warned");

	assert_string_equal(got.body, "{\"status\":\"success\",\"data\":\"x\","
				      "\"warnings\":[\"a store is \\\"down\\\"\"]}");
	assert_string_equal(web_header(*state, &got, "cache-control"), "no-store");
}

static void an_annotation_may_be_cached(void **state)
{
	struct web_answer got = web_get(*state, "/annotated");

	assert_non_null(strstr(got.body, "\"warnings\":[\"PromQL info: "));
	assert_string_equal(web_header(*state, &got, "cache-control"), "");
}

static void no_data_is_204(void **state)
{
	struct web_answer got = web_get(*state, "/empty");

	assert_int_equal(got.status, 204);
	assert_string_equal(got.body, "");
	assert_string_equal(web_header(*state, &got, "access-control-allow-origin"), "*");
}

static void an_error_has_its_type_and_status(void **state)
{
	static const struct {
		enum api_error error;
		int status;
		const char *type;
	} cases[] = {
	    {API_BAD_DATA, 400, "bad_data"}, {API_EXECUTION, 422, "execution"},
	    {API_CANCELED, 503, "canceled"}, {API_TIMEOUT, 503, "timeout"},
	    {API_INTERNAL, 500, "internal"},
	};
	struct web_rig *rig = *state;

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		const char *late = i % 2 ? "&late=1" : "";
		struct web_answer got = web_get(
		    rig, arena_printf(rig->arena, "/failed?kind=%d%s", cases[i / 2].error, late));
		assert_int_equal(got.status, cases[i / 2].status);
		assert_string_equal(got.body,
				    arena_printf(rig->arena,
						 "{\"status\":\"error\",\"errorType\":\"%s\","
						 "\"error\":\"no \\\"such\\\" thing\"}",
						 cases[i / 2].type));
		assert_string_equal(web_header(rig, &got, "cache-control"), "no-store");
		assert_string_equal(web_header(rig, &got, "content-type"), "application/json");
	}
}

static void a_long_answer_is_whole_and_not_cached(void **state)
{
	struct web_answer got = web_get(*state, "/long");
	size_t n = strlen(got.body);

	assert_false(got.is_broken);
	assert_int_equal(n, strlen("{\"status\":\"success\",\"data\":[") + 100000 * 11 - 1 + 2);
	assert_string_equal(got.body + n - 13, ",\"12345678\"]}");
	assert_string_equal(web_header(*state, &got, "cache-control"), "no-store");
}

static void an_error_after_the_beginning_breaks_the_answer_off(void **state)
{
	struct web_answer got = web_get(*state, "/long?fails=1");

	assert_int_equal(got.status, 200);
	assert_true(got.is_broken);
	assert_null(strstr(got.body, "too late"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(success_wraps_the_data),
	    TEST(any_site_may_ask_unless_switched_off),
	    TEST(a_warning_comes_last_and_forbids_to_cache),
	    TEST(an_annotation_may_be_cached),
	    TEST(no_data_is_204),
	    TEST(an_error_has_its_type_and_status),
	    TEST(a_long_answer_is_whole_and_not_cached),
	    TEST(an_error_after_the_beginning_breaks_the_answer_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
