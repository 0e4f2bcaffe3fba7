#include "codec/varint.h"

#include "tests/lib/expect.h"

static const uint64_t numbers[] = {
    0, 1, 127, 128, 300, 16383, 16384, (UINT64_C(1) << 56) - 1, UINT64_C(1) << 63, UINT64_MAX,
};

static void what_was_put_is_got_back(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint8_t bytes[VARINT_MAX_BYTES];
		uint64_t got = 7;
		size_t n = uvarint_put(bytes, numbers[i]);

		assert_int_equal(n, uvarint_size(numbers[i]));
		assert_int_equal(uvarint_get(bytes, bytes + n, &got), n);
		assert_int_equal(got, numbers[i]);
		assert_int_equal(uvarint_get(bytes, bytes + n - 1, &got), 0);
	}
}

static void signed_numbers_near_zero_take_one_byte(void **state)
{
	uint8_t bytes[VARINT_MAX_BYTES];
	int64_t got;
	(void)state;

	assert_int_equal(varint_put(bytes, -64), 1);
	assert_int_equal(bytes[0], 127);
	assert_int_equal(varint_put(bytes, 64), 2);
	for (int64_t v = INT64_MIN; v < INT64_MAX - INT64_MAX / 99; v += INT64_MAX / 99) {
		size_t n = varint_put(bytes, v);
		assert_int_equal(varint_get(bytes, bytes + n, &got), n);
		assert_true(got == v);
	}
}

static void a_number_above_64_bits_is_refused(void **state)
{
	uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
	uint64_t got;
	(void)state;

	assert_int_equal(uvarint_get(bytes, bytes + 10, &got), 10);
	assert_true(got == UINT64_MAX);
	bytes[9] = 0x02;
	assert_int_equal(uvarint_get(bytes, bytes + 10, &got), 0);
	bytes[9] = 0x81;
	assert_int_equal(uvarint_get(bytes, bytes + 10, &got), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_put_is_got_back),
	    cmocka_unit_test(signed_numbers_near_zero_take_one_byte),
	    cmocka_unit_test(a_number_above_64_bits_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
