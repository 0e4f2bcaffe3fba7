#include "promql/explain.h"

#include "promql/engine.h"
#include "tests/lib/expect.h"

static void print(struct buf *out, const struct explain_node *node, int depth)
{
	buf_printf(out, "%*s%.*s\n", depth * 2, "", STR_FMT(node->name));
	for (size_t i = 0; i < node->n_children; i++)
		print(out, node->children[i], depth + 1);
}

static void expect_plan(const char *query, struct query_time time, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct promql_engine_opts opts = {.parser = PARSER_OPTIONS_ALL};
	struct err err = ERR_INIT;

	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), &opts, time, &err);
	if (!plan)
		fail_msg("%s: %s", query, err.msg);
	print(&text, promql_explain(plan, a), 0);
	expect_str(buf_str(&text), want);
}

static void a_plan_is_a_tree_of_operators(void **state)
{
	static const struct {
		const char *query, *want;
	} cases[] = {
	    {"up", "[vectorSelector] {[__name__=\"up\"]} 0 mod 1\n"},
	    {"(+up{job=\"x\",a=~\"b.*\"})",
	     "[vectorSelector] {[__name__=\"up\" a=~\"b.*\" job=\"x\"]} 0 mod 1\n"},
	    {"up[90s]", "[matrixSelector] {[__name__=\"up\"]}[1m30s] 0 mod 1\n"},
	    {"sum by (job, x) (rate(up[1m]))",
	     "[aggregate] sum by ([job x])\n"
	     "  [matrixSelector] rate({[__name__=\"up\"]}[1m0s] 0 mod 1)\n"},
	    {"max_over_time(sum(up)[5m:1m])", "[subquery] max_over_time()\n"
					      "  [aggregate] sum by ([])\n"
					      "    [vectorSelector] {[__name__=\"up\"]} 0 mod 1\n"},
	    {"topk without (a) (2, -up)", "[kaggregate] topk without ([a])\n"
					  "  [numberLiteral] 2\n"
					  "  [unaryNegation]\n"
					  "    [vectorSelector] {[__name__=\"up\"]} 0 mod 1\n"},
	    {"count_values(\"v\", up)", "[countValues] by ([]) - param (v)\n"
					"  [vectorSelector] {[__name__=\"up\"]} 0 mod 1\n"},
	    {"a * on(x) group_left(y) b", "[vectorBinary] * - many-to-one, on: [x], group: [y]\n"
					  "  [vectorSelector] {[__name__=\"a\"]} 0 mod 1\n"
					  "  [vectorSelector] {[__name__=\"b\"]} 0 mod 1\n"},
	    {"a and ignoring(x) b", "[vectorBinary] and - many-to-many, ignoring: [x], group: []\n"
				    "  [vectorSelector] {[__name__=\"a\"]} 0 mod 1\n"
				    "  [vectorSelector] {[__name__=\"b\"]} 0 mod 1\n"},
	    {"abs(a) > bool 1e6", "[vectorScalarBinary] >\n"
				  "  [function] abs([a])\n"
				  "    [vectorSelector] {[__name__=\"a\"]} 0 mod 1\n"
				  "  [numberLiteral] 1e+06\n"},
	    {"histogram_quantile(0.9, sum by (le) (a))",
	     "[histogram_quantile]([0.9 sum by (le) (a)])\n"
	     "  [numberLiteral] 0.9\n"
	     "  [aggregate] sum by ([le])\n"
	     "    [vectorSelector] {[__name__=\"a\"]} 0 mod 1\n"},
	    {"label_replace(a, \"b\", \"c\", \"d\", \"e\") or absent(scalar(vector(time())) + b)",
	     "[vectorBinary] or - many-to-many, ignoring: [], group: []\n"
	     "  [relabel]\n"
	     "    [vectorSelector] {[__name__=\"a\"]} 0 mod 1\n"
	     "  [absent]\n"
	     "    [vectorScalarBinary] +\n"
	     "      [vectorSelector] {[__name__=\"b\"]} 0 mod 1\n"
	     "      [scalar]\n"
	     "        [function] vector([time()])\n"
	     "          [noArgFunction]\n"},
	    {"quantile_over_time(0.5, a[1m]) + timestamp(b)",
	     "[vectorBinary] + - one-to-one, ignoring: [], group: []\n"
	     "  [matrixSelector] quantile_over_time({[__name__=\"a\"]}[1m0s] 0 mod 1)\n"
	     "    [numberLiteral] 0.5\n"
	     "  [timestamp]\n"
	     "    [vectorSelector] {[__name__=\"b\"]} 0 mod 1\n"},
	    {"\"text\"", "[stringLiteral]\n"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		expect_plan(cases[i].query, query_instant(0), cases[i].want);
}

static void what_is_the_same_at_all_steps_is_planned_once(void **state)
{
	(void)state;

	expect_plan("up + sum(b @ 0)", (struct query_time){0, 10000, 1000},
		    "[vectorBinary] + - one-to-one, ignoring: [], group: []\n"
		    "  [vectorSelector] {[__name__=\"up\"]} 0 mod 1\n"
		    "  [stepInvariant]\n"
		    "    [aggregate] sum by ([])\n"
		    "      [vectorSelector] {[__name__=\"b\"]} 0 mod 1\n");
}

static void a_node_knows_its_part_of_the_query_and_which_selector_it_is(void **state)
{
	static const char query[] = "rate(a[1m]) + b";
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct promql_engine_opts opts = {.parser = PARSER_OPTIONS_DEFAULT};
	struct err err = ERR_INIT;
	(void)state;

	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), &opts, query_instant(0), &err);
	assert_non_null(plan);
	const struct explain_node *root = promql_explain(plan, a);
	assert_int_equal(root->selector, 0);
	assert_int_equal(root->children[0]->selector, 1);
	assert_int_equal(root->children[0]->where.start, 0);
	assert_int_equal(root->children[0]->where.end, strlen("rate(a[1m])"));
	assert_int_equal(root->children[1]->selector, 2);
	assert_int_equal(root->children[1]->where.start, strlen("rate(a[1m]) + "));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plan_is_a_tree_of_operators),
	    cmocka_unit_test(what_is_the_same_at_all_steps_is_planned_once),
	    cmocka_unit_test(a_node_knows_its_part_of_the_query_and_which_selector_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
