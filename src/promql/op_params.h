/* op_params.h - the scalar arguments of an operator, of which it needs the values at all steps.
 */
#ifndef PROMQL_OP_PARAMS_H
#define PROMQL_OP_PARAMS_H

#include "promql/operator.h"

enum { OP_PARAMS_MAX = 10 }; /* histogram_quantiles() takes so many */

/* Starts as all zero. */
struct op_params {
	struct operator* ops[OP_PARAMS_MAX]; /* owned */
	const double *v[OP_PARAMS_MAX];      /* by step; NULL before they were read */
	size_t n;
	bool are_read;
};

/* Opens one more. */
bool op_params_add(struct op_params *p, struct execution *x, const struct plan_node *node,
		   struct err *err);

/* Reads all of them to `a`, once. */
bool op_params_read(struct op_params *p, struct arena *a, struct err *err);

void op_params_close(struct op_params *p);

#endif
