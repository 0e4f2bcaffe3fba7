#include "api/metadata_api.h"

#include "tests/lib/api_rig.h"
#include "tests/lib/expect.h"

static int set_up(void **state)
{
	static struct api_rig rig;

	api_rig_init(&rig);
	api_rig_start(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	api_rig_stop(*state);
	return 0;
}

#define SUCCESS(data)    "{\"status\":\"success\",\"data\":[" data "]}"
#define BAD_DATA(text)   "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"" text "\"}"
#define UP(job, replica) "{\"__name__\":\"up\",\"job\":\"" job "\",\"replica\":\"" replica "\"}"
#define TRUNCATED        ",\"warnings\":[\"results truncated due to limit\"]}"

static void expect_get(struct api_rig *rig, const char *path, int status, const char *want)
{
	assert_string_equal(api_rig_get(rig, status, path), want);
}

/* --- series ----------------------------------------------------------------------------------- */

static void series_of_all_selectors_come_once_and_in_order(void **state)
{
	expect_get(*state, "/api/v1/series?match[]=up", 200,
		   SUCCESS(UP("x", "a") "," UP("y", "b") "," UP("z", "a") "," UP("z", "b")));
	expect_get(*state,
		   "/api/v1/series?match[]=up%7Bjob%3D~%22x|y%22%7D&match[]=up%7Bjob!~%22y|z%22%7D",
		   200, SUCCESS(UP("x", "a") "," UP("y", "b")));
	expect_get(*state, "/api/v1/series?match[]=nothing", 200, SUCCESS(""));
}

static void series_lose_their_replica_labels_unless_dedup_is_off(void **state)
{
	expect_get(*state, "/api/v1/series?match[]=up%7Bjob%3D%22z%22%7D&replicaLabels[]=replica",
		   200, SUCCESS("{\"__name__\":\"up\",\"job\":\"z\"}"));
	expect_get(*state,
		   "/api/v1/series?match[]=up%7Bjob%3D%22z%22%7D&replicaLabels[]=replica&dedup=0",
		   200, SUCCESS(UP("z", "a") "," UP("z", "b")));
}

static void a_limit_cuts_and_says_so(void **state)
{
	struct api_rig *rig = *state;

	struct web_answer got = web_get(&rig->web, "/api/v1/series?match[]=up&limit=1");
	assert_string_equal(got.body,
			    "{\"status\":\"success\",\"data\":[" UP("x", "a") "]" TRUNCATED);
	assert_string_equal(web_header(&rig->web, &got, "cache-control"), "no-store");
	assert_int_equal(rig->stores[0].last_request.limit, 2);
	expect_get(rig, "/api/v1/series?match[]=up&limit=4", 200,
		   SUCCESS(UP("x", "a") "," UP("y", "b") "," UP("z", "a") "," UP("z", "b")));
	expect_get(rig, "/api/v1/labels?limit=2", 200,
		   "{\"status\":\"success\",\"data\":[\"__name__\",\"job\"]" TRUNCATED);
	expect_get(rig, "/api/v1/label/job/values?limit=2", 200,
		   "{\"status\":\"success\",\"data\":[\"x\",\"y\"]" TRUNCATED);
	expect_get(rig, "/api/v1/label/job/values?limit=3", 200, SUCCESS("\"x\",\"y\",\"z\""));
}

static void series_are_asked_for_without_chunks_at_any_resolution(void **state)
{
	struct api_rig *rig = *state;

	api_rig_get(rig, 200, "/api/v1/series?match[]=up&start=1&end=2");
	const struct series_request *req = &rig->stores[0].last_request;
	assert_true(req->skip_chunks);
	assert_int_equal(req->max_resolution_ms, INT64_MAX);
	assert_true(req->min_t_ms == 1000 && req->max_t_ms == 2000);
}

static void a_post_form_is_as_good_as_a_query(void **state)
{
	struct api_rig *rig = *state;

	struct web_answer got =
	    web_post(&rig->web, "/api/v1/series", "match%5B%5D=up%7Bjob%3D%22x%22%7D");
	assert_string_equal(got.body, SUCCESS(UP("x", "a")));
	got = web_post(&rig->web, "/api/v1/labels", "match[]=up");
	assert_string_equal(got.body, SUCCESS("\"__name__\",\"job\",\"replica\""));
}

/* --- labels ----------------------------------------------------------------------------------- */

static void label_names_and_values_are_united(void **state)
{
	expect_get(*state, "/api/v1/labels", 200, SUCCESS("\"__name__\",\"job\",\"replica\""));
	expect_get(*state, "/api/v1/label/job/values", 200, SUCCESS("\"x\",\"y\",\"z\""));
	expect_get(*state, "/api/v1/label/replica/values?match[]=up&match[]=up", 200,
		   SUCCESS("\"a\",\"b\""));
	expect_get(*state, "/api/v1/label/absent/values", 200, SUCCESS(""));
	/* Any UTF-8 is a name. */
	expect_get(*state, "/api/v1/label/%C3%A4%20%7B/values", 200, SUCCESS(""));
}

static void only_stores_that_match_are_asked(void **state)
{
	expect_get(*state, "/api/v1/label/job/values?storeMatch[]=%7B__address__%3D~%22b:.*%22%7D",
		   200, SUCCESS("\"y\",\"z\""));
	expect_get(*state, "/api/v1/series?match[]=up&storeMatch[]=%7B__address__%3D%22no%22%7D",
		   200, SUCCESS(""));
}

/* --- failures --------------------------------------------------------------------------------- */

static void what_is_wrong_with_a_request_is_bad_data(void **state)
{
	static const char *const cases[][2] = {
	    {"/api/v1/series", BAD_DATA("no match[] parameter provided")},
	    {"/api/v1/series?match[]=%7B", BAD_DATA("1:2: parse error: unexpected end of input "
						    "inside braces")},
	    {"/api/v1/labels?match[]=1", BAD_DATA("1:1: parse error: unexpected number \\\"1\\\"")},
	    {"/api/v1/labels?start=x",
	     BAD_DATA("bad_data: Invalid time value for 'start': cannot parse "
		      "\\\"x\\\" to a valid timestamp")},
	    {"/api/v1/labels?start=2&end=1",
	     BAD_DATA("bad_data: end timestamp must not be before start time")},
	    {"/api/v1/labels?limit=-1", BAD_DATA("limit must be non-negative")},
	    {"/api/v1/label/a/values?limit=x", BAD_DATA("cannot parse \\\"x\\\" to a valid limit")},
	    {"/api/v1/label/a/values?partial_response=x",
	     BAD_DATA("'partial_response' parameter: strconv.ParseBool: parsing \\\"x\\\": invalid "
		      "syntax")},
	    {"/api/v1/label/%FF/values", BAD_DATA("invalid label name: \\\"\\\\xff\\\"")},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		expect_get(*state, cases[i][0], 400, cases[i][1]);
	assert_int_equal(((struct api_rig *)*state)->stores[0].n_calls, 0);
}

static void a_store_that_fails_is_a_warning_or_execution(void **state)
{
	static const char *const paths[] = {"/api/v1/series?match[]=up", "/api/v1/labels?",
					    "/api/v1/label/job/values?"};
	struct api_rig *rig = *state;
	rig->stores[0].fail = "no route";

	for (size_t i = 0; i < 3; i++) {
		const char *body = api_rig_get(rig, 200, paths[i]);
		assert_non_null(strstr(body, "\"warnings\":["));
		assert_non_null(strstr(body, "a:10901"));
		body = api_rig_get(
		    rig, 422, arena_printf(rig->web.arena, "%s&partial_response=false", paths[i]));
		assert_non_null(strstr(body, "\"errorType\":\"execution\""));
		assert_non_null(strstr(body, "no route"));
	}
	assert_int_equal(rig->stores[1].n_open, 0);
}

static void a_store_that_fails_late_still_makes_an_error(void **state)
{
	struct api_rig *rig = *state;
	rig->stores[0].fail_after_one = "reset";

	const char *body =
	    api_rig_get(rig, 422, "/api/v1/series?match[]=up&partial_response=false");
	assert_non_null(strstr(body, "reset"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(series_of_all_selectors_come_once_and_in_order),
	    TEST(series_lose_their_replica_labels_unless_dedup_is_off),
	    TEST(a_limit_cuts_and_says_so),
	    TEST(series_are_asked_for_without_chunks_at_any_resolution),
	    TEST(a_post_form_is_as_good_as_a_query),
	    TEST(label_names_and_values_are_united),
	    TEST(only_stores_that_match_are_asked),
	    TEST(what_is_wrong_with_a_request_is_bad_data),
	    TEST(a_store_that_fails_is_a_warning_or_execution),
	    TEST(a_store_that_fails_late_still_makes_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
