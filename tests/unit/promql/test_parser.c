#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/lib/expect.h"
#include "tests/lib/query_cases.h"

static const struct parser_options everything = {
    .experimental_functions = true,
    .duration_expressions = true,
    .extended_range_selectors = true,
    .fill_modifiers = true,
};

static void expect_print(const struct query_case *c, const char *file,
			 const struct promql_query *query)
{
	struct buf printed auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	expr_print(&printed, query->root);
	if (!str_eq(buf_str(&printed), c->want))
		fail_msg("%s:%zu: %.*s\n        got  %.*s\n        want %.*s", file, c->line,
			 STR_FMT(c->query), STR_FMT(buf_str(&printed)), STR_FMT(c->want));
}

static void expect_outcome(const struct query_case *c, const char *file,
			   const struct parser_options *options)
{
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(c->query, options, NULL, &err);

	if (c->outcome == QUERY_PRINTED && query)
		expect_print(c, file, query);
	else if (c->outcome == QUERY_PRINTED)
		fail_msg("%s:%zu: %.*s: %s", file, c->line, STR_FMT(c->query), err.msg);
	else if (query)
		fail_msg("%s:%zu: %.*s: parsed, want the error %.*s", file, c->line,
			 STR_FMT(c->query), STR_FMT(c->want));
	else if (err.code != ERR_INVALID || !str_is(c->want, err.msg))
		fail_msg("%s:%zu: %.*s\n        got  %s\n        want %.*s", file, c->line,
			 STR_FMT(c->query), err.msg, STR_FMT(c->want));
}

static void expect_outcomes(const char *file, const struct parser_options *options)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct query_cases cases = query_cases_read(a, file);

	for (size_t i = 0; i < cases.n; i++)
		expect_outcome(&cases.v[i], file, options);
}

static void valid_queries_are_read_as_prometheus_reads_them(void **state)
{
	(void)state;
	expect_outcomes("operators.txt", &everything);
	expect_outcomes("selectors.txt", &everything);
	expect_outcomes("durations.txt", &everything);
	expect_outcomes("calls.txt", &everything);
}

static void invalid_queries_are_refused_with_the_error_of_prometheus(void **state)
{
	(void)state;
	expect_outcomes("syntax_errors.txt", &everything);
	expect_outcomes("type_errors.txt", &everything);
}

static void errors_are_found_on_their_line(void **state)
{
	(void)state;
	expect_outcomes("multiline.txt", &everything);
}

static void what_is_experimental_must_be_switched_on(void **state)
{
	(void)state;
	expect_outcomes("disabled.txt", &PARSER_OPTIONS_DEFAULT);
}

/* The error of a query, ERR_OK if it has none. */
static struct err parse_error(struct str text, const struct parser_options *options)
{
	struct err err = ERR_INIT;

	promql_query_free(promql_parse(text, options, NULL, &err));
	return err;
}

static void an_empty_query_has_no_position(void **state)
{
	(void)state;
	struct err err = parse_error(STR(""), &everything);

	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(err.msg, "unknown position: parse error: no expression found in input");
}

static void thanos_functions_exist_when_they_are_switched_on(void **state)
{
	(void)state;
	struct parser_options options = {.extended_functions = true};

	assert_int_equal(parse_error(STR("xrate(a[5m])"), &options).code, ERR_OK);
	assert_string_equal(parse_error(STR("xrate(a[5m])"), &everything).msg,
			    "1:1: parse error: unknown function with name \"xrate\"");
}

/* `n` times `opening`, then `middle`, then `n` times `closing`. */
static struct err nested_error(size_t n, const char *opening, const char *middle,
			       const char *closing)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	for (size_t i = 0; i < n; i++)
		buf_puts(&text, opening);
	buf_puts(&text, middle);
	for (size_t i = 0; i < n; i++)
		buf_puts(&text, closing);
	return parse_error(buf_str(&text), &everything);
}

static void deep_nesting_is_refused_before_the_stack_ends(void **state)
{
	(void)state;
	static const struct {
		const char *opening, *middle, *closing;
	} nestings[] = {
	    {"(", "a", ")"},          {"(", "", ""},         {"-", "a", ""},
	    {"sum(", "a", ")"},       {"abs(", "a", ""},     {"1 ^ ", "1", ""},
	    {"", "a", " + a"},        {"", "a", "[5m:1m]"},  {"a offset ", "1", ""},
	    {"", "a[", "("},          {"", "a[5m", " + 1m"}, {"a or (", "a", ")"},
	    {"a[min_of(1,", "1", ""},
	};

	for (size_t i = 0; i < sizeof(nestings) / sizeof(nestings[0]); i++) {
		struct err err = nested_error(20000, nestings[i].opening, nestings[i].middle,
					      nestings[i].closing);
		assert_true(err.code == ERR_LIMIT || err.code == ERR_INVALID);
	}
	struct err err = nested_error(QUERY_MAX_DEPTH, "(", "a", ")");
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.msg, "the query is nested more than 1000 levels deep");
	err = nested_error(QUERY_MAX_DEPTH, "", "a", " or a");
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(nested_error(QUERY_MAX_DEPTH - 1, "(", "a", ")").code, ERR_OK);
	assert_int_equal(nested_error(QUERY_MAX_DEPTH - 1, "", "a", " or a").code, ERR_OK);
}

static void a_query_has_a_longest_length(void **state)
{
	(void)state;
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_puts(&text, "a#");
	while (text.n < QUERY_MAX_BYTES)
		buf_putc(&text, ' ');
	assert_int_equal(parse_error(buf_str(&text), &everything).code, ERR_OK);
	buf_putc(&text, ' ');
	struct err err = parse_error(buf_str(&text), &everything);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.msg, "the query has 1048577 bytes, more than 1048576");
}

static void a_query_has_a_largest_number_of_parts(void **state)
{
	(void)state;
	struct err err = nested_error(QUERY_MAX_NODES, "", "label_join(a, \"b\"", ",\"\"");
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.msg, "the query has more than 200000 parts");

	err = nested_error(QUERY_MAX_MATCHERS, "", "a{", "b=\"\",");
	assert_int_equal(err.code, ERR_INVALID); /* the brace is missing, and nothing else */
	err = nested_error(QUERY_MAX_MATCHERS + 1, "", "a{", "b=\"\",");
	assert_int_equal(err.code, ERR_LIMIT);
}

static void a_selector_is_read_alone(void **state)
{
	(void)state;
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse_selector(STR("up{job=~\"a|b\"} "), &err);

	assert_non_null(query);
	assert_int_equal(query->root->kind, EXPR_VECTOR_SELECTOR);
	struct matchers ms = query->root->vector.matchers;
	assert_int_equal(ms.n, 2);
	expect_str(matcher_name(ms.v[0]), "job");
	assert_int_equal(matcher_type(ms.v[0]), MATCH_RE);
	expect_str(matcher_name(ms.v[1]), "__name__");
	expect_str(matcher_value(ms.v[1]), "up");
}

static void a_selector_with_more_around_it_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} cases[] = {
	    {"up offset 5m", "1:4: parse error: unexpected <offset>"},
	    {"sum(up)", "1:4: parse error: unexpected \"(\""},
	    {"up[5m]", "1:3: parse error: unexpected \"[\""},
	    {"", "unknown position: parse error: unexpected end of input"},
	    {"1", "1:1: parse error: unexpected number \"1\""},
	    {"{a}", "1:3: parse error: unexpected \"}\" in label matching, expected label "
		    "matching operator"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		assert_null(promql_parse_selector(str_of(cases[i].text), &err));
		assert_string_equal(err.msg, cases[i].error);
	}
}

static void a_selector_may_match_everything(void **state)
{
	(void)state;
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse_selector(STR("{}"), &err);

	assert_non_null(query);
	assert_int_equal(query->root->vector.matchers.n, 0);
}

static void a_position_is_a_line_and_a_column_in_bytes(void **state)
{
	(void)state;
	struct str text = STR("a\nb\xc3\xa9"
			      "c");

	assert_int_equal(text_position(text, 0).line, 1);
	assert_int_equal(text_position(text, 0).column, 1);
	assert_int_equal(text_position(text, 1).column, 2);
	assert_int_equal(text_position(text, 2).line, 2);
	assert_int_equal(text_position(text, 2).column, 1);
	assert_int_equal(text_position(text, 5).column, 4);
}

static void a_query_is_charged_to_its_tracker(void **state)
{
	(void)state;
	struct tracker tracker;
	struct err err = ERR_INIT;

	tracker_init(&tracker, NULL, "query", "--limit", 1);
	assert_null(promql_parse(STR("up"), &everything, &tracker, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(tracker.used_bytes, 0);
	tracker_done(&tracker);
}

static void expect_enforced(const char *query, struct label label, const char *want)
{
	struct parser_options options = everything;
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	options.enforced = label;
	struct promql_query *q auto_free(promql_query_free) =
	    promql_parse(str_of(query), &options, NULL, &err);
	if (!q)
		fail_msg("%s: %s", query, err.msg);
	expr_print(&text, q->root);
	expect_str(buf_str(&text), want);
}

static void an_enforced_label_is_asked_of_every_selector(void **state)
{
	static const struct {
		const char *query, *want;
	} cases[] = {
	    {"up", "up{t=\"a\"}"},
	    {"up{t=\"b\"}", "up{t=\"a\"}"},
	    {"{x=\"1\",t!=\"a\",t=~\"b|c\",y=\"2\"}", "{t=\"a\",x=\"1\",y=\"2\"}"},
	    {"rate(up[5m])", "rate(up{t=\"a\"}[5m])"},
	    {"topk(scalar(n), -up) / max_over_time((a)[1m:1s])",
	     "topk(scalar(n{t=\"a\"}), -up{t=\"a\"}) / max_over_time((a{t=\"a\"})[1m:1s])"},
	    {"info(up, {k=\"v\"})", "info(up{t=\"a\"}, {k=\"v\",t=\"a\"})"},
	    {"time() + 1", "time() + 1"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		expect_enforced(cases[i].query, (struct label){STR("t"), STR("a")}, cases[i].want);
	expect_enforced("up{x=\"1\"}", (struct label){STR("__name__"), STR("a")},
			"{__name__=\"a\",x=\"1\"}");
}

static void an_enforced_label_does_not_make_a_selector_valid(void **state)
{
	struct parser_options options = everything;
	struct err err = ERR_INIT;
	(void)state;

	options.enforced = (struct label){STR("t"), STR("a")};
	assert_null(promql_parse(STR("{t=\"\"}"), &options, NULL, &err));
	assert_non_null(strstr(err.msg, "at least one non-empty matcher"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(valid_queries_are_read_as_prometheus_reads_them),
	    cmocka_unit_test(invalid_queries_are_refused_with_the_error_of_prometheus),
	    cmocka_unit_test(errors_are_found_on_their_line),
	    cmocka_unit_test(what_is_experimental_must_be_switched_on),
	    cmocka_unit_test(an_empty_query_has_no_position),
	    cmocka_unit_test(thanos_functions_exist_when_they_are_switched_on),
	    cmocka_unit_test(deep_nesting_is_refused_before_the_stack_ends),
	    cmocka_unit_test(a_query_has_a_longest_length),
	    cmocka_unit_test(a_query_has_a_largest_number_of_parts),
	    cmocka_unit_test(a_selector_is_read_alone),
	    cmocka_unit_test(a_selector_with_more_around_it_is_refused),
	    cmocka_unit_test(a_selector_may_match_everything),
	    cmocka_unit_test(a_position_is_a_line_and_a_column_in_bytes),
	    cmocka_unit_test(a_query_is_charged_to_its_tracker),
	    cmocka_unit_test(an_enforced_label_is_asked_of_every_selector),
	    cmocka_unit_test(an_enforced_label_does_not_make_a_selector_valid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
