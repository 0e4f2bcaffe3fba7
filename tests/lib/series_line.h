/* series_line.h - a series as tests of PromQL write it, position by position.
 */
#ifndef TESTS_LIB_SERIES_LINE_H
#define TESTS_LIB_SERIES_LINE_H

#include "base/err.h"
#include "model/histogram.h"
#include "model/labels.h"

enum point_kind {
	POINT_NONE,
	POINT_FLOAT,
	POINT_HISTOGRAM,
};

struct point {
	enum point_kind kind;
	double v;
	const struct histogram *histogram;
	bool has_reset_hint; /* compare it */
};

struct series_line {
	struct labels labels;
	struct {
		struct point *v;
		size_t n, cap;
	} points;
};

/* In memory of `a`. */
bool series_line_parse(struct arena *a, struct str line, struct series_line *out, struct err *err);

#endif
