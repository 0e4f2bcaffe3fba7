#include "net/grpc_status.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"

#include <nghttp2/nghttp2.h>

static void codes_have_the_names_that_go_prints(void **state)
{
	(void)state;

	assert_string_equal(grpc_code_name(GRPC_OK), "OK");
	assert_string_equal(grpc_code_name(GRPC_CANCELLED), "Canceled");
	assert_string_equal(grpc_code_name(GRPC_UNAUTHENTICATED), "Unauthenticated");
	for (int code = 0; code < GRPC_N_CODES; code++)
		assert_non_null(grpc_code_name((enum grpc_code)code));
}

/* A failure that passes through us keeps its meaning. */
static void what_a_handler_fails_with_arrives_at_its_caller(void **state)
{
	(void)state;
	static const enum err_code kept[] = {
	    ERR_OK,    ERR_INVALID, ERR_NOT_FOUND, ERR_UNAVAILABLE, ERR_TIMEOUT,  ERR_CANCELED,
	    ERR_LIMIT, ERR_EXISTS,  ERR_ABORTED,   ERR_UNSUPPORTED, ERR_INTERNAL,
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_int_equal(grpc_err_code(grpc_code_of_err(kept[i])), kept[i]);
	assert_int_equal(grpc_code_of_err(ERR_CORRUPT), GRPC_INTERNAL);
	assert_int_equal(grpc_code_of_err(ERR_EXECUTION), GRPC_ABORTED);
}

static void an_unknown_status_is_unknown(void **state)
{
	(void)state;

	assert_int_equal(grpc_code_parse(STR("0")), GRPC_OK);
	assert_int_equal(grpc_code_parse(STR("16")), GRPC_UNAUTHENTICATED);
	assert_int_equal(grpc_code_parse(STR("17")), GRPC_UNKNOWN);
	assert_int_equal(grpc_code_parse(STR("")), GRPC_UNKNOWN);
	assert_int_equal(grpc_code_parse(STR("-1")), GRPC_UNKNOWN);
}

static void http_outcomes_are_mapped_as_grpc_says(void **state)
{
	(void)state;

	assert_int_equal(grpc_code_of_http_status(401), GRPC_UNAUTHENTICATED);
	assert_int_equal(grpc_code_of_http_status(404), GRPC_UNIMPLEMENTED);
	assert_int_equal(grpc_code_of_http_status(502), GRPC_UNAVAILABLE);
	assert_int_equal(grpc_code_of_http_status(500), GRPC_UNKNOWN);
	assert_int_equal(grpc_code_of_h2_error(NGHTTP2_REFUSED_STREAM), GRPC_UNAVAILABLE);
	assert_int_equal(grpc_code_of_h2_error(NGHTTP2_PROTOCOL_ERROR), GRPC_INTERNAL);
}

static void messages_are_percent_encoded(void **state)
{
	(void)state;
	struct buf coded auto_done(buf_done) = BUF_INIT(100);
	struct buf plain auto_done(buf_done) = BUF_INIT(100);

	grpc_message_encode(STR("50% of \xc3\xa4\n~"), &coded);
	expect_str(buf_str(&coded), "50%25 of %C3%A4%0A~");
	grpc_message_decode(buf_str(&coded), &plain);
	expect_str(buf_str(&plain), "50% of \xc3\xa4\n~");
}

static void what_is_no_escape_stays_as_it_is(void **state)
{
	(void)state;
	struct buf plain auto_done(buf_done) = BUF_INIT(100);

	grpc_message_decode(STR("%c3%a4 %zz 100% %4"), &plain);

	expect_str(buf_str(&plain), "\xc3\xa4 %zz 100% %4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(codes_have_the_names_that_go_prints),
	    cmocka_unit_test(what_a_handler_fails_with_arrives_at_its_caller),
	    cmocka_unit_test(an_unknown_status_is_unknown),
	    cmocka_unit_test(http_outcomes_are_mapped_as_grpc_says),
	    cmocka_unit_test(messages_are_percent_encoded),
	    cmocka_unit_test(what_is_no_escape_stays_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
