/* histogram_chunk.h - native histograms, with whole counts or with floats: one layout of buckets
 * for the chunk, then numbers of bits as differences of differences, or XORed.
 *
 * Format: docs/formats/chunks.md. The encoders give the bytes that Prometheus' appenders give.
 */
#ifndef CODEC_HISTOGRAM_CHUNK_H
#define CODEC_HISTOGRAM_CHUNK_H

#include "base/arena.h"
#include "base/buf.h"
#include "codec/chunk.h"

enum {
	HISTOGRAM_CHUNK_HEADER_BYTES = 3,
	HISTOGRAM_CHUNK_CUSTOM_SCHEMA = -53, /* the chunk has bounds */
};

/* What the header says about the first sample; in a gauge's chunk all samples are a gauge's. */
enum histogram_chunk_reset {
	HISTOGRAM_CHUNK_UNKNOWN = 0,
	HISTOGRAM_CHUNK_NOT_RESET = 0x40,
	HISTOGRAM_CHUNK_RESET = 0x80,
	HISTOGRAM_CHUNK_GAUGE = 0xc0,
};

/* So many buckets in a row, `offset` behind the end of the span before; behind index 0 if it is the
 * first. */
struct histogram_span {
	int32_t offset;
	uint32_t length;
};

struct histogram_spans {
	const struct histogram_span *v;
	size_t n;
	size_t n_buckets; /* of all of them */
};

struct histogram_layout {
	int32_t schema;
	double zero_threshold;
	struct histogram_spans positive;
	struct histogram_spans negative;
	const double *bounds; /* with the custom schema only */
	size_t n_bounds;
};

struct histogram_sample {
	int64_t t_ms;
	int64_t st_ms; /* 0: not known */
	double count;
	double zero_count;
	double sum;
	/* Absolute counts, as many as the spans have. NULL for a marker of staleness, whose counts
	 * are 0, and where they were not asked for. */
	double *positive;
	double *negative;
};

struct histogram_chunk {
	enum histogram_chunk_reset reset;
	struct histogram_layout layout;
	struct histogram_sample *samples;
	size_t n;
};

/* A chunk of any of the four encodings, in memory of `a`: at most some hundred times the size of
 * the chunk. Indexes of buckets ascend and fit 32 bits; times are as stored. ERR_CORRUPT, or
 * ERR_UNSUPPORTED for other encodings. */
bool histogram_chunk_decode(const struct chunk_data *c, struct arena *a,
			    struct histogram_chunk *out, struct err *err);

/* The same for those who want nothing but counts and sums: only the first sample and the last one
 * that is no marker of staleness have buckets, with which the chunks before and behind can be
 * compared. */
bool histogram_chunk_decode_stats(const struct chunk_data *c, struct arena *a,
				  struct histogram_chunk *out, struct err *err);

/* Appends the chunk to `out`; an overflow shows there. Counts of CHUNK_HISTOGRAM and
 * CHUNK_HISTOGRAM_ST are whole numbers below 2^63; what is larger is cut to that. At most 65535
 * samples, 16383 with start timestamps. */
void histogram_chunk_encode(enum chunk_encoding encoding, const struct histogram_chunk *c,
			    struct buf *out);

/* From a chunk with start timestamps to one without, bit by bit, so that no number loses anything.
 * Appended to `out`; an overflow shows there. */
bool histogram_chunk_drop_start_times(const struct chunk_data *c, struct buf *out, struct err *err);

#endif
