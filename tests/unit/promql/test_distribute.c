/* test_distribute.c - queries, and what becomes of them over two engines: "east" has the regions
 * east and south, "west" has the region west. In what is wanted, [[x]] stands for x of both.
 */
#include "promql/distribute.h"

#include "promql/printer.h"
#include "promql/remote_engines.h"
#include "tests/lib/expect.h"

struct fixture {
	struct arena *a;
	struct remote_engine v[3];
	struct remote_engines engines;
	struct query_time time;
	bool is_restricted;
	struct distribution d;
};

static struct labels east_sets[2], west_sets[1];
static const struct label east_labels[] = {LABEL("region", "east")};
static const struct label south_labels[] = {LABEL("region", "south")};
static const struct label west_labels[] = {LABEL("region", "west")};

static struct remote_engine engine_of(const char *address, const struct labels *sets, size_t n)
{
	return (struct remote_engine){
	    .address = address,
	    .min_t_ms = -INT64_MAX / 4,
	    .max_t_ms = INT64_MAX / 4,
	    .label_sets = sets,
	    .n_label_sets = n,
	    .partition_sets = sets,
	    .n_partition_sets = n,
	};
}

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.a = arena_new(NULL), .time = {0, 0, 0}};
	east_sets[0] = (struct labels){east_labels, 1};
	east_sets[1] = (struct labels){south_labels, 1};
	west_sets[0] = (struct labels){west_labels, 1};
	f.v[0] = engine_of("east", east_sets, 2);
	f.v[1] = engine_of("west", west_sets, 1);
	f.engines = (struct remote_engines){.v = f.v, .n = 2};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	arena_free(((struct fixture *)*state)->a);
	return 0;
}

static struct steps steps_of(const struct query_time *time)
{
	if (time->step_ms == 0)
		return (struct steps){time->start_ms, 1, 1};
	return (struct steps){time->start_ms, time->step_ms,
			      (size_t)((time->end_ms - time->start_ms) / time->step_ms) + 1};
}

static const char *plan_of(struct fixture *f, const char *query)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct err err = ERR_INIT;
	struct steps steps = steps_of(&f->time);

	struct promql_query *parsed auto_free(promql_query_free) =
	    promql_parse(str_of(query), &options, NULL, &err);
	if (!parsed)
		fail_msg("%s: %s", query, err.msg);
	f->d = (struct distribution){.engines = &f->engines,
				     .time = f->time,
				     .lookback_ms = 300000,
				     .default_step_ms = 60000,
				     .is_restricted = f->is_restricted};
	const struct expr *e = distribute(&f->d, parsed->root, &steps, f->a, &err);
	if (!e)
		return arena_printf(f->a, "error: %s", err.msg);
	expr_print(&out, e);
	return arena_cstr(f->a, buf_str(&out));
}

/* [[x]] written out. */
static const char *written_out(struct fixture *f, const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	for (const char *open; (open = strstr(want, "[[")); want = strstr(open, "]]") + 2) {
		struct str part = str_from(open + 2, (size_t)(strstr(open, "]]") - open) - 2);
		buf_append(&out, want, (size_t)(open - want));
		buf_printf(&out, "dedup(remote(%.*s) on east from 0, remote(%.*s) on west from 0)",
			   STR_FMT(part), STR_FMT(part));
	}
	buf_puts(&out, want);
	return arena_cstr(f->a, buf_str(&out));
}

static void expect_plan(struct fixture *f, const char *query, const char *want)
{
	const char *got = plan_of(f, query);

	want = written_out(f, want);
	if (strcmp(got, want) != 0)
		fail_msg("%s\n        got  %s\n        want %s", query, got, want);
}

struct plan_case {
	const char *query;
	const char *want;
};

static void expect_plans(void **state, const struct plan_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_plan(*state, cases[i].query, cases[i].want);
}

#define EXPECT_PLANS(...)                                                                          \
	do {                                                                                       \
		static const struct plan_case cases_[] = {__VA_ARGS__};                            \
		expect_plans(state, cases_, sizeof(cases_) / sizeof(*cases_));                     \
	} while (0)

/* --- what is given away ----------------------------------------------------------------------- */

static void functions_of_single_series_are_given_away_whole(void **state)
{
	EXPECT_PLANS(
	    {"x", "[[x]]"}, {"(x)", "[[x]]"}, {"-x", "[[-x]]"}, {"rate(x[5m])", "[[rate(x[5m])]]"},
	    {"x * 60 > 1", "[[x * 60 > 1]]"},
	    {"max_over_time(rate(x[5m])[30m:1m])", "[[max_over_time(rate(x[5m])[30m:1m])]]"},
	    {"label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")",
	     "[[label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")]]"},
	    {"timestamp(x)", "[[timestamp(x)]]"});
}

static void what_has_no_series_stays(void **state)
{
	EXPECT_PLANS({"1 + 2", "1 + 2"}, {"time() - pi()", "time() - pi()"},
		     {"vector(1)", "vector(1)"}, {"hour()", "hour()"}, {"\"text\"", "\"text\""},
		     {"time() - x", "time() - [[x]]"}, {"x[5m]", "x[5m]"});
}

static void aggregations_are_made_twice(void **state)
{
	EXPECT_PLANS(
	    {"sum(x)", "sum([[sum by (region) (x)]])"},
	    {"sum by (pod) (rate(x[5m]))", "sum by (pod) ([[sum by (pod, region) (rate(x[5m]))]])"},
	    {"sum by (zone, pod) (x)", "sum by (zone, pod) ([[sum by (pod, region, zone) (x)]])"},
	    {"count by (pod) (x)", "sum by (pod) ([[count by (pod, region) (x)]])"},
	    {"min(x)", "min([[min by (region) (x)]])"},
	    {"group(x)", "group([[group by (region) (x)]])"},
	    {"topk by (pod) (2, x)", "topk by (pod) (2, [[topk by (pod, region) (2, x)]])"},
	    {"limitk(2, x)", "limitk(2, [[limitk by (region) (2, x)]])"},
	    {"sum without (pod, region) (x)",
	     "sum without (pod, region) ([[sum without (pod) (x)]])"},
	    {"max(x) - 1", "max([[max by (region) (x)]]) - 1"},
	    {"histogram_quantile(0.9, sum by (le) (rate(x[5m])))",
	     "histogram_quantile(0.9, sum by (le) ([[sum by (le, region) "
	     "(rate(x[5m]))]]))"});
}

static void an_average_is_a_sum_over_a_count(void **state)
{
	EXPECT_PLANS({"avg by (pod) (x)", "(sum by (pod) ([[sum by (pod, region) (x)]]) / on (pod) "
					  "sum by (pod) ([[count by (pod, region) (x)]]))"},
		     {"avg without (region) (x)",
		      "(sum without (region) ([[sum without () (x)]]) / ignoring (region) "
		      "sum without (region) ([[count without () (x)]]))"},
		     {"sum(avg by (pod) (x))",
		      "sum((sum by (pod) ([[sum by (pod, region) (x)]]) / on (pod) "
		      "sum by (pod) ([[count by (pod, region) (x)]])))"},
		     /* The division would lose the names. */
		     {"avg by (__name__) (x)", "avg by (__name__) ([[x]])"});
}

static void what_keeps_the_region_is_given_away_as_it_is(void **state)
{
	EXPECT_PLANS({"sum by (region, pod) (x)", "[[sum by (region, pod) (x)]]"},
		     {"avg by (region) (x)", "[[avg by (region) (x)]]"},
		     {"quantile by (region) (0.9, x)", "[[quantile by (region) (0.9, x)]]"},
		     {"stddev without (pod) (x)", "[[stddev without (pod) (x)]]"},
		     {"max(sum by (region, pod) (x))",
		      "max([[max by (region) (sum by (region, pod) (x))]])"},
		     {"max(avg by (region) (x))", "max([[max by (region) (avg by (region) (x))]])"},
		     {"sum by (region) (x) / count by (region) (y)",
		      "[[sum by (region) (x) / count by (region) (y)]]"});
}

static void above_what_was_given_away_everything_stays(void **state)
{
	EXPECT_PLANS(
	    {"max(sum by (pod) (x))", "max(sum by (pod) ([[sum by (pod, region) (x)]]))"},
	    {"avg(sum by (pod) (x))", "avg(sum by (pod) ([[sum by (pod, region) (x)]]))"},
	    {"sum(x) / sum(y)", "sum([[sum by (region) (x)]]) / sum([[sum by (region) (y)]])"},
	    {"x / on (pod) group_left () sum by (pod) (y)",
	     "[[x]] / on (pod) group_left () sum by (pod) ([[sum by (pod, region) (y)]])"});
}

static void what_has_a_value_of_its_own_per_share_stays(void **state)
{
	EXPECT_PLANS(
	    {"quantile(0.9, x)", "quantile(0.9, [[x]])"},
	    {"stddev by (pod) (x)", "stddev by (pod) ([[x]])"},
	    {"count_values(\"v\", x)", "count_values(\"v\", [[x]])"},
	    {"count_values by (region) (\"v\", x)", "[[count_values by (region) (\"v\", x)]]"},
	    {"count_values by (region) (\"region\", x)",
	     "count_values by (region) (\"region\", [[x]])"},
	    {"scalar(x)", "scalar([[x]])"}, {"scalar(x) + 1", "scalar([[x]]) + 1"},
	    {"y * scalar(x)", "[[y]] * scalar([[x]])"},
	    {"max(sort(quantile(0.9, x)))", "max(quantile(0.9, [[x]]))"},
	    {"clamp_max(x, scalar(y))", "clamp_max(x, scalar([[y]]))"});
}

static void windows_and_scalars_are_never_given_away_alone(void **state)
{
	EXPECT_PLANS({"quantile_over_time(scalar(sum(x)), y[5m])",
		      "quantile_over_time(scalar(sum([[sum by (region) (x)]])), y[5m])"},
		     {"quantile_over_time(scalar(sum(x)), y[5m:1m])",
		      "quantile_over_time(scalar(sum([[sum by (region) (x)]])), y[5m:1m])"});
}

static void rewriting_the_region_is_done_here_and_told(void **state)
{
	struct fixture *f = *state;

	expect_plan(f, "max by (pod) (label_replace(x, \"region\", \"$1\", \"pod\", \"(.*)\"))",
		    "max by (pod) (label_replace([[x]], \"region\", \"$1\", \"pod\", \"(.*)\"))");
	assert_true(f->d.rewrites_share_label);
	expect_plan(f, "label_join(max(x), \"region\", \",\", \"pod\")",
		    "label_join(max([[max by (region) (x)]]), \"region\", \",\", \"pod\")");
	assert_true(f->d.rewrites_share_label);
	expect_plan(f, "histogram_quantiles(x, \"region\", 0.5)",
		    "histogram_quantiles([[x]], \"region\", 0.5)");
	assert_true(f->d.rewrites_share_label);
	expect_plan(f, "label_join(x, \"zone\", \",\", \"pod\")",
		    "[[label_join(x, \"zone\", \",\", \"pod\")]]");
	assert_false(f->d.rewrites_share_label);
}

static void operations_are_given_away_if_they_match_within_a_region(void **state)
{
	EXPECT_PLANS({"x * y", "[[x * y]]"}, {"x * on (region) y", "[[x * on (region) y]]"},
		     {"x * ignoring (pod) y", "[[x * ignoring (pod) y]]"},
		     {"x * on (pod) y", "[[x]] * on (pod) [[y]]"},
		     {"x * ignoring (region) y", "[[x]] * ignoring (region) [[y]]"},
		     {"max(x * on (pod) group_left (region) y)",
		      "max([[x]] * on (pod) group_left (region) [[y]])"},
		     {"sum(x * group by (region) (y))",
		      "sum([[sum by (region) (x * group by (region) (y))]])"},
		     {"count by (pod) (x * on (region) group_left (team) y)",
		      "sum by (pod) ([[count by (pod, region) (x * on (region) group_left (team) "
		      "y)]])"});
}

static void sets_are_united_within_a_region(void **state)
{
	EXPECT_PLANS(
	    {"x or y", "[[x or y]]"}, {"x unless on (region) y", "[[x unless on (region) y]]"},
	    {"x and y", "[[x and y]]"}, {"x or on (pod) y", "[[x]] or on (pod) [[y]]"},
	    {"x or vector(0)", "[[x]] or vector(0)"},
	    {"vector(1) unless on () x", "vector(1) unless on () [[x]]"},
	    {"x{region=\"west\"} or y{region=\"east\"}",
	     "remote(x{region=\"west\"}) on west from 0 or "
	     "remote(y{region=\"east\"}) on east from 0"},
	    {"x or y{region=\"west\"}", "[[x]] or remote(y{region=\"west\"}) on west from 0"});
}

static void absent_series_are_absent_everywhere(void **state)
{
	EXPECT_PLANS(
	    {"absent(x)", "(remote(absent(x)) on east from 0 * remote(absent(x)) on west from 0)"},
	    {"sum(absent_over_time(x[5m]))",
	     "sum((remote(absent_over_time(x[5m])) on east from 0 * "
	     "remote(absent_over_time(x[5m])) on west from 0))"},
	    {"absent(sum(x))", "absent(sum([[sum by (region) (x)]]))"});
}

/* --- whom is asked ---------------------------------------------------------------------------- */

static void only_engines_that_can_have_the_series_are_asked(void **state)
{
	struct fixture *f = *state;
	f->v[2] = engine_of("west2", west_sets, 1);
	f->engines.n = 3;

	expect_plan(f, "sum(x{region=~\"s.*\"} + y)",
		    "sum(remote(sum by (region) (x{region=~\"s.*\"} "
		    "+ y)) on east from 0)");
	expect_plan(f, "x{region=\"north\"}", "nothing()");
	expect_plan(f, "sum(x{region=\"north\"})", "sum(nothing())");
}

static void a_query_of_one_engine_goes_there_whole(void **state)
{
	struct fixture *f = *state;

	expect_plan(f, "quantile(0.9, x{region=\"west\"}) + 1",
		    "remote(quantile(0.9, x{region=\"west\"}) + 1) on west from 0");
	expect_plan(f, "sort(sum(x{region=\"west\"}))",
		    "sort(remote(sum(x{region=\"west\"})) on west from 0)");
	f->engines.n = 1;
	expect_plan(f, "stddev(x) / scalar(y)", "remote(stddev(x) / scalar(y)) on east from 0");
	/* There is no answer for a lone scalar or window. */
	expect_plan(f, "scalar(x)", "scalar(remote(x) on east from 0)");
	expect_plan(f, "x[5m]", "x[5m]");
}

static void without_engines_nothing_changes(void **state)
{
	struct fixture *f = *state;
	f->engines.n = 0;

	expect_plan(f, "sum(x)", "sum(x)");
	expect_plan(f, "absent(x)", "absent(x)");
}

static void info_looks_for_its_series_here(void **state)
{
	struct fixture *f = *state;

	expect_plan(f, "sum(info(x))", "sum(info(x))");
	f->engines.n = 1;
	expect_plan(f, "sum(info(x))", "remote(sum(info(x))) on east from 0");
	f->is_restricted = true;
	expect_plan(f, "sum(info(x))", "sum(info(x))");
	expect_plan(f, "sum(x)", "remote(sum(x)) on east from 0");
}

static void the_order_of_an_answer_is_made_here(void **state)
{
	EXPECT_PLANS({"sort_desc(x)", "sort_desc([[x]])"},
		     {"sort_by_label(sum by (pod) (x), \"pod\")",
		      "sort_by_label(sum by (pod) ([[sum by (pod, region) (x)]]), \"pod\")"});
}

static void labels_that_are_no_partition_only_choose_engines(void **state)
{
	static const struct label full[] = {LABEL("dc", "1"), LABEL("region", "east")};
	static const struct label other[] = {LABEL("dc", "2"), LABEL("region", "west")};
	static struct labels sets[2], partitions[2];
	struct fixture *f = *state;
	sets[0] = (struct labels){full, 2};
	sets[1] = (struct labels){other, 2};
	for (int i = 0; i < 2; i++) {
		partitions[i] = (struct labels){sets[i].v, 1};
		f->v[i] = engine_of(i ? "west" : "east", &sets[i], 1);
		f->v[i].partition_sets = &partitions[i];
	}

	expect_plan(f, "sum by (pod) (x)", "sum by (pod) ([[sum by (dc, pod) (x)]])");
	expect_plan(f, "sum by (region) (x)", "sum by (region) ([[sum by (dc, region) (x)]])");
	expect_plan(f, "sum by (dc) (x)", "[[sum by (dc) (x)]]");
	expect_plan(f, "sum(x{region=\"west\"}) + sum(y)",
		    "sum(remote(sum by (dc) (x{region=\"west\"})) on west from 0) + "
		    "sum([[sum by (dc) (y)]])");
}

/* --- time ------------------------------------------------------------------------------------- */

static const int64_t HOUR_MS = 3600000;

/* Two engines of the same region: "east" has the first eight hours, "west" from six hours on. */
static void split_time(struct fixture *f)
{
	for (int i = 0; i < 2; i++)
		f->v[i] = engine_of(i ? "west" : "east", west_sets, 1);
	f->v[0].min_t_ms = 0;
	f->v[0].max_t_ms = 8 * HOUR_MS;
	f->v[1].min_t_ms = 6 * HOUR_MS;
	f->v[1].max_t_ms = 12 * HOUR_MS;
	f->time = (struct query_time){0, 12 * HOUR_MS, 60000};
}

static void a_later_engine_is_asked_for_the_steps_whose_windows_it_has(void **state)
{
	struct fixture *f = *state;
	split_time(f);

	expect_plan(f, "x", "dedup(remote(x) on east from 0, remote(x) on west from 21900)");
	expect_plan(f, "sum_over_time(x[2h])",
		    "dedup(remote(sum_over_time(x[2h])) on east from 0, "
		    "remote(sum_over_time(x[2h])) on west from 28800)");
	expect_plan(f, "sum_over_time(sum_over_time(x[1h])[1h:30m])",
		    "dedup(remote(sum_over_time(sum_over_time(x[1h])[1h:30m])) on east from 0, "
		    "remote(sum_over_time(sum_over_time(x[1h])[1h:30m])) on west from 28800)");
	expect_plan(f, "x offset 90m",
		    "dedup(remote(x offset 1h30m) on east from 0, "
		    "remote(x offset 1h30m) on west from 27000)");
}

static void windows_longer_than_the_overlap_are_evaluated_here(void **state)
{
	struct fixture *f = *state;
	split_time(f);

	expect_plan(f, "sum_over_time(x[3h])", "sum_over_time(x[3h])");
	expect_plan(f, "sum(sum_over_time(x[3h]))", "sum(sum by (region) (sum_over_time(x[3h])))");
	f->v[1].min_t_ms = 9 * HOUR_MS; /* a gap */
	expect_plan(f, "x", "x");
}

static void a_first_step_is_a_step_of_the_query(void **state)
{
	struct fixture *f = *state;
	split_time(f);
	f->time = (struct query_time){7000, 12 * HOUR_MS, 600000};

	/* 21900 s, then to the next of 7, 607, 1207, ... */
	expect_plan(f, "x", "dedup(remote(x) on east from 7, remote(x) on west from 22207)");
}

static void engines_without_the_time_are_not_asked(void **state)
{
	struct fixture *f = *state;
	split_time(f);

	f->time = (struct query_time){HOUR_MS, 2 * HOUR_MS, 60000};
	expect_plan(f, "sum(x)", "sum(remote(sum by (region) (x)) on east from 3600)");
	f->time = (struct query_time){9 * HOUR_MS, 10 * HOUR_MS, 60000};
	expect_plan(f, "sum(x)", "sum(remote(sum by (region) (x)) on west from 32400)");
	f->time = query_instant(6 * HOUR_MS);
	expect_plan(f, "sum(x)", "sum(remote(sum by (region) (x)) on east from 21600)");
	f->time = query_instant(7 * HOUR_MS);
	expect_plan(f, "sum(x)",
		    "sum(dedup(remote(sum by (region) (x)) on east from 25200, "
		    "remote(sum by (region) (x)) on west from 25200))");
	/* What is absent is asked of someone. */
	f->time = query_instant(20 * HOUR_MS);
	expect_plan(f, "absent(x)", "remote(absent(x)) on west from 72000");
}

/* A share that has just begun has no older engine to answer for what it does not have. */
static void a_young_share_is_asked_for_all_steps(void **state)
{
	struct fixture *f = *state;
	split_time(f);
	f->v[0].label_sets = f->v[0].partition_sets = east_sets;

	expect_plan(f, "sum(x)", "sum([[sum by (region) (x)]])");
	f->time = query_instant(6 * HOUR_MS);
	expect_plan(f, "x", "dedup(remote(x) on east from 21600, remote(x) on west from 21600)");
}

static void pinned_times_must_be_those_of_all_engines(void **state)
{
	struct fixture *f = *state;
	split_time(f);

	expect_plan(f, "sum(x @ 25200)",
		    "sum(dedup(remote(sum by (region) (x @ 25200.000)) on east from 0, "
		    "remote(sum by (region) (x @ 25200.000)) on west from 21900))");
	expect_plan(f, "sum(x @ 18000)", "sum(sum by (region) (x @ 18000.000))");
}

static void a_subquery_has_steps_of_its_own(void **state)
{
	struct fixture *f = *state;

	f->time = query_instant(3600000);
	expect_plan(f, "max_over_time(sum(x)[5m:1m])",
		    "max_over_time(sum(dedup(remote(sum by (region) (x)) on east from 3360, "
		    "remote(sum by (region) (x)) on west from 3360))[5m:1m])");
	expect_plan(f, "max_over_time(sum(x)[5m:] @ 1800)",
		    "max_over_time(sum(dedup(remote(sum by (region) (x)) on east from 1560, "
		    "remote(sum by (region) (x)) on west from 1560))[5m:] @ 1800.000)");
	/* The wire has whole seconds. */
	expect_plan(f, "max_over_time(sum(x)[5s:500ms])",
		    "max_over_time(sum(sum by (region) (x))[5s:500ms])");
}

static void what_depends_on_the_querys_own_times_is_written_out(void **state)
{
	struct fixture *f = *state;

	f->time = (struct query_time){1000000, 1600000, 60000};
	f->engines.n = 1;
	expect_plan(f, "x @ start() - x @ end()",
		    "remote(x @ 1000.000 - x @ 1600.000) on east from 1000");
	expect_plan(f, "rate(x[step() * 5] offset range())",
		    "remote(rate(x[5m] offset 10m)) on east from 1000");
	expect_plan(f, "x + step() + end()", "remote(x + 60 + 1600) on east from 1000");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(functions_of_single_series_are_given_away_whole),
	    TEST(what_has_no_series_stays),
	    TEST(aggregations_are_made_twice),
	    TEST(an_average_is_a_sum_over_a_count),
	    TEST(what_keeps_the_region_is_given_away_as_it_is),
	    TEST(above_what_was_given_away_everything_stays),
	    TEST(what_has_a_value_of_its_own_per_share_stays),
	    TEST(windows_and_scalars_are_never_given_away_alone),
	    TEST(rewriting_the_region_is_done_here_and_told),
	    TEST(operations_are_given_away_if_they_match_within_a_region),
	    TEST(sets_are_united_within_a_region),
	    TEST(absent_series_are_absent_everywhere),
	    TEST(only_engines_that_can_have_the_series_are_asked),
	    TEST(a_query_of_one_engine_goes_there_whole),
	    TEST(without_engines_nothing_changes),
	    TEST(info_looks_for_its_series_here),
	    TEST(the_order_of_an_answer_is_made_here),
	    TEST(labels_that_are_no_partition_only_choose_engines),
	    TEST(a_later_engine_is_asked_for_the_steps_whose_windows_it_has),
	    TEST(windows_longer_than_the_overlap_are_evaluated_here),
	    TEST(a_first_step_is_a_step_of_the_query),
	    TEST(engines_without_the_time_are_not_asked),
	    TEST(a_young_share_is_asked_for_all_steps),
	    TEST(pinned_times_must_be_those_of_all_engines),
	    TEST(a_subquery_has_steps_of_its_own),
	    TEST(what_depends_on_the_querys_own_times_is_written_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
