/* histogram_samples.h - from the columns of a chunk to histograms, and back.
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

/* One chunk of n > 0 histograms, in memory of `a`: each bucket that any of them has is in its
 * layout. All but markers of staleness have the same schema, zero threshold and bounds, and their
 * indexes are as those of histograms that were read. Start timestamps are not known. */
void histograms_to_chunk(struct arena *a, const int64_t *t_ms, struct histogram *const *h, size_t n,
			 enum histogram_chunk_reset reset, struct histogram_chunk *out);

#endif
