/* plan_pinned.c - what does not change from step to step.
 */
#include "promql/plan_internal.h"

/* Functions that have no value without the time of evaluation, or use that of their argument. */
static bool depends_on_time(enum function_id id)
{
	switch ((int)id) {
	case FUNCTION_DAYS_IN_MONTH:
	case FUNCTION_DAY_OF_MONTH:
	case FUNCTION_DAY_OF_WEEK:
	case FUNCTION_DAY_OF_YEAR:
	case FUNCTION_HOUR:
	case FUNCTION_MINUTE:
	case FUNCTION_MONTH:
	case FUNCTION_YEAR:
	case FUNCTION_PREDICT_LINEAR:
	case FUNCTION_START_TIMESTAMP:
	case FUNCTION_TIME:
	case FUNCTION_TIMESTAMP:
		return true;
	default:
		return false;
	}
}

static bool call_is_pinned(const struct call *call)
{
	/* timestamp() of a pinned selector is the time of the sample, which does not change. */
	if (call->function->id == FUNCTION_TIMESTAMP ||
	    call->function->id == FUNCTION_START_TIMESTAMP) {
		const struct expr *arg = expr_unwrap(call->args[0]);
		return arg->kind == EXPR_VECTOR_SELECTOR && plan_is_pinned(arg);
	}
	if (depends_on_time(call->function->id))
		return false;
	for (size_t i = 0; i < call->n_args; i++)
		if (!plan_is_pinned(call->args[i]))
			return false;
	return true;
}

bool plan_is_pinned(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_VECTOR_SELECTOR:
		return e->vector.at.kind != AT_NONE;
	case EXPR_MATRIX_SELECTOR:
		return plan_is_pinned(e->matrix.selector);
	case EXPR_SUBQUERY:
		return e->subquery.at.kind != AT_NONE;
	case EXPR_CALL:
		return call_is_pinned(&e->call);
	case EXPR_AGGREGATE:
		/* As in Prometheus, whatever the parameter. */
		return plan_is_pinned(e->aggregate.expr);
	case EXPR_BINARY:
		return plan_is_pinned(e->binary.left) && plan_is_pinned(e->binary.right);
	case EXPR_UNARY:
		return plan_is_pinned(e->unary.expr);
	case EXPR_PAREN:
		return plan_is_pinned(e->paren);
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_DURATION:
		return true;
	case EXPR_REMOTE: /* whose engines know better */
		return false;
	}
	return false;
}
