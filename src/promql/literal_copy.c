#include "promql/literal_copy.h"

#include "base/duration.h"
#include "promql/duration.h"
#include "promql/plan_internal.h"

struct copier {
	const struct query_time *time;
	struct arena *a;
	struct err *err;
};

/* --- nodes with other children ---------------------------------------------------------------- */

static void set_args(struct expr *e, const struct expr *const *children, struct arena *a)
{
	const struct expr **args = ARENA_ARRAY(a, const struct expr *, e->call.n_args);

	for (size_t i = 0; i < e->call.n_args; i++)
		args[i] = children[i];
	e->call.args = args;
}

struct expr *expr_with_children(const struct expr *e, const struct expr *const *children,
				struct arena *a)
{
	struct expr *copy = ARENA_NEW(a, struct expr);

	*copy = *e;
	copy->height = 1;
	for (size_t i = 0; expr_child(e, i); i++)
		if (children[i]->height >= copy->height)
			copy->height = children[i]->height + 1;
	switch ((int)e->kind) {
	case EXPR_AGGREGATE:
		copy->aggregate.expr = children[0];
		if (e->aggregate.param)
			copy->aggregate.param = children[1];
		break;
	case EXPR_BINARY:
		copy->binary.left = children[0];
		copy->binary.right = children[1];
		break;
	case EXPR_CALL:
		set_args(copy, children, a);
		break;
	case EXPR_MATRIX_SELECTOR:
		copy->matrix.selector = children[0];
		break;
	case EXPR_SUBQUERY:
		copy->subquery.expr = children[0];
		break;
	case EXPR_UNARY:
		copy->unary.expr = children[0];
		break;
	case EXPR_PAREN:
		copy->paren = children[0];
		break;
	}
	return copy;
}

/* --- literals --------------------------------------------------------------------------------- */

static bool settle_duration(struct copier *c, struct duration *d, enum duration_sign sign)
{
	struct duration_context context = {c->time->step_ms, c->time->end_ms - c->time->start_ms};
	int64_t ms;

	if (!d->formula)
		return true;
	if (!duration_resolve(d, sign, &context, &ms, c->err))
		return false;
	*d = (struct duration){.ns = ms * NS_PER_MS};
	return true;
}

static void settle_at(const struct copier *c, struct at *at)
{
	if (at->kind == AT_START)
		*at = (struct at){AT_TIMESTAMP, c->time->start_ms};
	else if (at->kind == AT_END)
		*at = (struct at){AT_TIMESTAMP, c->time->end_ms};
}

/* start(), end(), step() and range() are numbers. pi() is, too, but the same everywhere. */
static void settle_call(const struct copier *c, struct expr *e)
{
	enum function_id id = e->call.function->id;

	if (plan_kind_of_function(id) != PLAN_NUMBER || id == FUNCTION_PI)
		return;
	e->kind = EXPR_NUMBER;
	e->number = (struct number_expr){.value = plan_number_of_function(id, c->time)};
}

static bool settle(struct copier *c, struct expr *e)
{
	switch ((int)e->kind) {
	case EXPR_VECTOR_SELECTOR:
		settle_at(c, &e->vector.at);
		return settle_duration(c, &e->vector.offset, DURATION_ANY_SIGN);
	case EXPR_MATRIX_SELECTOR:
		return settle_duration(c, &e->matrix.range, DURATION_POSITIVE);
	case EXPR_SUBQUERY:
		settle_at(c, &e->subquery.at);
		return settle_duration(c, &e->subquery.range, DURATION_POSITIVE) &&
		       settle_duration(c, &e->subquery.step, DURATION_POSITIVE) &&
		       settle_duration(c, &e->subquery.offset, DURATION_ANY_SIGN);
	case EXPR_CALL:
		settle_call(c, e);
		return true;
	}
	return true;
}

static struct expr *copy(struct copier *c, const struct expr *e)
{
	size_t n = 0;
	while (expr_child(e, n))
		n++;
	const struct expr **children = ARENA_ARRAY(c->a, const struct expr *, n);
	for (size_t i = 0; i < n; i++)
		if (!(children[i] = copy(c, expr_child(e, i))))
			return NULL;
	struct expr *out = expr_with_children(e, children, c->a);
	return settle(c, out) ? out : NULL;
}

struct expr *literal_copy(const struct expr *e, const struct query_time *time, struct arena *a,
			  struct err *err)
{
	struct copier c = {time, a, err};

	return copy(&c, e);
}
