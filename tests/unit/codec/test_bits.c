#include "codec/bits.h"

#include "tests/lib/expect.h"

static void loads_and_stores_know_their_byte_order(void **state)
{
	uint8_t bytes[9];
	(void)state;

	store_be32(bytes + 1, 0x01020304);
	assert_memory_equal(bytes + 1, "\1\2\3\4", 4);
	assert_int_equal(load_be32(bytes + 1), 0x01020304);
	assert_int_equal(load_le32(bytes + 1), 0x04030201);
	store_le64(bytes + 1, UINT64_C(0x0102030405060708));
	assert_memory_equal(bytes + 1, "\x08\7\6\5\4\3\2\1", 8);
	assert_true(load_be64(bytes + 1) == UINT64_C(0x0807060504030201));
}

static void bits_are_put_from_the_highest_on_and_peeked_back(void **state)
{
	static const uint64_t value = UINT64_C(0xa5c3f00dfeedbeef);
	(void)state;

	for (unsigned start = 0; start < 8; start++) {
		for (unsigned n = 1; n <= 64; n++) {
			uint8_t bytes[64] = {0};
			size_t pos = start ? bits_put(bytes, 0, (1u << start) - 1, start) : 0;
			pos = bits_put(bytes, pos, value, n);
			pos = bits_put(bytes, pos, 1, 1);

			assert_int_equal(pos, start + n + 1);
			uint64_t want = value << (64 - n) >> (64 - n);
			assert_true(bits_peek64(bytes, start) >> (64 - n) == want);
			assert_true(bits_peek57(bytes, start + n) >> 63 == 1);
			if (n <= 57)
				assert_true(bits_peek57(bytes, start) >> (64 - n) == want);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loads_and_stores_know_their_byte_order),
	    cmocka_unit_test(bits_are_put_from_the_highest_on_and_peeked_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
