#include "promql/explain.h"

#include "base/pool.h"
#include "tests/lib/expect.h"
#include "tests/lib/plan_text.h"
#include "tests/lib/query_rig.h"

static void expect_plan(const char *query, struct query_time time, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct promql_engine_opts opts = {.parser = PARSER_OPTIONS_ALL};

	expect_str(str_of(plan_text(a, query, &opts, time)), want);
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

/* --- costs ------------------------------------------------------------------------------------ */

/* a{x="0"} to a{x="9"} with a value every 10 s, from 0 to 100 s. */
static int with_series(void **state)
{
	static struct query_rig rig;

	query_rig_init(&rig);
	for (int i = 0; i < 10; i++)
		query_rig_load(&rig, 10000, arena_printf(rig.arena, "a{x=\"%d\"} 1+1x10\n", i));
	*state = &rig;
	return 0;
}

static int done(void **state)
{
	query_rig_done(*state);
	return 0;
}

static void print_costs(struct buf *out, const struct explain_node *node, int depth)
{
	const struct operator_cost *c = &node->cost;

	buf_printf(out, "%*s%.*s: %d series, %d values, %d samples, peak %d%s\n", depth * 2, "",
		   STR_FMT(node->name), (int)c->n_series, (int)c->n_values, (int)c->samples_total,
		   (int)c->samples_peak, c->time_ns > 0 ? ", time" : "");
	for (size_t i = 0; i < node->n_children; i++)
		print_costs(out, node->children[i], depth + 1);
}

static const char *analyze(struct query_rig *rig, const char *query, struct query_time time)
{
	struct promql_engine_opts opts = rig->opts;
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct result_series s;
	struct err err = ERR_INIT;
	enum iter_result r;

	opts.analyzes = true;
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), &opts, time, &err);
	if (!plan)
		fail_msg("%s: %s", query, err.msg);
	struct promql_result *result auto_free(promql_result_free) =
	    promql_execute(plan, memory_queryable(rig->data), NULL, NULL, NULL, &err);
	assert_non_null(result);
	while ((r = promql_result_next(result, &s, &err)) == ITER_VALUE)
		;
	assert_int_equal(r, ITER_END);
	print_costs(&text, promql_result_explain(result, rig->arena), 0);
	return arena_cstr(rig->arena, buf_str(&text));
}

static void an_analysis_tells_what_each_operator_read_and_gave(void **state)
{
	struct query_rig *rig = *state;
	struct query_time time = {50000, 70000, 10000};

	expect_str(str_of(analyze(rig, "sum(a{x=~\"[0-4]\"}) + 1", time)),
		   "[vectorScalarBinary] +: 1 series, 3 values, 15 samples, peak 3, time\n"
		   "  [aggregate] sum by ([]): 1 series, 3 values, 15 samples, peak 3, time\n"
		   "    [vectorSelector] {[__name__=\"a\" x=~\"[0-4]\"]} 0 mod 1: 5 series, 15 "
		   "values, 15 samples, peak 3, time\n"
		   "  [numberLiteral] 1: 1 series, 3 values, 0 samples, peak 0, time\n");
	expect_str(str_of(analyze(rig, "rate(a{x=\"1\"}[30s])", time)),
		   "[matrixSelector] rate({[__name__=\"a\" x=\"1\"]}[30s] 0 mod 1): 1 series, 3 "
		   "values, 9 samples, peak 9, time\n");
	expect_str(
	    str_of(analyze(rig, "a{x=\"1\"}[30s]", query_instant(50000))),
	    "[matrixSelector] {[__name__=\"a\" x=\"1\"]}[30s] 0 mod 1: 1 series, 3 values, 3 samples, peak 3, time\n");
}

static void the_samples_of_a_subquery_are_those_of_its_windows(void **state)
{
	struct query_rig *rig = *state;

	expect_str(
	    str_of(analyze(rig, "sum_over_time(sum(a)[30s:10s])", query_instant(50000))),
	    "[subquery] sum_over_time(): 1 series, 1 values, 3 samples, peak 3, time\n"
	    "  [aggregate] sum by ([]): 1 series, 3 values, 30 samples, peak 3, time\n"
	    "    [vectorSelector] {[__name__=\"a\"]} 0 mod 1: 10 series, 30 values, 30 samples, "
	    "peak 3, time\n");
}

static void what_is_evaluated_once_counts_at_each_step(void **state)
{
	struct query_rig *rig = *state;

	expect_str(
	    str_of(analyze(rig, "a{x=\"1\"} @ 50", (struct query_time){50000, 70000, 10000})),
	    "[stepInvariant]: 1 series, 3 values, 3 samples, peak 1, time\n"
	    "  [vectorSelector] {[__name__=\"a\" x=\"1\"]} 0 mod 1: 1 series, 1 values, 1 "
	    "samples, peak 1, time\n");
}

static void the_costs_of_several_threads_are_added(void **state)
{
	struct query_rig *rig = *state;
	struct query_time time = {50000, 70000, 10000};
	static const char query[] = "sum(-(abs(a)))";
	const char *alone = analyze(rig, query, time);
	struct pool *helpers auto_free(pool_free) =
	    pool_new(&(struct pool_options){.name = "helpers", .max_threads = 3});

	rig->opts.helpers = helpers;
	rig->opts.max_helpers = 3;
	expect_str(str_of(analyze(rig, query, time)), alone);
	rig->opts.helpers = NULL;
}

static void without_an_analysis_nothing_is_counted(void **state)
{
	struct query_rig *rig = *state;
	struct err err = ERR_INIT;

	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(STR("a"), &rig->opts, query_instant(0), &err);
	struct promql_result *result auto_free(promql_result_free) =
	    promql_execute(plan, memory_queryable(rig->data), NULL, NULL, NULL, &err);
	struct result_series s;
	assert_int_equal(promql_result_next(result, &s, &err), ITER_VALUE);
	const struct operator_cost *cost = &promql_result_explain(result, rig->arena)->cost;
	assert_int_equal(cost->n_series + cost->samples_total + cost->chunk_bytes, 0);
	assert_int_equal(cost->time_ns, 0);
}

/* --- steps ------------------------------------------------------------------------------------ */

static void expect_samples_at(struct query_rig *rig, const char *query, const char *want)
{
	struct promql_engine_opts opts = rig->opts;
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	uint64_t at[3], total = 0;
	struct result_series s;
	struct err err = ERR_INIT;

	opts.counts_steps = true;
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), &opts, (struct query_time){0, 20000, 10000}, &err);
	if (!plan)
		fail_msg("%s: %s", query, err.msg);
	struct promql_result *result auto_free(promql_result_free) =
	    promql_execute(plan, memory_queryable(rig->data), NULL, NULL, NULL, &err);
	while (promql_result_next(result, &s, &err) == ITER_VALUE)
		;
	promql_result_samples_at(result, at);
	for (size_t i = 0; i < 3; i++) {
		buf_printf(&text, "%d ", (int)at[i]);
		total += at[i];
	}
	expect_str(buf_str(&text), want);
	assert_int_equal(promql_result_stats(result).total, total);
}

static void samples_are_counted_at_the_steps_that_look_at_them(void **state)
{
	struct query_rig *rig = *state;

	expect_samples_at(rig, "sum(a)", "10 10 10 ");
	expect_samples_at(rig, "rate(a{x=\"1\"}[20s])", "1 2 2 ");
	expect_samples_at(rig, "a + on(x) increase(a[20s])", "20 30 30 ");
	expect_samples_at(rig, "sum(a @ 10) + sum_over_time(a{x=\"1\"}[20s:5s])", "11 13 14 ");
	expect_samples_at(rig, "1", "0 0 0 ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plan_is_a_tree_of_operators),
	    cmocka_unit_test(what_is_the_same_at_all_steps_is_planned_once),
	    cmocka_unit_test(a_node_knows_its_part_of_the_query_and_which_selector_it_is),
	    cmocka_unit_test(an_analysis_tells_what_each_operator_read_and_gave),
	    cmocka_unit_test(the_samples_of_a_subquery_are_those_of_its_windows),
	    cmocka_unit_test(what_is_evaluated_once_counts_at_each_step),
	    cmocka_unit_test(the_costs_of_several_threads_are_added),
	    cmocka_unit_test(without_an_analysis_nothing_is_counted),
	    cmocka_unit_test(samples_are_counted_at_the_steps_that_look_at_them),
	};
	return cmocka_run_group_tests(tests, with_series, done);
}
