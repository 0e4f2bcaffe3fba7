/* Records of one length byte and as many bytes of content, in an object that a test makes. */
#include "store/record_read.h"

#include "base/buf.h"
#include "tests/lib/expect.h"

struct rig {
	struct buf object;
	uint64_t places[64];
	size_t n;
	size_t piece_bytes; /* the object comes in pieces of so many */
	size_t n_gets, n_refetches, n_taken;
	uint64_t n_got_bytes;
};

static uint64_t size_of_record(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 1;
	return p[0] == 255 ? 0 : 1 + (uint64_t)p[0];
}

static bool get(void *arg, size_t n, uint64_t start, uint64_t end, struct byte_sink *sink,
		struct err *err)
{
	struct rig *r = arg;
	uint64_t to = end < r->object.n ? end : r->object.n;
	(void)n;

	r->n_gets++;
	r->n_got_bytes += end - start;
	for (uint64_t at = start; at < to; at += r->piece_bytes) {
		size_t bytes = to - at < r->piece_bytes ? to - at : r->piece_bytes;
		if (!byte_sink_write(sink, r->object.p + at, bytes, err))
			return false;
	}
	return true;
}

static bool on_record(void *arg, size_t worker, size_t i, const uint8_t *p, size_t n,
		      struct err *err)
{
	struct rig *r = arg;
	(void)worker;
	(void)err;

	assert_int_equal(n, 1 + p[0]);
	assert_memory_equal(p, r->object.p + r->places[i], n);
	r->n_taken++;
	return true;
}

static void refetch(void *arg)
{
	((struct rig *)arg)->n_refetches++;
}

static bool blame(void *arg, uint64_t place, struct err *err)
{
	(void)arg;
	return err_wrap(err, "record at %d", (int)place);
}

static void rig_init(struct rig *r, size_t gap_bytes)
{
	*r = (struct rig){.piece_bytes = SIZE_MAX};
	buf_init(&r->object, 1 << 26, NULL);
	for (size_t i = 0; i < 40; i++) {
		size_t size = i * 7 % 50;
		r->places[r->n++] = r->object.n;
		buf_putc(&r->object, (char)size);
		for (size_t k = 0; k < size + gap_bytes; k++)
			buf_putc(&r->object, (char)(i + k));
	}
}

static void rig_done(struct rig *r)
{
	buf_done(&r->object);
}

static bool read_all(struct rig *r, uint64_t estimated_bytes, struct err *err)
{
	struct record_read read = {
	    .arg = r,
	    .get = get,
	    .size = size_of_record,
	    .on_record = on_record,
	    .refetch = refetch,
	    .blame = blame,
	    .estimated_bytes = estimated_bytes,
	    .max_bytes = 200,
	};

	r->n_gets = r->n_taken = r->n_refetches = 0;
	return record_read_all(&read, r->places, r->n, err);
}

static void neighbours_come_with_one_request_in_pieces_of_any_size(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, 3);
	for (r.piece_bytes = 1; r.piece_bytes < 200; r.piece_bytes++) {
		expect_ok(read_all(&r, 60, &err), err);
		assert_int_equal(r.n_taken, r.n);
		assert_int_equal(r.n_gets, 1);
	}
}

static void records_far_apart_come_with_one_request_each(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, RANGE_MAX_GAP_BYTES + 100);
	r.piece_bytes = 4096;
	expect_ok(read_all(&r, 60, &err), err);
	assert_int_equal(r.n_taken, r.n);
	assert_int_equal(r.n_gets, r.n);
}

static void a_record_longer_than_estimated_is_fetched_again(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, 0);
	r.piece_bytes = 10;
	expect_ok(read_all(&r, 5, &err), err);
	assert_int_equal(r.n_taken, r.n);
	assert_int_equal(r.n_refetches, 1); /* only the last one of a fetch can be too long */
	assert_int_equal(r.n_gets, 2);
}

static void what_is_no_record_is_corrupt_and_named(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, 0);
	r.n = 3;
	r.object.p[r.places[2]] = (char)255;
	expect_err(read_all(&r, 60, &err), err, ERR_CORRUPT, "record at");
	r.object.p[r.places[2]] = (char)210;
	expect_err(read_all(&r, 60, &err), err, ERR_CORRUPT, "it has 211 bytes");
	r.object.n = r.places[2] + 10;
	r.object.p[r.places[2]] = 11;
	expect_err(read_all(&r, 60, &err), err, ERR_CORRUPT,
		   "at least 12 bytes are wanted, the object has 10");
}

static void records_that_overlap_are_corrupt_or_read_alike(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, 0);
	r.n = 2;
	r.places[0] = r.places[5];
	r.places[1] = r.places[0] + 2;
	r.object.p[r.places[1]] = 3;
	expect_ok(read_all(&r, 60, &err), err);
	r.piece_bytes = 5;
	expect_err(read_all(&r, 60, &err), err, ERR_CORRUPT, "it overlaps the one before it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(neighbours_come_with_one_request_in_pieces_of_any_size),
	    cmocka_unit_test(records_far_apart_come_with_one_request_each),
	    cmocka_unit_test(a_record_longer_than_estimated_is_fetched_again),
	    cmocka_unit_test(what_is_no_record_is_corrupt_and_named),
	    cmocka_unit_test(records_that_overlap_are_corrupt_or_read_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
