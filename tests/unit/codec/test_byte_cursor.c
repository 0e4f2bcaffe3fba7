#include "codec/byte_cursor.h"

#include "tests/lib/expect.h"

static void it_reads_front_to_back(void **state)
{
	static const uint8_t bytes[] = {7, 0, 0, 1, 0, 0x96, 0x01, 3, 'a', 'b', 'c', 0x03};
	struct byte_cursor c = byte_cursor_of(bytes, sizeof(bytes));
	(void)state;

	assert_int_equal(byte_cursor_u8(&c), 7);
	assert_int_equal(byte_cursor_be32(&c), 256);
	assert_int_equal(byte_cursor_uvarint(&c), 150);
	expect_str(byte_cursor_str(&c), "abc");
	assert_int_equal(byte_cursor_offset(&c), 11);
	assert_int_equal(byte_cursor_varint(&c), -2);
	assert_int_equal(byte_cursor_left(&c), 0);
	assert_false(c.failed);
}

static void after_a_read_that_does_not_fit_it_gives_zeros(void **state)
{
	static const uint8_t bytes[] = {200, 1, 'a', 9};
	struct byte_cursor c = byte_cursor_of(bytes, sizeof(bytes));
	(void)state;

	assert_int_equal(byte_cursor_str(&c).n, 0);
	assert_true(c.failed);
	assert_int_equal(byte_cursor_u8(&c), 0);
	assert_int_equal(byte_cursor_uvarint(&c), 0);
	assert_null(byte_cursor_skip(&c, 0));
}

static void a_cursor_over_nothing_is_at_its_end(void **state)
{
	struct byte_cursor c = byte_cursor_of(NULL, 0);
	(void)state;

	assert_int_equal(byte_cursor_left(&c), 0);
	assert_int_equal(byte_cursor_bytes(&c, 0).n, 0);
	assert_false(c.failed);
	byte_cursor_uvarint(&c);
	assert_true(c.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_reads_front_to_back),
	    cmocka_unit_test(after_a_read_that_does_not_fit_it_gives_zeros),
	    cmocka_unit_test(a_cursor_over_nothing_is_at_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
