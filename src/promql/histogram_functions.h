/* histogram_functions.h - numbers out of a native histogram: histogram_quantile() and its like.
 */
#ifndef PROMQL_HISTOGRAM_FUNCTIONS_H
#define PROMQL_HISTOGRAM_FUNCTIONS_H

#include "promql/functions.h"
#include "promql/histogram_notes.h"

typedef double histogram_fn(const struct histogram *h);

/* histogram_count() and so on; NULL when `id` is none of them. */
histogram_fn *histogram_function(enum function_id id);

double native_histogram_quantile(double q, const struct histogram *h, const struct note_place *p);
double native_histogram_fraction(double lower, double upper, const struct histogram *h,
				 const struct note_place *p);

#endif
