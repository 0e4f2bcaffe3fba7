#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/lib/expect.h"
#include "tests/lib/query_cases.h"

static struct promql_query *parse(struct str text)
{
	struct err err = ERR_INIT;
	struct promql_query *query = promql_parse(text, &PARSER_OPTIONS_ALL, NULL, &err);

	if (!query)
		fail_msg("%.*s: %s", STR_FMT(text), err.msg);
	return query;
}

static void expect_printed(const char *text, const char *want)
{
	struct promql_query *query auto_free(promql_query_free) = parse(str_of(text));
	struct buf printed auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	expr_print(&printed, query->root);
	expect_str(buf_str(&printed), want);
}

static void what_was_printed_is_printed_the_same_again(void **state)
{
	static const char *const files[] = {"operators.txt", "selectors.txt", "durations.txt",
					    "calls.txt"};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct query_cases cases = query_cases_read(a, files[i]);
		for (size_t j = 0; j < cases.n; j++) {
			char *printed = arena_cstr(a, cases.v[j].want);
			expect_printed(printed, printed);
		}
	}
}

static void a_selector_of_everything_is_printed_with_its_braces(void **state)
{
	(void)state;
	expect_printed("info(up,{ })", "info(up, {})");
}

static void an_explicitly_empty_name_is_printed(void **state)
{
	(void)state;
	expect_printed("{\"\",a=\"b\"}", "{__name__=\"\",a=\"b\"}");
}

static void lengths_of_time_are_printed_in_whole_milliseconds(void **state)
{
	(void)state;
	expect_printed("a[0.0019]", "a[1ms]");
	expect_printed("a offset 1.0009", "a offset 1s");
	expect_printed("a offset -0.0001", "a offset -0s");
}

static void printing_stops_when_the_buffer_is_full(void **state)
{
	struct promql_query *query auto_free(promql_query_free) = parse(STR("a + b + c"));
	struct buf printed auto_done(buf_done) = BUF_INIT(4);
	(void)state;

	expr_print(&printed, query->root);

	assert_true(printed.overflowed);
	expect_str(buf_str(&printed), "a + ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_printed_is_printed_the_same_again),
	    cmocka_unit_test(a_selector_of_everything_is_printed_with_its_braces),
	    cmocka_unit_test(an_explicitly_empty_name_is_printed),
	    cmocka_unit_test(lengths_of_time_are_printed_in_whole_milliseconds),
	    cmocka_unit_test(printing_stops_when_the_buffer_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
