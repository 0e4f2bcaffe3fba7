#include "codec/blake2b.h"
#include "tests/lib/expect.h"

#include <stdio.h>

static void expect_digest(struct str bytes, const char *want)
{
	uint8_t out[BLAKE2B_256_BYTES];
	char hex[2 * BLAKE2B_256_BYTES + 1];

	blake2b_256(bytes, out);

	for (int i = 0; i < BLAKE2B_256_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", out[i]);
	expect_str(str_of(hex), want);
}

static void no_bytes_have_a_digest(void **state)
{
	(void)state;
	expect_digest(STR(""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

static void a_label_has_a_digest(void **state)
{
	(void)state;
	expect_digest(STR("job:a"),
		      "8b1065144b8e8911909f3473de662ceca5403ac9b8dace52eb452285122ae7e8");
}

static void lengths_around_whole_blocks_have_digests(void **state)
{
	static const struct {
		size_t n;
		const char *want;
	} cases[] = {
	    {1, "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"},
	    {127, "1bb3d24376d0b5840955e640c6a8a4830cd69af0b7ad71a409d2a30c6a374abb"},
	    {128, "9101ed0a248b57efc0c6070cfbf9cf316c182d125ad6191c1f7783c3d32b6346"},
	    {129, "60f5e954d1a1775362ffd0762ed37bbe101ed5e88896dd793f1a889786fb3132"},
	    {255, "9399bcd4acec0cc0e9dec7267671a6f2e65568dc917afb54791da24523a71b32"},
	    {256, "45d503f4fc344944eeff959e1e2234c47884011023598cadbd934f08d4265016"},
	    {257, "4ad285edc2490602fd02d61df8008d95887039bade83dae8a1e207ae1cac33ac"},
	    {1000, "a494537cc57474059ebe7a7f7a76c03306551355abebb1967408ed04e7564fa9"},
	};
	uint8_t bytes[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 % 251);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		expect_digest(str_from(bytes, cases[i].n), cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_bytes_have_a_digest),
	    cmocka_unit_test(a_label_has_a_digest),
	    cmocka_unit_test(lengths_around_whole_blocks_have_digests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
