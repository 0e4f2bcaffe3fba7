#include "promql/engine.h"

#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"

#include <stdio.h>

enum { MINUTE = 60000 };

static int with_requests(void **state)
{
	static struct query_rig rig;

	query_rig_init(&rig);
	query_rig_load(&rig, MINUTE,
		       "requests_total{job=\"a\", instance=\"1\"} 0+60x20\n"
		       "requests_total{job=\"a\", instance=\"2\"} 0+120x20\n"
		       "requests_total{job=\"b\", instance=\"3\"} 0+30x20\n"
		       "errors_total{job=\"a\", instance=\"1\"} 0+6x20\n"
		       "errors_total{job=\"b\", instance=\"3\"} 0+3x20\n"
		       "temperature{job=\"a\"} 20 25 30\n"
		       "gone 1 2 stale\n");
	*state = &rig;
	return 0;
}

static int done(void **state)
{
	query_rig_done(*state);
	return 0;
}

static void a_selector_gives_the_newest_sample_within_the_lookback(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "temperature", 2 * MINUTE, "{__name__=\"temperature\", job=\"a\"} 30");
	expect_instant(rig, "temperature", 7 * MINUTE - 1,
		       "{__name__=\"temperature\", job=\"a\"} 30");
	expect_instant(rig, "temperature", 7 * MINUTE, "");
	expect_instant(rig, "gone", 90000, "{__name__=\"gone\"} 2");
	expect_instant(rig, "gone", 2 * MINUTE, "");
	expect_range(rig, "temperature", 0, 8 * MINUTE, 4 * MINUTE,
		     "{__name__=\"temperature\", job=\"a\"} 0:20 240:30");
}

static void a_range_selector_gives_the_samples_as_they_are(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "temperature[2m]", 2 * MINUTE,
		       "{__name__=\"temperature\", job=\"a\"} 60:25 120:30");
	expect_instant(rig, "gone[5m]", 2 * MINUTE, "{__name__=\"gone\"} 0:1 60:2");
	expect_instant(rig, "temperature[2m:1m]", 2 * MINUTE,
		       "{__name__=\"temperature\", job=\"a\"} 60:25 120:30");
}

static void names_vanish_at_each_operator(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "-temperature", 0, "{job=\"a\"} -20");
	expect_instant(rig, "temperature + 1", 0, "{job=\"a\"} 21");
	expect_instant(rig, "temperature > 1", 0, "{__name__=\"temperature\", job=\"a\"} 20");
	expect_instant(rig, "temperature > bool 1", 0, "{job=\"a\"} 1");
	expect_instant(rig, "abs(temperature)", 0, "{job=\"a\"} 20");
	expect_instant(rig, "rate(requests_total{job=\"b\"}[5m])", 10 * MINUTE,
		       "{instance=\"3\", job=\"b\"} 0.5");
	expect_instant(rig, "last_over_time(temperature[5m])", 0,
		       "{__name__=\"temperature\", job=\"a\"} 20");
	expect_instant(rig, "sum by (__name__) (-temperature)", 0, "{} -20");
}

static void the_time_of_a_sample_is_that_of_a_selector_only(void **state)
{
	struct query_rig *rig = *state;
	int64_t t_ms = 3 * MINUTE;

	expect_instant(rig, "timestamp(temperature)", t_ms, "{job=\"a\"} 120");
	expect_instant(rig, "timestamp((temperature))", t_ms, "{job=\"a\"} 120");
	expect_instant(rig, "timestamp(+temperature)", t_ms, "{job=\"a\"} 180");
	expect_instant(rig, "timestamp(abs(temperature))", t_ms, "{job=\"a\"} 180");
}

static void series_that_become_the_same_are_an_error_or_one_series(void **state)
{
	struct query_rig *rig = *state;
	const char *both = "{__name__=~\"requests_total|errors_total\", instance=\"1\"}";
	char query[256];

	snprintf(query, sizeof(query), "rate(%s[5m])", both);
	expect_instant(rig, query, 10 * MINUTE,
		       "error: vector cannot contain metrics with the same labelset");
	snprintf(query, sizeof(query), "-%s", both);
	expect_instant(rig, query, 10 * MINUTE,
		       "error: vector cannot contain metrics with the same labelset");
	expect_range(rig, "abs({__name__=~\"temperature|gone\"} > 20 or gone < 2)", 0, 2 * MINUTE,
		     MINUTE, "{} 0:1\n{job=\"a\"} 60:25 120:30");
	rig->opts.delayed_name_removal = true;
	snprintf(
	    query, sizeof(query),
	    "sum by (name) (label_replace(rate(%s[5m]), \"name\", \"$1\", \"__name__\", \"(.*)\"))",
	    both);
	expect_instant(rig, query, 10 * MINUTE,
		       "{name=\"errors_total\"} 0.1\n{name=\"requests_total\"} 1");
	rig->opts.delayed_name_removal = false;
}

static void types_and_units_vanish_with_the_name(void **state)
{
	struct query_rig *rig = *state;

	query_rig_load(rig, MINUTE,
		       "typed{__type__=\"counter\", l=\"b\"} 0+1x9\n"
		       "typed{__type__=\"gauge\", l=\"a\"} 0+2x9\n"
		       "twice{__type__=\"counter\", l=\"b\"} 0+1x9\n"
		       "twice{l=\"b\"} 0+2x9\n");
	expect_range(rig, "rate(typed[2m]) * 60", 2 * MINUTE, 2 * MINUTE, MINUTE,
		     "{l=\"a\"} 120:2\n{l=\"b\"} 120:1");
	expect_instant(rig, "rate(twice[2m])", 2 * MINUTE,
		       "error: vector cannot contain metrics with the same labelset");
	expect_instant(rig, "-twice", 2 * MINUTE,
		       "error: vector cannot contain metrics with the same labelset");
}

static void a_matrix_comes_in_label_order_and_a_vector_as_it_was_made(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "topk(2, requests_total)", MINUTE,
		       "{__name__=\"requests_total\", instance=\"2\", job=\"a\"} 120\n"
		       "{__name__=\"requests_total\", instance=\"1\", job=\"a\"} 60");
	expect_range(rig, "topk(2, requests_total)", MINUTE, MINUTE, MINUTE,
		     "{__name__=\"requests_total\", instance=\"1\", job=\"a\"} 60:60\n"
		     "{__name__=\"requests_total\", instance=\"2\", job=\"a\"} 60:120");
	expect_instant(rig, "sort_desc(sum by (job) (requests_total))", MINUTE,
		       "{job=\"a\"} 180\n{job=\"b\"} 30");
	expect_range(rig, "sort_desc(sum by (job) (-requests_total))", MINUTE, MINUTE, MINUTE,
		     "{job=\"a\"} 60:-180\n{job=\"b\"} 60:-30");
}

static void vectors_are_matched_by_their_labels(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "errors_total / requests_total", MINUTE,
		       "{instance=\"1\", job=\"a\"} 0.1\n{instance=\"3\", job=\"b\"} 0.1");
	expect_instant(rig, "requests_total * on (job) group_left temperature", MINUTE,
		       "{instance=\"1\", job=\"a\"} 1500\n{instance=\"2\", job=\"a\"} 3000");
	expect_instant(rig, "errors_total / on (job) requests_total", MINUTE,
		       "error: found duplicate series for the match group {job=\"a\"} on the right "
		       "hand-side of the operation: [{__name__=\"requests_total\", instance=\"1\", "
		       "job=\"a\"}, {__name__=\"requests_total\", instance=\"2\", job=\"a\"}];"
		       "many-to-many matching not allowed: matching labels must be unique on one "
		       "side");
	expect_instant(rig, "requests_total / on (job) temperature", MINUTE,
		       "error: multiple matches for labels: many-to-one matching must be explicit "
		       "(group_left/group_right)");
	expect_instant(rig, "requests_total unless on (instance) errors_total", MINUTE,
		       "{__name__=\"requests_total\", instance=\"2\", job=\"a\"} 120");
}

static void a_scalar_and_a_string_are_answers_too(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "scalar(temperature) * 2", 0, "scalar 40");
	expect_instant(rig, "\"hello\"", 0, "string hello");
	expect_range(rig, "1", 0, MINUTE, MINUTE, "{} 0:1 60:1");
	expect_range(rig, "time()", 0, MINUTE, MINUTE, "{} 0:0 60:60");
	expect_range(rig, "\"hello\"", 0, MINUTE, MINUTE,
		     "error: invalid expression type \"string\" for range query, must be Scalar "
		     "or instant Vector");
	expect_range(rig, "temperature[5m]", 0, MINUTE, MINUTE,
		     "error: invalid expression type \"range vector\" for range query, must be "
		     "Scalar or instant Vector");
}

static void the_series_of_a_subquery_come_in_the_order_of_their_labels(void **state)
{
	struct query_rig *rig = *state;

	query_rig_load(rig, MINUTE,
		       "memory{pod=\"1\", zone=\"b\"} 1 1\n"
		       "memory{pod=\"2\", zone=\"a\"} 2 2\n");
	expect_instant(rig, "max by (zone) (memory)[2m:1m]", MINUTE,
		       "{zone=\"a\"} 0:2 60:2\n"
		       "{zone=\"b\"} 0:1 60:1");
}

static void too_many_steps_are_refused(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "count_over_time(temperature[9000d:1ms])", 0,
		       "error: a subquery would be evaluated at 777600000000 steps, more than "
		       "16777216");
	assert_int_equal(rig->err.code, ERR_LIMIT);
}

static void annotations_are_notes_without_positions(void **state)
{
	struct query_rig *rig = *state;

	expect_instant(rig, "rate(temperature[5m])", 2 * MINUTE, "{job=\"a\"} 0.0416667");
	assert_int_equal(rig->notes.n, 1);
	assert_int_equal(rig->notes.v[0].kind, NOTE_PROMQL_INFO);
	expect_str(str_of(rig->notes.v[0].text),
		   "PromQL info: metric might not be a counter, name does not end in "
		   "_total/_sum/_count/_bucket: \"temperature\"");
	rig->opts.note_positions = true;
	expect_instant(rig, "quantile(2, temperature)", 0, "{} inf");
	expect_str(str_of(rig->notes.v[0].text),
		   "PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)");
	rig->opts.note_positions = false;
}

static void a_query_that_needs_too_much_memory_is_told_its_selector(void **state)
{
	struct query_rig *rig = *state;
	struct tracker tracker;

	tracker_init(&tracker, NULL, "the query", "--query.max-memory", 20000);
	rig->tracker = &tracker;
	expect_range(rig, "sum(requests_total)", 0, 100 * MINUTE, 10,
		     "error: selector requests_total: the query needs more than the 20000 bytes "
		     "of memory that --query.max-memory allows");
	assert_int_equal(rig->err.code, ERR_LIMIT);
	assert_int_equal(tracker.used_bytes, 0);
	rig->tracker = NULL;
}

static void a_canceled_query_stops(void **state)
{
	struct query_rig *rig = *state;

	rig->ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	ctx_cancel(rig->ctx, ERR_CANCELED, "the client went away");
	expect_instant(rig, "sum(requests_total)", 0, "error: the client went away");
	assert_int_equal(rig->err.code, ERR_CANCELED);
	ctx_free(rig->ctx);
	rig->ctx = NULL;
}

static void samples_held_at_once_can_be_limited(void **state)
{
	struct query_rig *rig = *state;

	rig->opts.max_samples = 10;
	expect_range(rig, "quantile(0.5, requests_total)", 0, 20 * MINUTE, MINUTE,
		     "error: selector requests_total: query processing would load too many samples "
		     "into memory in query execution: more than the 10 that --query.max-samples "
		     "allows");
	rig->opts.max_samples = 20;
	expect_instant(rig, "errors_total[1h] @ 0", 0,
		       "{__name__=\"errors_total\", instance=\"1\", job=\"a\"} 0:0\n"
		       "{__name__=\"errors_total\", instance=\"3\", job=\"b\"} 0:0");
	expect_instant(rig, "count_over_time(errors_total[1h])", 21 * MINUTE,
		       "error: selector errors_total[1h]: query processing would load too many "
		       "samples into memory in query execution: more than the 20 that "
		       "--query.max-samples allows");
	rig->opts.max_samples = 0;
}

static void series_of_all_selectors_together_can_be_limited(void **state)
{
	struct query_rig *rig = *state;

	rig->opts.max_series = 4;
	expect_instant(rig, "count(requests_total) + count(temperature)", 0, "{} 4");
	expect_instant(rig, "count(requests_total) + count(errors_total)", 0,
		       "error: selector requests_total: the query selects more than the 4 series "
		       "that --query.max-series allows");
	rig->opts.max_series = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_selector_gives_the_newest_sample_within_the_lookback),
	    cmocka_unit_test(a_range_selector_gives_the_samples_as_they_are),
	    cmocka_unit_test(names_vanish_at_each_operator),
	    cmocka_unit_test(the_time_of_a_sample_is_that_of_a_selector_only),
	    cmocka_unit_test(series_that_become_the_same_are_an_error_or_one_series),
	    cmocka_unit_test(types_and_units_vanish_with_the_name),
	    cmocka_unit_test(a_matrix_comes_in_label_order_and_a_vector_as_it_was_made),
	    cmocka_unit_test(vectors_are_matched_by_their_labels),
	    cmocka_unit_test(a_scalar_and_a_string_are_answers_too),
	    cmocka_unit_test(the_series_of_a_subquery_come_in_the_order_of_their_labels),
	    cmocka_unit_test(too_many_steps_are_refused),
	    cmocka_unit_test(annotations_are_notes_without_positions),
	    cmocka_unit_test(a_query_that_needs_too_much_memory_is_told_its_selector),
	    cmocka_unit_test(a_canceled_query_stops),
	    cmocka_unit_test(samples_held_at_once_can_be_limited),
	    cmocka_unit_test(series_of_all_selectors_together_can_be_limited),
	};
	return cmocka_run_group_tests(tests, with_requests, done);
}
