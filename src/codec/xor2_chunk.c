#include "codec/xor2_chunk.h"

#include "base/assert.h"
#include "codec/start_time_stream.h"

/* Markers of staleness have a code of their own, and the value before them stays what the next XOR
 * is made with. */
#define STALE_BITS UINT64_C(0x7ff0000000000002)

/* How many ones the prefix of a sample has, and the width of the change of delta behind it. */
enum prefix {
	PREFIX_SAME,  /* neither delta nor value changed */
	PREFIX_VALUE, /* only the value did */
	PREFIX_13,
	PREFIX_20,
	PREFIX_64,
	PREFIX_STALE, /* all five; the delta did not change */
};

static const unsigned dod_bits[] = {[PREFIX_13] = 13, [PREFIX_20] = 20, [PREFIX_64] = 64};

/* --- decoding ------------------------------------------------------------------------------------
 */

struct decoder {
	struct bit_reader r;
	struct start_time_reader starts;
	struct xor_window window;
	uint64_t t;
	uint64_t delta;
	uint64_t v_bits; /* of the last sample that was no marker */
};

static uint64_t read_change(struct decoder *d, bool has_window)
{
	if (has_window)
		bit_reader_window(&d->r, &d->window);
	bit_reader_change(&d->r, &d->window, &d->v_bits);
	return d->v_bits;
}

/* A value of which nothing is known yet. */
static uint64_t read_value(struct decoder *d)
{
	unsigned ones = bit_reader_ones(&d->r, 3);

	if (ones == 0)
		return d->v_bits;
	return ones == 3 ? STALE_BITS : read_change(d, ones == 2);
}

static void read_dod(struct decoder *d, unsigned n)
{
	uint64_t dod = bit_reader_get(&d->r, n);

	if (n < 64 && dod >> (n - 1))
		dod -= UINT64_C(1) << n;
	d->delta += dod;
}

/* From the third sample on. */
static uint64_t read_joint(struct decoder *d)
{
	enum prefix prefix = (enum prefix)bit_reader_ones(&d->r, PREFIX_STALE);
	bool has_dod = prefix >= PREFIX_13 && prefix <= PREFIX_64;

	if (has_dod)
		read_dod(d, dod_bits[prefix]);
	d->t += d->delta;
	if (has_dod)
		return read_value(d);
	if (prefix == PREFIX_STALE)
		return STALE_BITS;
	return prefix == PREFIX_VALUE ? read_change(d, bit_reader_get(&d->r, 1)) : d->v_bits;
}

static uint64_t read_sample(struct decoder *d, size_t i)
{
	if (i > 1)
		return read_joint(d);
	if (i == 1) {
		d->delta = bit_reader_uvarint(&d->r);
		d->t += d->delta;
		return read_value(d);
	}
	d->t = (uint64_t)bit_reader_varint(&d->r);
	uint64_t v_bits = bit_reader_get(&d->r, 64);
	d->v_bits = v_bits == STALE_BITS ? 0 : v_bits;
	return v_bits;
}

bool xor2_chunk_num_samples(const uint8_t *data, size_t size, size_t *out, struct err *err)
{
	if (size < XOR2_CHUNK_HEADER_BYTES)
		return err_set(err, ERR_CORRUPT, "XOR2 chunk: %zu bytes, too few for its header",
			       size);
	size_t n = load_be16(data);
	/* A bit a sample, at least; what the first two take more makes up for their own. */
	if (n > 8 * size)
		return err_set(err, ERR_CORRUPT, "XOR2 chunk: %zu bytes claim to hold %zu samples",
			       size, n);
	*out = n;
	return true;
}

bool xor2_chunk_decode(const uint8_t *data, size_t size, const struct xor2_columns *out, size_t *n,
		       struct err *err)
{
	if (!xor2_chunk_num_samples(data, size, n, err))
		return false;
	struct decoder d = {
	    .r = {.data = data, .n_bits = size * 8, .pos = XOR2_CHUNK_HEADER_BYTES * 8},
	    .starts = {.header = data[START_TIME_HEADER_AT]},
	};
	for (size_t i = 0; i < *n; i++) {
		uint64_t before = d.t, v_bits = read_sample(&d, i);
		int64_t st_ms = start_time_read(&d.starts, &d.r, i, (int64_t)d.t, (int64_t)before);
		if (d.r.failed)
			return err_set(err, ERR_CORRUPT,
				       "XOR2 chunk: sample %zu of %zu, at byte %zu of %zu, does "
				       "not fit",
				       i + 1, *n, d.r.pos / 8, size);
		out->t_ms[i] = (int64_t)d.t;
		memcpy(&out->v[i], &v_bits, sizeof(v_bits));
		if (out->st_ms)
			out->st_ms[i] = st_ms;
	}
	return true;
}

/* --- encoding ------------------------------------------------------------------------------------
 */

struct encoder {
	struct bit_writer w;
	struct start_time_writer starts;
	struct xor_window window;
	uint64_t t;
	uint64_t delta;
	uint64_t v_bits;
};

/* The change of the value, behind one bit or two that say whether the window is the last one. */
static void put_change(struct encoder *e, uint64_t change, uint64_t same, unsigned n_same,
		       uint64_t other, unsigned n_other)
{
	uint8_t leading = (uint8_t)__builtin_clzll(change);
	uint8_t trailing = (uint8_t)__builtin_ctzll(change);

	leading = leading > 31 ? 31 : leading; /* it has five bits */
	if (e->window.leading != 0xff && leading >= e->window.leading &&
	    trailing >= e->window.trailing) {
		bit_writer_put(&e->w, same, n_same);
	} else {
		e->window = (struct xor_window){leading, trailing};
		bit_writer_put(&e->w, other, n_other);
		bit_writer_put(&e->w, leading, 5);
		bit_writer_put(&e->w, (64u - leading - trailing) & 63, 6);
	}
	bit_writer_put(&e->w, change >> e->window.trailing,
		       64u - e->window.leading - e->window.trailing);
}

static void put_value(struct encoder *e, uint64_t v_bits)
{
	if (v_bits == STALE_BITS)
		bit_writer_put(&e->w, 7, 3);
	else if (v_bits == e->v_bits)
		bit_writer_put(&e->w, 0, 1);
	else
		put_change(e, v_bits ^ e->v_bits, 2, 2, 6, 3);
}

static void put_prefix(struct encoder *e, enum prefix prefix)
{
	if (prefix == PREFIX_STALE)
		bit_writer_put(&e->w, 31, 5);
	else
		bit_writer_put(&e->w, ((1u << prefix) - 1) << 1, (unsigned)prefix + 1);
}

/* In two's complement. */
static bool fits(int64_t v, unsigned n)
{
	int64_t half = INT64_C(1) << (n - 1);
	return -half <= v && v < half;
}

static void put_dod(struct encoder *e, int64_t dod)
{
	enum prefix prefix = fits(dod, 13) ? PREFIX_13 : fits(dod, 20) ? PREFIX_20 : PREFIX_64;
	unsigned n = dod_bits[prefix];

	put_prefix(e, prefix);
	bit_writer_put(&e->w, n < 64 ? (uint64_t)dod & ((UINT64_C(1) << n) - 1) : (uint64_t)dod, n);
}

static void put_joint(struct encoder *e, int64_t dod, uint64_t v_bits)
{
	if (dod != 0) {
		put_dod(e, dod);
		put_value(e, v_bits);
	} else if (v_bits == STALE_BITS) {
		put_prefix(e, PREFIX_STALE);
	} else if (v_bits == e->v_bits) {
		put_prefix(e, PREFIX_SAME);
	} else {
		put_prefix(e, PREFIX_VALUE);
		put_change(e, v_bits ^ e->v_bits, 0, 1, 1, 1);
	}
}

static void put_sample(struct encoder *e, size_t i, uint64_t t, uint64_t v_bits)
{
	uint64_t delta = t - e->t;

	if (i == 0) {
		bit_writer_put_varint(&e->w, (int64_t)t);
		bit_writer_put(&e->w, v_bits, 64);
	} else if (i == 1) {
		bit_writer_put_uvarint(&e->w, delta);
		put_value(e, v_bits);
	} else {
		put_joint(e, (int64_t)(delta - e->delta), v_bits);
	}
	e->t = t;
	e->delta = delta;
	if (v_bits != STALE_BITS)
		e->v_bits = v_bits;
}

void xor2_chunk_encode(const struct xor2_columns *c, size_t n, struct buf *out)
{
	uint8_t header[XOR2_CHUNK_HEADER_BYTES] = {(uint8_t)(n >> 8), (uint8_t)n};
	struct encoder e = {.w = {.out = out, .start = out->n, .n_bits = sizeof(header) * 8},
			    .window = {.leading = 0xff}};

	assert(n <= XOR2_CHUNK_MAX_SAMPLES);
	if (!buf_append(out, header, sizeof(header)))
		return;
	for (size_t i = 0; i < n; i++) {
		uint64_t before = e.t, v_bits;
		memcpy(&v_bits, &c->v[i], sizeof(v_bits));
		put_sample(&e, i, (uint64_t)c->t_ms[i], v_bits);
		start_time_put(&e.starts, &e.w, i, c->t_ms[i], (int64_t)before,
			       c->st_ms ? c->st_ms[i] : 0);
	}
	out->p[e.w.start + START_TIME_HEADER_AT] = (char)e.starts.header;
}
