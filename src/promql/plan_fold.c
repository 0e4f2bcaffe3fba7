/* plan_fold.c - numbers that are known before anything is evaluated.
 */
#include "promql/arithmetic.h"
#include "promql/go_math.h"
#include "promql/plan_internal.h"

static double fold_binary(enum expr_op op, double l, double r)
{
	return expr_op_is_comparison(op) ? compare(op, l, r) : arithmetic(op, l, r);
}

static double fold_call(enum function_id id, double l, double r)
{
	return id == FUNCTION_MAX_OF ? go_max(l, r) : go_min(l, r);
}

static bool all_numbers(const struct plan_node *node)
{
	for (size_t i = 0; i < node->n_args; i++)
		if (node->args[i]->kind != PLAN_NUMBER)
			return false;
	return node->n_args > 0;
}

void plan_node_fold(struct plan_node *node)
{
	if (node->type != VALUE_SCALAR || !all_numbers(node))
		return;
	double l = node->args[0]->number;
	switch ((int)node->kind) {
	case PLAN_SCALAR_BINARY:
		node->number = fold_binary(node->expr->binary.op, l, node->args[1]->number);
		break;
	case PLAN_SCALAR_MAP:
		node->number = fold_call(node->expr->call.function->id, l, node->args[1]->number);
		break;
	case PLAN_NEGATE:
		node->number = -l;
		break;
	case PLAN_REPLICATE:
		node->number = l;
		break;
	default:
		return;
	}
	node->kind = PLAN_NUMBER;
	node->n_args = 0;
}
