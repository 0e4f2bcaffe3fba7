/* chart_axis.h - where an axis has its ticks, and what is written beside them.
 *
 * Values are told in steps of 1, 2 or 5 times a power of ten; times in the steps of clocks and
 * calendars, in UTC, with a date where a day begins.
 */
#ifndef TOOLS_CHART_AXIS_H
#define TOOLS_CHART_AXIS_H

#include "base/arena.h"

struct chart_tick {
	double value; /* of a time: milliseconds */
	const char *label;
};

struct chart_ticks {
	struct chart_tick *v; /* ascending */
	size_t n, cap;
};

struct chart_axis {
	double min, max; /* min < max */
	struct chart_ticks ticks;
};

/* At most about `n_ticks`, 2 or more. The axis is widened to the ticks at or beyond both ends, and
 * down (or up) to zero where that is not far. `min` and `max` are finite. */
struct chart_axis chart_value_axis(double min, double max, size_t n_ticks, struct arena *a);

/* Ticks within [min, max] whose labels, three columns apart, fit into `columns`. */
struct chart_axis chart_time_axis(int64_t min_ms, int64_t max_ms, size_t columns, struct arena *a);

#endif
