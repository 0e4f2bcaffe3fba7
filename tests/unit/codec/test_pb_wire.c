#include "codec/pb_wire.h"
#include "tests/lib/expect.h"

static void what_is_written_backwards_reads_forwards(void **state)
{
	struct pb_writer w;
	(void)state;

	pb_writer_init(&w, 1000, NULL);
	pb_put_f64(&w, 5, -1.5);
	size_t mark = pb_message_end(&w);
	pb_put_varint(&w, 1, 300);
	pb_message_begin(&w, 3, mark);
	pb_put_bytes(&w, 2, STR("hello"));
	pb_put_varint(&w, 1, (uint64_t)-1);

	struct pb_reader r = pb_reader(pb_written(&w));
	assert_true(pb_next(&r));
	assert_int_equal(r.key, PB_VARINT(1));
	assert_true((int64_t)r.number == -1);
	assert_true(pb_next(&r));
	assert_int_equal(r.key, PB_BYTES(2));
	expect_str(r.bytes, "hello");
	assert_true(pb_next(&r));
	assert_int_equal(r.key, PB_BYTES(3));
	struct pb_reader inner = pb_reader(r.bytes);
	assert_true(pb_next(&inner));
	assert_int_equal(inner.number, 300);
	assert_false(pb_next(&inner));
	assert_true(pb_next(&r));
	assert_int_equal(r.key, PB_FIXED64(5));
	assert_true(pb_f64(r.number) == -1.5);
	assert_false(pb_next(&r));
	assert_null(r.broken);
	pb_writer_done(&w);
}

static void a_negative_number_takes_ten_bytes(void **state)
{
	struct pb_writer w;
	(void)state;

	pb_writer_init(&w, 100, NULL);
	pb_put_varint(&w, 1, (uint64_t)INT64_C(-1));

	assert_int_equal(pb_written(&w).n, 11);
	assert_memory_equal(pb_written(&w).p, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
	pb_writer_done(&w);
}

static void groups_are_skipped_whole(void **state)
{
	/* start 1 { start 2 { varint 3 = 7, bytes 4 = "x" } } varint 5 = 9 */
	static const char message[] = "\x0b\x13\x18\x07\x22\x01x\x14\x0c\x28\x09";
	struct pb_reader r = pb_reader(str_from(message, sizeof(message) - 1));
	(void)state;

	assert_true(pb_next(&r));
	assert_int_equal(r.key, PB_VARINT(5));
	assert_int_equal(r.number, 9);
	assert_false(pb_next(&r));
	assert_null(r.broken);
}

static void broken_messages_end_with_the_reason(void **state)
{
	static const struct {
		struct str bytes;
		const char *error;
	} messages[] = {
	    {STR("\x08"), "a number is cut off"},
	    {STR("\x08\x80"), "a number is cut off"},
	    {STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "longer than 64 bits"},
	    {STR("\x12\x05xxx"), "a length reaches past the end"},
	    {STR("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "a length reaches past the end"},
	    {STR("\x09\x01\x02"), "a fixed-size number is cut off"},
	    {STR("\x0d\x01\x02"), "a fixed-size number is cut off"},
	    {STR("\x02\x01"), "a field number is 0"},
	    {STR("\x0e"), "a wire type does not exist"},
	    {STR("\x0f"), "a wire type does not exist"},
	    {STR("\x0c"), "a wire type does not exist"},
	    {STR("\x0b\x08\x01"), "a group does not end"},
	    {STR("\x0b\x14"), "a group ends that did not begin"},
	    {STR("\x80\x80\x80\x80\x10\x01"), "a field number is 0 or larger"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct pb_reader r = pb_reader(messages[i].bytes);
		struct err err = ERR_INIT;
		while (pb_next(&r))
			;
		expect_err(pb_reader_end(&r, "Message", &err), err, ERR_CORRUPT, messages[i].error);
	}
}

static void groups_nested_too_deep_are_refused(void **state)
{
	char message[1000];
	struct err err = ERR_INIT;
	(void)state;
	memset(message, 0x0b, sizeof(message));

	struct pb_reader r = pb_reader(str_from(message, sizeof(message)));
	assert_false(pb_next(&r));

	expect_err(pb_reader_end(&r, "Message", &err), err, ERR_CORRUPT, "nested too deep");
}

static void packed_numbers_are_read_one_by_one(void **state)
{
	struct str packed = STR("\x01\xac\x02\x00");
	uint64_t number, sum = 0;
	const char *broken = NULL;
	(void)state;

	while (pb_next_packed(&packed, &number, &broken))
		sum += number;

	assert_int_equal(sum, 301);
	assert_null(broken);
	packed = STR("\x01\x80");
	while (pb_next_packed(&packed, &number, &broken))
		;
	assert_string_equal(broken, "a packed number is cut off or longer than 64 bits");
}

static void a_message_that_outgrows_its_maximum_is_refused(void **state)
{
	struct pb_writer w;
	struct tracker t;
	struct err err = ERR_INIT;
	char bytes[4000];
	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	tracker_init(&t, NULL, "test", "none", 0);

	pb_writer_init(&w, 10000, &t);
	for (int i = 0; i < 3; i++)
		pb_put_bytes(&w, 1, str_from(bytes, sizeof(bytes)));
	pb_message_begin(&w, 1, 0);
	expect_err(pb_writer_end(&w, "Series", &err), err, ERR_LIMIT,
		   "Series: the message would be longer than 10000 bytes");
	assert_true(t.used_bytes <= 20000);

	pb_writer_clear(&w);
	pb_put_bytes(&w, 1, STR("fits"));
	expect_ok(pb_writer_end(&w, "Series", &err), err);
	assert_int_equal(pb_written(&w).n, 6);
	pb_writer_done(&w);
	assert_int_equal(t.used_bytes, 0);
}

static void the_writer_grows_and_keeps_what_it_holds(void **state)
{
	struct pb_writer w;
	(void)state;

	pb_writer_init(&w, 1 << 20, NULL);
	for (uint64_t i = 20000; i > 0; i--)
		pb_put_varint(&w, 1, i);

	struct pb_reader r = pb_reader(pb_written(&w));
	for (uint64_t i = 1; i <= 20000; i++) {
		assert_true(pb_next(&r));
		assert_int_equal(r.number, i);
	}
	assert_false(pb_next(&r));
	pb_writer_done(&w);
}

static void zeroes_are_left_out_but_minus_zero_is_not(void **state)
{
	struct pb_writer w;
	(void)state;

	pb_writer_init(&w, 100, NULL);
	pb_opt_varint(&w, 1, 0);
	pb_opt_bytes(&w, 2, STR(""));
	pb_opt_f64(&w, 3, 0.0);
	assert_int_equal(pb_written(&w).n, 0);
	pb_opt_f64(&w, 3, -0.0);
	assert_int_equal(pb_written(&w).n, 9);
	pb_writer_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_backwards_reads_forwards),
	    cmocka_unit_test(a_negative_number_takes_ten_bytes),
	    cmocka_unit_test(groups_are_skipped_whole),
	    cmocka_unit_test(broken_messages_end_with_the_reason),
	    cmocka_unit_test(groups_nested_too_deep_are_refused),
	    cmocka_unit_test(packed_numbers_are_read_one_by_one),
	    cmocka_unit_test(a_message_that_outgrows_its_maximum_is_refused),
	    cmocka_unit_test(the_writer_grows_and_keeps_what_it_holds),
	    cmocka_unit_test(zeroes_are_left_out_but_minus_zero_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
