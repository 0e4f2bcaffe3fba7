/* aggregates.h - reading chunks that may be those of a downsampled block: which of the aggregates a
 * function needs, and what becomes of raw chunks among them.
 */
#ifndef DEDUP_AGGREGATES_H
#define DEDUP_AGGREGATES_H

#include "dedup/overlap_split.h"
#include "model/samples.h"

enum aggregate_reading {
	READ_AVERAGE, /* raw samples, or sum divided by count */
	READ_COUNT,
	READ_SUM,
	READ_MIN,
	READ_MAX,
	READ_COUNTER, /* resets taken out: the values only grow */
};

enum aggregate_reading aggregate_reading_of(const char *func);

/* The samples of a chain within `range`, appended to *out. ERR_CORRUPT where a chunk lacks the
 * aggregate, or sum and count do not fit each other. */
bool aggregate_read(const struct chunk_chain *chain, enum aggregate_reading reading,
		    struct time_range range, struct arena *a, struct samples *out, struct err *err);

#endif
