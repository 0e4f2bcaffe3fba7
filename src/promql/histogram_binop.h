/* histogram_binop.h - operators between two samples of which at least one is a histogram.
 */
#ifndef PROMQL_HISTOGRAM_BINOP_H
#define PROMQL_HISTOGRAM_BINOP_H

#include "promql/ast.h"
#include "promql/histogram_notes.h"

/* A histogram, or a float where it is NULL. */
struct operand {
	double v;
	const struct histogram *h;
};

enum binop_result {
	BINOP_ERROR, /* makes no sense; it is noted, and there is no result */
	BINOP_FALSE, /* a comparison that does not hold */
	BINOP_TRUE,  /* one that holds; *out is the left histogram */
	BINOP_VALUE, /* *out is the result, in memory of `a` */
};

enum binop_result histogram_binop(enum expr_op op, struct operand l, struct operand r,
				  const struct note_place *place, struct arena *a,
				  const struct histogram **out);

#endif
