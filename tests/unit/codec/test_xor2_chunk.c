#include "codec/xor2_chunk.h"

#include "tests/lib/expect.h"
#include "tests/lib/golden_chunks.h"

static struct xor2_columns columns_for(struct arena *a, size_t n)
{
	return (struct xor2_columns){
	    .t_ms = ARENA_ARRAY(a, int64_t, n),
	    .v = ARENA_ARRAY(a, double, n),
	    .st_ms = ARENA_ARRAY(a, int64_t, n),
	};
}

static void samples_are_those_that_prometheus_wrote(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct golden_chunks all;
	size_t n_tested = 0;
	(void)state;

	golden_chunks_read(a, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct golden_chunk *g = &all.v[i];
		struct xor2_columns c = columns_for(a, g->samples.n);
		struct err err = ERR_INIT;
		size_t n;
		if (g->chunk.encoding != CHUNK_XOR2)
			continue;
		expect_ok(xor2_chunk_decode(g->chunk.data, g->chunk.size_bytes, &c, &n, &err), err);
		assert_int_equal(n, g->samples.n);
		for (size_t k = 0; k < n; k++) {
			const struct golden_sample *want = &g->samples.v[k];
			if (c.t_ms[k] != want->t_ms || c.st_ms[k] != want->st_ms ||
			    memcmp(&c.v[k], &want->v_bits, sizeof(want->v_bits)) != 0)
				fail_msg("%s: sample %zu is another", g->name, k);
		}
		n_tested++;
	}
	assert_int_equal(n_tested, 11);
}

static void encoding_gives_the_bytes_of_prometheus(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct golden_chunks all;
	(void)state;

	golden_chunks_read(a, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct golden_chunk *g = &all.v[i];
		struct buf out auto_done(buf_done) = BUF_INIT(1 << 20);
		struct xor2_columns c = columns_for(a, g->samples.n);
		if (g->chunk.encoding != CHUNK_XOR2)
			continue;
		for (size_t k = 0; k < g->samples.n; k++) {
			c.t_ms[k] = g->samples.v[k].t_ms;
			c.st_ms[k] = g->samples.v[k].st_ms;
			memcpy(&c.v[k], &g->samples.v[k].v_bits, sizeof(*c.v));
		}
		xor2_chunk_encode(&c, g->samples.n, &out);
		if (out.n != g->chunk.size_bytes || memcmp(out.p, g->chunk.data, out.n) != 0)
			fail_msg("%s: other bytes", g->name);
	}
}

static void start_times_need_not_be_wanted(void **state)
{
	/* 1 ms, the value 0; it started 1 ms before. */
	static const uint8_t chunk[] = "\0\1\x80\2\0\0\0\0\0\0\0\0\2";
	int64_t t_ms[1];
	double v[1];
	struct xor2_columns c = {.t_ms = t_ms, .v = v};
	struct err err = ERR_INIT;
	size_t n;
	(void)state;

	expect_ok(xor2_chunk_decode(chunk, sizeof(chunk) - 1, &c, &n, &err), err);
	assert_true(n == 1 && t_ms[0] == 1 && v[0] == 0);
}

static void what_does_not_fit_is_corrupt(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *want;
	} cases[] = {
	    {"\0\1", 2, "too few for its header"},
	    {"\0\377\0\0", 4, "4 bytes claim to hold 255 samples"},
	    {"\0\1\0\2\0\0\0", 7, "sample 1 of 1, at byte 7 of 7, does not fit"},
	    /* The second value's window: 110, 31 leading zeros, 63 bits. */
	    {"\0\2\0\2\0\0\0\0\0\0\0\0\1\xdf\xff\0\0\0\0\0\0\0\0\0", 24, "sample 2 of 2"},
	    /* A varint of eleven bytes. */
	    {"\0\1\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0\0\0\0\0\0", 22,
	     "sample 1 of 1"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t t_ms[2];
		double v[2];
		struct xor2_columns c = {.t_ms = t_ms, .v = v};
		struct err err = ERR_INIT;
		size_t n;
		expect_err(
		    xor2_chunk_decode((const uint8_t *)cases[i].bytes, cases[i].n, &c, &n, &err),
		    err, ERR_CORRUPT, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(samples_are_those_that_prometheus_wrote),
	    cmocka_unit_test(encoding_gives_the_bytes_of_prometheus),
	    cmocka_unit_test(start_times_need_not_be_wanted),
	    cmocka_unit_test(what_does_not_fit_is_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
