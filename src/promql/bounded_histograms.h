/* bounded_histograms.h - `anchored` and `smoothed` windows of native histograms.
 *
 * Between two histograms there is a line as between two floats: of counts, sums and buckets. Where
 * a counter was reset on the way it is taken to have begun at nothing.
 */
#ifndef PROMQL_BOUNDED_HISTOGRAMS_H
#define PROMQL_BOUNDED_HISTOGRAMS_H

#include "promql/histogram_notes.h"
#include "promql/rate.h"

/* Samples [first, last] of a window, of which the outermost may lie beyond its ends. */
struct bounded_window {
	int64_t start_ms;
	int64_t end_ms;
	size_t first;
	size_t last;
	bool smoothed;
};

/* The increase from one end to the other, or what it is per second; NULL where there is no result.
 * All samples of the window are histograms. */
struct histogram *bounded_histogram_rate(const struct samples *s, const struct bounded_window *b,
					 enum rate_kind kind, const struct note_place *place,
					 struct arena *a);

/* What `x smoothed` is at t_ms, sample i being the last one not after it, and the next one, if
 * there is one within reach, a histogram too. NULL where there is no result. */
struct histogram *smoothed_histogram(const struct samples *s, size_t i, bool has_next, int64_t t_ms,
				     const struct note_place *place, struct arena *a);

#endif
