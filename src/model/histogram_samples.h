/* histogram_samples.h - from the columns of a chunk to histograms.
 */
#ifndef MODEL_HISTOGRAM_SAMPLES_H
#define MODEL_HISTOGRAM_SAMPLES_H

#include "codec/histogram_chunk.h"
#include "model/histogram.h"

/* Samples [first, end) of a decoded chunk, one after the other in memory of `a`; their buckets stay
 * in the chunk's memory, and those that the chunk has none of have none. Resolutions above
 * HISTOGRAM_MAX_SCHEMA are lowered to it. */
struct histogram *histograms_of_chunk(struct arena *a, const struct histogram_chunk *c,
				      size_t first, size_t end);

#endif
