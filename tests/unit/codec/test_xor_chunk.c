#include "codec/xor_chunk.h"

#include "tests/lib/expect.h"

#include <math.h>
#include <stdlib.h>

enum { MAX = 400 };

struct columns {
	int64_t t_ms[MAX];
	double v[MAX];
	size_t n;
};

static uint64_t random_state;

static uint64_t random_u64(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state ^ random_state >> 29;
}

/* Every size of time difference, every window of values, long runs of nothing new. */
static struct columns torture(uint64_t seed, size_t n)
{
	static const int64_t jumps[] = {0,      0,      0,       0,       1,
					-1,     8192,   -8191,   8193,    65536,
					-65535, 524288, -524288, 1 << 30, -(1 << 29)};
	struct columns c = {.n = n};
	int64_t t = (int64_t)(random_state = seed) * 1000003, delta = 15000;
	uint64_t bits = random_u64();

	for (size_t i = 0; i < n; i++) {
		bool quiet = seed % 3 == 0 && i % 40 < 35;
		delta += quiet ? 0 : jumps[random_u64() % (sizeof(jumps) / sizeof(jumps[0]))];
		unsigned width = (unsigned)(random_u64() % 64);
		if (!quiet && random_u64() % 3)
			bits ^= random_u64() >> width << random_u64() % (width + 1);
		c.t_ms[i] = t;
		memcpy(&c.v[i], &bits, sizeof(bits));
		t += delta;
	}
	return c;
}

static void encode(const struct columns *c, struct buf *out)
{
	struct xor_encoder e;

	xor_encoder_init(&e, out);
	for (size_t i = 0; i < c->n; i++)
		xor_encoder_append(&e, c->t_ms[i], c->v[i]);
}

/* From memory of exactly the chunk's size into memory of exactly its samples', so that a sanitizer
 * sees every step outside. */
static bool decode(struct str chunk, struct columns *out, struct err *err)
{
	uint8_t *bytes = malloc(chunk.n ? chunk.n : 1);
	size_t n = 0;

	if (chunk.n)
		memcpy(bytes, chunk.p, chunk.n);
	bool ok = xor_chunk_num_samples(bytes, chunk.n, &n, err);
	int64_t *t_ms = malloc(n * sizeof(*t_ms) + 1);
	double *v = malloc(n * sizeof(*v) + 1);
	ok = ok && xor_chunk_decode(bytes, chunk.n, t_ms, v, &out->n, err);
	if (ok && out->n <= MAX) {
		memcpy(out->t_ms, t_ms, n * sizeof(*t_ms));
		memcpy(out->v, v, n * sizeof(*v));
	}
	free(bytes);
	free(t_ms);
	free(v);
	return ok;
}

static void samples_of_every_kind_survive_encoding_and_decoding(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	for (uint64_t seed = 0; seed < 600; seed++) {
		struct columns c = torture(seed, seed % 250), back;
		struct buf chunk auto_done(buf_done) = BUF_INIT(1 << 16);
		encode(&c, &chunk);

		expect_ok(decode(buf_str(&chunk), &back, &err), err);

		assert_int_equal(back.n, c.n);
		assert_memory_equal(back.t_ms, c.t_ms, c.n * sizeof(*c.t_ms));
		assert_memory_equal(back.v, c.v, c.n * sizeof(*c.v));
	}
}

/* Written by Prometheus 2.42. */
static void the_bytes_are_those_of_prometheus(void **state)
{
	static const uint8_t want[] = {
	    0x00, 0x07, 0x80, 0xdf, 0x81, 0x85, 0xfa, 0x62, 0x7e, 0x37, 0xe4, 0x3c, 0x88, 0x00,
	    0x75, 0x9c, 0xd8, 0x36, 0xc0, 0x07, 0xfc, 0x94, 0x51, 0x1a, 0x57, 0xc4, 0x36, 0x2a,
	    0xfe, 0x55, 0x6e, 0x1f, 0xc2, 0xf8, 0xf3, 0x59, 0x50, 0x00, 0x00, 0x00, 0x00, 0x00,
	    0x00, 0x00, 0x0b, 0xff, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x40, 0x00, 0x00,
	    0x00, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x03, 0x2d, 0x97, 0xc7, 0xf3, 0x32, 0x1d, 0x20};
	static const double values[] = {1e300, -1e-300, INFINITY,         -INFINITY,
					0,     -0.0,    18.84955592153876};
	struct buf chunk auto_done(buf_done) = BUF_INIT(1 << 10);
	struct xor_encoder e;
	(void)state;

	xor_encoder_init(&e, &chunk);
	for (int i = 0; i < 7; i++)
		xor_encoder_append(&e, 1700007000000 + 7000 * i, values[i]);

	assert_int_equal(chunk.n, sizeof(want));
	assert_memory_equal(chunk.p, want, sizeof(want));
}

static void a_chunk_is_complete_after_every_sample(void **state)
{
	struct columns c = torture(9, 200), back;
	struct buf out auto_done(buf_done) = BUF_INIT(1 << 16);
	struct err err = ERR_INIT;
	struct xor_encoder e;
	(void)state;

	buf_puts(&out, "what was there");
	size_t start = out.n;
	xor_encoder_init(&e, &out);
	for (size_t i = 0; i < c.n; i++) {
		xor_encoder_append(&e, c.t_ms[i], c.v[i]);
		expect_ok(decode(str_skip(buf_str(&out), start), &back, &err), err);
		assert_int_equal(back.n, i + 1);
		assert_memory_equal(back.v, c.v, (i + 1) * sizeof(*c.v));
	}
	expect_str(str_from(out.p, start), "what was there");
}

static void every_truncation_is_corrupt(void **state)
{
	struct err err = ERR_INIT;
	struct columns back;
	(void)state;

	for (uint64_t seed = 1; seed < 40; seed++) {
		struct columns c = torture(seed, 130);
		struct buf chunk auto_done(buf_done) = BUF_INIT(1 << 16);
		encode(&c, &chunk);
		for (size_t n = 0; n < chunk.n; n++)
			expect_err(decode(str_from(chunk.p, n), &back, &err), err, ERR_CORRUPT,
				   "XOR chunk: ");
	}
}

static void flipped_bits_never_lead_outside(void **state)
{
	struct columns back;
	size_t n_failed = 0;
	(void)state;

	for (uint64_t seed = 0; seed < 2000; seed++) {
		struct columns c = torture(seed, 20 + seed % 100);
		struct buf chunk auto_done(buf_done) = BUF_INIT(1 << 16);
		struct err err = ERR_INIT;
		encode(&c, &chunk);
		for (int i = 0; i < 3; i++)
			chunk.p[random_u64() % chunk.n] ^= (char)(1 << random_u64() % 8);
		n_failed += !decode(buf_str(&chunk), &back, &err);
	}
	assert_true(n_failed > 0);
}

static void errors_name_sample_and_size(void **state)
{
	struct err err = ERR_INIT;
	struct columns back;
	(void)state;

	expect_err(decode(STR("\0"), &back, &err), err, ERR_CORRUPT,
		   "XOR chunk: 1 bytes, too few for its header");
	expect_err(decode(STR("\x40\x00xxxx"), &back, &err), err, ERR_CORRUPT,
		   "XOR chunk: 6 bytes claim to hold 16384 samples");
	expect_err(decode(STR("\0\3\0\0\0\0\0\0\0\0\0\1"), &back, &err), err, ERR_CORRUPT,
		   "XOR chunk: 12 bytes end inside sample 2 of 3");
	/* A new window: 31 leading zeros and 63 bits. */
	expect_err(decode(STR("\0\2\0\0\0\0\0\0\0\0\0\1\xff\xff\xff"), &back, &err), err,
		   ERR_CORRUPT,
		   "XOR chunk: sample 2 of 2, at byte 13 of 15, has a value of more than 64 bits");
}

static void a_chunk_without_samples_is_empty(void **state)
{
	struct err err = ERR_INIT;
	struct columns back = {.n = 7};
	(void)state;

	expect_ok(decode(STR("\0\0"), &back, &err), err);
	assert_int_equal(back.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(samples_of_every_kind_survive_encoding_and_decoding),
	    cmocka_unit_test(the_bytes_are_those_of_prometheus),
	    cmocka_unit_test(a_chunk_is_complete_after_every_sample),
	    cmocka_unit_test(every_truncation_is_corrupt),
	    cmocka_unit_test(flipped_bits_never_lead_outside),
	    cmocka_unit_test(errors_name_sample_and_size),
	    cmocka_unit_test(a_chunk_without_samples_is_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
