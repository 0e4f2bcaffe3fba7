#include "base/utf8.h"
#include "tests/lib/expect.h"

static void expect_character(const char *bytes, uint32_t want, size_t want_bytes)
{
	size_t n;

	assert_int_equal(utf8_decode(str_of(bytes), &n), want);
	assert_int_equal(n, want_bytes);
}

static void a_character_is_read_with_its_length(void **state)
{
	(void)state;
	expect_character("ax", 'a', 1);
	expect_character("\xc2\xa3", 0xa3, 2);
	expect_character("\xe2\x82\xac", 0x20ac, 3);
	expect_character("\xf0\x9f\x98\x80", 0x1f600, 4);
	expect_character("\xef\xbf\xbd", UTF8_REPLACEMENT, 3);
}

static void a_broken_character_is_a_replacement_of_one_byte(void **state)
{
	(void)state;
	expect_character("", UTF8_REPLACEMENT, 0);
	expect_character("\x80", UTF8_REPLACEMENT, 1);
	expect_character("\xc0\x80", UTF8_REPLACEMENT, 1);
	expect_character("\xe0\x80\x80", UTF8_REPLACEMENT, 1);
	expect_character("\xed\xa0\x80", UTF8_REPLACEMENT, 1);
	expect_character("\xf4\x90\x80\x80", UTF8_REPLACEMENT, 1);
	expect_character("\xe2\x82", UTF8_REPLACEMENT, 1);
	expect_character("\xe2\x82q", UTF8_REPLACEMENT, 1);
}

static void every_character_survives_writing_and_reading(void **state)
{
	(void)state;
	for (uint32_t rune = 0; rune <= UTF8_MAX_RUNE; rune++) {
		bool surrogate = rune >= 0xd800 && rune <= 0xdfff;
		char bytes[4];
		size_t n = utf8_encode(bytes, rune), n_read;

		assert_int_equal(utf8_decode(str_from(bytes, n), &n_read),
				 surrogate ? UTF8_REPLACEMENT : rune);
		assert_int_equal(n_read, n);
	}
}

static void text_with_one_broken_byte_is_not_valid(void **state)
{
	(void)state;
	assert_true(utf8_valid(STR("")));
	assert_true(utf8_valid(STR("gr\xc3\xbc\xc3\x9f")));
	assert_true(utf8_valid(STR("\xef\xbf\xbd")));
	assert_false(utf8_valid(STR("gr\xfc\xdf")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_character_is_read_with_its_length),
	    cmocka_unit_test(a_broken_character_is_a_replacement_of_one_byte),
	    cmocka_unit_test(every_character_survives_writing_and_reading),
	    cmocka_unit_test(text_with_one_broken_byte_is_not_valid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
