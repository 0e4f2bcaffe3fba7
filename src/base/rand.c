/* rand.c - getrandom(2), and xoshiro256** by Blackman and Vigna, seeded by splitmix64. */
#include "base/rand.h"

#include "base/assert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void rand_bytes(void *out, size_t n)
{
	char *to = out;

	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			perror("athanor: getrandom");
			abort();
		}
		to += got;
		n -= (size_t)got;
	}
}

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void rand_seed(struct rand *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix(&seed);
}

void rand_seed_system(struct rand *r)
{
	uint64_t seed;
	rand_bytes(&seed, sizeof(seed));
	rand_seed(r, seed);
}

static uint64_t rotate_left(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

uint64_t rand_u64(struct rand *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t rand_below(struct rand *r, uint64_t n)
{
	assert(n > 0);
	/* Numbers from the incomplete last run of n would make the small ones likelier. */
	uint64_t first_unfair = UINT64_MAX - UINT64_MAX % n;
	uint64_t x;
	do
		x = rand_u64(r);
	while (x >= first_unfair);
	return x % n;
}

double rand_unit(struct rand *r)
{
	return (double)(rand_u64(r) >> 11) * 0x1p-53;
}
