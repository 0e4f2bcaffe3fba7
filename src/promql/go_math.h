/* go_math.h - where Go's math package answers differently from C's.
 */
#ifndef PROMQL_GO_MATH_H
#define PROMQL_GO_MATH_H

#include <math.h>

/* NaN wins over everything but the infinity that no number can exceed; 0 is larger than -0. */
static inline double go_max(double a, double b)
{
	if (a == INFINITY || b == INFINITY)
		return INFINITY;
	if (isnan(a) || isnan(b))
		return NAN;
	if (a == 0 && b == 0)
		return signbit(a) ? b : a;
	return a > b ? a : b;
}

static inline double go_min(double a, double b)
{
	if (a == -INFINITY || b == -INFINITY)
		return -INFINITY;
	if (isnan(a) || isnan(b))
		return NAN;
	if (a == 0 && b == 0)
		return signbit(a) ? a : b;
	return a < b ? a : b;
}

#endif
