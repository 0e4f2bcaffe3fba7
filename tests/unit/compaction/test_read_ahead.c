#include "compaction/read_ahead.h"

#include "base/alloc.h"
#include "base/rand.h"
#include "tests/lib/expect.h"

#include <stdlib.h>

enum { SIZE = 10000, PIECE = 512 };

/* A source that counts reads, and fails when told to. */
struct far_source {
	struct byte_source base; /* first, so that the two pointers convert */
	_Atomic size_t n_reads;
	_Atomic size_t fail_at; /* the read to fail, counted from 0 */
};

static uint8_t byte_at(uint64_t i)
{
	return (uint8_t)(i * 31 + i / 256);
}

static bool far_read(struct byte_source *base, struct ctx *ctx, uint64_t offset, void *to, size_t n,
		     struct err *err)
{
	struct far_source *s = (struct far_source *)base;
	(void)ctx;

	if (s->n_reads++ == s->fail_at)
		return err_set(err, ERR_UNAVAILABLE, "far: no answer");
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = byte_at(offset + i);
	return true;
}

static void far_close(struct byte_source *base)
{
	free(base);
}

static const struct byte_source_ops far_ops = {far_read, far_close};

struct rig {
	struct pool *pool;
	struct far_source *far;
	struct byte_source *src;
};

static void open_source(struct rig *r, size_t fail_at)
{
	r->far = NEW(struct far_source);
	r->far->base = (struct byte_source){.ops = &far_ops, .name = "far", .size_bytes = SIZE};
	r->far->fail_at = fail_at;
	r->src = read_ahead_new(&r->far->base, PIECE, r->pool, NULL);
}

static int set_up(void **state)
{
	static struct rig r;

	r.pool = pool_new(&(struct pool_options){.name = "ahead", .max_threads = 2});
	r.src = NULL;
	*state = &r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	byte_source_close(r->src);
	pool_free(r->pool);
	return 0;
}

static void expect_bytes(struct rig *r, uint64_t offset, size_t n)
{
	uint8_t bytes[SIZE];
	struct err err = ERR_INIT;

	expect_ok(byte_source_read(r->src, NULL, offset, bytes, n, &err), err);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(bytes[i], byte_at(offset + i));
}

static void front_to_back_each_piece_is_read_once(void **state)
{
	struct rig *r = *state;

	open_source(r, SIZE_MAX);
	for (uint64_t at = 0; at < SIZE; at += 125)
		expect_bytes(r, at, 125);
	assert_int_equal(r->far->n_reads, (SIZE + PIECE - 1) / PIECE);
}

static void any_order_and_any_length_give_the_bytes(void **state)
{
	struct rig *r = *state;
	struct rand rand;

	open_source(r, SIZE_MAX);
	rand_seed(&rand, 11);
	for (int i = 0; i < 300; i++) {
		uint64_t at = rand_below(&rand, SIZE);
		expect_bytes(r, at, rand_below(&rand, SIZE - at) + 1);
	}
}

static void a_failure_ahead_is_one_only_where_it_lasts(void **state)
{
	struct rig *r = *state;

	open_source(r, 1); /* the piece that is read ahead first */
	expect_bytes(r, 0, PIECE);
	expect_bytes(r, PIECE, PIECE);
}

static void a_failure_here_is_reported(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;
	uint8_t byte;

	open_source(r, 0);
	expect_err(byte_source_read(r->src, NULL, 7, &byte, 1, &err), err, ERR_UNAVAILABLE,
		   "far: no answer");
	expect_bytes(r, 7, 1);
}

static void a_source_may_be_closed_while_it_reads_ahead(void **state)
{
	struct rig *r = *state;

	for (int i = 0; i < 50; i++) {
		open_source(r, SIZE_MAX);
		expect_bytes(r, 0, 1);
		byte_source_close(r->src);
		r->src = NULL;
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(front_to_back_each_piece_is_read_once),
	    TEST(any_order_and_any_length_give_the_bytes),
	    TEST(a_failure_ahead_is_one_only_where_it_lasts),
	    TEST(a_failure_here_is_reported),
	    TEST(a_source_may_be_closed_while_it_reads_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
