#include "base/err_table.h"
#include "tests/lib/expect.h"

static void every_code_has_a_name_an_api_type_and_a_status(void **state)
{
	(void)state;

	for (enum err_code code = ERR_OK + 1; code < ERR_N_CODES; code++) {
		assert_true(strlen(err_name(code)) > 0);
		assert_true(strlen(err_api_type(code)) > 0);
		assert_in_range(err_http_status(code), 400, 599);
	}
}

static void the_api_speaks_as_thanos_does(void **state)
{
	(void)state;

	assert_string_equal(err_api_type(ERR_INVALID), "bad_data");
	assert_int_equal(err_http_status(ERR_INVALID), 400);
	assert_string_equal(err_api_type(ERR_EXECUTION), "execution");
	assert_int_equal(err_http_status(ERR_EXECUTION), 422);
	assert_string_equal(err_api_type(ERR_TIMEOUT), "timeout");
	assert_int_equal(err_http_status(ERR_TIMEOUT), 503);
	assert_string_equal(err_api_type(ERR_CANCELED), "canceled");
	assert_int_equal(err_http_status(ERR_CANCELED), 503);
	assert_string_equal(err_api_type(ERR_INTERNAL), "internal");
	assert_int_equal(err_http_status(ERR_INTERNAL), 500);
}

static void a_peers_status_becomes_a_code(void **state)
{
	static const struct {
		int status;
		enum err_code code;
	} cases[] = {
	    {200, ERR_OK},          {204, ERR_OK},          {400, ERR_INVALID},
	    {401, ERR_INVALID},     {404, ERR_NOT_FOUND},   {408, ERR_TIMEOUT},
	    {412, ERR_EXISTS},      {413, ERR_LIMIT},       {422, ERR_EXECUTION},
	    {429, ERR_LIMIT},       {500, ERR_INTERNAL},    {405, ERR_UNSUPPORTED},
	    {501, ERR_UNSUPPORTED}, {503, ERR_UNAVAILABLE}, {504, ERR_TIMEOUT},
	    {302, ERR_INTERNAL},    {0, ERR_INTERNAL},      {-1, ERR_INTERNAL},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(err_of_http_status(cases[i].status), cases[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_code_has_a_name_an_api_type_and_a_status),
	    cmocka_unit_test(the_api_speaks_as_thanos_does),
	    cmocka_unit_test(a_peers_status_becomes_a_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
