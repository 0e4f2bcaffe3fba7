/* histogram_windows.h - rate() and its like, sums and averages of the histograms in one window.
 */
#ifndef PROMQL_HISTOGRAM_WINDOWS_H
#define PROMQL_HISTOGRAM_WINDOWS_H

#include "promql/histogram_notes.h"
#include "promql/rate.h"

/* Only histograms, at least one. */
/* How much of it happened up to a sample of a series, that one included: what windows need not look
 * for if it did not happen in them. */
struct histogram_events {
	uint32_t resets;  /* against the sample before */
	uint32_t schemas; /* that are another than the one before */
	uint32_t gauges;
};

struct histogram_window {
	const int64_t *t_ms;
	const int64_t *st_ms; /* start times, or NULL */
	struct histogram *const *v;
	const struct histogram_events *events; /* by sample, or NULL when they were not counted */
	size_t n;
	int64_t start_ms; /* the window is open on this side */
	int64_t end_ms;
	struct note_place place;
};

/* All give NULL where there is no result, else a histogram in memory of `a`. */
/* The histograms among the samples of a series, as one window of which others are parts. before[i]
 * becomes the number of those that stand before sample i, for i up to s->n. */
struct histogram_window histogram_window_of(const struct samples *s, bool counts_events,
					    struct arena *a, uint32_t *before);

struct histogram *histogram_rate(const struct histogram_window *w, enum rate_kind kind,
				 struct arena *a);
/* irate(), or idelta() of a gauge. */
struct histogram *histogram_instant_rate(const struct histogram_window *w, bool is_rate,
					 struct arena *a);
struct histogram *histogram_sum_over_time(const struct histogram_window *w, bool is_average,
					  struct arena *a);

#endif
