#include "codec/plain_chunk.h"

#include "tests/lib/expect.h"
#include "tests/lib/golden_chunks.h"

static void what_is_left_is_what_prometheus_writes_without_start_times(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct golden_chunks all;
	(void)state;

	golden_chunks_read(a, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct golden_chunk *g = &all.v[i];
		struct chunk_data plain;
		struct err err = ERR_INIT;
		expect_ok(chunk_make_plain(&g->chunk, a, &plain, &err), err);
		assert_int_equal(plain.encoding, g->plain.encoding);
		if (plain.size_bytes != g->plain.size_bytes ||
		    memcmp(plain.data, g->plain.data, plain.size_bytes) != 0)
			fail_msg("%s: other bytes", g->name);
	}
}

static void other_chunks_stay_as_they_are(void **state)
{
	static const enum chunk_encoding encodings[] = {CHUNK_XOR, CHUNK_HISTOGRAM,
							CHUNK_FLOAT_HISTOGRAM, CHUNK_AGGR};
	static const uint8_t bytes[] = "not looked at";
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		struct chunk_data c = {bytes, sizeof(bytes), encodings[i], 7}, plain;
		struct err err = ERR_INIT;
		expect_ok(chunk_make_plain(&c, a, &plain, &err), err);
		assert_memory_equal(&plain, &c, sizeof(c));
	}
}

static void a_corrupt_chunk_stays_corrupt(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct golden_chunks all;
	(void)state;

	golden_chunks_read(a, &all);
	for (size_t i = 0; i < all.n; i++) {
		struct chunk_data c = all.v[i].chunk, plain;
		struct err err = ERR_INIT;
		c.size_bytes -= 2;
		assert_false(chunk_make_plain(&c, a, &plain, &err));
		assert_int_equal(err.code, ERR_CORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_left_is_what_prometheus_writes_without_start_times),
	    cmocka_unit_test(other_chunks_stay_as_they_are),
	    cmocka_unit_test(a_corrupt_chunk_stays_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
