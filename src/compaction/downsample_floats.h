/* downsample_floats.h - float samples to aggregate chunks, and those to coarser ones.
 */
#ifndef COMPACTION_DOWNSAMPLE_FLOATS_H
#define COMPACTION_DOWNSAMPLE_FLOATS_H

#include "compaction/downsample_chunks.h"
#include "compaction/downsample_windows.h"

/* Samples of a series, decoded. Markers of staleness are left out, and what goes back in
 * time, before 1970, or beyond WINDOWS_MAX_T_MS. */
struct float_samples {
	int64_t *t_ms;
	double *v;
	size_t n;
	size_t cap;
	bool has_nan;
};

bool float_samples_append(struct float_samples *s, const struct chunk_data *chunk, struct err *err);
void float_samples_clear(struct float_samples *s);
void float_samples_done(struct float_samples *s);

/* Memory that is used again and again. */
struct float_scratch {
	struct float_samples samples; /* of a batch without NaN, or of an aggregate */
	struct window_columns windows;
};

void float_scratch_done(struct float_scratch *scratch);

/* Appends the chunks of raw samples to *out. */
bool downsample_floats(const struct float_samples *s, int64_t resolution_ms,
		       struct float_scratch *scratch, struct aggr_chunks *out, struct err *err);

/* Appends to *out one chunk, made of n chunks of a finer resolution that follow each other. */
bool downsample_float_aggrs(const struct aggr_parts *parts, size_t n, int64_t resolution_ms,
			    struct float_scratch *scratch, struct aggr_chunks *out,
			    struct err *err);

#endif
