#include "codec/blake2b.h"

#include "codec/bits.h"

enum { BLOCK_BYTES = 128, N_ROUNDS = 12 };

/* The fractions of the square roots of the first eight primes, as in SHA-512. */
static const uint64_t initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* Which words of a block each round mixes in, in order; rounds 10 and 11 are 0 and 1 again. */
static const uint8_t order[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

/* The words that the eight mixings of a round touch: columns, then diagonals. */
static const uint8_t quarters[8][4] = {
    {0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14}, {3, 7, 11, 15},
    {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13},  {3, 4, 9, 14},
};

static uint64_t rotate_right(uint64_t x, unsigned n)
{
	return x >> n | x << (64 - n);
}

static void mix(uint64_t v[16], const uint8_t at[4], uint64_t x, uint64_t y)
{
	uint64_t a = v[at[0]], b = v[at[1]], c = v[at[2]], d = v[at[3]];

	a += b + x;
	d = rotate_right(d ^ a, 32);
	c += d;
	b = rotate_right(b ^ c, 24);
	a += b + y;
	d = rotate_right(d ^ a, 16);
	c += d;
	b = rotate_right(b ^ c, 63);
	v[at[0]] = a;
	v[at[1]] = b;
	v[at[2]] = c;
	v[at[3]] = d;
}

static void compress(uint64_t h[8], const uint8_t block[BLOCK_BYTES], uint64_t n_so_far,
		     bool is_last)
{
	uint64_t m[16], v[16];

	for (int i = 0; i < 16; i++)
		m[i] = load_le64(block + 8 * i);
	for (int i = 0; i < 8; i++) {
		v[i] = h[i];
		v[i + 8] = initial[i];
	}
	v[12] ^= n_so_far;
	if (is_last)
		v[14] = ~v[14];
	for (int round = 0; round < N_ROUNDS; round++)
		for (int i = 0; i < 8; i++)
			mix(v, quarters[i], m[order[round % 10][2 * i]],
			    m[order[round % 10][2 * i + 1]]);
	for (int i = 0; i < 8; i++)
		h[i] ^= v[i] ^ v[i + 8];
}

void blake2b_256(struct str bytes, uint8_t out[BLAKE2B_256_BYTES])
{
	uint8_t last[BLOCK_BYTES] = {0};
	uint64_t h[8];
	uint64_t total = 0;

	memcpy(h, initial, sizeof(h));
	h[0] ^= 0x01010000 ^ BLAKE2B_256_BYTES; /* parameters: no tree, no key, output size */
	for (; bytes.n > BLOCK_BYTES; bytes = str_skip(bytes, BLOCK_BYTES)) {
		total += BLOCK_BYTES;
		compress(h, (const uint8_t *)bytes.p, total, false);
	}
	if (bytes.n)
		memcpy(last, bytes.p, bytes.n);
	compress(h, last, total + bytes.n, true);
	for (int i = 0; i < BLAKE2B_256_BYTES / 8; i++)
		store_le64(out + 8 * i, h[i]);
}
