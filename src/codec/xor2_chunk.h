/* xor2_chunk.h - float samples as in XOR chunks, but with one prefix for time and value, and with
 * optional start timestamps. Exists on disk only.
 *
 * Format: docs/formats/chunks.md. The encoder gives the bytes that Prometheus' appender gives.
 */
#ifndef CODEC_XOR2_CHUNK_H
#define CODEC_XOR2_CHUNK_H

#include "base/buf.h"
#include "base/err.h"

enum {
	XOR2_CHUNK_HEADER_BYTES = 3,
	XOR2_CHUNK_MAX_SAMPLES = UINT16_MAX,
};

struct xor2_columns {
	int64_t *t_ms;
	double *v;
	int64_t *st_ms; /* 0 where it is not known; NULL: not wanted, or none known */
};

/* What the header says. ERR_CORRUPT when the bytes cannot hold that many, so that the answer may be
 * used to allocate: it is at most 8 * size. */
bool xor2_chunk_num_samples(const uint8_t *data, size_t size, size_t *out, struct err *err);

/* All samples, into columns with room for xor2_chunk_num_samples() of them. ERR_CORRUPT names the
 * sample and the offset. Times are as stored: whether they ascend is the caller's to check. */
bool xor2_chunk_decode(const uint8_t *data, size_t size, const struct xor2_columns *out, size_t *n,
		       struct err *err);

/* Appends a chunk of n samples, at most XOR2_CHUNK_MAX_SAMPLES, to `out`; an overflow shows there.
 */
void xor2_chunk_encode(const struct xor2_columns *c, size_t n, struct buf *out);

#endif
