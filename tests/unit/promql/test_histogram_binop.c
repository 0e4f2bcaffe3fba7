#include "promql/histogram_binop.h"

#include "tests/lib/expect.h"
#include "tests/lib/histogram_rig.h"

#include <stdlib.h>

#define H1     "{{schema:0 count:3 sum:4 buckets:[1 2]}}"
#define H2     "{{schema:0 count:5 sum:1 buckets:[2 3]}}"
#define CUSTOM "{{schema:-53 count:3 sum:4 custom_values:[1 2] buckets:[1 1 1]}}"

static int set_up(void **state)
{
	static struct histogram_rig rig;

	histogram_rig_init(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	histogram_rig_done(*state);
	return 0;
}

static struct operand operand_of(struct histogram_rig *rig, const char *text)
{
	if (text[0] == '{')
		return (struct operand){.h = histogram_of(rig->arena, text)};
	return (struct operand){.v = atof(text)};
}

static enum binop_result binop(struct histogram_rig *rig, const char *l, enum expr_op op,
			       const char *r, const struct histogram **out)
{
	return histogram_binop(op, operand_of(rig, l), operand_of(rig, r), &rig->place, rig->arena,
			       out);
}

static void what_makes_sense_has_a_value(void **state)
{
	static const struct {
		const char *l;
		enum expr_op op;
		const char *r, *want;
	} cases[] = {
	    {H1, OP_ADD, H2, "{{schema:0 count:8 sum:5 buckets:[3 5]}}"},
	    {H2, OP_SUB, H1, "{{count:2 sum:-3 buckets:[1 1] counter_reset_hint:gauge}}"},
	    {H1, OP_MUL, "2", "{{count:6 sum:8 buckets:[2 4]}}"},
	    {"2", OP_MUL, H1, "{{count:6 sum:8 buckets:[2 4]}}"},
	    {H1, OP_DIV, "2", "{{count:1.5 sum:2 buckets:[0.5 1]}}"},
	    {H1, OP_MUL, "-1",
	     "{{count:-3 sum:-4 z_bucket:-0 buckets:[-1 -2] "
	     "counter_reset_hint:gauge}}"},
	    {CUSTOM, OP_TRIM_UPPER, "1",
	     "{{schema:-53 count:1 sum:0.5 custom_values:[1 2] "
	     "buckets:[1]}}"},
	};
	struct histogram_rig *rig = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct histogram *h = NULL;
		enum binop_result r = binop(rig, cases[i].l, cases[i].op, cases[i].r, &h);
		assert_int_equal(r, BINOP_VALUE);
		expect_histogram(rig->arena, h, cases[i].want);
		expect_notes(rig, "");
	}
}

static void equality_gives_the_left_histogram(void **state)
{
	struct histogram_rig *rig = *state;
	struct operand l = operand_of(rig, H1), same = operand_of(rig, H1);
	struct operand other = operand_of(rig, H2);
	const struct histogram *h = NULL;

	assert_int_equal(histogram_binop(OP_EQ, l, same, &rig->place, rig->arena, &h), BINOP_TRUE);
	assert_ptr_equal(h, l.h);
	assert_int_equal(histogram_binop(OP_EQ, l, other, &rig->place, rig->arena, &h),
			 BINOP_FALSE);
	assert_int_equal(histogram_binop(OP_NE, l, other, &rig->place, rig->arena, &h), BINOP_TRUE);
	assert_ptr_equal(h, l.h);
	assert_int_equal(histogram_binop(OP_NE, l, same, &rig->place, rig->arena, &h), BINOP_FALSE);
	expect_notes(rig, "");
}

static void what_makes_no_sense_is_told_with_the_types_of_its_sides(void **state)
{
	static const struct {
		const char *l;
		enum expr_op op;
		const char *r, *want;
	} cases[] = {
	    {H1, OP_ADD, "1", "\"+\": histogram + float"},
	    {"1", OP_SUB, H1, "\"-\": float - histogram"},
	    {H1, OP_MUL, H2, "\"*\": histogram * histogram"},
	    {"1", OP_DIV, H1, "\"/\": float / histogram"},
	    {H1, OP_POW, "2", "\"^\": histogram ^ float"},
	    {H1, OP_MOD, "2", "\"%\": histogram % float"},
	    {H1, OP_ATAN2, H1, "\"atan2\": histogram atan2 histogram"},
	    {H1, OP_LT, H2, "\"<\": histogram < histogram"},
	    {H1, OP_EQ, "1", "\"==\": histogram == float"},
	    {"1", OP_NE, H1, "\"!=\": float != histogram"},
	    {"1", OP_TRIM_UPPER, "1", "\"</\": float </ float"},
	    {"1", OP_TRIM_LOWER, H1, "\">/\": float >/ histogram"},
	};
	struct histogram_rig *rig = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct histogram *h = NULL;
		enum binop_result r = binop(rig, cases[i].l, cases[i].op, cases[i].r, &h);
		assert_int_equal(r, BINOP_ERROR);
		assert_null(h);
		expect_notes(rig, arena_printf(rig->arena,
					       "info: incompatible sample types encountered for "
					       "binary operator %s",
					       cases[i].want));
	}
}

static void custom_and_other_buckets_do_not_go_together(void **state)
{
	struct histogram_rig *rig = *state;
	const struct histogram *h = NULL;

	assert_int_equal(binop(rig, H1, OP_ADD, CUSTOM, &h), BINOP_ERROR);
	assert_int_equal(binop(rig, CUSTOM, OP_SUB, H1, &h), BINOP_ERROR);

	assert_null(h);
	expect_notes(rig, "warning: incompatible bucket layout encountered for binary operator +\n"
			  "warning: incompatible bucket layout encountered for binary operator -");
}

static void different_custom_bounds_are_reconciled_and_it_is_told(void **state)
{
	struct histogram_rig *rig = *state;
	const struct histogram *h = NULL;

	assert_int_equal(binop(rig, CUSTOM, OP_ADD,
			       "{{schema:-53 count:2 sum:1 custom_values:[2 5] buckets:[1 1]}}",
			       &h),
			 BINOP_VALUE);

	expect_histogram(rig->arena, h,
			 "{{schema:-53 count:5 sum:5 custom_values:[2] buckets:[3 2]}}");
	expect_notes(rig, "info: mismatched custom buckets were reconciled during addition");
}

static void a_counter_that_was_reset_and_one_that_was_not_do_not_add_up(void **state)
{
	struct histogram_rig *rig = *state;
	const struct histogram *h = NULL;

	assert_int_equal(binop(rig, "{{count:1 counter_reset_hint:reset}}", OP_SUB,
			       "{{count:1 counter_reset_hint:not_reset}}", &h),
			 BINOP_ERROR);

	assert_null(h);
	expect_notes(rig, "warning: conflicting counter resets during histogram subtraction");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_makes_sense_has_a_value),
	    TEST(equality_gives_the_left_histogram),
	    TEST(what_makes_no_sense_is_told_with_the_types_of_its_sides),
	    TEST(custom_and_other_buckets_do_not_go_together),
	    TEST(different_custom_bounds_are_reconciled_and_it_is_told),
	    TEST(a_counter_that_was_reset_and_one_that_was_not_do_not_add_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
