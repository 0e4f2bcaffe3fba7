/* bits.h - integers of fixed width in a given byte order, at any address, and single bits.
 *
 * Bits are numbered from the highest bit of the first byte, as Prometheus' chunks have them.
 */
#ifndef CODEC_BITS_H
#define CODEC_BITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BITS_LOAD(name, type, convert)                                                             \
	static inline type name(const void *p)                                                     \
	{                                                                                          \
		type v;                                                                            \
		memcpy(&v, p, sizeof(v));                                                          \
		return convert(v);                                                                 \
	}
#define BITS_STORE(name, type, convert)                                                            \
	static inline void name(void *p, type v)                                                   \
	{                                                                                          \
		v = convert(v);                                                                    \
		memcpy(p, &v, sizeof(v));                                                          \
	}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BITS_AS_IS(v) (v)
BITS_LOAD(load_be16, uint16_t, __builtin_bswap16)
BITS_LOAD(load_be32, uint32_t, __builtin_bswap32)
BITS_LOAD(load_be64, uint64_t, __builtin_bswap64)
BITS_LOAD(load_le16, uint16_t, BITS_AS_IS)
BITS_LOAD(load_le32, uint32_t, BITS_AS_IS)
BITS_LOAD(load_le64, uint64_t, BITS_AS_IS)
BITS_STORE(store_be16, uint16_t, __builtin_bswap16)
BITS_STORE(store_be32, uint32_t, __builtin_bswap32)
BITS_STORE(store_be64, uint64_t, __builtin_bswap64)
BITS_STORE(store_le16, uint16_t, BITS_AS_IS)
BITS_STORE(store_le32, uint32_t, BITS_AS_IS)
BITS_STORE(store_le64, uint64_t, BITS_AS_IS)
#else
#error "the loads and stores of this header are written for little-endian machines"
#endif

/* At least 57 bits from bit `pos` on, left-aligned, zeros behind them. Reads 8 bytes. */
static inline uint64_t bits_peek57(const uint8_t *p, size_t pos)
{
	return load_be64(p + (pos >> 3)) << (pos & 7);
}

/* 64 bits from bit `pos` on. Reads 9 bytes. */
static inline uint64_t bits_peek64(const uint8_t *p, size_t pos)
{
	const uint8_t *at = p + (pos >> 3);
	unsigned shift = pos & 7;

	return load_be64(at) << shift | (uint64_t)at[8] >> (8 - shift);
}

/* The most bytes behind its first one that bits_put() may write. */
enum { BITS_PUT_SLACK = 16 };

/* Write the low `n` bits of `v` (1 to 64) at bit `pos`; the bits before stay, those behind, in up
 * to BITS_PUT_SLACK bytes, become undefined or zero. Gives the position behind them. */
static inline size_t bits_put(uint8_t *p, size_t pos, uint64_t v, unsigned n)
{
	if (n > 57) { /* with up to 7 bits before them they do not fit 8 bytes */
		n -= 32;
		pos = bits_put(p, pos, v >> 32 << (64 - n) >> (64 - n), n);
		v &= 0xffffffff;
		n = 32;
	}
	uint8_t *at = p + (pos >> 3);
	unsigned used = pos & 7;
	uint64_t word = used ? (uint64_t)*at << 56 : 0;

	store_be64(at, word | v << (64 - n) >> used);
	return pos + n;
}

#endif
