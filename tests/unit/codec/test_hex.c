#include "base/cleanup.h"
#include "codec/hex.h"
#include "tests/lib/expect.h"

static void bytes_are_written_in_lower_case_digits(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(100);
	(void)state;

	hex_encode(&out, str_from("\x00\x7f\xab\xff", 4));

	expect_str(buf_str(&out), "007fabff");
}

static void digits_of_either_case_are_read(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(100);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(hex_decode(STR("00FFaBcd"), &out, &err), err);

	assert_int_equal(out.n, 4);
	assert_memory_equal(out.p, "\x00\xff\xab\xcd", 4);
}

static void what_is_no_byte_is_refused(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(2);
	struct err err = ERR_INIT;
	(void)state;

	expect_err(hex_decode(STR("abc"), &out, &err), err, ERR_INVALID, "3 digits, want an even");
	expect_err(hex_decode(STR("a/"), &out, &err), err, ERR_INVALID, "byte 0x2f at 1");
	expect_err(hex_decode(STR("g0"), &out, &err), err, ERR_INVALID, "byte 0x67 at 0");
	expect_err(hex_decode(STR("aabbcc"), &out, &err), err, ERR_LIMIT, "more than 2 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_are_written_in_lower_case_digits),
	    cmocka_unit_test(digits_of_either_case_are_read),
	    cmocka_unit_test(what_is_no_byte_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
