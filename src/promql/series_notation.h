/* series_notation.h - a series written down for a test: labels, and the values they have had.
 *
 *	http_requests_total{job="a"}  1 2.5 _ stale  0+10x4  {{schema:1 sum:3 count:2 buckets:[1
 *1]}}
 *
 * Format: prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series. Each value
 * takes one position, a repetition several: 1x4 is 1 five times, 1+2x4 is 1 3 5 7 9, _x4 is nothing
 * four times. What Prometheus reads is read as it reads it; a few things it stumbles over are read
 * too (.5 in a histogram), and garbage it skips in silence is refused.
 */
#ifndef PROMQL_SERIES_NOTATION_H
#define PROMQL_SERIES_NOTATION_H

#include "model/labels.h"

enum notation_reset_hint {
	NOTATION_RESET_UNKNOWN,
	NOTATION_RESET,
	NOTATION_NOT_RESET,
	NOTATION_GAUGE,
};

struct notation_numbers {
	const double *v;
	size_t n;
};

/* What stands between {{ and }}; what is not said there is 0. */
struct notation_histogram {
	int32_t schema;
	double sum;
	double count; /* as written: it need not be what the buckets add up to */
	double zero_count;
	double zero_threshold;
	int32_t positive_offset; /* index of the first of the buckets, which have no gaps */
	int32_t negative_offset;
	struct notation_numbers positive; /* absolute counts */
	struct notation_numbers negative;
	struct notation_numbers custom_values;
	enum notation_reset_hint reset_hint;
	bool has_reset_hint; /* it was written, so a test wants it to be compared */
};

enum notation_kind {
	NOTATION_ABSENT,
	NOTATION_FLOAT, /* a stale marker too */
	NOTATION_HISTOGRAM,
};

enum notation_change {
	NOTATION_SAME,
	NOTATION_RISING,  /* each value is the one before plus `change` or `histogram_change` */
	NOTATION_FALLING, /* histograms only: minus; has_reset_hint is that of the change */
};

/* Positions that were written as one. */
struct notation_run {
	enum notation_kind kind;
	uint64_t n; /* positions, at least 1 unless it is _x0 */
	enum notation_change direction;
	double value;
	double change;
	const struct notation_histogram *histogram;
	const struct notation_histogram *histogram_change;
};

struct series_notation {
	struct labels labels; /* ascending by name */
	const struct notation_run *runs;
	size_t n_runs;
	uint64_t n_positions;
};

enum { NOTATION_MAX_POSITIONS = 10 * 1000 * 1000 };

/* The result lives in `a`. Fails with ERR_INVALID, "1:5: parse error: ...", and with ERR_LIMIT when
 * there are too many positions. */
bool series_notation_parse(struct arena *a, struct str text, struct series_notation *out,
			   struct err *err);

/* Only the labels, as before an "@st": metric{a="b"}. */
bool series_notation_parse_labels(struct arena *a, struct str text, struct labels *out,
				  struct err *err);

#endif
