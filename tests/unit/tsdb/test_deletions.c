#include "tsdb/deletions.h"

#include "codec/histogram_chunk.h"
#include "codec/xor_chunk.h"
#include "model/samples.h"
#include "tests/lib/expect.h"

static const struct time_range all = {INT64_MIN, INT64_MAX};
static const struct time_range two[] = {{20, 29}, {60, 80}};

static struct chunk make_chunk(struct buf *bytes, enum chunk_encoding encoding)
{
	return (struct chunk){.min_t_ms = 10,
			      .max_t_ms = 70,
			      .raw = {(const uint8_t *)bytes->p, (uint32_t)bytes->n, encoding, 0}};
}

/* Seven samples from 10 to 70. */
static struct chunk make_floats(struct buf *bytes)
{
	struct xor_encoder e;

	xor_encoder_init(&e, bytes);
	for (int i = 1; i <= 7; i++)
		xor_encoder_append(&e, 10 * i, i);
	return make_chunk(bytes, CHUNK_XOR);
}

static struct chunk make_histograms(struct buf *bytes, struct arena *a)
{
	static const struct histogram_span span = {0, 1};
	struct histogram_chunk c = {.reset = HISTOGRAM_CHUNK_RESET,
				    .layout = {.schema = 1, .positive = {&span, 1, 1}},
				    .n = 7};

	c.samples = ARENA_ARRAY(a, struct histogram_sample, 7);
	for (int i = 1; i <= 7; i++) {
		double *count = ARENA_NEW(a, double);
		*count = i;
		c.samples[i - 1] = (struct histogram_sample){
		    .t_ms = 10 * i, .count = i, .sum = i, .positive = count};
	}
	histogram_chunk_encode(CHUNK_HISTOGRAM, &c, bytes);
	return make_chunk(bytes, CHUNK_HISTOGRAM);
}

static void expect_rest(const struct chunk *c, struct arena *a)
{
	const int64_t want_t_ms[] = {10, 30, 40, 50};
	const double want[] = {1, 3, 4, 5};
	struct samples s = {0};
	struct chunk rest;
	struct err err = ERR_INIT;

	expect_ok(chunk_without_deleted(c, (struct deletions){two, 2}, a, &rest, &err), err);
	expect_ok(samples_append_chunk(a, &s, &rest.raw, all, &err), err);

	assert_int_equal(rest.raw.encoding, c->raw.encoding);
	assert_int_equal(rest.min_t_ms, 10);
	assert_int_equal(rest.max_t_ms, 50);
	assert_int_equal(s.n, 4);
	assert_memory_equal(s.t_ms, want_t_ms, sizeof(want_t_ms));
	assert_memory_equal(s.v, want, sizeof(want));
}

static void deleted_floats_are_left_out(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 10);
	struct chunk c = make_floats(&bytes);
	(void)state;

	expect_rest(&c, a);
}

static void deleted_histograms_are_left_out(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 10);
	struct chunk c = make_histograms(&bytes, a), rest;
	struct histogram_chunk h;
	struct err err = ERR_INIT;
	(void)state;

	expect_rest(&c, a);
	/* What came before the first one may be what was deleted. */
	expect_ok(chunk_without_deleted(&c, (struct deletions){two, 1}, a, &rest, &err), err);
	expect_ok(histogram_chunk_decode(&rest.raw, a, &h, &err), err);
	assert_int_equal(h.reset, HISTOGRAM_CHUNK_UNKNOWN);
	assert_true(h.samples[1].positive[0] == 3);
}

static void nothing_is_left_when_all_samples_are_deleted_one_by_one(void **state)
{
	static const struct time_range each[] = {{0, 35}, {36, 75}};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 10);
	struct chunk c = make_floats(&bytes), rest;
	struct err err = ERR_INIT;
	(void)state;

	assert_false(deletions_cover((struct deletions){each, 2}, (struct time_range){10, 70}));
	expect_ok(chunk_without_deleted(&c, (struct deletions){each, 2}, a, &rest, &err), err);
	assert_null(rest.raw.data);
}

static void ranges_are_inclusive(void **state)
{
	struct deletions d = {two, 2};
	(void)state;

	assert_true(deletions_cover(d, (struct time_range){20, 29}));
	assert_false(deletions_cover(d, (struct time_range){19, 29}));
	assert_true(deletions_touch(d, (struct time_range){29, 40}));
	assert_false(deletions_touch(d, (struct time_range){30, 59}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(deleted_floats_are_left_out),
	    cmocka_unit_test(deleted_histograms_are_left_out),
	    cmocka_unit_test(nothing_is_left_when_all_samples_are_deleted_one_by_one),
	    cmocka_unit_test(ranges_are_inclusive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
