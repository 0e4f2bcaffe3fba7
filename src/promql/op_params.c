#include "promql/op_params.h"

bool op_params_add(struct op_params *p, struct execution *x, const struct plan_node *node,
		   struct err *err)
{
	assert(p->n < OP_PARAMS_MAX);
	p->ops[p->n] = operator_open(x, node, err);
	if (!p->ops[p->n])
		return false;
	p->n++;
	return true;
}

bool op_params_read(struct op_params *p, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < p->n && !p->are_read; i++)
		if (!operator_read_scalar(p->ops[i], a, &p->v[i], err))
			return false;
	p->are_read = true;
	return true;
}

void op_params_close(struct op_params *p)
{
	for (size_t i = 0; i < p->n; i++)
		operator_close(p->ops[i]);
}
