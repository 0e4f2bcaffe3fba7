#include "tests/lib/expect.h"
#include "tools/matcher_list.h"

static void expect_parsed(const char *text, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct matcher_list list auto_done(matcher_list_done) = {0};
	struct buf got auto_done(buf_done) = BUF_INIT(4096);
	struct err err = ERR_INIT;

	expect_ok(matcher_list_parse(str_of(text), a, &list, &err), err);
	for (size_t i = 0; i < list.n; i++) {
		if (i > 0)
			buf_putc(&got, ' ');
		matcher_format(&got, list.v[i]);
	}
	expect_str(buf_str(&got), want);
}

static void conditions_are_read_as_alertmanager_does(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", ""},
	    {"{}", ""},
	    {"a=\"b\"", "a=\"b\""},
	    {"{a = \"b\", c!=\"d\", }", "a=\"b\" c!=\"d\""},
	    {"a=b,c=~d|e", "a=\"b\" c=~\"d|e\""},
	    {"a!~\"x.*\"", "a!~\"x.*\""},
	    {"a=", "a=\"\""},
	    {"a=\"x,y\",b=z", "a=\"x,y\" b=\"z\""},
	    {"a=\"say \\\"hi, you\\\"\"", "a=\"say \\\"hi, you\\\"\""},
	    {"a=\"x\\ny\\\\z\\q\"", "a=\"x\\ny\\\\z\\\\q\""},
	    {"a=x\\", "a=\"x\\\\\""},
	    {" a:b\t=\n c ", "\"a:b\"=\"c\""},
	    {"a==b", "a=\"=b\""},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_parsed(cases[i].text, cases[i].want);
}

static void what_is_wrong_is_told_as_alertmanager_does(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"a", "bad matcher format: a"},
	    {"=b", "bad matcher format: =b"},
	    {"1a=b", "bad matcher format: 1a=b"},
	    {"a=b,,c=d", "bad matcher format: "},
	    {"a=\"b", "matcher value contains unescaped double quote: \"b"},
	    {"a=b\"", "matcher value contains unescaped double quote: b\""},
	    {"a=\"b\"c\"", "matcher value contains unescaped double quote: \"b\"c\""},
	    {"a=\"", "matcher value contains unescaped double quote: \""},
	    {"a=\xff", "matcher value not valid UTF-8: \xff"},
	    {"a=~\"(\"", "missing closing )"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct matcher_list list auto_done(matcher_list_done) = {0};
		struct err err = ERR_INIT;
		expect_err(matcher_list_parse(str_of(cases[i].text), a, &list, &err), err,
			   ERR_INVALID, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conditions_are_read_as_alertmanager_does),
	    cmocka_unit_test(what_is_wrong_is_told_as_alertmanager_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
