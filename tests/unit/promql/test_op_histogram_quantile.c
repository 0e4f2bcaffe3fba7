#include "promql/functions.h"
#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"

enum { MINUTE = 60000 };

static int with_histograms(void **state)
{
	static struct query_rig rig;

	query_rig_init(&rig);
	rig.opts.parser = PARSER_OPTIONS_ALL;
	query_rig_load(&rig, MINUTE,
		       "classic_bucket{le=\"1\"} 4 4\n"
		       "classic_bucket{le=\"2\"} 8 8\n"
		       "classic_bucket{le=\"+Inf\"} 8 8\n"
		       "native{a=\"x\"} {{schema:-53 sum:8 count:8 custom_values:[1 2] "
		       "buckets:[4 4]}}x1\n"
		       "wavy_bucket{le=\"1\"} 4 4\n"
		       "wavy_bucket{le=\"2\"} 3 3\n"
		       "wavy_bucket{le=\"+Inf\"} 8 8\n"
		       "q 0.25 0.5\n");
	*state = &rig;
	return 0;
}

static int done(void **state)
{
	query_rig_done(*state);
	return 0;
}

static void each_quantile_has_a_series_of_its_own(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "histogram_quantiles(classic_bucket, \"q\", 0.25, 1, 0)", 0,
		       "{q=\"0.25\"} 0.5\n{q=\"1.0\"} 2\n{q=\"0.0\"} 0");
	expect_instant(rig, "histogram_quantiles(native, \"q\", 0.25, 0.75)", 0,
		       "{a=\"x\", q=\"0.25\"} 0.5\n{a=\"x\", q=\"0.75\"} 1.5");
	expect_instant(rig, "histogram_quantiles(native, \"a\", 0.5)", 0, "{a=\"0.5\"} 1");
	expect_instant(rig, "histogram_quantiles(native, \"__name__\", 0.5)", 0,
		       "{__name__=\"0.5\", a=\"x\"} 1");
	expect_instant(rig, "histogram_quantiles(native, \"q\", -1, 2)", 0,
		       "{a=\"x\", q=\"-1.0\"} -inf\n{a=\"x\", q=\"2.0\"} inf");
}

static void a_quantile_that_changes_changes_its_series(void **state)
{
	struct query_rig *rig = *state;

	expect_range(rig, "histogram_quantiles(native, \"q\", scalar(q))", 0, MINUTE, MINUTE,
		     "{a=\"x\", q=\"0.25\"} 0:0.5\n{a=\"x\", q=\"0.5\"} 60:1");
	/* 0.5 comes from either argument, at different steps. */
	expect_range(rig, "histogram_quantiles(native, \"q\", scalar(q), 0.75 - scalar(q))", 0,
		     MINUTE, MINUTE,
		     "{a=\"x\", q=\"0.25\"} 0:0.5 60:0.5\n{a=\"x\", q=\"0.5\"} 0:1 60:1");
}

static void the_same_quantile_twice_is_an_error(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "histogram_quantiles(native, \"q\", 0.5, 0.5)", 0,
		       "error: vector cannot contain metrics with the same labelset");
}

static void buckets_that_decrease_are_told_of_once(void **state)
{
	struct query_rig *rig = *state;

	rig->opts.note_positions = true;
	expect_instant(rig, "histogram_quantiles(wavy_bucket, \"q\", 7, 0.25, 0.5)", 0,
		       "{q=\"7.0\"} inf\n{q=\"0.25\"} 0.5\n{q=\"0.5\"} 1");
	const char *forced = NULL;
	for (size_t i = 0; i < rig->notes.n; i++)
		if (strstr(rig->notes.v[i].text, "monotonicity"))
			forced = rig->notes.v[i].text;
	assert_non_null(forced);
	assert_non_null(strstr(forced, "over 1 samples"));
}

static const char *argument_of(enum value_type type, bool is_text_of_number)
{
	if (type == VALUE_STRING)
		return is_text_of_number ? "\"1\"" : "\"a\"";
	if (type == VALUE_SCALAR)
		return "0.5";
	return type == VALUE_VECTOR ? "{a=\"x\"}" : "native[5m]";
}

static void there_is_no_function_that_cannot_be_planned(void **state)
{
	struct query_rig *rig = *state;

	for (int id = 0; id < FUNCTION_N; id++) {
		const struct promql_function *f = &promql_functions[id];
		struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		struct err err = ERR_INIT;
		buf_printf(&text, "%s(", f->name);
		for (size_t i = 0; i < f->n_args; i++)
			buf_printf(&text, "%s%s", i ? ", " : "",
				   argument_of(function_arg_type(f, i), i == 2));
		buf_puts(&text, ")");
		struct promql_plan *plan auto_free(promql_plan_free) =
		    promql_prepare(buf_str(&text), &rig->opts, query_instant(0), &err);
		expect_str(str_of(err.msg), "");
		assert_non_null(plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_quantile_has_a_series_of_its_own),
	    cmocka_unit_test(a_quantile_that_changes_changes_its_series),
	    cmocka_unit_test(the_same_quantile_twice_is_an_error),
	    cmocka_unit_test(buckets_that_decrease_are_told_of_once),
	    cmocka_unit_test(there_is_no_function_that_cannot_be_planned),
	};
	return cmocka_run_group_tests(tests, with_histograms, done);
}
