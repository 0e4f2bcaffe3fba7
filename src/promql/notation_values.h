/* notation_values.h - the values that the notation of a series stands for, one by one.
 */
#ifndef PROMQL_NOTATION_VALUES_H
#define PROMQL_NOTATION_VALUES_H

#include "model/histogram.h"
#include "promql/series_notation.h"

struct notation_value {
	enum notation_kind kind;
	double v;
	const struct histogram *histogram;
	bool has_reset_hint; /* the hint was written, so a test wants it to be compared */
};

/* The run->n values of a run, to `out`. ERR_INVALID when histograms cannot
 * be added to each other. */
bool notation_run_values(struct arena *a, const struct notation_run *run,
			 struct notation_value *out, struct err *err);

/* In memory of `a`. */
struct histogram *notation_histogram_value(struct arena *a, const struct notation_histogram *n);

#endif
