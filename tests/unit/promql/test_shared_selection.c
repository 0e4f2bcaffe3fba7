#include "promql/shared_selection.h"

#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"

/* Counts how often the data are asked; may refuse. */
struct counted {
	struct queryable base; /* first, so that the two pointers convert */
	struct queryable *data;
	unsigned n_selects;
	bool fails;
};

static struct series_iter *counted_select(struct queryable *base, struct ctx *ctx,
					  struct matchers matchers,
					  const struct select_hints *hints, struct notes *notes,
					  struct tracker *tracker, struct err *err)
{
	struct counted *c = (struct counted *)base;

	c->n_selects++;
	if (c->fails) {
		err_set(err, ERR_UNAVAILABLE, "no store is there");
		return NULL;
	}
	return queryable_select(c->data, ctx, matchers, hints, notes, tracker, err);
}

static bool counted_read(struct queryable *base, const struct series *s,
			 const struct select_hints *hints, struct arena *a, struct samples *out,
			 struct err *err)
{
	return queryable_read(((struct counted *)base)->data, s, hints, a, out, err);
}

static const struct queryable_ops counted_ops = {.select = counted_select, .read = counted_read};

static struct query_rig rig;

static int with_data(void **state)
{
	(void)state;
	query_rig_init(&rig);
	for (unsigned i = 0; i < 300; i++)
		query_rig_load(&rig, 15000,
			       arena_printf(rig.arena,
					    "m{a=\"%u\", b=\"%u\"} %u+%ux20\n"
					    "n{a=\"%u\"} 1+2x20",
					    i, i % 3, i, i % 7, i));
	return 0;
}

static int without_data(void **state)
{
	(void)state;
	query_rig_done(&rig);
	return 0;
}

/* Pulls at most n_series. How often the data were asked. */
static unsigned selects_of(const char *query, const struct promql_engine_opts *opts,
			   size_t n_series)
{
	struct counted c = {{&counted_ops}, memory_queryable(rig.data)};
	struct tracker tracker auto_done(tracker_done);
	struct err err = ERR_INIT;
	struct result_series s;

	tracker_init(&tracker, NULL, "the query", "no flag", 0);
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), opts, query_instant(120000), &err);
	assert_non_null(plan);
	struct promql_result *result = promql_execute(plan, &c.base, NULL, &tracker, NULL, &err);
	assert_non_null(result);
	for (size_t i = 0; i < n_series && promql_result_next(result, &s, &err) == ITER_VALUE; i++)
		;
	expect_ok(err.code == ERR_OK, err);
	promql_result_free(result);
	assert_int_equal(tracker.used_bytes, 0);
	return c.n_selects;
}

static const struct {
	const char *query;
	unsigned n_selects;
} cases[] = {
    {"m + m", 1},
    {"m + on (a) n", 2},
    {"m + m offset 1m", 2},
    {"m + m @ 60", 2},
    {"m + m + m", 1},
    {"m{b=~\"1\"} or m{b=\"1\"}", 1},
    {"m{b=~\"1\"} or m{b=\"2\"}", 2},
    {"rate(m[1m]) > 0.1 and rate(m[1m]) < 0.4", 1},
    {"rate(m[1m]) / rate(m[2m])", 2},
    {"sum by (b) (m) / on (b) group_right () m", 2}, /* of which the stores may tell the sum */
    {"sum by (b) (m) / on (b) sum by (b) (m)", 1},
    {"quantile(0.5, m) + on () count(n > 3) - on () quantile(0.7, m)", 2},
};

static void equal_selectors_ask_once(void **state)
{
	struct promql_engine_opts opts = {0};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned n = selects_of(cases[i].query, &opts, SIZE_MAX);
		if (n != cases[i].n_selects)
			fail_msg("%s asked %u times", cases[i].query, n);
	}
}

static void who_has_not_begun_asks_for_itself_when_too_much_is_kept(void **state)
{
	struct promql_engine_opts opts = {.max_shared_bytes = 500};
	(void)state;

	assert_int_equal(selects_of("m + m", &opts, SIZE_MAX), 2);
	assert_int_equal(selects_of("m + m + m", &opts, SIZE_MAX), 3);
	opts.max_shared_bytes = 1 << 20;
	assert_int_equal(selects_of("m + m", &opts, SIZE_MAX), 1);
}

static void answers_are_those_of_the_query_as_it_is_written(void **state)
{
	struct query_time range = {60000, 240000, 60000};
	(void)state;

	for (int64_t max_bytes = 0; max_bytes < 5000; max_bytes += 2500) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			rig.opts.plans_literally = true;
			const char *want = query_rig_answer(&rig, cases[i].query, range);
			rig.opts.plans_literally = false;
			rig.opts.max_shared_bytes = max_bytes;
			expect_range(&rig, cases[i].query, range.start_ms, range.end_ms,
				     range.step_ms, want);
			rig.opts.max_shared_bytes = 0;
		}
	}
}

static void an_answer_may_be_left_at_any_series(void **state)
{
	struct promql_engine_opts opts = {0};
	(void)state;

	for (size_t n = 0; n < 300; n += 59)
		assert_int_equal(selects_of("m + m", &opts, n), 1);
}

static void a_failure_is_that_of_the_query(void **state)
{
	struct counted c = {{&counted_ops}, memory_queryable(rig.data), .fails = true};
	struct promql_engine_opts opts = {0};
	struct err err = ERR_INIT;
	(void)state;

	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(STR("m + m"), &opts, query_instant(120000), &err);
	assert_non_null(plan);
	expect_err(promql_execute(plan, &c.base, NULL, NULL, NULL, &err), err, ERR_UNAVAILABLE,
		   "no store is there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_selectors_ask_once),
	    cmocka_unit_test(who_has_not_begun_asks_for_itself_when_too_much_is_kept),
	    cmocka_unit_test(answers_are_those_of_the_query_as_it_is_written),
	    cmocka_unit_test(an_answer_may_be_left_at_any_series),
	    cmocka_unit_test(a_failure_is_that_of_the_query),
	};
	return cmocka_run_group_tests(tests, with_data, without_data);
}
