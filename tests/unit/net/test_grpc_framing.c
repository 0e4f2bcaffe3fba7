#include "net/grpc_framing.h"

#include "tests/lib/cmocka.h"
#include "tests/lib/expect.h"

static void a_prefix_is_a_flag_and_a_big_endian_size(void **state)
{
	(void)state;
	uint8_t bytes[GRPC_PREFIX_BYTES];
	struct grpc_prefix prefix;
	struct err err = ERR_INIT;

	grpc_prefix_write((struct grpc_prefix){.compressed = true, .size_bytes = 0x01020304},
			  bytes);

	assert_memory_equal(bytes, "\x01\x01\x02\x03\x04", GRPC_PREFIX_BYTES);
	expect_ok(grpc_prefix_read(bytes, GRPC_MESSAGE_MAX_BYTES, &prefix, &err), err);
	assert_true(prefix.compressed);
	assert_int_equal(prefix.size_bytes, 0x01020304);
}

static void a_size_over_the_limit_is_refused_before_its_bytes_come(void **state)
{
	(void)state;
	struct grpc_assembler a;
	struct str bytes = STR("\0\x7f\xff\xff\xff");
	struct err err = ERR_INIT;
	grpc_assembler_init(&a, 1000, NULL);

	assert_int_equal(grpc_assembler_feed(&a, &bytes, &err), ITER_ERROR);

	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(a.payload.cap, 0);
	grpc_assembler_done(&a);
}

static void memory_grows_with_the_bytes_and_not_with_the_announced_size(void **state)
{
	(void)state;
	struct grpc_assembler a;
	struct str bytes = STR("\0\x7f\xff\xff\xff"
			       "a few");
	struct err err = ERR_INIT;
	grpc_assembler_init(&a, GRPC_MESSAGE_MAX_BYTES, NULL);

	assert_int_equal(grpc_assembler_feed(&a, &bytes, &err), ITER_END);

	assert_int_equal(a.payload.n, 5);
	assert_true(a.payload.cap < 1000);
	assert_false(grpc_assembler_is_idle(&a));
	grpc_assembler_done(&a);
}

static void pieces_become_messages(void **state)
{
	(void)state;
	static const char stream[] = "\0\0\0\0\2ab\0\0\0\0\0\0\0\0\0\3cde";
	const struct str want[] = {STR("ab"), STR(""), STR("cde")};
	struct err err = ERR_INIT;

	for (size_t step = 1; step < sizeof(stream); step++) {
		struct grpc_assembler a;
		size_t n = 0;
		grpc_assembler_init(&a, 100, NULL);
		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			struct str piece = str_skip(str_from(stream, sizeof(stream) - 1), at);
			piece.n = piece.n < step ? piece.n : step;
			while (piece.n > 0) {
				if (grpc_assembler_feed(&a, &piece, &err) == ITER_VALUE) {
					assert_true(str_eq(buf_str(&a.payload), want[n]));
					n++;
				}
			}
		}
		assert_int_equal(n, 3);
		assert_true(grpc_assembler_is_idle(&a));
		grpc_assembler_done(&a);
	}
}

static void a_compressed_message_needs_an_encoding(void **state)
{
	(void)state;
	struct buf plain auto_done(buf_done) = BUF_INIT(100);
	struct str message;
	struct err err = ERR_INIT;

	expect_err(grpc_payload_open(STR("x"), true, GRPC_COMPRESSION_NONE, &plain, &message, &err),
		   err, ERR_CORRUPT, "compressed, but the stream has no grpc-encoding");
	expect_ok(
	    grpc_payload_open(STR("x"), false, GRPC_COMPRESSION_SNAPPY, &plain, &message, &err),
	    err);
	expect_str(message, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_prefix_is_a_flag_and_a_big_endian_size),
	    cmocka_unit_test(a_size_over_the_limit_is_refused_before_its_bytes_come),
	    cmocka_unit_test(memory_grows_with_the_bytes_and_not_with_the_announced_size),
	    cmocka_unit_test(pieces_become_messages),
	    cmocka_unit_test(a_compressed_message_needs_an_encoding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
