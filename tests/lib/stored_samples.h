/* stored_samples.h - what a database gives back of the samples that a test loads.
 *
 * Hints of histograms are not stored with each of them but told by where chunks begin: a sample
 * that goes on in the chunk of the one before it is "not reset", the first one of a chunk says
 * nothing.
 */
#ifndef TESTS_LIB_STORED_SAMPLES_H
#define TESTS_LIB_STORED_SAMPLES_H

#include "model/samples.h"
#include "tests/lib/series_line.h"

/* Appended to the empty *out, in memory of `a`. */
void samples_of_points(struct arena *a, const struct series_line *line, int64_t step_ms,
		       struct samples *out);

#endif
