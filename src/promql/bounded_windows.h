/* bounded_windows.h - `anchored` and `smoothed`: windows that know the value at their ends.
 *
 * An anchored window also sees the last sample at or before its start, which stands for the value
 * there. A smoothed one also sees the first sample after its end, and has the values on the line
 * between the samples around each end. Neither looks further than the lookback. rate() and its like
 * need no extrapolation then: what they give is the difference of the values at both ends.
 */
#ifndef PROMQL_BOUNDED_WINDOWS_H
#define PROMQL_BOUNDED_WINDOWS_H

#include "promql/histogram_notes.h"
#include "promql/newest.h"
#include "promql/rate.h"

/* As rate_windows(), of a window with bounds. If `s` has histograms so has `out`, whose are in
 * memory of `a`; a window that has both is told of and has no result. */
bool bounded_rate_windows(const struct samples *s, enum rate_kind kind,
			  const struct plan_window *window, const struct steps *steps,
			  const struct note_place *place, struct arena *a, struct step_series *out);

/* The instant selector `x smoothed`: the sample of that time, or the line between those around it,
 * or the last one where none follows. Histograms as above. */
bool smoothed_samples(const struct samples *s, const struct plan_window *window,
		      const struct steps *steps, const struct note_place *place, struct arena *a,
		      struct step_series *out);

/* What the range selector itself gives at one step, in memory of `a`: a sample at each end of the
 * window and those between. Empty when the window is. ERR_EXECUTION where there are
 * histograms. */
bool bounded_window_samples(const struct samples *s, const struct plan_window *window, int64_t t_ms,
			    struct arena *a, struct samples *out, struct err *err);

#endif
