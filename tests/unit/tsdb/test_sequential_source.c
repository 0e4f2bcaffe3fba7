#include "base/alloc.h"
#include "tests/lib/expect.h"
#include "tsdb/sequential_source.h"

#include <stdlib.h>

enum { SIZE = 1000, WINDOW = 64 };

/* Bytes 0, 1, 2, ... modulo 251, and how often somebody reads them. */
struct counting_source {
	struct byte_source base; /* first, so that the two pointers convert */
	unsigned n_reads;
	bool is_closed;
	bool fails;
};

static bool counting_read(struct byte_source *src, struct ctx *ctx, uint64_t offset, void *to,
			  size_t n, struct err *err)
{
	struct counting_source *c = (struct counting_source *)src;
	(void)ctx;

	c->n_reads++;
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)((offset + i) % 251);
	return !c->fails || err_set(err, ERR_CORRUPT, "unreadable");
}

static void counting_close(struct byte_source *src)
{
	((struct counting_source *)src)->is_closed = true;
}

static const struct byte_source_ops counting_ops = {counting_read, counting_close};

static struct counting_source counting_source_of(void)
{
	return (struct counting_source){
	    .base = {.ops = &counting_ops, .name = "counted", .size_bytes = SIZE}};
}

static void expect_bytes(struct byte_source *src, uint64_t offset, size_t n)
{
	uint8_t got[SIZE];
	struct err err = ERR_INIT;

	expect_ok(byte_source_read(src, NULL, offset, got, n, &err), err);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], (offset + i) % 251);
}

static void small_pieces_from_front_to_back_take_few_reads(void **state)
{
	struct counting_source counted = counting_source_of();
	struct byte_source *src = sequential_source_new(&counted.base, WINDOW);
	(void)state;

	for (uint64_t at = 0; at < SIZE; at += 10)
		expect_bytes(src, at, 10);

	/* Six pieces of ten are whole within a window of 64. */
	assert_int_equal(counted.n_reads, 17);
	byte_source_close(src);
	assert_true(counted.is_closed);
}

static void any_order_and_any_size_give_the_right_bytes(void **state)
{
	struct counting_source counted = counting_source_of();
	struct byte_source *src = sequential_source_new(&counted.base, WINDOW);
	(void)state;

	for (size_t i = 0; i < 500; i++) {
		uint64_t offset = i * 7919 % SIZE;
		size_t n = i * 104729 % 130;
		expect_bytes(src, offset, offset + n > SIZE ? SIZE - offset : n);
	}
	byte_source_close(src);
}

static void a_window_that_could_not_be_read_is_not_used(void **state)
{
	struct counting_source counted = counting_source_of();
	struct byte_source *src = sequential_source_new(&counted.base, WINDOW);
	struct err err = ERR_INIT;
	uint8_t got[1];
	(void)state;

	counted.fails = true;
	expect_err(byte_source_read(src, NULL, 5, got, 1, &err), err, ERR_CORRUPT, "unreadable");
	expect_err(byte_source_read(src, NULL, 6, got, 1, &err), err, ERR_CORRUPT, "unreadable");
	counted.fails = false;

	expect_bytes(src, 6, 1);
	byte_source_close(src);
}

static void memory_is_read_where_it_is(void **state)
{
	struct byte_source *memory = byte_source_of_memory("memory", "abc", 3);
	(void)state;

	struct byte_source *src = sequential_source_new(memory, WINDOW);

	assert_ptr_equal(src, memory);
	byte_source_close(src);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(small_pieces_from_front_to_back_take_few_reads),
	    cmocka_unit_test(any_order_and_any_size_give_the_right_bytes),
	    cmocka_unit_test(a_window_that_could_not_be_read_is_not_used),
	    cmocka_unit_test(memory_is_read_where_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
