#include "base/regex.h"
#include "tests/lib/expect.h"

static struct regex *compile(const char *pattern, enum regex_mode mode)
{
	struct err err = ERR_INIT;
	struct regex *re = regex_new(str_of(pattern), mode, &err);
	if (!re)
		fail_msg("%s: %s", pattern, err.msg);
	return re;
}

static void full_expressions_match_whole_texts_and_newlines(void **state)
{
	static const struct {
		const char *pattern, *text;
		enum regex_mode mode;
		bool want;
	} cases[] = {
	    {"a.c", "abc", REGEX_FULL, true},
	    {"a.c", "xabc", REGEX_FULL, false},
	    {"a.c", "a\nc", REGEX_FULL, true},
	    {"a.c", "a\nc", REGEX_SEARCH, false},
	    {"b", "abc", REGEX_SEARCH, true},
	    {"a|bc", "abc", REGEX_FULL, false},
	    {"a)|(b", "axx", REGEX_FULL, true},
	    {"\\Qa.c", "a.c", REGEX_MATCHER, true},
	    {"(?i)ABC", "abc", REGEX_FULL, true},
	    {"[[:alpha:]]+\\d", "x1", REGEX_FULL, true},
	    {"a$", "a\n", REGEX_FULL, false},
	    {"", "", REGEX_FULL, true},
	    {"\xc3\xa9.", "\xc3\xa9\xc3\xa9", REGEX_FULL, true},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct regex *re auto_free(regex_free) = compile(cases[i].pattern, cases[i].mode);
		if (regex_match(re, str_of(cases[i].text)) != cases[i].want)
			fail_msg("%s on %s: want %d", cases[i].pattern, cases[i].text,
				 cases[i].want);
	}
}

static void a_byte_that_is_no_utf_8_is_a_character_as_in_go(void **state)
{
	struct regex *any auto_free(regex_free) = compile("a.b", REGEX_FULL);
	struct regex *none auto_free(regex_free) = compile("a[^\xef\xbf\xbd]b", REGEX_FULL);
	(void)state;

	assert_true(regex_match(any, STR("a\xff"
					 "b")));
	assert_false(regex_match(any, STR("a\xff\xff"
					  "b")));
	assert_false(regex_match(none, STR("a\xff"
					   "b")));
}

static void errors_are_in_gos_words(void **state)
{
	static const struct {
		const char *pattern;
		enum regex_mode mode;
		const char *want;
	} cases[] = {
	    {"a(", REGEX_SEARCH, "missing closing ): `a(`"},
	    {"a(", REGEX_FULL, "missing closing ): `^(?s:a()$`"},
	    {"a)", REGEX_MATCHER, "unexpected ): `a)`"},
	    {"[a", REGEX_SEARCH, "missing closing ]: `[a`"},
	    {"[b-a]", REGEX_SEARCH, "invalid character class range: `b-a`"},
	    {"*", REGEX_SEARCH, "missing argument to repetition operator: `*`"},
	    {"a**", REGEX_SEARCH, "invalid nested repetition operator: `**`"},
	    {"a{1001}", REGEX_SEARCH, "invalid repeat count: `{1001}`"},
	    {"\\8", REGEX_SEARCH, "invalid escape sequence: `\\8`"},
	    {"a\\", REGEX_SEARCH, "trailing backslash at end of expression: ``"},
	    {"(?=a)", REGEX_SEARCH, "invalid or unsupported Perl syntax: `(?=`"},
	    {"(?P<a-b>c)", REGEX_SEARCH, "invalid named capture: `(?P<a-b>`"},
	    {"(?<a-b>c)", REGEX_SEARCH, "invalid named capture: `(?<a-b>`"},
	    {"a\\Cb", REGEX_FULL, "invalid escape sequence: `\\C`"},
	    {"a\xff", REGEX_SEARCH, "invalid UTF-8: `"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		expect_err(regex_new(str_of(cases[i].pattern), cases[i].mode, &err), err,
			   ERR_INVALID, cases[i].want);
		assert_memory_equal(err.msg, "error parsing regexp: ", 22);
	}
}

static void patterns_too_large_are_refused(void **state)
{
	static char text[REGEX_PATTERN_MAX + 2];
	struct err err = ERR_INIT;
	(void)state;
	memset(text, 'a', sizeof(text) - 1);

	expect_err(regex_new(str_of(text), REGEX_FULL, &err), err, ERR_LIMIT,
		   "a regular expression has 65537 bytes, 65536 are allowed");
	expect_err(regex_new(STR("((a{1000}){1000}){1000}"), REGEX_FULL, &err), err, ERR_INVALID,
		   "invalid repeat count");
	expect_err(
	    regex_new(STR("(\\pL{100}){10}(\\pL{500}){2}\\pL{1000}\\pL{1000}"), REGEX_FULL, &err),
	    err, ERR_LIMIT, "expression too large");
}

static void groups_are_found_by_number_and_name(void **state)
{
	struct regex *re auto_free(regex_free) = compile("(a)(?P<two>x)?(?<three>b)", REGEX_SEARCH);
	struct str groups[5];
	(void)state;

	assert_int_equal(regex_n_groups(re), 4);
	expect_str(regex_group_name(re, 1), "");
	expect_str(regex_group_name(re, 2), "two");
	expect_str(regex_group_name(re, 3), "three");
	assert_true(regex_find(re, STR("--ab--"), groups, 5));
	expect_str(groups[0], "ab");
	expect_str(groups[1], "a");
	assert_null(groups[2].p);
	expect_str(groups[3], "b");
	assert_null(groups[4].p);
	assert_false(regex_find(re, STR("ba"), groups, 1));
	expect_str(regex_pattern(re), "(a)(?P<two>x)?(?<three>b)");
}

static void replacements_expand_as_in_go(void **state)
{
	static const struct {
		const char *replacement, *want;
	} cases[] = {
	    {"$1-$2", "host-9090"},
	    {"${1}x", "hostx"},
	    {"$1x", ""},
	    {"$$1", "$1"},
	    {"$port!", "9090!"},
	    {"${port}x", "9090x"},
	    {"$0", "host:9090"},
	    {"$3", ""},
	    {"$01", ""},
	    {"a$", "a$"},
	    {"${1", "${1"},
	    {"$-", "$-"},
	    {"${}", "${}"},
	    {"\xc3\xa9$1", "\xc3\xa9host"},
	};
	struct regex *re auto_free(regex_free) = compile("(.*):(?P<port>\\d+)", REGEX_FULL);
	struct str groups[3];
	(void)state;
	assert_true(regex_find(re, STR("host:9090"), groups, 3));

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out auto_done(buf_done) = BUF_INIT(100);
		assert_true(regex_expand(re, str_of(cases[i].replacement), groups, 3, &out));
		expect_str(buf_str(&out), cases[i].want);
	}
	struct buf full auto_done(buf_done) = BUF_INIT(3);
	assert_false(regex_expand(re, STR("$0"), groups, 3, &full));
}

static void all_matches_are_replaced_as_in_go(void **state)
{
	static const struct {
		const char *pattern, *text, *replacement, *want;
	} cases[] = {
	    {"a", "banana", "o", "bonono"},
	    {"a*", "baaac", "x", "xbxcx"},
	    {"", "ab", "-", "-a-b-"},
	    {"", "\xc3\xa9", "-", "-\xc3\xa9-"},
	    {"x", "", "y", ""},
	    {"x*", "", "y", "y"},
	    {"(.)(.)", "abcd", "$2$1", "badc"},
	    {"b$", "ab", "", "a"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct regex *re auto_free(regex_free) = compile(cases[i].pattern, REGEX_SEARCH);
		struct buf out auto_done(buf_done) = BUF_INIT(100);
		assert_true(regex_replace_all(re, str_of(cases[i].text),
					      str_of(cases[i].replacement), &out));
		expect_str(buf_str(&out), cases[i].want);
	}
}

static void a_quoted_literal_matches_itself(void **state)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(100);
	(void)state;

	regex_quote(&quoted, STR("a.b*[c]{1}^$|\\(d)?+-/"));
	struct regex *re auto_free(regex_free) = compile(buf_cstr(&quoted), REGEX_FULL);

	assert_true(regex_match(re, STR("a.b*[c]{1}^$|\\(d)?+-/")));
	assert_false(regex_match(re, STR("axb*[c]{1}^$|\\(d)?+-/")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(full_expressions_match_whole_texts_and_newlines),
	    cmocka_unit_test(a_byte_that_is_no_utf_8_is_a_character_as_in_go),
	    cmocka_unit_test(errors_are_in_gos_words),
	    cmocka_unit_test(patterns_too_large_are_refused),
	    cmocka_unit_test(groups_are_found_by_number_and_name),
	    cmocka_unit_test(replacements_expand_as_in_go),
	    cmocka_unit_test(all_matches_are_replaced_as_in_go),
	    cmocka_unit_test(a_quoted_literal_matches_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
