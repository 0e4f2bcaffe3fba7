#include "tools/plan_text.h"

#include "promql/engine.h"
#include "tests/lib/expect.h"

static void expect_plan(const char *query, const char *want)
{
	struct promql_engine_opts opts = {.parser = PARSER_OPTIONS_ALL};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), &opts, (struct query_time){0, 60000, 30000}, &err);

	if (!plan)
		fail_msg("%s", err.msg);
	plan_text_write(promql_explain(plan, a), &out);
	expect_str(buf_str(&out), want);
}

static void a_leaf_is_one_line(void **state)
{
	(void)state;
	expect_plan("1", "[numberLiteral] 1\n");
}

static void children_hang_below_their_operator(void **state)
{
	(void)state;
	expect_plan("sum by (job) (rate(foo[5m])) + topk(3, bar @ 0)",
		    "[vectorBinary] + - one-to-one, ignoring: [], group: []\n"
		    "├── [aggregate] sum by ([job])\n"
		    "│   └── [matrixSelector] rate({[__name__=\"foo\"]}[5m0s] 0 mod 1)\n"
		    "└── [stepInvariant]\n"
		    "    └── [kaggregate] topk by ([])\n"
		    "        ├── [numberLiteral] 3\n"
		    "        └── [vectorSelector] {[__name__=\"bar\"]} 0 mod 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_leaf_is_one_line),
	    cmocka_unit_test(children_hang_below_their_operator),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
