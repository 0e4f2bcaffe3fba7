/* downsample_series.h - the chunks of one series at a coarser resolution.
 */
#ifndef COMPACTION_DOWNSAMPLE_SERIES_H
#define COMPACTION_DOWNSAMPLE_SERIES_H

#include "compaction/downsample_histograms.h"

/* What Thanos' three resolutions are, in milliseconds. */
enum {
	RESOLUTION_RAW_MS = 0,
	RESOLUTION_5M_MS = 5 * 60 * 1000,
	RESOLUTION_1H_MS = 60 * 60 * 1000,
};

/* Memory that is used again from series to series; what it holds is bounded by the longest of them.
 */
struct series_downsampler {
	int64_t from_ms;
	int64_t to_ms;
	struct aggr_chunks out; /* the result */

	struct float_samples floats;
	struct histogram_samples histograms;
	struct float_scratch scratch;
	/* Of a source that is downsampled: the parts of its chunks, and those of raw chunks that
	 * are found among them. */
	VEC(struct aggr_parts) parts;
	VEC(struct chunk_meta) metas;
	struct aggr_chunks repaired;
};

void series_downsampler_init(struct series_downsampler *d, int64_t from_ms, int64_t to_ms);
void series_downsampler_done(struct series_downsampler *d);

/* The chunks of a series become those in d->out, valid until the next call. They do not overlap.
 * There may be none. */
bool series_downsample(struct series_downsampler *d, const struct chunk_meta *metas,
		       const struct chunk_data *chunks, size_t n, struct err *err);

#endif
