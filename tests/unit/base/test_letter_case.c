#include "base/letter_case.h"
#include "tests/lib/expect.h"

static void letters_of_all_scripts_have_their_other_case(void **state)
{
	static const struct {
		uint32_t upper, lower;
	} pairs[] = {
	    {'A', 'a'},         {'Z', 'z'},       {0xc0, 0xe0},     {0x178, 0xff},
	    {0x100, 0x101},     {0x139, 0x13a},   {0x391, 0x3b1},   {0x410, 0x430},
	    {0x1e9e, 0xdf},     {0x10a0, 0x2d00}, {0x13a0, 0xab70}, {0x10400, 0x10428},
	    {0x1e900, 0x1e922},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_int_equal(rune_to_lower(pairs[i].upper), pairs[i].lower);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].lower != 0xdf) /* no single letter is its capital */
			assert_int_equal(rune_to_upper(pairs[i].lower), pairs[i].upper);
	assert_int_equal(rune_to_upper(0xdf), 0xdf);
}

static void what_has_no_other_case_stays(void **state)
{
	static const uint32_t runes[] = {'0', '@', '[', '`', '{', 0xd7, 0xf7, 0x4e2d, 0x10ffff};
	(void)state;

	for (size_t i = 0; i < sizeof(runes) / sizeof(runes[0]); i++) {
		assert_int_equal(rune_to_lower(runes[i]), runes[i]);
		assert_int_equal(rune_to_upper(runes[i]), runes[i]);
	}
}

static void title_letters_go_both_ways(void **state)
{
	(void)state;

	assert_int_equal(rune_to_upper(0x1c5), 0x1c4);
	assert_int_equal(rune_to_lower(0x1c5), 0x1c6);
}

static void a_text_changes_character_by_character(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(64);
	(void)state;

	assert_true(str_to_lower(STR("ÄB ΣΑΣ 9"), &out));
	expect_str(buf_str(&out), "äb σασ 9");
	buf_clear(&out);
	assert_true(str_to_upper(STR("straße ы"), &out));
	expect_str(buf_str(&out), "STRAßE Ы");
}

static void a_broken_byte_becomes_a_replacement_character(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(64);
	(void)state;

	assert_true(str_to_upper(STR("a\xff"
				     "b"),
				 &out));
	expect_str(buf_str(&out), "A\xef\xbf\xbd"
				  "B");
}

static void what_does_not_fit_is_told(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(2);
	(void)state;

	assert_false(str_to_upper(STR("abc"), &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(letters_of_all_scripts_have_their_other_case),
	    cmocka_unit_test(what_has_no_other_case_stays),
	    cmocka_unit_test(title_letters_go_both_ways),
	    cmocka_unit_test(a_text_changes_character_by_character),
	    cmocka_unit_test(a_broken_byte_becomes_a_replacement_character),
	    cmocka_unit_test(what_does_not_fit_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
