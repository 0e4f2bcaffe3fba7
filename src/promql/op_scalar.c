/* op_scalar.c - scalars: numbers, time(), scalar(), and what is computed from them. Each gives one
 * series without labels; vector() is therefore nothing but its argument.
 */
#include "base/alloc.h"
#include "promql/arithmetic.h"
#include "promql/go_math.h"
#include "promql/operator.h"

#include <stdlib.h>

struct scalar_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* args[2];
	struct arena *arena;
	bool is_done;
};

/* scalar(): the value of the only series at each step, NaN where there are more or none. */
static bool only_series(struct operator* arg, double *v, uint64_t *seen, struct err *err)
{
	size_t n = arg->steps.n;
	struct step_series s;
	enum iter_result r;

	for (size_t i = 0; i < n; i++)
		v[i] = NAN;
	while ((r = operator_next(arg, &s, err)) == ITER_VALUE) {
		if (!execution_check(arg->x, err))
			return false;
		step_series_drop_histograms(&s, n);
		for (size_t i = bits_next(s.present, n, 0); i < n;
		     i = bits_next(s.present, n, i + 1)) {
			v[i] = bits_has(seen, i) ? NAN : s.v[i];
			bits_set(seen, i);
		}
	}
	return r == ITER_END;
}

static void binary(enum expr_op op, const double *l, const double *r, size_t n, double *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = expr_op_is_comparison(op) ? compare(op, l[i], r[i])
						   : arithmetic(op, l[i], r[i]);
}

static void minimum_or_maximum(enum function_id id, const double *l, const double *r, size_t n,
			       double *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = id == FUNCTION_MAX_OF ? go_max(l[i], r[i]) : go_min(l[i], r[i]);
}

static bool compute(struct scalar_op *op, struct step_series *out, struct err *err)
{
	const struct plan_node *node = op->base.node;
	const struct steps *steps = &op->base.steps;
	const double *args[2] = {NULL, NULL};

	if (node->kind == PLAN_SCALAR)
		return only_series(op->args[0], out->v, out->present, err);
	for (size_t i = 0; i < node->n_args; i++)
		if (!operator_read_scalar(op->args[i], op->arena, &args[i], err))
			return false;
	if (node->kind == PLAN_SCALAR_BINARY)
		binary(node->expr->binary.op, args[0], args[1], steps->n, out->v);
	else if (node->kind == PLAN_SCALAR_MAP)
		minimum_or_maximum(node->expr->call.function->id, args[0], args[1], steps->n,
				   out->v);
	else
		for (size_t i = 0; i < steps->n; i++)
			out->v[i] = node->kind == PLAN_TIME ? (double)steps_at(steps, i) / 1000
							    : node->number;
	return true;
}

static enum iter_result scalar_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct scalar_op *op = (struct scalar_op *)base;

	if (op->is_done || base->steps.n == 0)
		return ITER_END;
	op->is_done = true;
	*out = step_series_new(op->arena, base->steps.n);
	if (!compute(op, out, err))
		return ITER_ERROR;
	bits_set_all(out->present, base->steps.n);
	return ITER_VALUE;
}

static void scalar_close(struct operator* base)
{
	struct scalar_op *op = (struct scalar_op *)base;

	operator_close(op->args[0]);
	operator_close(op->args[1]);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops scalar_ops = {scalar_next, scalar_close};

struct operator* scalar_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	if (node->kind == PLAN_VECTOR)
		return operator_open(x, node->args[0], err);

	struct scalar_op *op = NEW(struct scalar_op);
	operator_init(&op->base, &scalar_ops, x, node);
	op->base.in_order = true;
	op->base.keeps = true;
	op->arena = arena_new(x->tracker);
	for (size_t i = 0; i < node->n_args; i++) {
		op->args[i] = operator_open(x, node->args[i], err);
		if (!op->args[i]) {
			scalar_close(&op->base);
			return NULL;
		}
	}
	return &op->base;
}
