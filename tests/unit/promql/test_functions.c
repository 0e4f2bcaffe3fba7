#include "promql/functions.h"
#include "tests/lib/expect.h"

static void every_function_is_found_by_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < FUNCTION_N; i++) {
		const struct promql_function *f = &promql_functions[i];
		assert_int_equal((int)f->id, i);
		assert_ptr_equal(function_find(str_of(f->name)), f);
	}
}

static void other_names_are_not_found(void **state)
{
	(void)state;
	assert_null(function_find(STR("")));
	assert_null(function_find(STR("ABS")));
	assert_null(function_find(STR("ab")));
	assert_null(function_find(STR("abs_")));
	assert_null(function_find(STR("zzz")));
}

static void the_last_declared_argument_stands_for_those_behind_it(void **state)
{
	const struct promql_function *f = function_find(STR("label_join"));
	(void)state;

	assert_non_null(f);
	assert_int_equal(function_arg_type(f, 0), VALUE_VECTOR);
	assert_int_equal(function_arg_type(f, 1), VALUE_STRING);
	assert_int_equal(function_arg_type(f, 9), VALUE_STRING);
}

static void types_have_a_name_and_a_title(void **state)
{
	(void)state;
	assert_string_equal(value_type_name(VALUE_MATRIX), "matrix");
	assert_string_equal(value_type_title(VALUE_MATRIX), "range vector");
	assert_string_equal(value_type_title(VALUE_VECTOR), "instant vector");
	assert_string_equal(value_type_title(VALUE_SCALAR), "scalar");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_function_is_found_by_its_name),
	    cmocka_unit_test(other_names_are_not_found),
	    cmocka_unit_test(the_last_declared_argument_stands_for_those_behind_it),
	    cmocka_unit_test(types_have_a_name_and_a_title),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
