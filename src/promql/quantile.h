/* quantile.h - the quantile of a set of numbers, between the two nearest ranks.
 */
#ifndef PROMQL_QUANTILE_H
#define PROMQL_QUANTILE_H

#include <stddef.h>

/* Sorts v in place, NaN first. q < 0 gives -Inf, q > 1 +Inf, no numbers or q NaN give NaN. */
double quantile(double q, double *v, size_t n);

#endif
