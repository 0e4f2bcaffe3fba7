/* plan_flow.c - how series flow through a node: one by one, and whether two of them may meet.
 */
#include "promql/plan_internal.h"

static bool drops_names(const struct plan_node *node)
{
	switch ((int)node->kind) {
	case PLAN_RANGE_CALL: {
		enum function_id id = node->expr->call.function->id;
		return id != FUNCTION_LAST_OVER_TIME && id != FUNCTION_FIRST_OVER_TIME;
	}
	case PLAN_MAP:
	case PLAN_NEGATE:
	case PLAN_TIMESTAMP:
		return true;
	case PLAN_VECTOR_SCALAR_BINARY: {
		const struct binary *bin = &node->expr->binary;
		bool filters = expr_op_is_comparison(bin->op) && !bin->returns_bool;
		return !filters && !expr_op_is_trim(bin->op);
	}
	default:
		return false;
	}
}

/* A scalar that every thread may compute for itself. */
static bool is_cheap(const struct plan_node *scalar)
{
	switch ((int)scalar->kind) {
	case PLAN_NUMBER:
	case PLAN_TIME:
		return true;
	case PLAN_REPLICATE:
	case PLAN_SCALAR_MAP:
	case PLAN_SCALAR_BINARY:
		for (size_t i = 0; i < scalar->n_args; i++)
			if (!is_cheap(scalar->args[i]))
				return false;
		return true;
	default:
		return false;
	}
}

/* Where series come in from, NULL for a selector: a subquery stands between a function and what is
 * evaluated at its steps. */
static const struct plan_node *source_of(const struct plan_node *node)
{
	const struct plan_node *arg = node->n_args ? node->args[0] : NULL;

	return arg && arg->kind == PLAN_SUBQUERY ? arg->args[0] : arg;
}

static bool is_per_series(const struct plan_node *node)
{
	switch ((int)node->kind) {
	case PLAN_SELECT:
	case PLAN_SELECT_TIMES:
	case PLAN_SELECT_START_TIMES:
	case PLAN_RANGE_SELECT:
		return true;
	case PLAN_RANGE_CALL:
	case PLAN_MAP:
	case PLAN_NEGATE:
	case PLAN_TIMESTAMP:
	case PLAN_VECTOR_SCALAR_BINARY:
		break;
	default:
		return false;
	}
	for (size_t i = 1; i < node->n_args; i++)
		if (node->args[i] && !is_cheap(node->args[i]))
			return false;
	const struct plan_node *source = source_of(node);
	return source->is_per_series && !source->may_collide;
}

void plan_node_set_flow(struct plan_node *node, const struct promql_engine_opts *opts)
{
	node->is_per_series = is_per_series(node);
	node->may_collide =
	    !opts->delayed_name_removal && drops_names(node) && node->args[0]->names == NAMES_MANY;
}

const struct plan_node *plan_node_selector(const struct plan_node *node)
{
	while (node && node->is_per_series && node->n_args)
		node = source_of(node);
	return node && node->is_per_series ? node : NULL;
}
