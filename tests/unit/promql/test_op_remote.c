/* test_op_remote.c - queries over shares of the series, evaluated by an engine each, have the
 * answers that they have over all series; and what becomes of engines that fail.
 */
#include "promql/remote_engines.h"
#include "tests/lib/engine_service.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_query.h"
#include "tests/lib/query_rig.h"

#include <stdlib.h>

enum { N_SHARES = 3, STEP_MS = 15000, N_SAMPLES = 400 };

static const char *const regions[N_SHARES] = {"east", "west", "north"};

struct fixture {
	struct query_rig rig; /* with all series */
	struct memory_queryable *shares[N_SHARES];
	struct engine_service services[N_SHARES];
	struct labels sets[N_SHARES];
	struct remote_engine v[N_SHARES];
	struct remote_engines engines;
};

/* --- data ------------------------------------------------------------------------------------- */

static struct labels labels_of(struct arena *a, const char *name, const char *region,
			       const char *pod)
{
	struct label v[] = {
	    {STR("__name__"), str_of(name)},
	    {STR("pod"), str_of(pod)},
	    {STR("region"), str_of(region)},
	};

	return labels_copy(a, (struct labels){v, 3});
}

static void add_series(struct fixture *f, int share, const char *name, const char *pod, double base,
		       double slope)
{
	struct samples s = {0};

	samples_reserve(f->rig.arena, &s, N_SAMPLES);
	for (; s.n < N_SAMPLES; s.n++) {
		s.t_ms[s.n] = (int64_t)s.n * STEP_MS;
		s.v[s.n] = base + slope * (double)(s.n % 150);
	}
	struct labels ls = labels_of(f->rig.arena, name, regions[share], pod);
	assert_true(memory_queryable_add(f->rig.data, ls, &s));
	assert_true(memory_queryable_add(f->shares[share], ls, &s));
}

static void load(struct fixture *f)
{
	static const char *const pods[] = {"a", "b", "c"};

	for (int share = 0; share < N_SHARES; share++)
		for (int pod = 0; pod < 3; pod++) {
			add_series(f, share, "x", pods[pod], share * 10 + pod, pod + 1);
			add_series(f, share, "y", pods[pod], 100 - share - pod, 0.5);
		}
	add_series(f, 1, "only_west", "a", 7, 0.25);
}

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	query_rig_init(&f.rig);
	for (int i = 0; i < N_SHARES; i++) {
		struct label *region = ARENA_NEW(f.rig.arena, struct label);
		*region = (struct label){STR("region"), str_of(regions[i])};
		f.sets[i] = (struct labels){region, 1};
		f.shares[i] = memory_queryable_new();
		engine_service_init(&f.services[i], f.shares[i]);
		f.v[i] = (struct remote_engine){
		    .address = regions[i],
		    .service = &f.services[i].base,
		    .max_t_ms = (int64_t)N_SAMPLES * STEP_MS,
		    .label_sets = &f.sets[i],
		    .n_label_sets = 1,
		    .partition_sets = &f.sets[i],
		    .n_partition_sets = 1,
		};
	}
	f.engines = (struct remote_engines){.v = f.v, .n = N_SHARES};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < N_SHARES; i++)
		memory_queryable_free(f->shares[i]);
	query_rig_done(&f->rig);
	return 0;
}

/* --- answers ---------------------------------------------------------------------------------- */

static int cmp_lines(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* A vector has no order, but for the functions that give it one. */
static const char *sorted(struct arena *a, const char *answer)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str lines[256], rest = str_of(answer);
	size_t n = 0;

	while (rest.n && n < 256)
		rest = str_split(rest, '\n', &lines[n++]);
	if (n)
		qsort(lines, n, sizeof(*lines), cmp_lines);
	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "%.*s\n", STR_FMT(lines[i]));
	return arena_cstr(a, buf_str(&out));
}

static void expect_same(struct fixture *f, const char *query, struct query_time time)
{
	f->rig.opts.remotes = NULL;
	const char *want = sorted(f->rig.arena, query_rig_answer(&f->rig, query, time));
	f->rig.opts.remotes = &f->engines;
	const char *got = sorted(f->rig.arena, query_rig_answer(&f->rig, query, time));

	if (strcmp(got, want) != 0)
		fail_msg("%s at %lld: over shares\n%sover all\n%s", query, (long long)time.start_ms,
			 got, want);
}

static const char *const queries[] = {
    "x",
    "x{region=\"west\"}",
    "x{region=\"nowhere\"}",
    "x{pod=\"a\"} offset 5m",
    "-x",
    "x * 2 + 1 > 20",
    "x > bool 20",
    "rate(x[5m])",
    "max_over_time(x[10m])",
    "avg_over_time(rate(x[2m])[10m:1m])",
    "sum(x)",
    "sum by (pod) (x)",
    "sum by (region) (x)",
    "sum without (region) (x)",
    "sum without (pod) (x)",
    "count(x)",
    "count by (pod) (x > 30)",
    "min by (pod) (x)",
    "max(x)",
    "group by (pod) (x)",
    "avg(x)",
    "avg by (pod) (x)",
    "avg by (region) (x)",
    "avg by (__name__) ({__name__=~\"x|y\"})",
    "avg without (region) (x)",
    "stddev(x)",
    "stdvar by (region) (x)",
    "quantile(0.3, x)",
    "quantile by (region) (0.3, x)",
    "topk(2, x)",
    "bottomk by (region) (1, x)",
    "topk(2, sum by (pod) (x))",
    "count_values(\"v\", x)",
    "max(sum by (region) (x))",
    "max(sum by (pod) (x))",
    "sum(avg by (pod) (x))",
    "sum(topk by (region) (2, x))",
    "absent(nothing)",
    "absent(x)",
    "absent(only_west)",
    "absent_over_time(nothing{pod=\"z\"}[5m])",
    "sum(absent(nothing))",
    "scalar(sum(x))",
    "scalar(only_west)",
    "scalar(only_west) + 1",
    "clamp_max(x, scalar(only_west))",
    "time() - max(timestamp(x))",
    "vector(1)",
    "1 + 2",
    "x + y",
    "x / on (region, pod) y",
    "sum(x) / sum(y)",
    "x / on (pod) group_left () sum by (pod) (y)",
    "x and on (pod) only_west",
    "x unless only_west",
    "x or only_west",
    "only_west or vector(0)",
    "x{region=\"east\"} or y{region=\"west\"}",
    "label_replace(x, \"host\", \"$1\", \"pod\", \"(.*)\")",
    "label_replace(x{pod=\"a\"}, \"region\", \"r\", \"pod\", \"(.*)\")",
    "sum by (region) (label_replace(x, \"region\", \"$1\", \"pod\", \"(.*)\"))",
    "sort_desc(sum by (pod) (x))",
    "sum(x @ 3000)",
    "sum(x @ start()) + sum(x @ end())",
    "sum_over_time(sum(x)[5m:1m])",
    "max_over_time(sum by (region) (x)[5m:30s])",
    "max_over_time(sum(x)[5m:1m] @ 3600)",
    "quantile_over_time(scalar(sum(x)) / 1000, y[5m])",
    "predict_linear(x[5m], 60)",
    "sum(x) + sum(y) * sum(only_west)",
    "count(x > 20) or vector(0)",
};

enum { N_QUERIES = sizeof(queries) / sizeof(*queries) };

static int n_asked(const struct fixture *f)
{
	int n = 0;

	for (int i = 0; i < N_SHARES; i++)
		n += f->services[i].n_queries;
	return n;
}

static void shares_give_the_answers_of_the_whole(void **state)
{
	struct fixture *f = *state;
	load(f);

	for (size_t i = 0; i < N_QUERIES; i++) {
		expect_same(f, queries[i], query_instant(3600000));
		expect_same(f, queries[i], (struct query_time){1800000, 4200000, 60000});
	}
	assert_true(n_asked(f) > 2 * N_QUERIES);
}

/* The same region in two engines: one has the first half, the other the second and an overlap. */
static void engines_that_follow_each_other_give_the_answers_of_the_whole(void **state)
{
	struct fixture *f = *state;

	load(f);
	for (int i = 0; i < 2; i++) {
		memory_queryable_free(f->shares[i]);
		f->shares[i] = memory_queryable_new();
		engine_service_init(&f->services[i], f->shares[i]);
		f->v[i].label_sets = f->v[i].partition_sets = &f->sets[0];
	}
	f->v[0].max_t_ms = 240 * STEP_MS;
	f->v[1].min_t_ms = 160 * STEP_MS;
	f->engines.n = 2;
	memory_queryable_free(f->rig.data);
	f->rig.data = memory_queryable_new();
	struct labels ls = labels_of(f->rig.arena, "x", "east", "a");
	for (int i = 0; i < 3; i++) { /* the first engine, the second one, the whole */
		struct samples s = {0};
		for (int k = i == 1 ? 160 : 0; k <= (i == 0 ? 240 : 399); k++) {
			samples_reserve(f->rig.arena, &s, s.n + 1);
			s.t_ms[s.n] = (int64_t)k * STEP_MS;
			s.v[s.n++] = k * k % 97;
		}
		assert_true(memory_queryable_add(i == 2 ? f->rig.data : f->shares[i], ls, &s));
	}

	static const char *const some[] = {
	    "x",
	    "sum(x)",
	    "sum_over_time(x[10m])",
	    "rate(x[15m])",
	    "max_over_time(x[10m:1m])",
	    "sum_over_time(x[30m])", /* more than the overlap */
	    "avg(x offset 10m)",
	    "max_over_time(sum(x)[10m:30s])",
	};
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++) {
		expect_same(f, some[i], (struct query_time){1800000, 5400000, 60000});
		expect_same(f, some[i], (struct query_time){1807000, 5399000, 47000});
		expect_same(f, some[i], query_instant(3000000));
		expect_same(f, some[i], query_instant(5000000));
	}
	assert_true(n_asked(f) > 16);
}

/* --- failures --------------------------------------------------------------------------------- */

static const struct label pod_a[] = {LABEL("pod", "a")};
static int64_t one_time[] = {60000};
static double one_value[] = {5};
static const struct query_series one_series[] = {
    {.labels = {pod_a, 1}, .samples = {.t_ms = one_time, .v = one_value, .n = 1}}};

struct fakes {
	struct fake_query v[2];
};

/* Two engines, both with the same series of a value of 5. */
static struct fakes *use_fakes(struct fixture *f)
{
	static struct fakes fakes;

	for (int i = 0; i < 2; i++) {
		fake_query_init(&fakes.v[i], one_series, 1);
		f->v[i].service = &fakes.v[i].base;
	}
	f->engines.n = 2;
	f->rig.opts.remotes = &f->engines;
	return &fakes;
}

static const char *note_of(struct fixture *f, size_t i)
{
	struct note note;

	return notes_get(&f->rig.notes, i, &note) ? note.text : "none";
}

static void a_series_of_two_answers_is_one(void **state)
{
	struct fixture *f = *state;
	use_fakes(f);

	expect_instant(&f->rig, "x", 60000, "{pod=\"a\"} 5");
	expect_range(&f->rig, "x", 0, 120000, 60000, "{pod=\"a\"} 60:5");
}

static void samples_between_the_steps_are_left_out(void **state)
{
	struct fixture *f = *state;
	use_fakes(f);

	expect_range(&f->rig, "x", 1000, 121000, 60000, "");
	f->engines.n = 1;
	expect_range(&f->rig, "x", 1000, 121000, 60000, "");
}

static void an_engine_that_fails_fails_the_query(void **state)
{
	struct fixture *f = *state;
	struct fakes *fakes = use_fakes(f);

	err_set(&fakes->v[1].fail_after, ERR_UNAVAILABLE, "connection refused");
	expect_instant(&f->rig, "x", 60000, "error: remote query error (west): connection refused");
	assert_int_equal(f->rig.err.code, ERR_UNAVAILABLE);
	err_set(&fakes->v[1].fail, ERR_INVALID, "no such thing");
	expect_instant(&f->rig, "x", 60000, "error: remote query error (west): no such thing");
	assert_int_equal(fakes->v[0].n_open + fakes->v[1].n_open, 0);
}

static void with_partial_response_it_is_a_warning(void **state)
{
	struct fixture *f = *state;
	struct fakes *fakes = use_fakes(f);
	f->engines.request.partial_response = true;

	err_set(&fakes->v[0].fail, ERR_UNAVAILABLE, "connection refused");
	expect_instant(&f->rig, "x", 60000, "{pod=\"a\"} 5");
	assert_string_equal(note_of(f, 0), "remote query error (east): connection refused");

	/* What had arrived before counts. */
	fakes->v[0].fail = ERR_INIT;
	fakes->v[1].n_series = 0;
	err_set(&fakes->v[0].fail_after, ERR_UNAVAILABLE, "reset");
	expect_instant(&f->rig, "sum(x)", 60000, "{} 5");
	assert_string_equal(note_of(f, 0), "remote query error (east): reset");

	f->engines.n = 1;
	expect_instant(&f->rig, "x", 60000, "{pod=\"a\"} 5");
	assert_string_equal(note_of(f, 0), "remote query error (east): reset");
	err_set(&fakes->v[0].fail, ERR_UNAVAILABLE, "connection refused");
	expect_instant(&f->rig, "x", 60000, "");
	assert_string_equal(note_of(f, 0), "remote query error (east): connection refused");
}

static void warnings_say_where_they_come_from(void **state)
{
	struct fixture *f = *state;
	struct fakes *fakes = use_fakes(f);
	fakes->v[1].warning = "half of it is missing";

	expect_instant(&f->rig, "sum(x)", 60000, "{} 5");
	assert_string_equal(note_of(f, 0), "remote query warning (west): half of it is missing");
	assert_string_equal(note_of(f, 1), "none");
}

static void a_query_out_of_time_blames_nobody(void **state)
{
	struct fixture *f = *state;
	struct fakes *fakes = use_fakes(f);
	f->engines.request.partial_response = true;
	fakes->v[0].hangs = true;

	f->rig.ctx = ctx_new_timeout_ms(NULL, 20);
	query_rig_answer(&f->rig, "x", query_instant(60000));
	assert_int_equal(f->rig.err.code, ERR_TIMEOUT);
	assert_string_equal(note_of(f, 0), "none");
	ctx_free(f->rig.ctx);
	assert_int_equal(fakes->v[0].n_open + fakes->v[1].n_open, 0);
}

static void what_is_held_is_charged_and_limited(void **state)
{
	struct fixture *f = *state;
	struct tracker tracker;
	load(f);
	f->rig.opts.remotes = &f->engines;
	f->engines.request.partial_response = true;
	f->rig.tracker = &tracker;

	tracker_init(&tracker, NULL, "the query", "--query.max-memory-per-query", 20000);
	query_rig_answer(&f->rig, "x", (struct query_time){0, 6000000, 15000});
	assert_int_equal(f->rig.err.code, ERR_LIMIT);
	assert_int_equal(tracker.used_bytes, 0);
	tracker_done(&tracker);
	f->rig.tracker = NULL;
	f->rig.opts.max_samples = 1000;
	query_rig_answer(&f->rig, "x", (struct query_time){0, 6000000, 15000});
	assert_int_equal(f->rig.err.code, ERR_LIMIT);
}

static void the_request_is_the_template_with_text_and_times(void **state)
{
	struct fixture *f = *state;
	struct fakes *fakes = use_fakes(f);
	f->engines.request = (struct query_request){.timeout_ms = 7000, .dedup = true};

	query_rig_answer(&f->rig, "sum(x)", (struct query_time){0, 130000, 60000});
	assert_string_equal(fakes->v[0].text, "sum by (region) (x)");
	assert_true(fakes->v[0].last_request.is_range);
	assert_int_equal(fakes->v[0].last_request.end_ms, 120000);
	assert_int_equal(fakes->v[0].last_request.step_ms, 60000);
	assert_int_equal(fakes->v[0].last_request.timeout_ms, 7000);
	assert_true(fakes->v[0].last_request.dedup);
	query_rig_answer(&f->rig, "sum(x)", query_instant(60000));
	assert_false(fakes->v[1].last_request.is_range);
	assert_int_equal(fakes->v[1].last_request.start_ms, 60000);
}

static void engines_count_towards_the_cost(void **state)
{
	struct fixture *f = *state;
	struct fakes *fakes = use_fakes(f);
	struct err err = ERR_INIT;
	struct result_series s;
	fakes->v[0].cost = (struct query_cost){1000, 40};
	fakes->v[1].cost = (struct query_cost){500, 70};
	f->rig.opts.counts_samples = true;

	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(STR("x"), &f->rig.opts, query_instant(60000), &err);
	struct promql_result *r auto_free(promql_result_free) =
	    promql_execute(plan, memory_queryable(f->rig.data), NULL, NULL, NULL, &err);
	while (promql_result_next(r, &s, &err) == ITER_VALUE)
		;
	assert_int_equal(promql_result_stats(r).total, 1500);
	assert_true(promql_result_stats(r).peak >= 70);
}

static void overwriting_a_label_of_the_shares_is_annotated(void **state)
{
	struct fixture *f = *state;
	load(f);
	f->rig.opts.remotes = &f->engines;

	query_rig_answer(&f->rig, "label_replace(x, \"region\", \"\", \"pod\", \"q\")",
			 query_instant(60000));
	assert_string_equal(note_of(f, 0),
			    "PromQL warning: rewriting an external label with label_replace can "
			    "disable distributed query execution");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(shares_give_the_answers_of_the_whole),
	    TEST(engines_that_follow_each_other_give_the_answers_of_the_whole),
	    TEST(a_series_of_two_answers_is_one),
	    TEST(samples_between_the_steps_are_left_out),
	    TEST(an_engine_that_fails_fails_the_query),
	    TEST(with_partial_response_it_is_a_warning),
	    TEST(warnings_say_where_they_come_from),
	    TEST(a_query_out_of_time_blames_nobody),
	    TEST(what_is_held_is_charged_and_limited),
	    TEST(the_request_is_the_template_with_text_and_times),
	    TEST(engines_count_towards_the_cost),
	    TEST(overwriting_a_label_of_the_shares_is_annotated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
