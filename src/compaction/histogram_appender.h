/* histogram_appender.h - puts histograms into one chunk as long as they fit together, the way
 * Prometheus' appenders do: buckets that appear are added to all samples of the chunk, a counter
 * that was reset begins a new one.
 *
 * Samples are gathered and encoded at the end, when all buckets are known; the bytes are those of a
 * chunk that was encoded anew at every change.
 */
#ifndef COMPACTION_HISTOGRAM_APPENDER_H
#define COMPACTION_HISTOGRAM_APPENDER_H

#include "compaction/sample_columns.h"

struct histogram_appender {
	struct arena *a;              /* of what is gathered */
	enum chunk_encoding encoding; /* CHUNK_HISTOGRAM or CHUNK_FLOAT_HISTOGRAM */
	struct histogram_chunk chunk;
	size_t cap;
};

/* Begin a chunk with this sample. A gauge's sample makes it a gauge's chunk, one with the hint of a
 * reset that of a reset, whatever `reset` says. What the sample points to lives as long as `a`. */
void histogram_appender_begin(struct histogram_appender *p, struct arena *a,
			      const struct column_sample *s, enum histogram_chunk_reset reset);

/* The next sample, of the same encoding. False when it does not belong into this chunk; *reset is
 * then what the header of a chunk that it begins says. */
bool histogram_appender_add(struct histogram_appender *p, const struct column_sample *s,
			    enum histogram_chunk_reset *reset);

/* The bytes of the chunk, appended to `out`. */
void histogram_appender_encode(const struct histogram_appender *p, struct buf *out);

#endif
