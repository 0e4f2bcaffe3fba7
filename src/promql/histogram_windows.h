/* histogram_windows.h - rate() and its like, sums and averages of the histograms in one window.
 */
#ifndef PROMQL_HISTOGRAM_WINDOWS_H
#define PROMQL_HISTOGRAM_WINDOWS_H

#include "promql/histogram_notes.h"
#include "promql/rate.h"

/* Only histograms, at least one. */
struct histogram_window {
	const int64_t *t_ms;
	const int64_t *st_ms; /* start times, or NULL */
	struct histogram *const *v;
	size_t n;
	int64_t start_ms; /* the window is open on this side */
	int64_t end_ms;
	struct note_place place;
};

/* All give NULL where there is no result, else a histogram in memory of `a`. */
struct histogram *histogram_rate(const struct histogram_window *w, enum rate_kind kind,
				 struct arena *a);
/* irate(), or idelta() of a gauge. */
struct histogram *histogram_instant_rate(const struct histogram_window *w, bool is_rate,
					 struct arena *a);
struct histogram *histogram_sum_over_time(const struct histogram_window *w, bool is_average,
					  struct arena *a);

#endif
