/* jump_hash.h - which of n buckets has a key, so that only 1/n of the keys move when the n-th
 * comes: Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm" (arXiv 1406.2294).
 */
#ifndef CACHE_JUMP_HASH_H
#define CACHE_JUMP_HASH_H

#include <stddef.h>
#include <stdint.h>

/* `n` > 0. Jumps from bucket to bucket, each time to where a longer list would have the key. */
static inline size_t jump_hash(uint64_t key, size_t n)
{
	int64_t bucket = 0, next = 0;

	while (next < (int64_t)n) {
		bucket = next;
		key = key * UINT64_C(2862933555777941757) + 1;
		next = (int64_t)((double)(bucket + 1) * (0x1p31 / (double)((key >> 33) + 1)));
	}
	return (size_t)bucket;
}

#endif
