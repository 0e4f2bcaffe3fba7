#include "codec/crc32c.h"

#include "tests/lib/expect.h"

#include <stdlib.h>

/* The answers of RFC 3720, B.4. */
static void known_inputs_have_known_checksums(void **state)
{
	uint8_t zeros[32] = {0}, ones[32], up[32];
	(void)state;

	memset(ones, 0xff, sizeof(ones));
	for (size_t i = 0; i < sizeof(up); i++)
		up[i] = (uint8_t)i;
	uint32_t (*const both[])(uint32_t, const void *, size_t) = {crc32c, crc32c_by_table};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(both[i](0, "", 0), 0);
		assert_int_equal(both[i](0, "123456789", 9), 0xe3069283);
		assert_int_equal(both[i](0, zeros, 32), 0x8a9136aa);
		assert_int_equal(both[i](0, ones, 32), 0x62a8ab43);
		assert_int_equal(both[i](0, up, 32), 0x46dd794e);
	}
}

static void every_length_and_every_cut_gives_the_same_as_the_table(void **state)
{
	enum { N = 20000 };
	uint8_t *bytes = malloc(N);
	(void)state;

	for (size_t i = 0; i < N; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 13);
	for (size_t n = 0; n < N - 8; n += n < 100 ? 1 : 997) {
		const uint8_t *p = bytes + n % 8;
		uint32_t want = crc32c_by_table(0, p, n);
		assert_int_equal(crc32c(0, p, n), want);
		uint32_t first = crc32c(0, p, n / 3);
		assert_int_equal(crc32c(first, p + n / 3, n - n / 3), want);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_inputs_have_known_checksums),
	    cmocka_unit_test(every_length_and_every_cut_gives_the_same_as_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
