#include "codec/aggr_chunk.h"
#include "tests/lib/expect.h"

static void an_aggregate_chunk_is_split_into_its_five_parts(void **state)
{
	static const char bytes[] = "\3\1abc\0\2\1de\0\1\2f";
	struct chunk_data parts[AGGR_N];
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(aggr_chunk_split((const uint8_t *)bytes, sizeof(bytes) - 1, parts, &err), err);

	expect_str(str_from(parts[AGGR_COUNT].data, parts[AGGR_COUNT].size_bytes), "abc");
	assert_null(parts[AGGR_SUM].data);
	expect_str(str_from(parts[AGGR_MIN].data, parts[AGGR_MIN].size_bytes), "de");
	assert_null(parts[AGGR_MAX].data);
	expect_str(str_from(parts[AGGR_COUNTER].data, parts[AGGR_COUNTER].size_bytes), "f");
	assert_int_equal(parts[AGGR_COUNTER].encoding, CHUNK_HISTOGRAM);
}

static void an_aggregate_that_does_not_fit_is_corrupt(void **state)
{
	static const struct str cases[] = {
	    STR(""),
	    STR("\3\1ab"),
	    STR("\0\0\0\0"),
	    STR("\xff\xff\xff\xff\xff\xff\xff\xff\x7f\1"),
	};
	struct chunk_data parts[AGGR_N];
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		expect_err(aggr_chunk_split((const uint8_t *)cases[i].p, cases[i].n, parts, &err),
			   err, ERR_CORRUPT, "aggregate chunk: aggregate ");
	}
}

static void what_is_encoded_is_split_into_the_same(void **state)
{
	static const uint8_t long_part[300] = {7};
	const struct chunk_data parts[AGGR_N] = {
	    [AGGR_COUNT] = {.data = long_part, .size_bytes = 300, .encoding = CHUNK_XOR},
	    [AGGR_COUNTER] = {.data = (const uint8_t *)"ab",
			      .size_bytes = 2,
			      .encoding = CHUNK_FLOAT_HISTOGRAM},
	};
	struct buf bytes auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct chunk_data got[AGGR_N];
	struct err err = ERR_INIT;
	(void)state;

	aggr_chunk_encode(parts, &bytes);

	assert_int_equal(bytes.n, 2 + 1 + 300 + 3 + 1 + 1 + 2);
	expect_ok(aggr_chunk_split((const uint8_t *)bytes.p, bytes.n, got, &err), err);
	for (int i = 0; i < AGGR_N; i++) {
		assert_int_equal(got[i].data != NULL, parts[i].data != NULL);
		assert_int_equal(got[i].encoding, parts[i].encoding);
		assert_int_equal(got[i].size_bytes, parts[i].size_bytes);
		if (got[i].data)
			assert_memory_equal(got[i].data, parts[i].data, got[i].size_bytes);
	}
}

static void a_part_without_bytes_is_absent(void **state)
{
	const struct chunk_data parts[AGGR_N] = {
	    [AGGR_SUM] = {.data = (const uint8_t *)"", .encoding = CHUNK_XOR},
	};
	struct buf bytes auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	aggr_chunk_encode(parts, &bytes);

	assert_int_equal(bytes.n, AGGR_N);
	assert_memory_equal(bytes.p, "\0\0\0\0\0", AGGR_N);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_aggregate_chunk_is_split_into_its_five_parts),
	    cmocka_unit_test(an_aggregate_that_does_not_fit_is_corrupt),
	    cmocka_unit_test(what_is_encoded_is_split_into_the_same),
	    cmocka_unit_test(a_part_without_bytes_is_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
