#include "telemetry/request_log_config.h"

#include "tests/lib/expect.h"

static const enum request_log_scope both_parts = REQUEST_LOG_GRPC_AND_HTTP;

static void options_of_a_protocol_stand_for_the_common_ones(void **state)
{
	static const struct {
		const char *yaml;
		enum request_log_decision http, grpc;
		enum log_level level;
	} cases[] = {
	    {"", REQUEST_LOG_NOTHING, REQUEST_LOG_NOTHING, LOG_LEVEL_ERROR},
	    {"{}", REQUEST_LOG_NOTHING, REQUEST_LOG_NOTHING, LOG_LEVEL_ERROR},
	    {"options: {level: DEBUG}", REQUEST_LOG_NOTHING, REQUEST_LOG_NOTHING, LOG_LEVEL_DEBUG},
	    {"options: {level: INFO, decision: {log_end: true}}", REQUEST_LOG_END, REQUEST_LOG_END,
	     LOG_LEVEL_INFO},
	    {"options: {level: WARNING, decision: {log_start: true, log_end: true}}",
	     REQUEST_LOG_BOTH, REQUEST_LOG_BOTH, LOG_LEVEL_WARN},
	    {"options: {level: INFO, decision: {log_end: true}}\n"
	     "http: {options: {level: DEBUG, decision: {log_start: true, log_end: true}}}\n",
	     REQUEST_LOG_BOTH, REQUEST_LOG_END, LOG_LEVEL_DEBUG},
	    {"options: {level: INFO, decision: {log_end: true}}\n"
	     "http: {options: {level: ERROR}}\n"
	     "grpc: {options: {level: ERROR}}\n",
	     REQUEST_LOG_NOTHING, REQUEST_LOG_NOTHING, LOG_LEVEL_ERROR},
	    {"grpc: {options: {level: of no meaning}}", REQUEST_LOG_NOTHING, REQUEST_LOG_NOTHING,
	     LOG_LEVEL_ERROR},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct request_log_config c;
		struct err err = ERR_INIT;
		expect_ok(request_log_config_parse(str_of(cases[i].yaml), both_parts, a, &c, &err),
			  err);
		if (c.http.decision != cases[i].http || c.grpc.decision != cases[i].grpc ||
		    c.http.level != cases[i].level)
			fail_msg("%s: got %d, %d, level %d", cases[i].yaml, c.http.decision,
				 c.grpc.decision, c.http.level);
	}
}

static void a_wrong_configuration_says_why(void **state)
{
	static const struct {
		const char *yaml;
		const char *why;
	} cases[] = {
	    {"options: {decision: {log_end: true}}", "level field is empty"},
	    {"http: {options: {decision: {log_start: true}}}", "level field is empty"},
	    {"options: {level: info}", "Expected INFO/DEBUG/ERROR/WARNING, got this info"},
	    {"grpc: {options: {level: WARN, decision: {log_end: true}}}", "got this WARN"},
	    {"options: {level: INFO, decision: {log_start: true}}",
	     "log start call is not supported"},
	    {"grpc: {options: {level: INFO, decision: {log_start: true}}}",
	     "log decision combination is not supported"},
	    {"foo: 1", "line 1: field foo not found in type logging.RequestConfig"},
	    {"http:\n  options: {levle: INFO}",
	     "line 2: field levle not found in type logging.OptionsConfig"},
	    {"http: {config: [{path: /, port: -1}]}", "line 1: cannot unmarshal !!int `-1` into"},
	    {"[1]", "cannot unmarshal !!seq into logging.RequestConfig"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct request_log_config c;
		struct err err = ERR_INIT;
		expect_err(request_log_config_parse(str_of(cases[i].yaml), both_parts, a, &c, &err),
			   err, ERR_INVALID, cases[i].why);
	}
}

static void without_an_http_api_its_part_is_not_judged(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct request_log_config c;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(request_log_config_parse(
		      STR("http: {options: {level: loud}}\n"
			  "grpc: {options: {level: INFO, decision: {log_end: true}}}"),
		      REQUEST_LOG_GRPC_ONLY, a, &c, &err),
		  err);
	assert_int_equal(c.http.decision, REQUEST_LOG_NOTHING);
	assert_int_equal(c.grpc.decision, REQUEST_LOG_END);
}

static const char lists[] = "options: {level: DEBUG, decision: {log_end: true}}\n"
			    "http:\n"
			    "  config:\n"
			    "    - {path: /api/v1/query, port: 10904}\n"
			    "    - {path: /api/v1/labels, port: 80}\n"
			    "grpc:\n"
			    "  config:\n"
			    "    - {service: thanos.Store, method: Series}\n"
			    "    - {service: thanos.info.Info, method: Info}\n";

static void listed_paths_alone_are_logged(void **state)
{
	static const struct {
		const char *path, *host;
		enum request_log_decision want;
	} cases[] = {
	    {"/api/v1/query", "example.org:10904", REQUEST_LOG_END},
	    {"/api/v1/query", "[::1]:10904", REQUEST_LOG_END},
	    {"/api/v1/labels", "a:80", REQUEST_LOG_END},
	    {"/api/v1/labels", "a", REQUEST_LOG_NOTHING},
	    {"/api/v1/labels", "", REQUEST_LOG_NOTHING},
	    {"/api/v1/labels", "[::1]", REQUEST_LOG_NOTHING},
	    {"/api/v1/labels", "a:10904", REQUEST_LOG_NOTHING},
	    {"/api/v1/quer", "a:10904", REQUEST_LOG_NOTHING},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct request_log_config c;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(request_log_config_parse(str_of(lists), both_parts, a, &c, &err), err);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (request_log_of_path(&c, str_of(cases[i].path), str_of(cases[i].host)) !=
		    cases[i].want)
			fail_msg("%s of \"%s\": want %d", cases[i].path, cases[i].host,
				 cases[i].want);
}

static void listed_methods_alone_are_logged(void **state)
{
	static const struct {
		const char *method;
		enum request_log_decision want;
	} cases[] = {
	    {"/thanos.Store/Series", REQUEST_LOG_END},
	    {"/thanos.info.Info/Info", REQUEST_LOG_END},
	    {"/thanos.Store/Info", REQUEST_LOG_NOTHING},
	    {"/thanos.Store/LabelNames", REQUEST_LOG_NOTHING},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct request_log_config c;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(request_log_config_parse(str_of(lists), both_parts, a, &c, &err), err);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(request_log_of_method(&c, str_of(cases[i].method)), cases[i].want);
}

static void without_lists_everything_is_logged(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct request_log_config c;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(request_log_config_parse(
		      STR("options: {level: DEBUG, decision: {log_start: true, log_end: true}}"),
		      both_parts, a, &c, &err),
		  err);
	assert_int_equal(request_log_of_path(&c, STR("/any"), STR("")), REQUEST_LOG_BOTH);
	assert_int_equal(request_log_of_method(&c, STR("/any.Service/Method")), REQUEST_LOG_BOTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_of_a_protocol_stand_for_the_common_ones),
	    cmocka_unit_test(a_wrong_configuration_says_why),
	    cmocka_unit_test(without_an_http_api_its_part_is_not_judged),
	    cmocka_unit_test(listed_paths_alone_are_logged),
	    cmocka_unit_test(listed_methods_alone_are_logged),
	    cmocka_unit_test(without_lists_everything_is_logged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
