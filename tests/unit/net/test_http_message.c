#include "net/http_message.h"

#include "base/buf.h"
#include "tests/lib/expect.h"

static void parameters_are_decoded_as_go_does(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct http_params params = {0};
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(http_params_parse(&params,
				    STR("match[]=up%7Ba%3D%22b%22%7D&x=a+b%2B&match%5B%5D="
					"down&&flag&empty=&=anon&x=2"),
				    a, &err),
		  err);

	assert_int_equal(params.n, 7);
	expect_str(http_params_get(&params, "match[]"), "up{a=\"b\"}");
	expect_str(params.v[2].name, "match[]");
	expect_str(params.v[2].value, "down");
	expect_str(http_params_get(&params, "x"), "a b+");
	expect_str(http_params_get(&params, "flag"), "");
	expect_str(http_params_get(&params, ""), "anon");
	assert_null(http_params_get(&params, "absent").p);
}

static void a_bad_parameter_is_left_out_and_told(void **state)
{
	static const char *const bad[][2] = {
	    {"a=1&b=%zz&c=3", "invalid URL escape in \"b=%zz\""},
	    {"a=1&b=%4&c=3", "invalid URL escape"},
	    {"a=1&b=%&c=3", "invalid URL escape"},
	    {"a=1&b=1;d=2&c=3", "invalid semicolon separator in query"},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct http_params params = {0};
		expect_err(http_params_parse(&params, str_of(bad[i][0]), a, &err), err, ERR_INVALID,
			   bad[i][1]);
		assert_int_equal(params.n, 2);
		expect_str(http_params_get(&params, "c"), "3");
	}
}

static void percent_encoding_can_be_undone(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	char all[256];
	struct str back;
	(void)state;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	http_percent_encode(str_from(all, 256), &text);

	assert_true(http_percent_decode(buf_str(&text), HTTP_PLUS_IS_SPACE, a, &back));
	assert_true(str_eq(back, str_from(all, 256)));
	assert_int_equal(str_find_char(buf_str(&text), ' '), text.n);
}

static void lists_are_searched_word_by_word(void **state)
{
	(void)state;
	assert_true(http_list_has(STR("deflate, GZIP;q=0.5"), "gzip"));
	assert_true(http_list_has(STR("gzip"), "gzip"));
	assert_false(http_list_has(STR("gzip;q=0, br"), "gzip"));
	assert_false(http_list_has(STR("gzip; q=0.000"), "gzip"));
	assert_true(http_list_has(STR("gzip;q=0.001"), "gzip"));
	assert_false(http_list_has(STR("xgzip, gzip2"), "gzip"));
	assert_false(http_list_has(STR(""), "gzip"));
	assert_true(
	    http_media_type_is(STR("Application/JSON ; charset=utf-8"), "application/json"));
	assert_false(http_media_type_is(STR("application/jsonp"), "application/json"));
}

static void dates_are_those_of_the_standard(void **state)
{
	char date[HTTP_DATE_BYTES];
	(void)state;

	http_date(784111777, date);
	assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void methods_and_statuses_have_names(void **state)
{
	(void)state;
	assert_int_equal(http_method_of(STR("DELETE")), HTTP_DELETE);
	assert_int_equal(http_method_of(STR("get")), HTTP_OTHER);
	assert_string_equal(http_method_label(HTTP_POST), "post");
	assert_string_equal(http_method_name(HTTP_OPTIONS), "OPTIONS");
	assert_string_equal(http_status_text(404), "Not Found");
	assert_string_equal(http_status_text(299), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parameters_are_decoded_as_go_does),
	    cmocka_unit_test(a_bad_parameter_is_left_out_and_told),
	    cmocka_unit_test(percent_encoding_can_be_undone),
	    cmocka_unit_test(lists_are_searched_word_by_word),
	    cmocka_unit_test(dates_are_those_of_the_standard),
	    cmocka_unit_test(methods_and_statuses_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
