#include "tools/text_table.h"

#include "tests/lib/expect.h"

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct text_table t;
	(void)state;

	text_table_init(&t, a);
	text_table_column(&t, STR("name"), TEXT_LEFT);
	text_table_column(&t, STR("n"), TEXT_RIGHT);
	text_table_column(&t, STR("note"), TEXT_LEFT);
	static const char *const cells[] = {"ä", "1", "", "a longer name", "1000", "ok",
					    "",  "2", ""};
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		text_table_cell(&t, str_of(cells[i]));
	text_table_write(&t, &out);

	expect_str(buf_str(&out), "name              n  note\n"
				  "ä                 1\n"
				  "a longer name  1000  ok\n"
				  "                  2\n");
}

static void titles_stand_without_rows(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct text_table t;
	(void)state;

	text_table_init(&t, a);
	text_table_column(&t, STR("a"), TEXT_LEFT);
	text_table_column(&t, STR("b"), TEXT_RIGHT);
	text_table_write(&t, &out);

	expect_str(buf_str(&out), "a  b\n");
}

static void what_a_terminal_would_act_upon_is_quoted(void **state)
{
	static const char *const texts[][2] = {
	    {"plain \"text\" \\ ü ✓", "plain \"text\" \\ ü ✓"},
	    {"a\nb", "\"a\\nb\""},
	    {"\x1b[2J", "\"\\x1b[2J\""},
	    {"\xff", "\"\\xff\""},
	    {"\xe2\x80\xae"
	     "abc",
	     "\"\\u202eabc\""},
	    {"", ""},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		expect_str(text_printable(str_of(texts[i][0]), a), texts[i][1]);
}

static void wide_characters_keep_the_columns(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(1024);
	struct text_table t;
	(void)state;

	text_table_init(&t, a);
	text_table_column(&t, STR("city"), TEXT_LEFT);
	text_table_column(&t, STR("n"), TEXT_RIGHT);
	text_table_cell(&t, STR("日本"));
	text_table_cell(&t, STR("1"));
	text_table_cell(&t, STR("Zürich"));
	text_table_cell(&t, STR("2"));
	text_table_write(&t, &out);
	expect_str(buf_str(&out), "city    n\n日本    1\nZürich  2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
	    cmocka_unit_test(titles_stand_without_rows),
	    cmocka_unit_test(what_a_terminal_would_act_upon_is_quoted),
	    cmocka_unit_test(wide_characters_keep_the_columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
