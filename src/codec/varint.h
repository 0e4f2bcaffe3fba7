/* varint.h - integers in 7-bit groups, lowest first: as protobuf and Go's encoding/binary have
 * them.
 *
 * Readers take the end of what may be read and give the number of bytes used; 0 means that the
 * bytes end inside the number, or that it does not fit 64 bits.
 */
#ifndef CODEC_VARINT_H
#define CODEC_VARINT_H

#include <stddef.h>
#include <stdint.h>

enum { VARINT_MAX_BYTES = 10 };

/* Signed numbers near zero become small unsigned ones: 0, -1, 1, -2 ... are 0, 1, 2, 3 ... */
static inline uint64_t zigzag_encode(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t zigzag_decode(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline size_t uvarint_get(const uint8_t *p, const uint8_t *end, uint64_t *out)
{
	size_t left = (size_t)(end - p);
	uint64_t v = 0;

	for (size_t i = 0; i < VARINT_MAX_BYTES && i < left; i++) {
		v |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (p[i] < 0x80) {
			if (i == VARINT_MAX_BYTES - 1 && p[i] > 1)
				return 0;
			*out = v;
			return i + 1;
		}
	}
	return 0;
}

/* `to` has room for VARINT_MAX_BYTES, or for uvarint_size(v). */
static inline size_t uvarint_put(uint8_t *to, uint64_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		to[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	to[n++] = (uint8_t)v;
	return n;
}

static inline size_t uvarint_size(uint64_t v)
{
	return (size_t)(63 - __builtin_clzll(v | 1)) / 7 + 1;
}

/* Signed, in zigzag form. */
static inline size_t varint_get(const uint8_t *p, const uint8_t *end, int64_t *out)
{
	uint64_t v;
	size_t n = uvarint_get(p, end, &v);

	if (n)
		*out = zigzag_decode(v);
	return n;
}

static inline size_t varint_put(uint8_t *to, int64_t v)
{
	return uvarint_put(to, zigzag_encode(v));
}

#endif
