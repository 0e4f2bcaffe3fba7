/* op_replicate.c - a value that does not change from step to step, computed once.
 */
#include "base/alloc.h"
#include "promql/operator.h"

#include <stdlib.h>

struct replicate_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct arena *arena;
	struct arena *scratch; /* of one series */
	struct step_series out;
};

static enum iter_result replicate_next(struct operator* base, struct step_series *out,
				       struct err *err)
{
	struct replicate_op *op = (struct replicate_op *)base;
	struct step_series s;

	enum iter_result r = operator_next(op->arg, &s, err);
	if (r != ITER_VALUE)
		return r;
	for (size_t i = 0; i < base->steps.n; i++)
		op->out.v[i] = s.v[0];
	op->out.hist = NULL;
	if (step_series_histogram(&s, 0)) {
		arena_clear(op->scratch);
		op->out.hist = ARENA_ARRAY(op->scratch, struct histogram *, base->steps.n);
		for (size_t i = 0; i < base->steps.n; i++)
			op->out.hist[i] = s.hist[0];
	}
	bits_set_all(op->out.present, base->steps.n);
	base->in_order = op->arg->in_order;
	*out = s;
	out->v = op->out.v;
	out->present = op->out.present;
	out->hist = op->out.hist;
	return ITER_VALUE;
}

static void replicate_close(struct operator* base)
{
	struct replicate_op *op = (struct replicate_op *)base;

	operator_close(op->arg);
	arena_free(op->scratch);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops replicate_ops = {replicate_next, replicate_close};

struct operator*
    replicate_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct replicate_op *op = NEW(struct replicate_op);

	operator_init(&op->base, &replicate_ops, x, node);
	op->arena = arena_new(x->tracker);
	op->scratch = arena_new(x->tracker);
	op->out = step_series_new(op->arena, node->steps.n);
	op->arg = operator_open(x, node->args[0], err);
	if (!op->arg) {
		replicate_close(&op->base);
		return NULL;
	}
	return &op->base;
}
