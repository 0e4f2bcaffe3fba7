#include "codec/zstd.h"

#include "tests/lib/expect.h"

static void bytes_come_back(void **state)
{
	static const size_t sizes[] = {0, 1, 100, 200000};
	struct err err = ERR_INIT;
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 20);
		struct buf frame auto_done(buf_done) = BUF_INIT(1 << 20);
		struct buf got auto_done(buf_done) = BUF_INIT(1 << 20);
		for (size_t k = 0; k < sizes[i]; k++)
			buf_putc(&bytes, (char)(k * k / 100));
		expect_ok(zstd_encode(buf_str(&bytes), &frame, &err), err);
		expect_ok(zstd_decode(buf_str(&frame), &got, &err), err);
		assert_true(str_eq(buf_str(&got), buf_str(&bytes)));
	}
}

static void broken_frames_are_corrupt(void **state)
{
	struct buf frame auto_done(buf_done) = BUF_INIT(1 << 20);
	struct buf got auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(zstd_encode(STR("abcabcabcabcabcabcabc"), &frame, &err), err);
	for (size_t n = 0; n < frame.n; n++)
		expect_err(zstd_decode(str_from(frame.p, n), &got, &err), err, ERR_CORRUPT,
			   "zstd: cut off");
	buf_putc(&frame, 'x');
	expect_err(zstd_decode(buf_str(&frame), &got, &err), err, ERR_CORRUPT,
		   "zstd: 1 bytes behind the end");
	expect_err(zstd_decode(STR("no frame at all"), &got, &err), err, ERR_CORRUPT, "zstd: ");
}

static void a_frame_that_holds_more_than_the_limit_is_not_decoded_to_its_end(void **state)
{
	struct buf zeros auto_done(buf_done) = BUF_INIT(1 << 20);
	struct buf frame auto_done(buf_done) = BUF_INIT(1 << 20);
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	(void)state;

	for (size_t i = 0; i < 100000; i++)
		buf_putc(&zeros, 0);
	expect_ok(zstd_encode(buf_str(&zeros), &frame, &err), err);
	expect_err(zstd_decode(buf_str(&frame), &got, &err), err, ERR_LIMIT, "the limit is 1000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_come_back),
	    cmocka_unit_test(broken_frames_are_corrupt),
	    cmocka_unit_test(a_frame_that_holds_more_than_the_limit_is_not_decoded_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
