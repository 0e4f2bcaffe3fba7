#include "base/rand.h"
#include "base/regex.h"
#include "model/matcher.h"
#include "tests/lib/expect.h"

static struct matcher *compile(enum matcher_type type, const char *value)
{
	struct err err = ERR_INIT;
	struct matcher *m = matcher_new(type, STR("l"), str_of(value), &err);
	if (!m)
		fail_msg("%s: %s", value, err.msg);
	return m;
}

static void every_type_matches_as_its_operator_says(void **state)
{
	static const struct {
		enum matcher_type type;
		const char *expression, *value;
		bool want;
	} cases[] = {
	    {MATCH_EQ, "a", "a", true},         {MATCH_EQ, "a", "b", false},
	    {MATCH_EQ, "", "", true},           {MATCH_NEQ, "a", "a", false},
	    {MATCH_NEQ, "a", "", true},         {MATCH_RE, "a.*", "abc", true},
	    {MATCH_RE, "a", "ba", false},       {MATCH_RE, "", "", true},
	    {MATCH_NRE, "a|b", "b", false},     {MATCH_NRE, "a|b", "c", true},
	    {MATCH_RE, ".*", "x\ny", true},     {MATCH_RE, "x.y", "x\ny", true},
	    {MATCH_RE, "(?i)abc", "aBC", true}, {MATCH_RE, ".+", "", false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct matcher *m auto_free(matcher_unref) =
		    compile(cases[i].type, cases[i].expression);
		if (matcher_matches(m, str_of(cases[i].value)) != cases[i].want)
			fail_msg("type %d, expression %s, value %s", cases[i].type,
				 cases[i].expression, cases[i].value);
	}
}

/* Every text of up to four letters of a small alphabet. */
static void compare_on_all_short_texts(const struct matcher *m, const struct regex *re)
{
	static const char letters[] = "abc.\n";
	const size_t base = sizeof(letters);

	for (size_t code = 0; code < base * base * base * base; code++) {
		char text[4];
		size_t n = 0;
		for (size_t rest = code; rest; rest /= base)
			if (rest % base)
				text[n++] = letters[rest % base - 1];
		bool want = regex_match(re, str_from(text, n));
		if (matcher_matches(m, str_from(text, n)) != want)
			fail_msg("%.*s on \"%.*s\": want %d", STR_FMT(matcher_value(m)), (int)n,
				 text, want);
	}
}

static void the_short_cuts_agree_with_the_engine(void **state)
{
	static const char *const patterns[] = {
	    "",         "a",         "a|b",   "a|b|",       "a(b|c)",   "(a|b)(b|c)?", "a?b?c?",
	    "[ab]c",    "[a-c]",     "a\\.b", ".*",         ".+",       "a.*",         "a.+",
	    ".*a",      ".+a",       ".*a.*", ".+a.+",      "a.*b.*c",  "a.+b.*",      "(.*)a(.+)",
	    "a.*|b",    "a.*|.*b|c", "^a$",   "^a.*$",      "^a|b$",    "a*",          "a+b",
	    "ab*",      "ab?c",      "a{2}",  "(a|b)*",     "(?i)A",    "[^a]",        "a.b",
	    "a..",      "(?:a|b)c",  "ab{0}", "(?P<n>a)b",  "a|(b|c)a", "()",          "(a|)(|b)",
	    "\\.",      "a.*?b",     ".*.*",  ".+.*.+",     "a(.*)",    "ab+.*",       "ab(c|a).*",
	    "\\Qa.\\E", "a(?i)B",    "[]a]",  "ac|ab|aa.*", "(a.*|b)c",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct err err = ERR_INIT;
		struct matcher *m auto_free(matcher_unref) = compile(MATCH_RE, patterns[i]);
		struct regex *re auto_free(regex_free) =
		    regex_new(str_of(patterns[i]), REGEX_MATCHER, &err);
		compare_on_all_short_texts(m, re);
	}
}

static void random_patterns_compile_and_match_as_the_engine_does(void **state)
{
	static const char alphabet[] = "aabbc..**+?||()()[]-^$\\{2}";
	struct rand r;
	(void)state;

	rand_seed(&r, 3);
	for (int i = 0; i < 3000; i++) {
		struct err engine_err = ERR_INIT, err = ERR_INIT;
		char pattern[8];
		size_t n = rand_below(&r, sizeof(pattern) + 1);
		for (size_t k = 0; k < n; k++)
			pattern[k] = alphabet[rand_below(&r, sizeof(alphabet) - 1)];
		struct regex *re auto_free(regex_free) =
		    regex_new(str_from(pattern, n), REGEX_MATCHER, &engine_err);
		struct matcher *m auto_free(matcher_unref) =
		    matcher_new(MATCH_RE, STR("l"), str_from(pattern, n), &err);
		if ((m != NULL) != (re != NULL))
			fail_msg("%.*s: engine \"%s\", matcher \"%s\"", (int)n, pattern,
				 engine_err.msg, err.msg);
		if (m && i % 4 == 0)
			compare_on_all_short_texts(m, re);
		struct str prefix = m ? matcher_prefix(m) : STR("");
		char text[16];
		for (int k = 0; m && k < 50; k++) {
			size_t length = rand_below(&r, 6);
			for (size_t j = 0; j < length; j++)
				text[j] = "abc2"[rand_below(&r, 4)];
			struct str s = str_from(text, length);
			assert_int_equal(matcher_matches(m, s), regex_match(re, s));
			assert_true(!matcher_matches(m, s) || str_starts(s, prefix));
		}
	}
}

static void expect_set(const char *expression, const char *want)
{
	struct matcher *m auto_free(matcher_unref) = compile(MATCH_RE, expression);
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	size_t n;

	const struct str *set = matcher_set(m, &n);
	if (!set)
		fail_msg("%s: no set", expression);
	for (size_t i = 0; i < n; i++)
		buf_printf(&got, "%s%.*s", i ? " " : "", STR_FMT(set[i]));
	expect_str(buf_str(&got), want);
}

static void finite_expressions_give_their_values_in_order(void **state)
{
	(void)state;

	expect_set("foo", "foo");
	expect_set("foo|bar|baz|foo", "bar baz foo");
	expect_set("a(b|c)", "ab ac");
	expect_set("prom-(a|b)[0-2]", "prom-a0 prom-a1 prom-a2 prom-b0 prom-b1 prom-b2");
	expect_set("x\\.y\\-z", "x.y-z");
	expect_set("a?", " a");
	expect_set("\xc3\xa9t\xc3\xa9?", "\xc3\xa9t \xc3\xa9t\xc3\xa9");
}

static void expressions_without_end_and_negative_matchers_give_no_set(void **state)
{
	static const char *const patterns[] = {
	    "a.*", "a+", "(?i)a", "[^a]", "a{2,}", "[a-z]{4}", "([a-z][a-z])[a-z]",
	};
	size_t n;
	(void)state;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct matcher *m auto_free(matcher_unref) = compile(MATCH_RE, patterns[i]);
		assert_null(matcher_set(m, &n));
	}
	struct matcher *negative auto_free(matcher_unref) = compile(MATCH_NRE, "a|b");
	assert_null(matcher_set(negative, &n));
	expect_str(matcher_prefix(negative), "");
}

static void the_prefix_is_the_literal_that_every_match_starts_with(void **state)
{
	static const struct {
		const char *expression, *want;
	} cases[] = {
	    {"prometheus-k8s-.*", "prometheus-k8s-"},
	    {"ab?c.*x", "a"},
	    {"/api/v1/(query|series)/[0-9]+", "/api/v1/"},
	    {"foo|fob", "fo"},
	    {"foo.*|fog", "fo"},
	    {"a(x)*|b", ""},
	    {"(?i)abc", ""},
	    {"^ab[0-9]+", "ab"},
	    {"a\\.b[0-9]+", "a.b"},
	    {".*a", ""},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct matcher *m auto_free(matcher_unref) = compile(MATCH_RE, cases[i].expression);
		expect_str(matcher_prefix(m), cases[i].want);
	}
}

static void a_large_set_is_found_by_hash(void **state)
{
	struct buf pattern auto_done(buf_done) = BUF_INIT(100000);
	(void)state;
	for (int i = 0; i < 900; i++)
		buf_printf(&pattern, "%spod-%d", i ? "|" : "", i);

	struct matcher *m auto_free(matcher_unref) = compile(MATCH_RE, buf_cstr(&pattern));

	assert_true(matcher_matches(m, STR("pod-0")));
	assert_true(matcher_matches(m, STR("pod-899")));
	assert_false(matcher_matches(m, STR("pod-900")));
	assert_false(matcher_matches(m, STR("")));
}

static void whether_the_absent_label_matches_is_known(void **state)
{
	(void)state;
	static const struct {
		enum matcher_type type;
		const char *expression;
		bool want;
	} cases[] = {{MATCH_EQ, "", true},   {MATCH_EQ, "a", false},   {MATCH_NEQ, "", false},
		     {MATCH_NEQ, "a", true}, {MATCH_RE, ".*", true},   {MATCH_RE, ".+", false},
		     {MATCH_RE, "a|", true}, {MATCH_NRE, "a|", false}, {MATCH_NRE, "a+", true}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct matcher *m auto_free(matcher_unref) =
		    compile(cases[i].type, cases[i].expression);
		assert_int_equal(matcher_matches_empty(m), cases[i].want);
	}
}

static void what_needs_no_trying_is_told_by_its_meaning(void **state)
{
	static const struct {
		enum matcher_type type;
		const char *expression;
		enum matcher_scope want;
	} cases[] = {
	    {MATCH_RE, ".*", MATCHES_ALL},      {MATCH_RE, ".*.*.*", MATCHES_ALL},
	    {MATCH_RE, "^(.*)$", MATCHES_ALL},  {MATCH_RE, ".+|", MATCHES_ALL},
	    {MATCH_RE, "a|.*", MATCHES_ALL},    {MATCH_RE, ".+", MATCHES_SET},
	    {MATCH_RE, ".*.+", MATCHES_SET},    {MATCH_RE, "a|.+", MATCHES_SET},
	    {MATCH_NEQ, "", MATCHES_SET},       {MATCH_NRE, "", MATCHES_SET},
	    {MATCH_NRE, "()", MATCHES_SET},     {MATCH_EQ, "", MATCHES_UNSET},
	    {MATCH_RE, "", MATCHES_UNSET},      {MATCH_NRE, ".+", MATCHES_UNSET},
	    {MATCH_NRE, ".*", MATCHES_NOTHING}, {MATCH_RE, ".+.+", MATCHES_SOME},
	    {MATCH_RE, "a.*", MATCHES_SOME},    {MATCH_RE, "a|b", MATCHES_SOME},
	    {MATCH_EQ, "a", MATCHES_SOME},      {MATCH_NEQ, "a", MATCHES_SOME},
	    {MATCH_RE, "(?i).*", MATCHES_SOME},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct matcher *m auto_free(matcher_unref) =
		    compile(cases[i].type, cases[i].expression);
		if (matcher_scope(m) != cases[i].want)
			fail_msg("type %d, expression %s: %d", cases[i].type, cases[i].expression,
				 matcher_scope(m));
	}
}

static void ten_thousand_alternatives_are_a_set(void **state)
{
	struct buf pattern auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	size_t n;
	(void)state;

	for (int i = 0; i < 10000; i++)
		buf_printf(&pattern, "%sinstance-%d:9100", i ? "|" : "", i);
	struct matcher *m auto_free(matcher_unref) = compile(MATCH_RE, buf_cstr(&pattern));

	assert_non_null(matcher_set(m, &n));
	assert_int_equal(n, 10000);
	assert_true(matcher_matches(m, STR("instance-9999:9100")));
	assert_false(matcher_matches(m, STR("instance-10000:9100")));
}

static void a_bad_expression_is_refused_in_gos_words(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	expect_err(matcher_new(MATCH_RE, STR("l"), STR("a("), &err), err, ERR_INVALID,
		   "error parsing regexp: missing closing ): `a(`");
	expect_err(matcher_new(MATCH_RE, STR("l"), STR("a.)(b"), &err), err, ERR_INVALID,
		   "error parsing regexp: unexpected ): `a.)(b`");
}

static void matchers_are_printed_as_prometheus_prints_them(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	(void)state;
	struct matcher *plain auto_free(matcher_unref) =
	    matcher_new(MATCH_NRE, STR("job"), STR("a\"b\\.c"), &err);
	struct matcher *dotted auto_free(matcher_unref) =
	    matcher_new(MATCH_EQ, STR("k8s.pod"), STR("x"), &err);

	matcher_format(&out, plain);
	buf_putc(&out, ' ');
	matcher_format(&out, dotted);

	expect_str(buf_str(&out), "job!~\"a\\\"b\\\\.c\" \"k8s.pod\"=\"x\"");
}

static void a_list_of_matchers_sees_absent_labels_as_empty(void **state)
{
	(void)state;
	struct matcher *job auto_free(matcher_unref) = compile(MATCH_EQ, "x");
	struct matcher *none auto_free(matcher_unref) = compile(MATCH_EQ, "");
	struct labels with = LABELS(LABEL("l", "x")), without = LABELS(LABEL("m", "x"));

	assert_true(matchers_match((struct matchers){&job, 1}, with));
	assert_false(matchers_match((struct matchers){&job, 1}, without));
	assert_true(matchers_match((struct matchers){&none, 1}, without));
	assert_true(matchers_match((struct matchers){NULL, 0}, without));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type_matches_as_its_operator_says),
	    cmocka_unit_test(the_short_cuts_agree_with_the_engine),
	    cmocka_unit_test(random_patterns_compile_and_match_as_the_engine_does),
	    cmocka_unit_test(finite_expressions_give_their_values_in_order),
	    cmocka_unit_test(expressions_without_end_and_negative_matchers_give_no_set),
	    cmocka_unit_test(the_prefix_is_the_literal_that_every_match_starts_with),
	    cmocka_unit_test(a_large_set_is_found_by_hash),
	    cmocka_unit_test(whether_the_absent_label_matches_is_known),
	    cmocka_unit_test(what_needs_no_trying_is_told_by_its_meaning),
	    cmocka_unit_test(ten_thousand_alternatives_are_a_set),
	    cmocka_unit_test(a_bad_expression_is_refused_in_gos_words),
	    cmocka_unit_test(matchers_are_printed_as_prometheus_prints_them),
	    cmocka_unit_test(a_list_of_matchers_sees_absent_labels_as_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
