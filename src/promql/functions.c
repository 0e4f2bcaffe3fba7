#include "promql/functions.h"

#include "base/assert.h"

#include <stdlib.h>

/* clang-format off */
const struct promql_function promql_functions[FUNCTION_N] = {
#define TYPE_OF(letter)                                                                            \
	((letter) == 's' ? VALUE_SCALAR : (letter) == 't' ? VALUE_STRING :                         \
	 (letter) == 'v' ? VALUE_VECTOR : VALUE_MATRIX)
#define X(fn_id, fn_name, fn_args, fn_variadic, fn_returns, fn_stage)                              \
	[FUNCTION_##fn_id] = {                                                                     \
		.id = FUNCTION_##fn_id,                                                            \
		.name = fn_name,                                                                   \
		.args = fn_args,                                                                   \
		.n_args = sizeof(fn_args) - 1,                                                     \
		.variadic = fn_variadic,                                                           \
		.returns = TYPE_OF(fn_returns),                                                    \
		.stage = FUNCTION_##fn_stage,                                                      \
	},
	PROMQL_FUNCTIONS(X)
#undef X
};
/* clang-format on */

const char *value_type_name(enum value_type type)
{
	static const char *const names[] = {"none", "scalar", "string", "vector", "matrix"};

	return names[type];
}

const char *value_type_title(enum value_type type)
{
	switch (type) {
	case VALUE_VECTOR:
		return "instant vector";
	case VALUE_MATRIX:
		return "range vector";
	case VALUE_NONE:
	case VALUE_SCALAR:
	case VALUE_STRING:
		break;
	}
	return value_type_name(type);
}

static int compare_name(const void *key, const void *member)
{
	const struct str *name = key;
	const struct promql_function *f = member;

	return str_cmp(*name, str_of(f->name));
}

const struct promql_function *function_find(struct str name)
{
	return bsearch(&name, promql_functions, FUNCTION_N, sizeof(promql_functions[0]),
		       compare_name);
}

enum value_type function_arg_type(const struct promql_function *f, size_t i)
{
	assert(f->n_args > 0);
	return TYPE_OF(f->args[i < f->n_args ? i : f->n_args - 1u]);
}
