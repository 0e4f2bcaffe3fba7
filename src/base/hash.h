/* hash.h - hashing of bytes, for tables in memory and for values that leave the process.
 *
 * hash_bytes() may change with the build: never store or send it. hash_xx64() is xxHash64 with
 * seed 0, which Thanos and Prometheus use for chunk hashes and label hashes.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

#include <xxhash.h>

static inline uint64_t hash_bytes(struct str s)
{
	return XXH3_64bits(s.p, s.n);
}

static inline uint64_t hash_xx64(struct str s)
{
	return XXH64(s.p, s.n, 0);
}

/* Spread the bits of a number, such as a reference or a pointer. */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ (x >> 32);
}

#endif
