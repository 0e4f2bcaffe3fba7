#include "api/status_api.h"

#include "base/flags.h"
#include "base/version.h"
#include "codec/json.h"
#include "tests/lib/api_rig.h"
#include "tests/lib/expect.h"

static const struct flag_text flags[] = {{"log.level", "info"}, {"objstore.config", "<REDACTED>"}};

static int set_up(void **state)
{
	static struct api_rig rig;

	api_rig_init(&rig);
	rig.options.flags = flags;
	rig.options.n_flags = 2;
	api_rig_start(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	api_rig_stop(*state);
	return 0;
}

static const struct json *data_of(struct api_rig *rig, const char *path)
{
	struct err err = ERR_INIT;
	const struct json *root;

	expect_ok(json_parse(str_of(api_rig_get(rig, 200, path)), rig->web.arena, &root, &err),
		  err);
	return json_get(root, "data");
}

static struct str text_of(const struct json *object, const char *key)
{
	struct str text = {0};
	struct err err = ERR_INIT;

	assert_non_null(json_get(object, key));
	expect_ok(json_to_str(json_get(object, key), &text, &err), err);
	return text;
}

static void flags_are_a_map(void **state)
{
	assert_string_equal(api_rig_get(*state, 200, "/api/v1/status/flags"),
			    "{\"status\":\"success\",\"data\":{\"log.level\":\"info\","
			    "\"objstore.config\":\"\\u003cREDACTED\\u003e\"}}");
}

static void the_build_has_its_version(void **state)
{
	const struct json *build = data_of(*state, "/api/v1/status/buildinfo");
	static const char *const keys[] = {"revision", "branch", "buildUser", "buildDate",
					   "goVersion"};

	expect_str(text_of(build, "version"), version_string());
	for (size_t i = 0; i < 5; i++)
		text_of(build, keys[i]);
	assert_int_equal(build->n, 6);
}

static void the_runtime_tells_start_directory_and_threads(void **state)
{
	const struct json *runtime = data_of(*state, "/api/v1/status/runtimeinfo");
	struct err err = ERR_INIT;
	int64_t n = 0;

	expect_str(text_of(runtime, "startTime"), "1970-01-01T00:01:40Z");
	assert_true(text_of(runtime, "CWD").p[0] == '/');
	expect_ok(json_to_i64(json_get(runtime, "goroutineCount"), &n, &err), err);
	assert_true(n >= 3); /* this one, two loops */
	expect_ok(json_to_i64(json_get(runtime, "GOMAXPROCS"), &n, &err), err);
	assert_true(n >= 1);
	expect_ok(json_to_i64(json_get(runtime, "GOMEMLIMIT"), &n, &err), err);
	text_of(runtime, "GOGC");
	text_of(runtime, "GODEBUG");
	assert_int_equal(runtime->n, 7);
}

static void options_of_any_path_are_answered_without_content(void **state)
{
	struct api_rig *rig = *state;

	for (int i = 0; i < 2; i++) {
		struct web_answer got =
		    web_ask(&rig->web, "OPTIONS", i ? "/api/v1/query" : "/api/v1/whatever/else");
		assert_int_equal(got.status, 204);
		assert_string_equal(web_header(&rig->web, &got, "access-control-allow-methods"),
				    "GET, POST, OPTIONS");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(flags_are_a_map),
	    TEST(the_build_has_its_version),
	    TEST(the_runtime_tells_start_directory_and_threads),
	    TEST(options_of_any_path_are_answered_without_content),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
