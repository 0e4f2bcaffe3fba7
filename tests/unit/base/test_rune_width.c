#include "base/rune_width.h"
#include "tests/lib/expect.h"

static void most_characters_take_one_column(void **state)
{
	static const uint32_t runes[] = {'a', 0xe9, 0x3a9, 0x2500, 0x28ff, 0xfffd, 0x10ffff};
	(void)state;

	for (size_t i = 0; i < sizeof(runes) / sizeof(runes[0]); i++)
		assert_int_equal(rune_width(runes[i]), 1);
}

static void east_asian_characters_take_two(void **state)
{
	static const uint32_t runes[] = {0x1100, 0x3042, 0x65e5, 0xac00, 0xff21, 0x1f600, 0x20000};
	(void)state;

	for (size_t i = 0; i < sizeof(runes) / sizeof(runes[0]); i++)
		assert_int_equal(rune_width(runes[i]), 2);
}

static void combining_marks_take_none(void **state)
{
	static const uint32_t runes[] = {0x300, 0x36f, 0x591, 0x20dd, 0xfe0f};
	(void)state;

	for (size_t i = 0; i < sizeof(runes) / sizeof(runes[0]); i++)
		assert_int_equal(rune_width(runes[i]), 0);
}

static void a_text_takes_what_its_characters_take(void **state)
{
	(void)state;

	assert_int_equal(str_width(STR("")), 0);
	assert_int_equal(str_width(STR("a\u65e5\u672c e\u0301")), 7);
	assert_int_equal(str_width(STR("\xff\xfe")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(most_characters_take_one_column),
	    cmocka_unit_test(east_asian_characters_take_two),
	    cmocka_unit_test(combining_marks_take_none),
	    cmocka_unit_test(a_text_takes_what_its_characters_take),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
