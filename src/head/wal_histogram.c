/* wal_histogram.c - whole numbers as uvarints, buckets as the difference to the one before; floats
 * as they are. */
#include "codec/byte_put.h"
#include "head/wal_histogram_internal.h"

/* The schemas that newer programs may write; those above HISTOGRAM_MAX_SCHEMA are lowered to it. */
enum { MAX_KNOWN_SCHEMA = 52 };

/* --- reading ---------------------------------------------------------------------------------- */

/* So many things of at least `min_bytes` each are still to come? */
static uint64_t read_count(struct byte_cursor *in, size_t min_bytes)
{
	uint64_t n = byte_cursor_uvarint(in);

	if (n <= byte_cursor_left(in) / min_bytes)
		return n;
	in->failed = true;
	return 0;
}

struct spans {
	struct byte_cursor in; /* at the first of them */
	uint64_t n;
};

static struct spans skip_spans(struct byte_cursor *in)
{
	struct spans s = {.n = read_count(in, 2)};

	s.in = *in;
	for (uint64_t i = 0; i < s.n; i++) {
		byte_cursor_varint(in);
		byte_cursor_uvarint(in);
	}
	return s;
}

/* The indexes of n buckets. False unless the spans have as many and they fit 32 bits. */
static bool read_indexes(struct spans s, size_t n, int32_t *index)
{
	int64_t next = 0;
	size_t i = 0;

	for (uint64_t k = 0; k < s.n; k++) {
		int64_t offset = byte_cursor_varint(&s.in);
		uint64_t length = byte_cursor_uvarint(&s.in);
		if (offset < INT32_MIN || offset > INT32_MAX || (k > 0 && offset < 0) ||
		    length > n - i)
			return false;
		next += offset;
		if (next < INT32_MIN || next + (int64_t)length > INT32_MAX)
			return false;
		for (uint64_t j = 0; j < length; j++)
			index[i++] = (int32_t)next++;
	}
	return i == n;
}

static struct histogram_side read_side(struct byte_cursor *in, struct spans spans, struct arena *a,
				       bool is_float)
{
	uint64_t n = read_count(in, is_float ? 8 : 1);
	int32_t *index = ARENA_ARRAY(a, int32_t, n);
	struct histogram_side side = {.index = index, .count = ARENA_ARRAY(a, double, n), .n = n};
	int64_t count = 0;

	if (!read_indexes(spans, n, index))
		in->failed = true;
	for (size_t i = 0; i < n; i++) {
		if (is_float) {
			side.count[i] = byte_cursor_double(in);
			continue;
		}
		count = (int64_t)((uint64_t)count + (uint64_t)byte_cursor_varint(in));
		side.count[i] = (double)count;
	}
	return side;
}

static void read_bounds(struct byte_cursor *in, struct arena *a, struct histogram *h)
{
	uint64_t n = read_count(in, 8);
	double *bounds = ARENA_ARRAY(a, double, n);

	for (size_t i = 0; i < n; i++)
		bounds[i] = byte_cursor_double(in);
	h->bounds = bounds;
	h->n_bounds = n;
}

static double read_number(struct byte_cursor *in, bool is_float)
{
	return is_float ? byte_cursor_double(in) : (double)byte_cursor_uvarint(in);
}

static bool schema_is_known(int64_t schema)
{
	return schema == HISTOGRAM_CUSTOM ||
	       (schema >= HISTOGRAM_MIN_SCHEMA && schema <= MAX_KNOWN_SCHEMA);
}

struct histogram *wal_histogram_read(struct byte_cursor *in, struct arena *a, bool is_float)
{
	struct histogram *h = ARENA_NEW(a, struct histogram);

	h->hint = byte_cursor_u8(in) & HISTOGRAM_GAUGE;
	int64_t schema = byte_cursor_varint(in);
	h->schema = (int32_t)schema;
	h->zero_threshold = byte_cursor_double(in);
	h->zero_count = read_number(in, is_float);
	h->count = read_number(in, is_float);
	h->sum = byte_cursor_double(in);
	struct spans positive = skip_spans(in);
	struct spans negative = skip_spans(in);
	h->positive = read_side(in, positive, a, is_float);
	h->negative = read_side(in, negative, a, is_float);
	if (schema == HISTOGRAM_CUSTOM)
		read_bounds(in, a, h);
	if (in->failed || !schema_is_known(schema))
		return NULL;
	if (h->schema > HISTOGRAM_MAX_SCHEMA)
		histogram_reduce(a, h, HISTOGRAM_MAX_SCHEMA);
	return h;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Where the run of buckets in a row that begins at i ends. */
static size_t end_of_run(const struct histogram_side *side, size_t i)
{
	do
		i++;
	while (i < side->n && side->index[i] == side->index[i - 1] + 1);
	return i;
}

static void put_spans(struct buf *out, const struct histogram_side *side)
{
	uint64_t n = 0;
	int64_t next = 0;

	for (size_t i = 0; i < side->n; i = end_of_run(side, i))
		n++;
	put_uvarint(out, n);
	for (size_t i = 0, end; i < side->n; i = end) {
		end = end_of_run(side, i);
		put_varint(out, side->index[i] - next);
		put_uvarint(out, end - i);
		next = (int64_t)side->index[end - 1] + 1;
	}
}

static void put_buckets(struct buf *out, const struct histogram_side *side, bool is_float)
{
	int64_t before = 0;

	put_uvarint(out, side->n);
	for (size_t i = 0; i < side->n; i++) {
		if (is_float) {
			put_double(out, side->count[i]);
			continue;
		}
		put_varint(out, (int64_t)side->count[i] - before);
		before = (int64_t)side->count[i];
	}
}

static void put_number(struct buf *out, double v, bool is_float)
{
	if (is_float)
		put_double(out, v);
	else
		put_uvarint(out, (uint64_t)v);
}

void wal_histogram_put(struct buf *out, const struct histogram *h, bool is_float)
{
	put_u8(out, (uint8_t)h->hint);
	put_varint(out, h->schema);
	put_double(out, h->zero_threshold);
	put_number(out, h->zero_count, is_float);
	put_number(out, h->count, is_float);
	put_double(out, h->sum);
	put_spans(out, &h->positive);
	put_spans(out, &h->negative);
	put_buckets(out, &h->positive, is_float);
	put_buckets(out, &h->negative, is_float);
	if (!histogram_is_custom(h))
		return;
	put_uvarint(out, h->n_bounds);
	for (size_t i = 0; i < h->n_bounds; i++)
		put_double(out, h->bounds[i]);
}
