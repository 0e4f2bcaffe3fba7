/* sample_columns.h - the samples of one chunk, decoded such that they can be encoded again without
 * loss: histograms keep the layout that their chunk has.
 */
#ifndef COMPACTION_SAMPLE_COLUMNS_H
#define COMPACTION_SAMPLE_COLUMNS_H

#include "codec/histogram_chunk.h"
#include "model/histogram.h"

/* Of a chunk without start timestamps. */
struct sample_columns {
	enum chunk_encoding encoding; /* CHUNK_XOR, CHUNK_HISTOGRAM or CHUNK_FLOAT_HISTOGRAM */
	size_t n;
	int64_t *t_ms; /* ascending strictly */
	double *v;     /* of floats */
	struct histogram_chunk histograms;
};

/* In memory of `a`. ERR_CORRUPT when times do not ascend, ERR_UNSUPPORTED for what is no raw chunk.
 */
bool sample_columns_decode(const struct chunk_data *c, struct arena *a, struct sample_columns *out,
			   struct err *err);

/* One of them. */
struct column_sample {
	enum chunk_encoding encoding;
	int64_t t_ms;
	double v;
	struct histogram_layout layout;
	struct histogram_sample histogram;
	/* As Prometheus' iterators tell it: the first of a chunk says nothing about a reset, nor
	 * does a marker of staleness, which is not even a gauge's. */
	enum histogram_hint hint;
};

struct column_sample sample_columns_at(const struct sample_columns *c, size_t i);

#endif
