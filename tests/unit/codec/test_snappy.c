#include "codec/snappy.h"

#include "codec/bits.h"
#include "tests/lib/expect.h"

static struct buf text_of(size_t n)
{
	struct buf b = BUF_INIT(BUF_TEXT_MAX);

	while (b.n < n)
		buf_printf(&b, "up{instance=\"host-%zu\"} %zu\n", b.n % 97, b.n * 7919 % 1000);
	b.n = n;
	return b;
}

static void a_block_decodes_to_what_was_encoded(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	for (size_t n = 0; n < 300000; n = n * 3 + 1) {
		struct buf text auto_done(buf_done) = text_of(n);
		struct buf block auto_done(buf_done) = BUF_INIT(1 << 20);
		struct buf back auto_done(buf_done) = BUF_INIT(n);
		expect_ok(snappy_encode(buf_str(&text), &block, &err), err);
		expect_ok(snappy_decode(buf_str(&block), &back, &err), err);
		assert_true(str_eq(buf_str(&back), buf_str(&text)));
	}
}

static void a_block_above_the_limit_is_refused_before_memory_is_taken(void **state)
{
	struct buf text auto_done(buf_done) = text_of(100000);
	struct buf block auto_done(buf_done) = BUF_INIT(1 << 20);
	struct buf back auto_done(buf_done) = BUF_INIT(99999);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(snappy_encode(buf_str(&text), &block, &err), err);

	expect_err(snappy_decode(buf_str(&block), &back, &err), err, ERR_LIMIT,
		   "snappy: 100000 bytes decoded after 0, the limit is 99999");
	assert_int_equal(back.cap, 0);
}

static void a_block_that_promises_more_than_it_can_hold_is_corrupt(void **state)
{
	struct buf back auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	(void)state;

	expect_err(snappy_decode(STR("\xff\xff\xff\xff\x03xyz"), &back, &err), err, ERR_CORRUPT,
		   "snappy: 8 bytes claim to hold 1073741823");
	assert_int_equal(back.cap, 0);
	expect_err(snappy_decode(STR(""), &back, &err), err, ERR_CORRUPT, "without a length");
	expect_err(snappy_decode(STR("\x05\x10xx"), &back, &err), err, ERR_CORRUPT, "is broken");
}

static void a_stream_decodes_to_what_was_encoded(void **state)
{
	struct err err = ERR_INIT;
	(void)state;

	for (size_t n = 0; n < 300000; n = n * 3 + 1) {
		struct buf text auto_done(buf_done) = text_of(n);
		struct buf stream auto_done(buf_done) = BUF_INIT(1 << 20);
		struct buf back auto_done(buf_done) = BUF_INIT(n);
		expect_ok(snappy_encode_frames(buf_str(&text), &stream, &err), err);
		expect_ok(snappy_decode_frames(buf_str(&stream), &back, &err), err);
		assert_true(str_eq(buf_str(&back), buf_str(&text)));
		assert_true(n < 1000 || stream.n < n / 2);
	}
}

/* What golang/snappy writes for "hello". */
static void a_stream_written_by_go_is_read(void **state)
{
	static const char stream[] = "\xff\x06\x00\x00sNaPpY"
				     "\x01\x09\x00\x00\xbb\x1f\x1c\x19hello";
	struct buf back auto_done(buf_done) = BUF_INIT(100);
	struct buf again auto_done(buf_done) = BUF_INIT(200);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(snappy_decode_frames(str_from(stream, sizeof(stream) - 1), &back, &err), err);
	expect_str(buf_str(&back), "hello");
	expect_ok(snappy_encode_frames(STR("hello"), &again, &err), err);
	assert_true(str_eq(buf_str(&again), str_from(stream, sizeof(stream) - 1)));
}

static void padding_and_skippable_frames_are_skipped(void **state)
{
	static const char stream[] = "\xff\x06\x00\x00sNaPpY"
				     "\xfe\x02\x00\x00\x00\x00"
				     "\x80\x01\x00\x00?"
				     "\xff\x06\x00\x00sNaPpY"
				     "\x01\x09\x00\x00\xbb\x1f\x1c\x19hello";
	struct buf back auto_done(buf_done) = BUF_INIT(100);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(snappy_decode_frames(str_from(stream, sizeof(stream) - 1), &back, &err), err);
	expect_str(buf_str(&back), "hello");
}

#define IDENTIFIER "\xff\x06\x00\x00sNaPpY"

static void broken_streams_are_reported_with_the_frame(void **state)
{
	static const struct {
		struct str stream;
		const char *want;
	} cases[] = {
	    {STR("\x01\x09\x00\x00\xbb\x1f\x1c\x19hello"), "not with its identifier"},
	    {STR("\xff\x06\x00\x00sNaPpX"), "frame at byte 0: the stream identifier is not"},
	    {STR(IDENTIFIER "\x01\x09\x00\x00\xbb\x1f\x1c\x19hell"), "at byte 10 does not fit"},
	    {STR(IDENTIFIER "\x01\x09\x00"), "at byte 10 does not fit"},
	    {STR(IDENTIFIER "\x01\x09\x00\x00\xbb\x1f\x1c\x18hello"), "want 0x181c1fbb"},
	    {STR(IDENTIFIER "\x01\x03\x00\x00\xbb\x1f\x1c"), "too few for a checksum"},
	    {STR(IDENTIFIER "\x02\x00\x00\x00"), "type 0x02 is reserved"},
	    {STR(IDENTIFIER "\x00\x08\x00\x00\xbb\x1f\x1c\x19\xff\xff\xff\x03"),
	     "it holds 8388607 bytes, the format allows 65536"},
	    {STR(IDENTIFIER "\x00\x04\x00\x00\xbb\x1f\x1c\x19"), "has no length"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf back auto_done(buf_done) = BUF_INIT(1 << 20);
		struct err err = ERR_INIT;
		expect_err(snappy_decode_frames(cases[i].stream, &back, &err), err, ERR_CORRUPT,
			   cases[i].want);
	}
}

static void a_stream_above_the_limit_is_refused(void **state)
{
	struct buf text auto_done(buf_done) = text_of(200000);
	struct buf stream auto_done(buf_done) = BUF_INIT(1 << 20);
	struct buf back auto_done(buf_done) = BUF_INIT(150000);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(snappy_encode_frames(buf_str(&text), &stream, &err), err);
	expect_err(snappy_decode_frames(buf_str(&stream), &back, &err), err, ERR_LIMIT,
		   "65536 bytes decoded after 131072, the limit is 150000");
	stream.max = 1000;
	buf_clear(&stream);
	expect_err(snappy_encode_frames(buf_str(&text), &stream, &err), err, ERR_LIMIT,
		   "200000 bytes encoded are over 1000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_block_decodes_to_what_was_encoded),
	    cmocka_unit_test(a_block_above_the_limit_is_refused_before_memory_is_taken),
	    cmocka_unit_test(a_block_that_promises_more_than_it_can_hold_is_corrupt),
	    cmocka_unit_test(a_stream_decodes_to_what_was_encoded),
	    cmocka_unit_test(a_stream_written_by_go_is_read),
	    cmocka_unit_test(padding_and_skippable_frames_are_skipped),
	    cmocka_unit_test(broken_streams_are_reported_with_the_frame),
	    cmocka_unit_test(a_stream_above_the_limit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
