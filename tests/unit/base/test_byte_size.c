#include "base/byte_size.h"
#include "tests/lib/expect.h"

static void sizes_are_read_to_the_base_of_two(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
	    {"0", 0},
	    {"512B", 512},
	    {"250MB", 250 << 20},
	    {"250MiB", 250 << 20},
	    {"2GiB", INT64_C(2) << 30},
	    {"1GB512MB", (INT64_C(1) << 30) + (512 << 20)},
	    {"1.5KB", 1536},
	    {"7EiB", INT64_C(7) << 60},
	};
	struct err err = ERR_INIT;
	int64_t bytes;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_ok(byte_size_parse(str_of(cases[i].text), &bytes, &err), err);
		assert_int_equal(bytes, cases[i].want);
	}
}

static void what_is_no_size_is_refused(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", "units: invalid "},
	    {"12", "units: unknown unit  in 12"},
	    {"1kB", "units: unknown unit kB in 1kB"},
	    {"MB", "units: invalid MB"},
	    {"-1MB", "units: invalid -1MB"},
	    {"1i", "units: unknown unit i in 1i"},
	    {"1iB", "units: unknown unit iB in 1iB"},
	    {"8EB", "units: overflow parsing unit"},
	    {"99999999999999999999999999999999EB", "units: overflow parsing unit"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		int64_t bytes;
		expect_err(byte_size_parse(str_of(cases[i].text), &bytes, &err), err, ERR_INVALID,
			   cases[i].want);
	}
}

static void sizes_are_printed_unit_by_unit(void **state)
{
	(void)state;

	assert_string_equal(byte_size_str(0), "0B");
	assert_string_equal(byte_size_str(250 << 20), "250MiB");
	assert_string_equal(byte_size_str((INT64_C(1) << 30) + (512 << 20) + 3), "1GiB512MiB3B");
	assert_string_equal(byte_size_str(-1024), "-1KiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sizes_are_read_to_the_base_of_two),
	    cmocka_unit_test(what_is_no_size_is_refused),
	    cmocka_unit_test(sizes_are_printed_unit_by_unit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
