#include "tools/chart_canvas.h"

#include "tests/lib/expect.h"

static void expect_rows(const struct chart_canvas *c, bool colored, const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	for (size_t row = 0; row < c->rows; row++) {
		chart_canvas_put_row(c, row, colored, &out);
		buf_putc(&out, '|');
	}
	expect_str(buf_str(&out), want);
}

static void each_dot_has_its_place_in_the_character(void **state)
{
	static const char *const want[] = {"⠁|", "⠈|", "⠂|", "⠐|", "⠄|", "⠠|", "⡀|", "⢀|"};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	for (int64_t i = 0; i < 8; i++) {
		struct chart_canvas c;
		struct chart_dot dot = {i % 2, i / 2};
		chart_canvas_init(&c, 1, 1, a);
		chart_canvas_line(&c, dot, dot, 0);
		expect_rows(&c, false, want[i]);
	}
}

static void a_line_is_the_same_from_both_ends(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chart_canvas c, d;
	(void)state;

	chart_canvas_init(&c, 4, 2, a);
	chart_canvas_line(&c, (struct chart_dot){0, 7}, (struct chart_dot){7, 0}, 0);
	expect_rows(&c, false, "  ⡠⠊|⡠⠊|");
	chart_canvas_init(&d, 4, 2, a);
	chart_canvas_line(&d, (struct chart_dot){7, 0}, (struct chart_dot){0, 7}, 0);
	expect_rows(&d, false, "  ⡠⠊|⡠⠊|");
}

static void steep_lines_have_no_holes(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chart_canvas c;
	(void)state;

	chart_canvas_init(&c, 1, 2, a);
	chart_canvas_line(&c, (struct chart_dot){0, 0}, (struct chart_dot){1, 7}, 0);
	expect_rows(&c, false, "⡇|⢸|");
}

static void what_is_outside_is_cut_off(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chart_canvas c;
	(void)state;

	chart_canvas_init(&c, 2, 1, a);
	chart_canvas_line(&c, (struct chart_dot){-5, 2}, (struct chart_dot){50, 2}, 0);
	chart_canvas_line(&c, (struct chart_dot){1, -9}, (struct chart_dot){1, -1}, 0);
	expect_rows(&c, false, "⠤⠤|");
}

static void a_crossing_has_the_colour_of_the_last_line(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chart_canvas c;
	(void)state;

	chart_canvas_init(&c, 4, 1, a);
	chart_canvas_line(&c, (struct chart_dot){0, 0}, (struct chart_dot){5, 0}, 0);
	chart_canvas_line(&c, (struct chart_dot){4, 0}, (struct chart_dot){4, 3}, 1);
	expect_rows(&c, true, "\x1b[38;5;39m⠉⠉\x1b[38;5;208m⡏\x1b[0m|");
}

static void letters_take_free_places(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chart_canvas c;
	struct chart_dot end = {1, 7};
	(void)state;

	chart_canvas_init(&c, 6, 3, a);
	chart_canvas_line(&c, (struct chart_dot){0, 7}, end, 0);
	chart_canvas_letter(&c, end, 'a');
	chart_canvas_letter(&c, end, 'b');
	expect_rows(&c, false, "|⣀ab||");
	for (char letter = 'c'; letter <= 'z'; letter++)
		chart_canvas_letter(&c, end, letter);
	expect_rows(&c, false, " efgh|⣀abcd| ijkl|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_dot_has_its_place_in_the_character),
	    cmocka_unit_test(a_line_is_the_same_from_both_ends),
	    cmocka_unit_test(steep_lines_have_no_holes),
	    cmocka_unit_test(what_is_outside_is_cut_off),
	    cmocka_unit_test(a_crossing_has_the_colour_of_the_last_line),
	    cmocka_unit_test(letters_take_free_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
