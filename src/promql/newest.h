/* newest.h - what an instant selector sees of a series at each step.
 */
#ifndef PROMQL_NEWEST_H
#define PROMQL_NEWEST_H

#include "model/samples.h"
#include "promql/plan.h"

/* Fill out->v, out->present and, if there is one, out->hist, which tells histograms from floats
 * also where the value is a time; false when no step has a value. */
typedef bool newest_fn(const struct samples *s, const struct plan_window *window,
		       const struct steps *steps, struct step_series *out);

newest_fn newest_samples;
newest_fn newest_sample_times; /* in seconds, as timestamp() gives them */
newest_fn newest_start_times;  /* the same of their start times, 0 where they are not known */

#endif
