#include "tools/chart.h"

#include "tests/lib/answer_text.h"
#include "tests/lib/expect.h"

static struct query_answer matrix(struct arena *a, const char *first, const char *second)
{
	return answer_of(
	    "matrix", arena_printf(a, "[%s%s%s]", first, second ? "," : "", second ? second : ""),
	    a);
}

static void expect_chart(const struct query_answer *answer, struct chart_options options,
			 const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	expect_ok(chart_write(answer, &options, &out, &err), err);
	expect_str(buf_str(&out), want);
}

static const struct chart_options SMALL = {
    .columns = 40, .rows = 6, .end_ms = 600000, .step_ms = 60000};

static void a_line_is_drawn_between_axes(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct query_answer up =
	    matrix(a, answer_values("\"__name__\":\"up\"", 60, "0 1 2 3 4 5 6 7 8 9 10", a), NULL);
	expect_chart(&up, SMALL,
		     "10 ┤                              ⢀⡠⠤⠒⠒⠉\n"
		     "   │                        ⢀⣀⠤⠤⠒⠊⠁\n"
		     " 5 ┤                 ⢀⣀⠤⠤⠒⠊⠉⠁\n"
		     "   │           ⢀⣀⡠⠤⠒⠉⠁\n"
		     "   │     ⢀⡠⠤⠒⠒⠉⠁\n"
		     " 0 ┤⣀⠤⠤⠒⠊⠁\n"
		     "   └┬─────────────────┬────────────────┬\n"
		     "  01-01             00:05          00:10\n"
		     "    1970-01-01 00:00:00 to 1970-01-01 00:10:00 UTC, every 1m\n"
		     "    up\n");
}

static void what_is_no_number_is_a_gap(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct query_answer gaps =
	    matrix(a, answer_values("\"a\":\"1\"", 60, "5 5 NaN 5 5 _ 5 +Inf 5 5 -Inf", a), NULL);
	expect_chart(&gaps, SMALL,
		     "5.5 ┤\n"
		     "    │\n"
		     "5.0 ┤⣀⣀⣀⣀      ⢀⣀⣀⣀⡀     ⢀      ⢀⣀⣀⣀⡀\n"
		     "    │\n"
		     "    │\n"
		     "4.5 ┤\n"
		     "    └┬────────────────┬────────────────┬\n"
		     "   01-01            00:05          00:10\n"
		     "     1970-01-01 00:00:00 to 1970-01-01 00:10:00 UTC, every 1m\n"
		     "     {a=\"1\"}\n");
}

static void lines_without_colours_have_letters(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct query_answer two =
	    matrix(a, answer_values("\"a\":\"1\"", 60, "0 1 2 3 4 5 6 7 8 9 10", a),
		   answer_values("\"a\":\"2\"", 60, "10 9 8 7 6 5", a));
	expect_chart(&two, SMALL,
		     "10 ┤⠉⠒⠢⠤⣀                      ⣀⠤⠔⠒⠉a\n"
		     "   │     ⠉⠒⠢⠤⣀⡀      b   ⢀⣀⠤⠔⠒⠉\n"
		     " 5 ┤          ⠈⠉⠒⠢⠤⢄⣀⠤⠔⠒⠉⠁\n"
		     "   │          ⢀⣀⠤⠔⠊⠁\n"
		     "   │     ⣀⠤⠔⠒⠉⠁\n"
		     " 0 ┤⣀⠤⠔⠒⠉\n"
		     "   └┬───────────────┬──────────────┬\n"
		     "  01-01           00:05          00:10\n"
		     "    1970-01-01 00:00:00 to 1970-01-01 00:10:00 UTC, every 1m\n"
		     "    a  {a=\"1\"}\n"
		     "    b  {a=\"2\"}\n");
}

static void lines_may_have_colours(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chart_options options = SMALL;
	(void)state;

	options.colored = true;
	struct query_answer two =
	    matrix(a, answer_values("\"a\":\"1\"", 60, "0 1 2 3 4 5 6 7 8 9 10", a),
		   answer_values("\"a\":\"2\"", 60, "10 9 8 7 6 5", a));
	expect_chart(&two, options,
		     "10 ┤\x1b[38;5;208m⠉⠒⠒⠤⢄⡀                        \x1b[38;5;39m⢀⡠⠤⠒⠒⠉\x1b[0m\n"
		     "   │     \x1b[38;5;208m⠈⠑⠒⠤⠤⣀⡀            \x1b[38;5;39m⢀⣀⠤⠤⠒⠊⠁\x1b[0m\n"
		     " 5 ┤           \x1b[38;5;208m⠈⠉⠑⠒⠤⠤⣀⣀\x1b[38;5;39m⠤⠤⠒⠊⠉⠁\x1b[0m\n"
		     "   │           \x1b[38;5;39m⢀⣀⡠⠤⠒⠉⠁\x1b[0m\n"
		     "   │     \x1b[38;5;39m⢀⡠⠤⠒⠒⠉⠁\x1b[0m\n"
		     " 0 ┤\x1b[38;5;39m⣀⠤⠤⠒⠊⠁\x1b[0m\n"
		     "   └┬─────────────────┬────────────────┬\n"
		     "  01-01             00:05          00:10\n"
		     "    1970-01-01 00:00:00 to 1970-01-01 00:10:00 UTC, every 1m\n"
		     "    \x1b[38;5;39m━━\x1b[0m {a=\"1\"}\n"
		     "    \x1b[38;5;208m━━\x1b[0m {a=\"2\"}\n");
}

static void one_value_is_a_dot_in_the_middle(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct query_answer one = matrix(a, answer_values("", 60, "_ _ _ _ _ 12345", a), NULL);
	expect_chart(&one, SMALL,
		     "14k ┤\n"
		     "    │\n"
		     "12k ┤                 ⠠\n"
		     "    │\n"
		     "    │\n"
		     "10k ┤\n"
		     "    └┬────────────────┬────────────────┬\n"
		     "   01-01            00:05          00:10\n"
		     "     1970-01-01 00:00:00 to 1970-01-01 00:10:00 UTC, every 1m\n"
		     "     {}\n");
}

static void a_long_name_is_cut(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chart_options options = SMALL;
	(void)state;

	options.columns = CHART_MIN_COLUMNS;
	options.rows = CHART_MIN_ROWS;
	struct query_answer one = matrix(
	    a, answer_values("\"__name__\":\"ä_very_long_name\",\"other\":\"x y z\"", 60, "1 2", a),
	    NULL);
	expect_chart(&one, options,
		     "2 ┤ ⡠⠊\n"
		     "  │⠊\n"
		     "0 ┤\n"
		     "  └┬────────────┬────────────┬\n"
		     " 01-01        00:05      00:10\n"
		     "   1970-01-01 00:00:00 to 1970-01-01 00:10:00 UTC, every 1m\n"
		     "   {__name__=\"ä_very_long_nam…\n");
}

static void many_lines_have_a_short_legend(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf json auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	(void)state;

	for (int i = 0; i < 30; i++)
		buf_printf(&json, "%s%s", i ? "," : "[",
			   answer_values(arena_printf(a, "\"n\":\"%d\"", i), 60, "1 2 3", a));
	buf_putc(&json, ']');
	struct query_answer many = answer_of("matrix", buf_cstr(&json), a);
	expect_ok(chart_write(&many, &SMALL, &out, &err), err);

	assert_non_null(strstr(buf_cstr(&out), "z  {n=\"25\"}\n"));
	assert_null(strstr(buf_cstr(&out), "{n=\"26\"}"));
	assert_true(str_ends(buf_str(&out), STR("… and 4 more\n")));
}

static void samples_outside_of_the_range_are_left_out(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf inside auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf more auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	(void)state;

	struct query_answer one = matrix(a, answer_values("", 60, "1 2 3", a), NULL);
	struct query_answer two = matrix(
	    a,
	    "{\"metric\":{},\"values\":[[-9e14,\"100\"],[0,\"1\"],[60,\"2\"],[120,\"3\"],[9e14,\"-5\"]]}",
	    NULL);
	expect_ok(chart_write(&one, &SMALL, &inside, &err), err);
	expect_ok(chart_write(&two, &SMALL, &more, &err), err);

	expect_str(buf_str(&more), buf_cstr(&inside));
}

static void what_has_no_lines_is_refused(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct chart_options narrow = SMALL, low = SMALL;
	struct err err = ERR_INIT;
	(void)state;

	struct query_answer scalar = answer_of("scalar", "[0,\"1\"]", a);
	expect_err(chart_write(&scalar, &SMALL, &out, &err), err, ERR_INVALID,
		   "a chart needs a range of times; the answer is a scalar");
	struct query_answer none = answer_of("matrix", "[]", a);
	expect_err(chart_write(&none, &SMALL, &out, &err), err, ERR_INVALID,
		   "there is no number to draw");
	struct query_answer nan = matrix(a, answer_values("", 60, "NaN +Inf", a), NULL);
	expect_err(chart_write(&nan, &SMALL, &out, &err), err, ERR_INVALID,
		   "there is no number to draw");
	narrow.columns = 29;
	expect_err(chart_write(&nan, &narrow, &out, &err), err, ERR_INVALID,
		   "a chart has 30 to 1000 columns, not 29");
	low.rows = 201;
	expect_err(chart_write(&nan, &low, &out, &err), err, ERR_INVALID,
		   "a chart has 3 to 200 rows, not 201");
	assert_int_equal(out.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_drawn_between_axes),
	    cmocka_unit_test(what_is_no_number_is_a_gap),
	    cmocka_unit_test(lines_without_colours_have_letters),
	    cmocka_unit_test(lines_may_have_colours),
	    cmocka_unit_test(one_value_is_a_dot_in_the_middle),
	    cmocka_unit_test(a_long_name_is_cut),
	    cmocka_unit_test(many_lines_have_a_short_legend),
	    cmocka_unit_test(samples_outside_of_the_range_are_left_out),
	    cmocka_unit_test(what_has_no_lines_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
