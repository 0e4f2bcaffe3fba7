#include "promql/number_lexer.h"
#include "tests/lib/expect.h"

#include <math.h>

static void a_number_ends_where_prometheus_ends_it(void **state)
{
	static const struct {
		const char *text;
		enum token_kind kind;
		size_t n;
	} cases[] = {
	    {"1", TOKEN_NUMBER, 1},        {"1.5e-3+", TOKEN_NUMBER, 6}, {"0x1f ", TOKEN_NUMBER, 4},
	    {"0x_1f]", TOKEN_NUMBER, 5},   {"1_000", TOKEN_NUMBER, 5},   {".5", TOKEN_NUMBER, 2},
	    {"0x1e", TOKEN_ERROR, 4},     {"1e ", TOKEN_NUMBER, 2},     {"5m", TOKEN_DURATION, 2},
	    {"1h30m]", TOKEN_DURATION, 5}, {"1.5h", TOKEN_DURATION, 4},  {"5hs", TOKEN_DURATION, 3},
	    {"5mm", TOKEN_ERROR, 3},       {"5m5", TOKEN_ERROR, 3},      {"5x", TOKEN_ERROR, 1},
	    {"1..2", TOKEN_ERROR, 3},      {"1e", TOKEN_ERROR, 2},       {"1__2", TOKEN_ERROR, 3},
	    {"0xef", TOKEN_NUMBER, 4},      {"0x.8", TOKEN_NUMBER, 4},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n;
		enum token_kind kind = number_lex(str_of(cases[i].text), &n);
		if (kind != cases[i].kind || n != cases[i].n)
			fail_msg("%s: got kind %d of %zu bytes, want %d of %zu", cases[i].text,
				 kind, n, cases[i].kind, cases[i].n);
	}
}

static void numbers_are_read_as_go_reads_them(void **state)
{
	static const struct {
		const char *text;
		double want;
	} cases[] = {
	    {"0", 0},
	    {"-7", -7},
	    {"+7", 7},
	    {"010", 8},
	    {"08", 8},
	    {"0x1F", 31},
	    {"0b101", 5},
	    {"0o17", 15},
	    {"1_000", 1000},
	    {"0x_f", 15},
	    {"0_7", 7},
	    {".5", 0.5},
	    {"5.", 5},
	    {"1e3", 1000},
	    {"inf", INFINITY},
	    {"-Inf", -INFINITY},
	    {"9223372036854775807", 0x1p63},
	    {"9223372036854775808", 0x1p63},
	    {"-9223372036854775808", -0x1p63},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double got;
		if (number_parse(str_of(cases[i].text), &got) != NUMBER_OK || got != cases[i].want)
			fail_msg("%s: got %g, want %g", cases[i].text, got, cases[i].want);
	}
	double nan_value;
	assert_int_equal(number_parse(STR("NaN"), &nan_value), NUMBER_OK);
	assert_true(isnan(nan_value));
}

static void a_number_that_is_too_large_is_told_from_one_that_is_none(void **state)
{
	double ignored;
	(void)state;

	assert_int_equal(number_parse(STR("1e400"), &ignored), NUMBER_RANGE);
	assert_int_equal(number_parse(STR("1e400.5"), &ignored), NUMBER_SYNTAX);
	assert_int_equal(number_parse(STR("1e"), &ignored), NUMBER_SYNTAX);
	assert_int_equal(number_parse(STR("1_"), &ignored), NUMBER_SYNTAX);
	assert_int_equal(number_parse(STR("0x"), &ignored), NUMBER_SYNTAX);
	assert_int_equal(number_parse(STR("0xfffffffffffffffff"), &ignored), NUMBER_SYNTAX);
	assert_int_equal(number_parse(STR(""), &ignored), NUMBER_SYNTAX);
}

static void what_does_not_fit_becomes_the_smallest_integer(void **state)
{
	(void)state;
	assert_int_equal(int64_of_double(-1.9), -1);
	assert_true(int64_of_double(0x1p63) == INT64_MIN);
	assert_true(int64_of_double(-0x1p63) == INT64_MIN);
	assert_true(int64_of_double(NAN) == INT64_MIN);
	assert_true(int64_of_double(-INFINITY) == INT64_MIN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_number_ends_where_prometheus_ends_it),
	    cmocka_unit_test(numbers_are_read_as_go_reads_them),
	    cmocka_unit_test(a_number_that_is_too_large_is_told_from_one_that_is_none),
	    cmocka_unit_test(what_does_not_fit_becomes_the_smallest_integer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
