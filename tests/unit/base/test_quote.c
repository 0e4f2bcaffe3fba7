#include "base/quote.h"
#include "base/rand.h"
#include "tests/lib/expect.h"

static void texts_are_quoted_as_go_quotes_them(void **state)
{
	static const struct {
		struct str in;
		const char *want;
	} cases[] = {
	    {{"", 0}, "\"\""},
	    {{"abc", 3}, "\"abc\""},
	    {{"a\"b\\c", 5}, "\"a\\\"b\\\\c\""},
	    {{"\a\b\f\n\r\t\v", 7}, "\"\\a\\b\\f\\n\\r\\t\\v\""},
	    {{"\x00\x1f\x7f", 3}, "\"\\x00\\x1f\\x7f\""},
	    {{"\xc3\xa9", 2}, "\"\xc3\xa9\""},                 /* é */
	    {{"\xe2\x80\xa8", 3}, "\"\\u2028\""},              /* a line separator */
	    {{"\xf0\x9f\x98\x80", 4}, "\"\xf0\x9f\x98\x80\""}, /* a smiling face */
	    {{"\xf3\xa0\x80\x81", 4}, "\"\\U000e0001\""},      /* a tag */
	    {{"\xff\xc3", 2}, "\"\\xff\\xc3\""},
	    {{"\xef\xbf\xbd", 3}, "\"\xef\xbf\xbd\""}, /* a written replacement character */
	    {{"\xc2\xa0", 2}, "\"\\u00a0\""},          /* a space, but not the space */
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out auto_done(buf_done) = BUF_INIT(1000);
		quote_append(&out, cases[i].in);
		expect_str(buf_str(&out), cases[i].want);
	}
}

static void expect_unquoted(const char *quoted, enum unquote_mode mode, const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;

	if (!unquote_append(&out, str_of(quoted), mode, &err))
		fail_msg("%s: %s", quoted, err.msg);
	expect_str(buf_str(&out), want);
}

static void all_three_kinds_of_quotes_are_read(void **state)
{
	(void)state;

	expect_unquoted("\"a\\tb\\\"\\x41\\101\\u00e9\\U0001F600\"", UNQUOTE_GO,
			"a\tb\"AA\xc3\xa9\xf0\x9f\x98\x80");
	expect_unquoted("`a\\n\"`", UNQUOTE_GO, "a\\n\"");
	expect_unquoted("`a\r\nb`", UNQUOTE_GO, "a\nb");
	expect_unquoted("'x'", UNQUOTE_GO, "x");
	expect_unquoted("'\\''", UNQUOTE_GO, "'");
	expect_unquoted("'it\\'s \"it\"'", UNQUOTE_PROMQL, "it's \"it\"");
	expect_unquoted("\"\\xff\"", UNQUOTE_GO, "\xff");
}

static void what_go_refuses_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",         "\"",       "\"a",       "a\"",
	    "\"a'",     "'ab'",     "`a`b`",     "\"\\q\"",
	    "\"\\'\"",  "\"\\x4\"", "\"\\400\"", "\"\\ud800\"",
	    "\"a\nb\"", "\"a\"b\"", "\"\\\"",    "\"\\U00110000\"",
	    "'\\\"'",   "abc",      "\"\\u12\"",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf out auto_done(buf_done) = BUF_INIT(1000);
		struct err err = ERR_INIT;
		expect_err(unquote_append(&out, str_of(bad[i]), UNQUOTE_GO, &err), err, ERR_INVALID,
			   "invalid syntax");
	}
}

static void a_string_too_long_for_its_buffer_is_a_limit(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(3);
	struct err err = ERR_INIT;
	(void)state;

	expect_err(unquote_append(&out, STR("\"\\u00e9\\u00e9\""), UNQUOTE_GO, &err), err,
		   ERR_LIMIT, "longer than the 3 bytes allowed");
}

static void what_was_quoted_reads_back_the_same(void **state)
{
	struct rand r;
	(void)state;

	rand_seed(&r, 9);
	for (int i = 0; i < 20000; i++) {
		struct buf quoted auto_done(buf_done) = BUF_INIT(1000);
		struct buf back auto_done(buf_done) = BUF_INIT(1000);
		struct err err = ERR_INIT;
		char text[12];
		size_t n = rand_below(&r, sizeof(text) + 1);
		for (size_t k = 0; k < n; k++)
			text[k] = (char)rand_u64(&r);
		quote_append(&quoted, str_from(text, n));
		expect_ok(unquote_append(&back, buf_str(&quoted), UNQUOTE_GO, &err), err);
		assert_true(str_eq(buf_str(&back), str_from(text, n)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_quoted_as_go_quotes_them),
	    cmocka_unit_test(all_three_kinds_of_quotes_are_read),
	    cmocka_unit_test(what_go_refuses_is_refused),
	    cmocka_unit_test(a_string_too_long_for_its_buffer_is_a_limit),
	    cmocka_unit_test(what_was_quoted_reads_back_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
