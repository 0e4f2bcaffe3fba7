#include "codec/json_reader.h"

#include "tests/lib/expect.h"

/* The whole text is skipped: valid or not. */
static bool is_valid(struct str text, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct json_reader r;
	json_reader_init(&r, text, a);
	json_skip(&r);
	return json_reader_end(&r, err);
}

static void every_kind_of_value_is_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct json_reader r;
	struct err err = ERR_INIT;
	struct str key, s = {0};
	int64_t i = 0;
	uint64_t u = 0;
	double f = 0;
	bool b = false;
	size_t n = 0;
	(void)state;

	json_reader_init(
	    &r,
	    STR(" {\"s\":\"x\", \"i\":-9223372036854775808,\n\"u\" : 18446744073709551615,"
		"\"f\":-1.5e3,\"b\":true,\"n\":null,\"a\":[1,[],{}]} "),
	    a);
	assert_true(json_read_object(&r));
	while (json_next_key(&r, &key)) {
		switch (key.p[0]) {
		case 's':
			json_read_str(&r, &s);
			break;
		case 'i':
			json_read_i64(&r, &i);
			break;
		case 'u':
			json_read_u64(&r, &u);
			break;
		case 'f':
			json_read_f64(&r, &f);
			break;
		case 'b':
			json_read_bool(&r, &b);
			break;
		case 'n':
			json_read_null(&r);
			break;
		case 'a':
			json_read_array(&r);
			for (; json_next_item(&r); n++)
				json_skip(&r);
			break;
		}
	}
	expect_ok(json_reader_end(&r, &err), err);

	expect_str(s, "x");
	assert_true(i == INT64_MIN && u == UINT64_MAX && f == -1500 && b && n == 3);
}

static void expect_read(const char *json, struct str want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct json_reader r;
	struct err err = ERR_INIT;
	struct str got = {0};

	json_reader_init(&r, str_of(json), a);
	json_read_str(&r, &got);
	expect_ok(json_reader_end(&r, &err), err);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
}

static void escapes_in_strings_are_resolved(void **state)
{
	(void)state;
	expect_read("\"\"", STR(""));
	expect_read("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", STR("\"\\/\b\f\n\r\t"));
	expect_read("\"a\\u00e9b\\u4e16\"", STR("a\xc3\xa9"
						"b\xe4\xb8\x96"));
	expect_read("\"\\ud83d\\ude00!\"", STR("\xf0\x9f\x98\x80!"));
	expect_read("\"x\\u0000y\"", str_from("x\0y", 3));
	/* Half a pair is a replacement character, as in Go. */
	expect_read("\"\\ud83dx\"", STR("\xef\xbf\xbdx"));
	expect_read("\"\\ude00\\ud83d\\u0041\"", STR("\xef\xbf\xbd\xef\xbf\xbd"
						     "A"));
	expect_read("\"h\xc3\xa9\\n\xe4\xb8\x96\"", STR("h\xc3\xa9\n\xe4\xb8\x96"));
}

static void a_string_without_escapes_is_a_slice_of_the_text(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const char text[] = "\"plain\"";
	struct json_reader r;
	struct str got;
	(void)state;

	json_reader_init(&r, str_of(text), a);
	assert_true(json_read_str(&r, &got));

	assert_ptr_equal(got.p, text + 1);
}

static void what_json_allows_is_read(void **state)
{
	static const char *const texts[] = {
	    "0",        "-0",
	    "1e5",      "1E+5",
	    "1.0e-05",  "\"\x7f\"",
	    "[]",       "[ ]",
	    "{ }",      "[1,2]",
	    "\t1\r\n",  "true",
	    "null",     "{\"a\":1,\"a\":2}",
	    "[[[]]]",   "1e400",
	    "{\"\":0}", "\"\xf4\x8f\xbf\xbf\"",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct err err = ERR_INIT;
		expect_ok(is_valid(str_of(texts[i]), &err), err);
	}
}

static void what_json_does_not_allow_is_refused(void **state)
{
	static const char *const texts[] = {
	    "",
	    " ",
	    "[",
	    "]",
	    "{",
	    "[1",
	    "[1,",
	    "[1,]",
	    "[,1]",
	    "[1 2]",
	    "{1:2}",
	    "{a:1}",
	    "{\"a\"}",
	    "{\"a\":}",
	    "{\"a\":1,}",
	    "{,}",
	    "{\"a\" 1}",
	    "[1}",
	    "{\"a\":1]",
	    "1 2",
	    "01",
	    "+1",
	    "-",
	    ".5",
	    "1.",
	    "1e",
	    "1e+",
	    "0x1",
	    "NaN",
	    "Infinity",
	    "nul",
	    "True",
	    "'a'",
	    "\"",
	    "\"a",
	    "\"\\x\"",
	    "\"\\u12\"",
	    "\"\\u12g4\"",
	    "\"\n\"",
	    "\"\t\"",
	    "\"\xff\"",
	    "\"\xed\xa0\x80\"",
	    "// c\n1",
	    "[1] // c",
	    "\"\\",
	    "\"\\u",
	    "{\"a\":1 \"b\":2}",
	    "\xef\xbb\xbf[]",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct err err = ERR_INIT;
		if (is_valid(str_of(texts[i]), &err))
			fail_msg("accepted: %s", texts[i]);
		assert_int_equal(err.code, ERR_INVALID);
		assert_non_null(strstr(err.msg, "line "));
	}
}

static void nesting_is_limited(void **state)
{
	char text[4 * JSON_MAX_DEPTH];
	struct err err = ERR_INIT;
	(void)state;

	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	expect_ok(is_valid(str_from(text, 2 * JSON_MAX_DEPTH), &err), err);
	memset(text, '[', sizeof(text));
	expect_err(is_valid(str_from(text, sizeof(text)), &err), err, ERR_LIMIT,
		   "line 1, column 513: [0][0]");
	assert_non_null(strstr(err.msg, "nested more than 512 deep"));
}

static void an_error_tells_line_column_and_path(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct json_reader r;
	struct err err = ERR_INIT;
	struct str key;
	int64_t number = 7;
	(void)state;

	json_reader_init(&r, STR("{\n  \"blocks\": [\n    1, \"x\"\n  ]\n}"), a);
	json_read_object(&r);
	while (json_next_key(&r, &key)) {
		json_read_array(&r);
		while (json_next_item(&r))
			json_read_i64(&r, &number);
	}

	expect_err(json_reader_end(&r, &err), err, ERR_INVALID,
		   "line 3, column 8: .blocks[1]: want a number, found a string");
	assert_int_equal(number, 1);
}

static void expect_number_error(const char *json, bool (*read)(struct json_reader *r),
				const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct json_reader r;
	struct err err = ERR_INIT;

	json_reader_init(&r, str_of(json), a);
	read(&r);
	expect_err(json_reader_end(&r, &err), err, ERR_INVALID, want);
}

static bool read_i64(struct json_reader *r)
{
	int64_t v;
	return json_read_i64(r, &v);
}

static bool read_u64(struct json_reader *r)
{
	uint64_t v;
	return json_read_u64(r, &v);
}

static bool read_f64(struct json_reader *r)
{
	double v;
	return json_read_f64(r, &v);
}

static void numbers_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	expect_number_error(" 9223372036854775808", read_i64,
			    "column 2: want a whole number of 64 bits, found 9223372036854775808");
	expect_number_error("1.5", read_i64, "found 1.5");
	expect_number_error("-1", read_u64, "not negative, found -1");
	expect_number_error("1e400", read_f64, "a double can hold, found 1e400");
}

static void raw_values_are_validated_slices(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct json_reader r;
	struct err err = ERR_INIT;
	struct str raw;
	(void)state;

	json_reader_init(&r, STR("[ {\"a\": [1, 2]} , 5]"), a);
	json_read_array(&r);
	assert_true(json_next_item(&r));
	assert_true(json_read_raw(&r, &raw));
	expect_str(raw, "{\"a\": [1, 2]}");
	assert_true(json_next_item(&r));
	assert_true(json_read_raw(&r, &raw));
	expect_str(raw, "5");
	assert_false(json_next_item(&r));
	expect_ok(json_reader_end(&r, &err), err);
}

static void the_first_error_is_the_one_that_is_told(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct json_reader r;
	struct err err = ERR_INIT;
	bool b;
	(void)state;

	json_reader_init(&r, STR("[1]"), a);
	json_read_array(&r);
	json_next_item(&r);
	assert_false(json_reader_fail(&r, ERR_LIMIT, "too many of %s", "them"));
	assert_false(json_read_bool(&r, &b));
	assert_int_equal(json_peek(&r), JSON_INVALID);

	expect_err(json_reader_end(&r, &err), err, ERR_LIMIT, "column 2: [0]: too many of them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_of_value_is_read),
	    cmocka_unit_test(escapes_in_strings_are_resolved),
	    cmocka_unit_test(a_string_without_escapes_is_a_slice_of_the_text),
	    cmocka_unit_test(what_json_allows_is_read),
	    cmocka_unit_test(what_json_does_not_allow_is_refused),
	    cmocka_unit_test(nesting_is_limited),
	    cmocka_unit_test(an_error_tells_line_column_and_path),
	    cmocka_unit_test(numbers_that_do_not_fit_are_refused),
	    cmocka_unit_test(raw_values_are_validated_slices),
	    cmocka_unit_test(the_first_error_is_the_one_that_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
