#include "store/limit_error.h"

#include "tests/lib/expect.h"

static struct matcher *matcher_of(enum matcher_type type, const char *name, const char *value)
{
	struct err err = ERR_INIT;
	struct matcher *m = matcher_new(type, str_of(name), str_of(value), &err);

	assert_non_null(m);
	return m;
}

static void a_limit_is_told_with_the_matchers(void **state)
{
	struct matcher *a auto_free(matcher_unref) = matcher_of(MATCH_EQ, "job", "x");
	struct matcher *b auto_free(matcher_unref) = matcher_of(MATCH_RE, "pod", ".+");
	struct matcher *const both[] = {a, b};
	struct err err = ERR_INIT;
	(void)state;

	err_set(&err, ERR_LIMIT, "too much");
	limit_error_name(&err, (struct matchers){both, 2});
	assert_string_equal(err.msg, "{job=\"x\",pod=~\".+\"}: too much");
	assert_int_equal(err.code, ERR_LIMIT);
	err_set(&err, ERR_CORRUPT, "broken");
	limit_error_name(&err, (struct matchers){both, 2});
	assert_string_equal(err.msg, "broken");
}

static void thousands_of_values_are_not_shown(void **state)
{
	struct buf value auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < 10000; i++)
		buf_printf(&value, "%sv%d", i ? "|" : "", i);
	struct matcher *m auto_free(matcher_unref) = matcher_of(MATCH_RE, "pod", buf_cstr(&value));
	err_set(&err, ERR_LIMIT, "too much");
	limit_error_name(&err, (struct matchers){&m, 1});
	assert_true(strlen(err.msg) < 400);
	assert_non_null(strstr(err.msg, "...}: too much"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_limit_is_told_with_the_matchers),
	    cmocka_unit_test(thousands_of_values_are_not_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
