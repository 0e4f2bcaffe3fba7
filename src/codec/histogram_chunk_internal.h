/* histogram_chunk_internal.h - what reading and writing chunks of histograms share.
 */
#ifndef CODEC_HISTOGRAM_CHUNK_INTERNAL_H
#define CODEC_HISTOGRAM_CHUNK_INTERNAL_H

#include "codec/histogram_chunk.h"

static inline bool has_whole_counts(enum chunk_encoding encoding)
{
	return encoding == CHUNK_HISTOGRAM || encoding == CHUNK_HISTOGRAM_ST;
}

static inline bool has_start_times(enum chunk_encoding encoding)
{
	return encoding == CHUNK_HISTOGRAM_ST || encoding == CHUNK_FLOAT_HISTOGRAM_ST;
}

/* A sample whose sum is this says only that the series is gone. */
#define STALE_SUM_BITS UINT64_C(0x7ff0000000000002)

/* Zero thresholds that are powers of two from 2^-243 to 2^10 take one byte. */
enum {
	THRESHOLD_ZERO = 0,
	THRESHOLD_AS_IS = 255,
	THRESHOLD_BIAS = 243,
};

static inline uint64_t bits_of_double(double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof(bits));
	return bits;
}

static inline double double_of_bits(uint64_t bits)
{
	double v;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

#endif
