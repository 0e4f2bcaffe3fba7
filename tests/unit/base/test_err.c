#include "base/err.h"
#include "tests/lib/expect.h"

#include <errno.h>

static void an_error_says_what_was_tried_from_the_outside_in(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	assert_false(err_set(&err, ERR_CORRUPT, "magic %d", 7));
	assert_false(err_wrap(&err, "block %s", "X"));

	assert_int_equal(err.code, ERR_CORRUPT);
	assert_string_equal(err.msg, "block X: magic 7");
}

static void an_error_may_quote_itself(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	err_set(&err, ERR_INVALID, "first");
	err_set(&err, ERR_INTERNAL, "after %s", err.msg);

	assert_string_equal(err.msg, "after first");
	assert_int_equal(err.code, ERR_INTERNAL);
}

static void the_systems_errors_keep_their_text_and_get_a_code(void **state)
{
	static const struct {
		int errnum;
		enum err_code code;
		const char *text;
	} cases[] = {
	    {ENOENT, ERR_NOT_FOUND, "open x: No such file or directory"},
	    {EEXIST, ERR_EXISTS, "open x: File exists"},
	    {ETIMEDOUT, ERR_TIMEOUT, "open x: Connection timed out"},
	    {EACCES, ERR_INTERNAL, "open x: Permission denied"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		expect_err(err_set_errno(&err, cases[i].errnum, "open %s", "x"), err, cases[i].code,
			   cases[i].text);
	}
}

static void a_message_too_long_is_cut(void **state)
{
	struct err err = ERR_INIT;
	char text[3000];
	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';

	err_set(&err, ERR_INVALID, "%s", text);
	err_wrap(&err, "outer");

	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_memory_equal(err.msg, "outer: xxx", 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_error_says_what_was_tried_from_the_outside_in),
	    cmocka_unit_test(an_error_may_quote_itself),
	    cmocka_unit_test(the_systems_errors_keep_their_text_and_get_a_code),
	    cmocka_unit_test(a_message_too_long_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
