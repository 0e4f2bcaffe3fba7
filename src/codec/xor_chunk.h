/* xor_chunk.h - float samples: times as delta of deltas, values XORed with the one before.
 *
 * Format: docs/formats/chunks.md. The encoder gives the bytes that Prometheus' appender gives.
 */
#ifndef CODEC_XOR_CHUNK_H
#define CODEC_XOR_CHUNK_H

#include "base/buf.h"
#include "base/err.h"

enum {
	XOR_CHUNK_HEADER_BYTES = 2,
	XOR_CHUNK_MAX_SAMPLES = UINT16_MAX,
	XOR_CHUNK_MAX_SAMPLE_BYTES = 20, /* no sample adds more */
};

/* What the header says. ERR_CORRUPT when the bytes cannot hold that many, so that the answer may be
 * used to allocate: it is at most 4 * size. */
bool xor_chunk_num_samples(const uint8_t *data, size_t size, size_t *out, struct err *err);

/* All samples, into columns with room for xor_chunk_num_samples() of them. Reads nothing outside of
 * [data, data + size). ERR_CORRUPT names the sample and the offset. Times are as stored: whether
 * they ascend is the caller's to check. */
bool xor_chunk_decode(const uint8_t *data, size_t size, int64_t *t_ms, double *v, size_t *n,
		      struct err *err);

/* Appends one chunk to the end of `out`, whose bytes are a complete chunk after every sample. Only
 * the encoder may append to `out` until it is done; an overflow shows there. */
struct xor_encoder {
	struct buf *out;
	size_t start;  /* of the chunk in out */
	size_t n_bits; /* of the chunk so far */
	size_t n;      /* samples so far, at most XOR_CHUNK_MAX_SAMPLES */
	int64_t t_ms;
	uint64_t delta;
	uint64_t v_bits;
	uint8_t leading; /* the window of the last value; 0xff before there is one */
	uint8_t trailing;
};

void xor_encoder_init(struct xor_encoder *e, struct buf *out);
void xor_encoder_append(struct xor_encoder *e, int64_t t_ms, double v);

#endif
