#include "promql/ast.h"

#include <stdlib.h>

const char *expr_op_name(enum expr_op op)
{
	static const char *const names[OP_N] = {
	    [OP_ADD] = "+",         [OP_SUB] = "-",         [OP_MUL] = "*",
	    [OP_DIV] = "/",         [OP_MOD] = "%",         [OP_POW] = "^",
	    [OP_ATAN2] = "atan2",   [OP_EQ] = "==",         [OP_NE] = "!=",
	    [OP_LT] = "<",          [OP_LE] = "<=",         [OP_GT] = ">",
	    [OP_GE] = ">=",         [OP_TRIM_UPPER] = "</", [OP_TRIM_LOWER] = ">/",
	    [OP_AND] = "and",       [OP_OR] = "or",         [OP_UNLESS] = "unless",
	    [OP_STEP] = "step",     [OP_RANGE] = "range",   [OP_MIN_OF] = "min_of",
	    [OP_MAX_OF] = "max_of",
	};

	return names[op];
}

const char *aggregate_op_name(enum aggregate_op op)
{
	static const char *const names[AGGREGATE_N] = {
	    [AGGREGATE_SUM] = "sum",           [AGGREGATE_AVG] = "avg",
	    [AGGREGATE_COUNT] = "count",       [AGGREGATE_MIN] = "min",
	    [AGGREGATE_MAX] = "max",           [AGGREGATE_GROUP] = "group",
	    [AGGREGATE_STDDEV] = "stddev",     [AGGREGATE_STDVAR] = "stdvar",
	    [AGGREGATE_TOPK] = "topk",         [AGGREGATE_BOTTOMK] = "bottomk",
	    [AGGREGATE_QUANTILE] = "quantile", [AGGREGATE_COUNT_VALUES] = "count_values",
	    [AGGREGATE_LIMITK] = "limitk",     [AGGREGATE_LIMIT_RATIO] = "limit_ratio",
	};

	return names[op];
}

void promql_query_free(struct promql_query *query)
{
	if (!query)
		return;
	for (size_t i = 0; i < query->owned_matchers.n; i++)
		matcher_unref(query->owned_matchers.v[i]);
	free(query->owned_matchers.v);
	arena_free(query->arena);
	free(query);
}

/* At most two children, the second of which may be missing. */
static const struct expr *one_of(size_t i, const struct expr *first, const struct expr *second)
{
	return i == 0 ? first : i == 1 ? second : NULL;
}

const struct expr *expr_child(const struct expr *e, size_t i)
{
	switch (e->kind) {
	case EXPR_AGGREGATE:
		return one_of(i, e->aggregate.expr, e->aggregate.param);
	case EXPR_BINARY:
		return one_of(i, e->binary.left, e->binary.right);
	case EXPR_CALL:
		return i < e->call.n_args ? e->call.args[i] : NULL;
	case EXPR_MATRIX_SELECTOR:
		return one_of(i, e->matrix.selector, NULL);
	case EXPR_SUBQUERY:
		return one_of(i, e->subquery.expr, NULL);
	case EXPR_UNARY:
		return one_of(i, e->unary.expr, NULL);
	case EXPR_PAREN:
		return one_of(i, e->paren, NULL);
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_VECTOR_SELECTOR:
	case EXPR_DURATION:
	case EXPR_REMOTE:
		break;
	}
	return NULL;
}

const struct expr *expr_unwrap(const struct expr *e)
{
	while (e->kind == EXPR_PAREN)
		e = e->paren;
	return e;
}
