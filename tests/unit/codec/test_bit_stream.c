#include "codec/bit_stream.h"

#include "tests/lib/expect.h"

static struct bit_reader reader_of(const struct buf *b)
{
	return (struct bit_reader){.data = (const uint8_t *)b->p, .n_bits = b->n * 8};
}

static void numbers_take_the_bits_that_they_need(void **state)
{
	static const struct {
		int64_t v;
		size_t want_bits;
	} cases[] = {
	    {0, 1},
	    {1, 5},
	    {-3, 5},
	    {4, 5},
	    {-4, 9},
	    {32, 9},
	    {33, 13},
	    {-255, 13},
	    {256, 13},
	    {257, 17},
	    {2048, 17},
	    {-2048, 24},
	    {131072, 24},
	    {131073, 32},
	    {16777216, 32},
	    {16777217, 64},
	    {INT64_C(1) << 55, 64},
	    {(INT64_C(1) << 55) + 1, 72},
	    {INT64_MAX, 72},
	    {INT64_MIN, 72},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b auto_done(buf_done) = BUF_INIT(1 << 10);
		struct bit_writer w = {.out = &b};
		bit_writer_put_var(&w, cases[i].v);
		assert_int_equal(w.n_bits, cases[i].want_bits);
		struct bit_reader r = reader_of(&b);
		assert_true(bit_reader_var(&r) == cases[i].v);
		assert_false(r.failed);
	}
	(void)state;
}

static void unsigned_numbers_are_read_as_written(void **state)
{
	static const uint64_t cases[] = {0,
					 7,
					 8,
					 63,
					 64,
					 511,
					 512,
					 4095,
					 4096,
					 262143,
					 262144,
					 33554431,
					 33554432,
					 (UINT64_C(1) << 56) - 1,
					 UINT64_C(1) << 56,
					 UINT64_MAX};
	struct buf b auto_done(buf_done) = BUF_INIT(1 << 10);
	struct bit_writer w = {.out = &b};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		bit_writer_put_uvar(&w, cases[i]);
	struct bit_reader r = reader_of(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(bit_reader_uvar(&r) == cases[i]);
	assert_false(r.failed);
	(void)state;
}

static void varints_may_begin_at_any_bit(void **state)
{
	static const int64_t cases[] = {0, 1, -1, 63, -64, 64, 1700000000123, INT64_MAX, INT64_MIN};
	const size_t n = sizeof(cases) / sizeof(cases[0]);
	struct buf b auto_done(buf_done) = BUF_INIT(1 << 10);
	struct bit_writer w = {.out = &b};

	for (size_t i = 0; i < n; i++) {
		bit_writer_put(&w, 1, 1);
		bit_writer_put_varint(&w, cases[i]);
		bit_writer_put_uvarint(&w, (uint64_t)cases[i]);
	}
	struct bit_reader r = reader_of(&b);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(bit_reader_get(&r, 1), 1);
		assert_true(bit_reader_varint(&r) == cases[i]);
		assert_true(bit_reader_uvarint(&r) == (uint64_t)cases[i]);
	}
	assert_false(r.failed);
	uint8_t ones[16];
	memset(ones, 0xff, sizeof(ones));
	r = (struct bit_reader){.data = ones, .n_bits = sizeof(ones) * 8};
	bit_reader_uvarint(&r);
	assert_true(r.failed);
	(void)state;
}

static void ones_are_counted_up_to_a_zero_or_a_limit(void **state)
{
	static const uint8_t bits[] = {0xec, 0x7f, 0xff}; /* 1110 110 0 0 1111 ... */
	struct bit_reader r = {.data = bits, .n_bits = 24};
	static const struct {
		unsigned max, want;
		size_t want_pos;
	} cases[] = {{5, 3, 4}, {2, 2, 6}, {3, 0, 7}, {8, 0, 8}, {8, 0, 9}, {8, 8, 17}, {5, 5, 22}};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(bit_reader_ones(&r, cases[i].max), cases[i].want);
		assert_int_equal(r.pos, cases[i].want_pos);
	}
	/* Two ones are left, and no zero behind them. */
	assert_int_equal(bit_reader_ones(&r, 3), 0);
	assert_true(r.failed && r.pos == 24);
}

static void bits_are_copied_from_any_place_to_any_other(void **state)
{
	static const uint8_t from[] = {0x5a, 0xf0, 0x33, 0x81, 0x7e, 0,
				       0xff, 0x10, 0x24, 0x66, 0x99, 0xc3};
	struct buf b auto_done(buf_done) = BUF_INIT(1 << 10);
	struct bit_writer w = {.out = &b};
	struct bit_reader r = {.data = from, .n_bits = sizeof(from) * 8, .pos = 3};

	bit_writer_put(&w, 0, 6);
	bit_writer_copy(&w, &r, 80);
	assert_int_equal(r.pos, 83);
	struct bit_reader copy = reader_of(&b);
	struct bit_reader again = {.data = from, .n_bits = sizeof(from) * 8, .pos = 3};
	assert_int_equal(bit_reader_get(&copy, 6), 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(bit_reader_get(&copy, 10), bit_reader_get(&again, 10));
	(void)state;
}

static void a_reader_at_the_end_fails_and_gives_zeros(void **state)
{
	uint8_t ones[] = {0xff, 0xff};
	struct bit_reader r = {.data = ones, .n_bits = 16};

	assert_int_equal(bit_reader_get(&r, 15), 0x7fff);
	assert_false(r.failed);
	assert_int_equal(bit_reader_get(&r, 2), 0);
	assert_true(r.failed);
	assert_int_equal(bit_reader_get(&r, 1), 0);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_take_the_bits_that_they_need),
	    cmocka_unit_test(unsigned_numbers_are_read_as_written),
	    cmocka_unit_test(varints_may_begin_at_any_bit),
	    cmocka_unit_test(ones_are_counted_up_to_a_zero_or_a_limit),
	    cmocka_unit_test(bits_are_copied_from_any_place_to_any_other),
	    cmocka_unit_test(a_reader_at_the_end_fails_and_gives_zeros),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
