/* columns.h - operators on the values of two series at all steps at once.
 *
 * What is computed at steps that have no value means nothing, as what is there does.
 */
#ifndef PROMQL_COLUMNS_H
#define PROMQL_COLUMNS_H

#include "promql/ast.h"
#include "promql/steps.h"

/* `out` may be one of the two. */
void columns_compute(enum expr_op op, const double *l, const double *r, const uint64_t *present,
		     double *out, size_t n);

/* Leaves of `present` the steps at which the comparison holds. */
void columns_filter(enum expr_op op, const double *l, const double *r, uint64_t *present, size_t n);

#endif
