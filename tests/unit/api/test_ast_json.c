#include "api/ast_json.h"

#include "promql/parser.h"
#include "tests/lib/expect.h"

static void expect_json(const char *text, const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct err err = ERR_INIT;
	struct json_writer w;

	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(str_of(text), &options, NULL, &err);
	expect_ok(query != NULL, err);
	json_writer_init(&w, &out, JSON_ESCAPE_PLAIN);
	expr_json(&w, query->root);
	expect_str(buf_str(&out), want);
}

#define SELECTOR(matchers, name, offset, where)                                                    \
	"{\"anchored\":false,\"matchers\":[" matchers "],\"name\":\"" name "\",\"offset\":" offset \
	",\"offsetExpr\":null,\"smoothed\":false," where ",\"type\":\"vectorSelector\"}"
#define NAMED(name) "{\"name\":\"__name__\",\"type\":\"=\",\"value\":\"" name "\"}"
#define NOWHERE     "\"startOrEnd\":null,\"timestamp\":null"
#define UP          SELECTOR(NAMED("up"), "up", "0", NOWHERE)
#define NUMBER(v)   "{\"type\":\"numberLiteral\",\"val\":\"" v "\"}"

static void a_selector_has_its_matchers_and_modifiers(void **state)
{
	(void)state;
	expect_json("up", UP);
	expect_json("up{job!~\"a|b\"} offset 5m @ 10.5",
		    SELECTOR("{\"name\":\"job\",\"type\":\"!~\",\"value\":\"a|b\"}," NAMED("up"),
			     "up", "300000", "\"startOrEnd\":null,\"timestamp\":10500"));
	expect_json("{\"up\"} @ end()",
		    SELECTOR(NAMED("up"), "", "0", "\"startOrEnd\":\"end\",\"timestamp\":null"));
	expect_json("up[90s] smoothed",
		    "{\"anchored\":false,\"matchers\":[" NAMED(
			"up") "],\"name\":\"up\","
			      "\"offset\":0,\"offsetExpr\":null,\"range\":90000,\"rangeExpr\":null,"
			      "\"smoothed\":true," NOWHERE ",\"type\":\"matrixSelector\"}");
}

static void a_subquery_keeps_the_formulas_of_its_lengths(void **state)
{
	(void)state;
	expect_json("up[1h:step() * 2]",
		    "{\"expr\":" UP ",\"offset\":0,\"offsetExpr\":null,\"range\":3600000,"
		    "\"rangeExpr\":null,\"startOrEnd\":null,\"step\":0,\"stepExpr\":{\"lhs\":"
		    "{\"lhs\":null,\"op\":\"step\",\"rhs\":null,\"type\":\"durationExpr\","
		    "\"wrapped\":false},\"op\":\"*\",\"rhs\":{\"duration\":false,"
		    "\"type\":\"numberLiteral\",\"val\":\"2\"},\"type\":\"durationExpr\","
		    "\"wrapped\":false},\"timestamp\":null,\"type\":\"subquery\"}");
}

static void literals_parentheses_and_signs_are_nodes(void **state)
{
	(void)state;
	expect_json("1e3", NUMBER("1000"));
	expect_json("-Inf", NUMBER("-Inf"));
	expect_json("\"a<b\"", "{\"type\":\"stringLiteral\",\"val\":\"a<b\"}");
	expect_json("-(up)", "{\"expr\":{\"expr\":" UP ",\"type\":\"parenExpr\"},\"op\":\"-\","
			     "\"type\":\"unaryExpr\"}");
}

static void an_aggregation_has_its_grouping_and_parameter(void **state)
{
	(void)state;
	expect_json("sum(up)", "{\"expr\":" UP ",\"grouping\":[],\"op\":\"sum\",\"param\":null,"
			       "\"type\":\"aggregation\",\"without\":false}");
	expect_json("topk without (a, b) (2, up)",
		    "{\"expr\":" UP ",\"grouping\":[\"a\",\"b\"],\"op\":\"topk\",\"param\":" NUMBER(
			"2") ",\"type\":\"aggregation\",\"without\":true}");
}

static void a_call_has_its_function_and_arguments(void **state)
{
	(void)state;
	expect_json("round(up)",
		    "{\"args\":[" UP "],\"func\":{\"argTypes\":[\"vector\",\"scalar\"],"
		    "\"name\":\"round\",\"returnType\":\"vector\",\"variadic\":1},"
		    "\"type\":\"call\"}");
	expect_json("time()", "{\"args\":[],\"func\":{\"argTypes\":[],\"name\":\"time\","
			      "\"returnType\":\"scalar\",\"variadic\":0},\"type\":\"call\"}");
}

static void an_operator_has_its_matching(void **state)
{
	(void)state;
	expect_json("up > bool 1", "{\"bool\":true,\"lhs\":" UP ",\"matching\":null,\"op\":\">\","
				   "\"rhs\":" NUMBER("1") ",\"type\":\"binaryExpr\"}");
	expect_json("up * on (a) group_left (b) fill_right (2) up",
		    "{\"bool\":false,\"lhs\":" UP ",\"matching\":{\"card\":\"many-to-one\","
		    "\"fillValues\":{\"lhs\":null,\"rhs\":2},\"include\":[\"b\"],\"labels\":[\"a\"]"
		    ",\"on\":true},\"op\":\"*\",\"rhs\":" UP ",\"type\":\"binaryExpr\"}");
	expect_json("up and up",
		    "{\"bool\":false,\"lhs\":" UP ",\"matching\":{\"card\":\"many-to-many\","
		    "\"fillValues\":{\"lhs\":null,\"rhs\":null},\"include\":[],\"labels\":[],"
		    "\"on\":false},\"op\":\"and\",\"rhs\":" UP ",\"type\":\"binaryExpr\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_selector_has_its_matchers_and_modifiers),
	    cmocka_unit_test(a_subquery_keeps_the_formulas_of_its_lengths),
	    cmocka_unit_test(literals_parentheses_and_signs_are_nodes),
	    cmocka_unit_test(an_aggregation_has_its_grouping_and_parameter),
	    cmocka_unit_test(a_call_has_its_function_and_arguments),
	    cmocka_unit_test(an_operator_has_its_matching),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
