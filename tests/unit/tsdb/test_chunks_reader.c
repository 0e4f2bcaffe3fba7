#include "tsdb/chunks_reader.h"

#include "base/buf.h"
#include "codec/bits.h"
#include "codec/crc32c.h"
#include "codec/varint.h"
#include "codec/xor_chunk.h"
#include "tests/lib/expect.h"

#include <stdlib.h>

static const struct {
	const char *dir;
	size_t n_chunks;
} blocks[] = {
    {TEST_DATA_DIR "/blocks/plain/chunks", 57},
    {TEST_DATA_DIR "/blocks/deleted/chunks", 12},
};

/* Decode and encode again: the bytes must be Prometheus' own. Prometheus 2.42, which wrote the
 * blocks, leaves an empty byte behind a chunk that ends on a byte border; its successors and we do
 * not. */
static void expect_same_bytes(const struct chunk_data *c)
{
	struct buf again auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct xor_encoder e;
	size_t n;

	expect_ok(chunk_num_samples(c, &n, &err), err);
	int64_t *t_ms = malloc(n * sizeof(*t_ms));
	double *v = malloc(n * sizeof(*v));
	expect_ok(chunk_decode_floats(c, t_ms, v, NULL, &n, &err), err);
	xor_encoder_init(&e, &again);
	for (size_t i = 0; i < n; i++)
		xor_encoder_append(&e, t_ms[i], v[i]);
	bool empty_byte = again.n + 1 == c->size_bytes && c->data[again.n] == 0;
	assert_int_equal(again.n + empty_byte, c->size_bytes);
	assert_memory_equal(again.p, c->data, again.n);
	free(t_ms);
	free(v);
}

static void chunks_written_by_prometheus_are_read_and_encoded_to_the_same_bytes(void **state)
{
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		struct chunks_reader *r auto_free(chunks_reader_close) =
		    chunks_reader_open(blocks[i].dir, CHUNKS_ANYWHERE, &err);
		if (!r)
			fail_msg("%s", err.msg);
		uint64_t ref = CHUNK_SEGMENT_HEADER_BYTES;
		for (size_t k = 0; k < blocks[i].n_chunks; k++) {
			struct chunk_data c;
			expect_ok(chunks_reader_get(r, NULL, ref, a, &c, &err), err);
			expect_same_bytes(&c);
			ref += c.size_bytes + (c.size_bytes < 128 ? 1 : 2) + 1 + 4;
		}
		struct chunk_data c;
		expect_err(chunks_reader_get(r, NULL, ref, a, &c, &err), err, ERR_CORRUPT,
			   "chunks/000001: chunk at byte ");
	}
}

/* A segment with one chunk of `size` bytes. */
static struct buf segment_of(size_t size)
{
	struct buf b = BUF_INIT(CHUNK_MAX_BYTES + 100);
	uint8_t header[CHUNK_SEGMENT_HEADER_BYTES] = {0}, length[10], crc[4];

	store_be32(header, CHUNK_SEGMENT_MAGIC);
	header[4] = 1;
	buf_append(&b, header, sizeof(header));
	buf_append(&b, length, uvarint_put(length, size));
	size_t from = b.n;
	buf_putc(&b, CHUNK_HISTOGRAM);
	while (b.n - from <= size)
		buf_putc(&b, (char)b.n);
	store_be32(crc, crc32c(0, b.p + from, b.n - from));
	buf_append(&b, crc, sizeof(crc));
	return b;
}

static void chunks_of_every_size_are_read(void **state)
{
	static const size_t sizes[] = {0, 1, 127, 128, 2040, 2041, 2042, 2043, 100000};
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buf b auto_done(buf_done) = segment_of(sizes[i]);
		struct byte_source *src = byte_source_of_memory("chunks/000001", b.p, b.n);
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		struct chunk_data c;
		struct chunks_reader *r auto_free(chunks_reader_close) =
		    chunks_reader_new(&src, 1, NULL, &err);
		expect_ok(chunks_reader_get(r, NULL, 8, a, &c, &err), err);
		assert_int_equal(c.size_bytes, sizes[i]);
		assert_int_equal(c.encoding, CHUNK_HISTOGRAM);
	}
}

static void a_chunk_of_which_too_little_was_fetched_tells_what_it_needs(void **state)
{
	struct buf b auto_done(buf_done) = segment_of(1000);
	const uint8_t *p = (const uint8_t *)b.p + CHUNK_SEGMENT_HEADER_BYTES;
	struct err err = ERR_INIT;
	struct chunk_data c;
	size_t size;
	(void)state;

	expect_ok(chunk_parse(p, 0, &c, &size, &err), err);
	assert_int_equal(size, 1);
	expect_ok(chunk_parse(p, 1, &c, &size, &err), err);
	assert_int_equal(size, 2);
	expect_ok(chunk_parse(p, 2, &c, &size, &err), err);
	assert_null(c.data);
	assert_int_equal(size, 1007);
	expect_ok(chunk_parse(p, 1007, &c, &size, &err), err);
	assert_int_equal(c.size_bytes, 1000);
	assert_int_equal(size, 1007);
}

static void broken_chunks_are_corrupt(void **state)
{
	struct buf b auto_done(buf_done) = segment_of(100);
	struct byte_source *src = byte_source_of_memory("chunks/000001", b.p, b.n);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct chunk_data c;
	(void)state;

	struct chunks_reader *r auto_free(chunks_reader_close) =
	    chunks_reader_new(&src, 1, NULL, &err);
	expect_err(chunks_reader_get(r, NULL, 4, a, &c, &err), err, ERR_CORRUPT,
		   "chunks/000001: chunk at byte 4: it lies in the header");
	expect_err(chunks_reader_get(r, NULL, (uint64_t)1 << 32 | 8, a, &c, &err), err, ERR_CORRUPT,
		   "chunk at byte 8 of segment 2: there are 1");
	expect_err(chunks_reader_get(r, NULL, 10000, a, &c, &err), err, ERR_CORRUPT,
		   "chunks/000001: chunk at byte 10000: ");
	b.p[20] ^= 1;
	expect_err(chunks_reader_get(r, NULL, 8, a, &c, &err), err, ERR_CORRUPT,
		   "chunk of 100 bytes: checksum 0x");
	b.p[8] = 101;
	expect_err(chunks_reader_get(r, NULL, 8, a, &c, &err), err, ERR_CORRUPT,
		   "at least 107 bytes are wanted, it has 106");
	memset(b.p + 8, 0xff, 20);
	expect_err(chunks_reader_get(r, NULL, 8, a, &c, &err), err, ERR_CORRUPT,
		   "a length above the maximum");
}

static void a_segment_of_another_kind_is_corrupt(void **state)
{
	struct buf b auto_done(buf_done) = segment_of(100);
	struct err err = ERR_INIT;
	(void)state;

	struct byte_source *src auto_free(byte_source_close) =
	    byte_source_of_memory("chunks/000001", b.p, b.n);
	b.p[4] = 2;
	expect_err(chunk_segment_check(src, NULL, &err), err, ERR_CORRUPT,
		   "chunks/000001: version 2, this build reads 1");
	b.p[0] = 0;
	expect_err(chunk_segment_check(src, NULL, &err), err, ERR_CORRUPT,
		   "chunks/000001: magic 0x00bd40dd, want 0x85bd40dd");
	struct byte_source *empty = byte_source_of_memory("chunks/000002", NULL, 0);
	assert_null(chunks_reader_new(&empty, 1, NULL, &err));
	assert_int_equal(err.code, ERR_CORRUPT);
}

static void chunks_that_lie_near_each_other_are_fetched_together(void **state)
{
	const uint64_t second = UINT64_C(1) << 32;
	const uint64_t refs[] = {8, 500, 1600, 2701, second | 8, second | 2000};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chunk_range *ranges;
	(void)state;

	assert_int_equal(chunk_ranges_plan(refs, 6, 1000, 100, a, &ranges), 4);
	assert_int_equal(ranges[0].start, 8);
	assert_int_equal(ranges[0].end, 2600);
	assert_int_equal(ranges[0].n, 3);
	assert_int_equal(ranges[1].first, 3);
	assert_int_equal(ranges[1].n, 1);
	assert_int_equal(ranges[2].segment, 1);
	assert_int_equal(ranges[3].start, 2000);
	assert_int_equal(ranges[3].end, 3000);
	assert_int_equal(chunk_ranges_plan(refs, 0, 1000, 100, a, &ranges), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chunks_written_by_prometheus_are_read_and_encoded_to_the_same_bytes),
	    cmocka_unit_test(chunks_of_every_size_are_read),
	    cmocka_unit_test(a_chunk_of_which_too_little_was_fetched_tells_what_it_needs),
	    cmocka_unit_test(broken_chunks_are_corrupt),
	    cmocka_unit_test(a_segment_of_another_kind_is_corrupt),
	    cmocka_unit_test(chunks_that_lie_near_each_other_are_fetched_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
