/* data.h - random series for random queries: counters that are reset, gauges, gaps, markers of
 * staleness, numbers that are none, classic histograms.
 */
#ifndef TESTS_ORACLE_DATA_H
#define TESTS_ORACLE_DATA_H

#include "base/rand.h"
#include "model/labels.h"
#include "model/samples.h"
#include "tests/lib/memory_queryable.h"

enum {
	DATA_SCRAPE_MS = 10000,
	DATA_START_MS = 3600000, /* the first scrape */
	DATA_SCRAPES = 180,
};

struct oracle_series {
	struct labels labels;
	struct samples samples;
};

/* Ascending by labels. */
struct oracle_data {
	struct oracle_series *v;
	size_t n, cap;
};

enum data_kind {
	DATA_WHOLE,    /* many samples lie exactly where steps and ends of ranges do */
	DATA_EXPORTED, /* without markers of staleness, which OpenMetrics cannot write */
	/* For Prometheus 2.42: no sample lies on a multiple of five seconds, where it matters
	 * whether a range includes its start; counters are far from zero, and all numbers are
	 * numbers: rates near zero and sums with NaN and infinities were mended since. */
	DATA_FOR_2_42,
};

/* The names that queries may use. */
extern const char *const data_counters[];
extern const char *const data_gauges[];
extern const char *const data_labels[];
enum { DATA_N_COUNTERS = 3, DATA_N_GAUGES = 5, DATA_N_LABELS = 4 };

/* In memory of `a`. */
void data_generate(struct arena *a, uint64_t seed, enum data_kind kind, struct oracle_data *out);

struct memory_queryable *data_queryable(const struct oracle_data *data);

/* As OpenMetrics text, which promtool makes blocks of. */
void data_write_openmetrics(struct buf *out, const struct oracle_data *data);

#endif
