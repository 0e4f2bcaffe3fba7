#include "api/syntax_api.h"

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

static void a_query_is_formatted(void **state)
{
	assert_string_equal(api_rig_get(*state, 200, "/api/v1/format_query?query=sum(up)by(job)"),
			    "{\"status\":\"success\",\"data\":\"sum by (job) (up)\"}");
}

static void a_query_is_told_as_a_tree(void **state)
{
	assert_string_equal(
	    api_rig_get(*state, 200, "/api/v1/parse_query?query=(1)"),
	    "{\"status\":\"success\",\"data\":{\"expr\":{\"type\":\"numberLiteral\","
	    "\"val\":\"1\"},\"type\":\"parenExpr\"}}");
}

static void what_is_no_query_is_told_with_its_parameter(void **state)
{
	static const char *const paths[] = {"/api/v1/parse_query?query=sum(",
					    "/api/v1/format_query?query=sum("};

	for (size_t i = 0; i < 2; i++)
		assert_string_equal(
		    api_rig_get(*state, 400, paths[i]),
		    "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid "
		    "parameter \\\"query\\\": 1:5: parse error: unclosed left parenthesis\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_query_is_formatted),
	    cmocka_unit_test(a_query_is_told_as_a_tree),
	    cmocka_unit_test(what_is_no_query_is_told_with_its_parameter),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
