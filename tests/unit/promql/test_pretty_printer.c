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

static struct str laid_out(struct arena *a, struct str text)
{
	struct promql_query *query auto_free(promql_query_free) = parse(text);
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	expr_pretty_print(&out, query->root);
	return arena_str(a, buf_str(&out));
}

static void long_queries_are_laid_out_as_prometheus_does(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct query_cases cases = query_cases_read(a, "pretty.txt");
	(void)state;

	for (size_t i = 0; i < cases.n; i++)
		expect_str(laid_out(a, cases.v[i].query), arena_cstr(a, cases.v[i].want));
}

static void a_layout_is_laid_out_the_same_again(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct query_cases cases = query_cases_read(a, "pretty.txt");
	(void)state;

	for (size_t i = 0; i < cases.n; i++) {
		char *layout = arena_cstr(a, cases.v[i].want);
		expect_str(laid_out(a, str_of(layout)), layout);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(long_queries_are_laid_out_as_prometheus_does),
	    cmocka_unit_test(a_layout_is_laid_out_the_same_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
