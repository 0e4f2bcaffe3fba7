#include "promql/ast.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/lib/expect.h"

/* The direct children, printed, with a semicolon behind each. */
static void expect_children(const char *text, const char *want)
{
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(str_of(text), &PARSER_OPTIONS_ALL, NULL, &err);
	struct buf children auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	const struct expr *child;

	if (!query)
		fail_msg("%s: %s", text, err.msg);
	for (size_t i = 0; (child = expr_child(query->root, i)); i++) {
		expr_print(&children, child);
		buf_putc(&children, ';');
	}
	expect_str(buf_str(&children), want);
}

static void children_come_in_the_order_of_the_walk(void **state)
{
	(void)state;
	expect_children("1", "");
	expect_children("\"a\"", "");
	expect_children("a offset (5m)", "");
	expect_children("a + b", "a;b;");
	expect_children("-a", "a;");
	expect_children("(a)", "a;");
	expect_children("sum(a)", "a;");
	expect_children("topk(5, a)", "a;5;");
	expect_children("rate(a[5m])", "a[5m];");
	expect_children("a[5m]", "a;");
	expect_children("a[5m:1m]", "a;");
	expect_children("time()", "");
	expect_children("clamp(a, 1, 2)", "a;1;2;");
}

static void parentheses_come_off(void **state)
{
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(STR("(((a)))"), &PARSER_OPTIONS_ALL, NULL, &err);
	(void)state;

	assert_non_null(query);
	assert_int_equal(expr_unwrap(query->root)->kind, EXPR_VECTOR_SELECTOR);
	assert_int_equal(query->root->height, 4);
}

static void a_range_keeps_the_offset_of_its_selector(void **state)
{
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(STR("a[5m] @ 1.5 offset 1m"), &PARSER_OPTIONS_ALL, NULL, &err);
	(void)state;

	assert_non_null(query);
	const struct vector_selector *v = &query->root->matrix.selector->vector;
	assert_int_equal(query->root->matrix.range.ns, INT64_C(300000000000));
	assert_int_equal(v->offset.ns, INT64_C(60000000000));
	assert_int_equal(v->at.kind, AT_TIMESTAMP);
	assert_int_equal(v->at.t_ms, 1500);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(children_come_in_the_order_of_the_walk),
	    cmocka_unit_test(parentheses_come_off),
	    cmocka_unit_test(a_range_keeps_the_offset_of_its_selector),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
