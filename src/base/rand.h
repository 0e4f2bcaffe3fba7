/* rand.h - randomness: the system's for names and keys, a seeded generator for tests and jitter. */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/* From the kernel, fit for secrets. Stops the process if there is none. */
void rand_bytes(void *out, size_t n);

/* xoshiro256**: fast, repeatable, not for secrets. One thread at a time. */
struct rand {
	uint64_t s[4];
};

void rand_seed(struct rand *r, uint64_t seed);
void rand_seed_system(struct rand *r);
uint64_t rand_u64(struct rand *r);
uint64_t rand_below(struct rand *r, uint64_t n); /* 0 .. n-1, each equally likely; n > 0 */
double rand_unit(struct rand *r);                /* [0, 1) */

#endif
