/* series_samples.h - the samples of one series of the StoreAPI: its chunks decoded, the wanted
 * aggregate of downsampled ones chosen, replicas merged into one.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef DEDUP_SERIES_SAMPLES_H
#define DEDUP_SERIES_SAMPLES_H

#include "base/err.h"
#include "model/samples.h"
#include "model/series.h"
#include "model/time_range.h"

enum dedup_function {
	DEDUP_NONE, /* chunks follow each other; what overlaps is skipped */
	DEDUP_PENALTY,
	DEDUP_CHAIN,
};

struct series_read {
	enum dedup_function dedup;
	const char *func; /* of the select hints: which aggregate, and whether it is a counter */
	/* Samples outside are dropped before replicas are merged: that of the whole query, because
	 * the merge depends on where it starts. */
	struct time_range range;
	bool only_stats; /* as in the select hints */
};

/* The StoreAPI aggregates (enum aggr_set of model/store_api.h) that `func` needs, as a querier asks
 * for them. */
unsigned series_aggrs_for(const char *func);

/* The coarsest resolution that a querier may ask for, of at most max_ms, when `func` reads ranges
 * of range_ms (0: it reads none): functions that want two samples would find one or none in a range
 * of one window. */
int64_t series_max_resolution_ms(const char *func, int64_t range_ms, int64_t max_ms);

/* Appended to *out, in memory of `a`, ascending. ERR_CORRUPT for bytes that are no chunk and for a
 * chunk without the wanted aggregate. */
bool series_samples_read(const struct series *s, const struct series_read *how, struct arena *a,
			 struct samples *out, struct err *err);

#endif
