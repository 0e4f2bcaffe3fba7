#include "model/samples.h"
#include "promql/series_notation.h"
#include "tests/lib/expect.h"

#include <math.h>

static struct series_notation parse(struct arena *a, const char *text)
{
	struct series_notation notation;
	struct err err = ERR_INIT;

	if (!series_notation_parse(a, str_of(text), &notation, &err))
		fail_msg("%s: %s", text, err.msg);
	return notation;
}

static void expect_labels(const char *text, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf printed auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	labels_format(&printed, parse(a, text).labels);
	expect_str(buf_str(&printed), want);
}

static void labels_are_read_in_any_spelling(void **state)
{
	(void)state;
	expect_labels("up", "{__name__=\"up\"}");
	expect_labels("up{b=\"2\", a='1',}", "{__name__=\"up\", a=\"1\", b=\"2\"}");
	expect_labels("{a=`1`}", "{a=\"1\"}");
	expect_labels("{\"my.metric\", \"x.y\"=\"\\u00e9\"}",
		      "{__name__=\"my.metric\", \"x.y\"=\"\xc3\xa9\"}");
	expect_labels("sum{or=\"x\"}", "{__name__=\"sum\", or=\"x\"}");
	expect_labels("a:b{}", "{__name__=\"a:b\"}");
	expect_labels("{}", "{}");
}

static void a_name_in_front_of_the_braces_makes_empty_labels_vanish(void **state)
{
	(void)state;
	expect_labels("up{a=\"\", b=\"1\"}", "{__name__=\"up\", b=\"1\"}");
	expect_labels("up{__name__=\"down\"}", "{__name__=\"up\"}");
	expect_labels("{a=\"\"}", "{a=\"\"}");
}

/* The values, with a blank behind each; - for none, and S for a stale marker. */
static void expect_floats(const char *text, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf values auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct series_notation notation = parse(a, text);
	uint64_t n = 0;

	for (size_t i = 0; i < notation.n_runs; i++) {
		const struct notation_run *run = &notation.runs[i];
		double v = run->value;
		for (uint64_t j = 0; j < run->n; j++, n++, v += run->change) {
			if (run->kind == NOTATION_ABSENT)
				buf_puts(&values, "- ");
			else if (is_stale_nan(v))
				buf_puts(&values, "S ");
			else
				buf_printf(&values, "%g ", v);
		}
	}
	assert_int_equal(notation.n_positions, n);
	expect_str(buf_str(&values), want);
}

static void values_are_numbers_or_absent_or_stale(void **state)
{
	(void)state;
	expect_floats("a", "");
	expect_floats("a ", "");
	expect_floats("a 1 -2.5  1e3\t1_000 010", "1 -2.5 1000 1000 8 ");
	expect_floats("a 1 _ stale +Inf -inf", "1 - S inf -inf ");
}

static void a_repetition_counts_the_first_value_apart(void **state)
{
	(void)state;
	expect_floats("a 5x2", "5 5 5 ");
	expect_floats("a 5x0", "5 ");
	expect_floats("a 1+2x3 -1-1x1", "1 3 5 7 -1 -2 ");
	expect_floats("a _x3 1", "- - - 1 ");
	expect_floats("a _x0 1", "1 ");
}

static void a_histogram_says_what_it_is(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct series_notation notation =
	    parse(a, "h {{schema:-53 sum:-0.5 count:6 z_bucket:2 z_bucket_w:0.001 buckets:[1 2 3] "
		     "offset:-2 n_buckets:[4 inf ] n_offset:5 custom_values:[1 2] "
		     "counter_reset_hint:gauge}}x2");
	(void)state;

	assert_int_equal(notation.n_runs, 1);
	assert_int_equal(notation.runs[0].kind, NOTATION_HISTOGRAM);
	assert_int_equal(notation.runs[0].n, 3);
	const struct notation_histogram *h = notation.runs[0].histogram;
	assert_int_equal(h->schema, -53);
	assert_true(h->sum == -0.5 && h->count == 6);
	assert_true(h->zero_count == 2 && h->zero_threshold == 0.001);
	assert_int_equal(h->positive_offset, -2);
	assert_int_equal(h->positive.n, 3);
	assert_true(h->positive.v[2] == 3);
	assert_int_equal(h->negative_offset, 5);
	assert_int_equal(h->negative.n, 2);
	assert_true(isinf(h->negative.v[1]));
	assert_int_equal(h->custom_values.n, 2);
	assert_int_equal(h->reset_hint, NOTATION_GAUGE);
	assert_true(h->has_reset_hint);
}

static void an_empty_histogram_is_all_zero(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct series_notation notation = parse(a, "h {{}} {{ }}");
	(void)state;

	assert_int_equal(notation.n_positions, 2);
	assert_true(notation.runs[1].histogram->count == 0);
	assert_false(notation.runs[1].histogram->has_reset_hint);
}

static void a_histogram_may_rise_or_fall(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct series_notation notation =
	    parse(a, "h {{sum:1}}+{{sum:2}}x3 {{sum:9}}-{{sum:4 counter_reset_hint:unknown}}x1");
	(void)state;

	assert_int_equal(notation.n_positions, 6);
	assert_int_equal(notation.runs[0].direction, NOTATION_RISING);
	assert_true(notation.runs[0].histogram_change->sum == 2);
	assert_int_equal(notation.runs[1].direction, NOTATION_FALLING);
	assert_true(notation.runs[1].histogram_change->has_reset_hint);
}

static void broken_notations_are_refused_where_they_break(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
	    {"", "1:1: parse error: expected a metric name or \"{\""},
	    {"1 2", "1:1: parse error: expected a metric name or \"{\""},
	    {"a{b} 1", "1:4: parse error: unexpected \"}\" in label set, expected \"=\""},
	    {"a{b=1} 1", "1:5: parse error: unexpected character inside braces: '1'"},
	    {"a{b=\"c\" 1", "1:9: parse error: unexpected character inside braces: '1'"},
	    {"a{b=\"c\" d=\"e\"} 1", "1:9: parse error: unexpected identifier \"d\" in label "
				     "set, expected \",\" or \"}\""},
	    {"{a=\"1\", a=\"2\"} 1", "1:1: parse error: a label is set twice"},
	    {"a{b=\"c\"}1", "1:9: parse error: expected a blank between two values"},
	    {"a 1m", "1:3: parse error: bad number syntax: \"1\""},
	    {"a 0x1f", "1:6: parse error: expected a blank between two values"},
	    {"a 1x", "1:5: parse error: invalid repetition in series values"},
	    {"a 1+2", "1:6: parse error: a change needs a repetition behind it"},
	    {"a b", "1:3: parse error: bad number syntax: \"\""},
	    {"a Stale", "1:3: parse error: bad number syntax: \"\""},
	    {"a {{bad:1}}", "1:8: parse error: expected histogram description key, e.g. "
			    "buckets:[5 10 7], or \"}}\""},
	    {"a {{sum 1}}", "1:8: parse error: missing `:` for histogram descriptor"},
	    {"a {{sum:1 sum:2}}", "1:15: parse error: duplicate key \"sum\" in histogram"},
	    {"a {{sum:1", "1:10: parse error: expected a blank or \"}}\" in histogram"},
	    {"a {{buckets:[]}}", "1:14: parse error: bad number syntax: \"\""},
	    {"a {{buckets:[1,2]}}", "1:15: parse error: expected a blank or \"]\" between buckets"},
	    {"a {{schema:1.5}}", "1:13: parse error: expected a blank or \"}}\" in histogram"},
	    {"a {{schema:99999999999}}", "1:23: parse error: bad number syntax: \"99999999999\""},
	    {"a {{counter_reset_hint:no}}",
	     "1:24: parse error: expected unknown, reset, not_reset or gauge"},
	    {"a {{schema:2}}+{{schema:1}}x1",
	     "1:30: parse error: error combining histograms: cannot merge from schema 1 to 2"},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct series_notation notation;
		struct err err = ERR_INIT;
		if (series_notation_parse(a, str_of(cases[i].text), &notation, &err))
			fail_msg("%s: parsed, want %s", cases[i].text, cases[i].error);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.msg, cases[i].error);
	}
}

static void a_series_has_a_largest_number_of_values(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct series_notation notation;
	struct err err = ERR_INIT;
	(void)state;

	assert_int_equal(parse(a, "a 1x9999999").n_positions, NOTATION_MAX_POSITIONS);
	expect_err(series_notation_parse(a, STR("a 1x10000000"), &notation, &err), err, ERR_LIMIT,
		   "the series has more than 10000000 values");
	expect_err(series_notation_parse(a, STR("a 1 _x18446744073709551615"), &notation, &err),
		   err, ERR_LIMIT, "the series has more than 10000000 values");
}

static void labels_are_read_alone(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct labels labels;
	(void)state;

	expect_ok(series_notation_parse_labels(a, STR("up{a=\"b\"} "), &labels, &err), err);
	assert_int_equal(labels.n, 2);
	expect_err(series_notation_parse_labels(a, STR("up 1"), &labels, &err), err, ERR_INVALID,
		   "1:4: parse error: expected nothing behind the labels");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labels_are_read_in_any_spelling),
	    cmocka_unit_test(a_name_in_front_of_the_braces_makes_empty_labels_vanish),
	    cmocka_unit_test(values_are_numbers_or_absent_or_stale),
	    cmocka_unit_test(a_repetition_counts_the_first_value_apart),
	    cmocka_unit_test(a_histogram_says_what_it_is),
	    cmocka_unit_test(an_empty_histogram_is_all_zero),
	    cmocka_unit_test(a_histogram_may_rise_or_fall),
	    cmocka_unit_test(broken_notations_are_refused_where_they_break),
	    cmocka_unit_test(a_series_has_a_largest_number_of_values),
	    cmocka_unit_test(labels_are_read_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
