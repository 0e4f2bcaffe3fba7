#include "store/postings_codec.h"

#include "codec/snappy.h"
#include "codec/varint.h"

enum { REF_MAX_BYTES = 5 /* of a uvarint */, REF_BYTES = 4 };

#define STREAMED STR("dss")
#define BLOCK    STR("dvs")

/* --- encoding ------------------------------------------------------------------------------ */

static bool put_differences(struct postings list, struct buf *out, struct err *err)
{
	uint32_t before = 0;
	uint8_t *p = (uint8_t *)buf_reserve(out, list.n * REF_MAX_BYTES);

	if (!p)
		return err_set(err, ERR_LIMIT, "postings: %zu entries are too many to be encoded",
			       list.n);
	size_t n = 0;
	for (size_t i = 0; i < list.n; i++) {
		uint32_t ref = postings_at(list, i);
		n += uvarint_put(p + n, ref - before);
		before = ref;
	}
	buf_grown(out, n);
	return true;
}

bool postings_encode(struct postings list, struct buf *out, struct err *err)
{
	struct buf plain auto_done(buf_done) = BUF_INIT(out->max);

	plain.tracker = out->tracker;
	return put_differences(list, &plain, err) &&
	       (buf_append_str(out, STREAMED) ||
		err_set(err, ERR_LIMIT, "postings: no room for their header")) &&
	       snappy_encode_frames(buf_str(&plain), out, err);
}

/* --- decoding ------------------------------------------------------------------------------ */

/* Every number ends with a byte below 0x80. */
static size_t count_numbers(struct str plain)
{
	size_t n = 0;

	for (size_t i = 0; i < plain.n; i++)
		n += !((uint8_t)plain.p[i] & 0x80);
	return n;
}

/* From the differences; `be` has room for all their numbers. */
static bool add_up(struct str plain, uint32_t max_ref, uint8_t *be, struct err *err)
{
	const uint8_t *p = (const uint8_t *)plain.p;
	uint64_t ref = 0;

	for (size_t i = 0, left = plain.n; left > 0; i++) {
		uint64_t step = *p;
		size_t n = step < 0x80 ? 1 : uvarint_get(p, p + left, &step);
		if (n == 0)
			return err_set(err, ERR_CORRUPT, "postings: entry %zu is no number", i);
		if (step > max_ref - ref)
			return err_set(err, ERR_CORRUPT,
				       "postings: entry %zu is beyond the index, which ends with "
				       "%u",
				       i, max_ref);
		if (step == 0 && i > 0)
			return err_set(err, ERR_CORRUPT,
				       "postings: entry %zu is not above its predecessor", i);
		ref += step;
		store_be32(be + i * REF_BYTES, (uint32_t)ref);
		p += n;
		left -= n;
	}
	return true;
}

static bool decode_numbers(struct str plain, uint32_t max_ref, struct arena *a,
			   struct postings *out, struct err *err)
{
	size_t n = count_numbers(plain);

	if (n > (uint64_t)max_ref + 1)
		return err_set(err, ERR_CORRUPT, "postings: %zu entries in an index up to %u", n,
			       max_ref);
	struct arena_mark mark = arena_mark(a);
	uint8_t *be = arena_alloc(a, n * REF_BYTES);
	if (!add_up(plain, max_ref, be, err)) {
		arena_rewind(a, mark);
		return false;
	}
	*out = (struct postings){be, n};
	return true;
}

bool postings_decode(struct str value, uint32_t max_ref, struct arena *a, struct postings *out,
		     struct err *err)
{
	struct buf plain auto_done(buf_done) = BUF_INIT(((size_t)max_ref + 1) * REF_MAX_BYTES);
	struct str body = str_skip(value, STREAMED.n);

	plain.tracker = arena_tracker(a);
	if (str_starts(value, STREAMED)) {
		if (!snappy_decode_frames(body, &plain, err))
			return false;
	} else if (str_starts(value, BLOCK)) {
		if (!snappy_decode(body, &plain, err))
			return false;
	} else {
		return err_set(err, ERR_CORRUPT,
			       "postings: %zu bytes begin with neither dss nor "
			       "dvs",
			       value.n);
	}
	return decode_numbers(buf_str(&plain), max_ref, a, out, err) &&
	       tracker_check(arena_tracker(a), err);
}
