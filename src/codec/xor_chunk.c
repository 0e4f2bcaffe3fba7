#include "codec/xor_chunk.h"

#include "base/assert.h"
#include "codec/bits.h"
#include "codec/varint.h"

/* --- decoding ------------------------------------------------------------------------------------
 *
 * The only state carried from sample to sample is a bit position: every field is cut out of a fresh
 * 8-byte load, so that loads of neighbouring samples overlap in the processor. Such a load reaches
 * behind the sample it belongs to. Near the end of a chunk the careful kind takes over, which reads
 * zeros there; who went on behind the end is found out afterwards.
 */

/* A sample takes at most 145 bits, and a load reaches 9 bytes from where it starts. */
enum { REACH_BYTES = 32 };

enum care { FAST, CAREFUL };

/* Behind any end, so that decoding stops: a value has more than 64 bits. */
#define POS_BAD_WINDOW (SIZE_MAX / 2)

struct decoder {
	const uint8_t *data;
	size_t size;
	size_t pos; /* in bits */
	int64_t *t_out;
	double *v_out;
	size_t i, n; /* samples done, samples in all */
	uint64_t t;
	uint64_t delta;
	uint64_t v_bits;
	unsigned bits; /* of the window of the last change */
	unsigned trailing;
	size_t bad_pos; /* where the value was, at POS_BAD_WINDOW */
};

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* 8 bytes at a byte offset, zeros behind the end. A chunk with samples has more than 8 bytes. */
static uint64_t careful_word(const struct decoder *d, size_t at)
{
	if (at + 8 <= d->size)
		return load_be64(d->data + at);
	return at < d->size ? load_be64(d->data + d->size - 8) << 8 * (at + 8 - d->size) : 0;
}

ALWAYS_INLINE uint64_t peek57(const struct decoder *d, size_t pos, enum care care)
{
	if (care == FAST)
		return bits_peek57(d->data, pos);
	return careful_word(d, pos >> 3) << (pos & 7);
}

ALWAYS_INLINE uint64_t peek64(const struct decoder *d, size_t pos, enum care care)
{
	if (care == FAST)
		return bits_peek64(d->data, pos);
	size_t behind = (pos >> 3) + 8;
	unsigned shift = pos & 7;
	uint64_t last = behind < d->size ? d->data[behind] : 0;
	return careful_word(d, pos >> 3) << shift | last >> (8 - shift);
}

typedef uint64_t uint64x2 __attribute__((vector_size(16), aligned(8)));
typedef double doublex2 __attribute__((vector_size(16), aligned(8)));

/* `run` samples with the delta and the value of the one before. They are stored in fours: there is
 * room, and what is too much is overwritten by later samples. */
ALWAYS_INLINE void repeat(struct decoder *d, size_t run)
{
	uint64_t *t = (uint64_t *)d->t_out + d->i;
	double *v = d->v_out + d->i;
	double value;
	memcpy(&value, &d->v_bits, sizeof(value));
	uint64_t first = d->t + d->delta;
	uint64x2 times = {first, first + d->delta};
	uint64x2 times_2 = times + 2 * d->delta;
	const uint64x2 step = {4 * d->delta, 4 * d->delta};
	const doublex2 values = {value, value};

	size_t room = (d->n - d->i) & ~(size_t)3, k = 0;
	for (; k < run && k < room; k += 4) {
		*(uint64x2 *)(t + k) = times;
		*(uint64x2 *)(t + k + 2) = times_2;
		*(doublex2 *)(v + k) = values;
		*(doublex2 *)(v + k + 2) = values;
		times += step;
		times_2 += step;
	}
	for (; k < run; k++) {
		t[k] = first + k * d->delta;
		v[k] = value;
	}
	d->t += run * d->delta;
	d->i += run;
}

/* The value at the decoder's position, whose first bits are at the top of `w`. */
ALWAYS_INLINE void read_value(struct decoder *d, uint64_t w, enum care care)
{
	if (!(w >> 63)) {
		d->pos += 1;
		return;
	}
	d->pos += 2;
	if (w >> 62 & 1) {
		unsigned leading = w >> 57 & 31, bits = w >> 51 & 63;
		bits = bits ? bits : 64;
		d->pos += 11;
		d->bits = bits;
		d->trailing = 64 - leading - bits;
		if (leading + bits > 64) {
			d->bad_pos = d->pos;
			d->pos = POS_BAD_WINDOW;
			return;
		}
	}
	/* Nearly always one load is enough. */
	uint64_t window = d->bits <= 57 ? peek57(d, d->pos, care) : peek64(d, d->pos, care);
	d->v_bits ^= window >> (64 - d->bits) << d->trailing;
	d->pos += d->bits;
}

ALWAYS_INLINE void store(struct decoder *d)
{
	d->t_out[d->i] = (int64_t)d->t;
	memcpy(&d->v_out[d->i], &d->v_bits, sizeof(d->v_bits));
	d->i++;
}

/* The delta of deltas behind a prefix of ones and a zero: the highest value is positive, so that
 * the range is shifted by one against two's complement. */
ALWAYS_INLINE uint64_t dod_of(uint64_t w, unsigned prefix, unsigned bits)
{
	uint64_t x = w << prefix >> (64 - bits);
	return x > UINT64_C(1) << (bits - 1) ? x - (UINT64_C(1) << bits) : x;
}

/* The change of delta at the decoder's position, whose bits are at the top of `w`; gives what
 * follows it, left-aligned. */
ALWAYS_INLINE uint64_t read_dod(struct decoder *d, uint64_t w, enum care care)
{
	unsigned bits;

	if (!(w >> 63)) {
		bits = 1;
	} else if (!(w >> 62 & 1)) {
		d->delta += dod_of(w, 2, 14);
		bits = 16;
	} else if (!(w >> 61 & 1)) {
		d->delta += dod_of(w, 3, 17);
		bits = 20;
	} else if (!(w >> 60 & 1)) {
		d->delta += dod_of(w, 4, 20);
		bits = 24;
	} else {
		d->delta += peek64(d, d->pos + 4, care);
		d->pos += 68;
		return peek57(d, d->pos, care);
	}
	d->pos += bits;
	return w << bits;
}

/* How many samples, of those left, are pairs of zeros; `w` is what lies at the decoder's position.
 */
ALWAYS_INLINE size_t count_unchanged(const struct decoder *d, uint64_t w, size_t end,
				     enum care care)
{
	const size_t at_once = 28; /* in the upper 56 bits of a load */
	size_t run = 0, left = d->n - d->i, more;

	for (;;) {
		more = w >> 8 ? (size_t)__builtin_clzll(w) / 2 : at_once;
		run += more;
		if (more < at_once || run >= left || d->pos + 2 * run >= end)
			return run < left ? run : left;
		w = peek57(d, d->pos + 2 * run, care);
	}
}

/* Decode samples that start before bit `end`. */
ALWAYS_INLINE void read_samples(struct decoder *state, size_t end, enum care care)
{
	struct decoder d = *state; /* in registers */

	while (d.i < d.n && d.pos < end) {
		uint64_t w = peek57(&d, d.pos, care);
		if (w >> 60 == 0) { /* pairs of zeros: nothing changes */
			size_t run = count_unchanged(&d, w, end, care);
			repeat(&d, run);
			d.pos += 2 * run;
			continue;
		}
		w = read_dod(&d, w, care);
		read_value(&d, w, care);
		d.t += d.delta;
		store(&d);
	}
	*state = d;
}

static bool truncated(const struct decoder *d, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "XOR chunk: %zu bytes end inside sample %zu of %zu",
		       d->size, d->i + (d->pos <= d->size * 8), d->n);
}

/* The first sample and the second one's time are whole bytes, the second value begins the bits. */
static bool read_head(struct decoder *d)
{
	const uint8_t *p = d->data + XOR_CHUNK_HEADER_BYTES, *end = d->data + d->size;
	int64_t t;

	size_t n = varint_get(p, end, &t);
	if (n == 0 || (size_t)(end - p) < n + 8)
		return false;
	p += n;
	d->t = (uint64_t)t;
	d->v_bits = load_be64(p);
	p += 8;
	store(d);
	d->pos = (size_t)(p - d->data) * 8;
	if (d->n == 1)
		return true;

	n = uvarint_get(p, end, &d->delta);
	if (n == 0)
		return false;
	d->pos += 8 * n;
	d->t += d->delta;
	read_value(d, peek57(d, d->pos, CAREFUL), CAREFUL);
	store(d);
	return true;
}

bool xor_chunk_num_samples(const uint8_t *data, size_t size, size_t *out, struct err *err)
{
	if (size < XOR_CHUNK_HEADER_BYTES)
		return err_set(err, ERR_CORRUPT, "XOR chunk: %zu bytes, too few for its header",
			       size);
	size_t n = load_be16(data);
	/* Two bits a sample, at least; what the first two take more makes up for their own. */
	if (n > 4 * size)
		return err_set(err, ERR_CORRUPT, "XOR chunk: %zu bytes claim to hold %zu samples",
			       size, n);
	*out = n;
	return true;
}

bool xor_chunk_decode(const uint8_t *data, size_t size, int64_t *t_ms, double *v, size_t *n,
		      struct err *err)
{
	struct decoder d = {.data = data, .size = size, .t_out = t_ms, .v_out = v, .bits = 64};

	if (!xor_chunk_num_samples(data, size, &d.n, err))
		return false;
	*n = d.n;
	if (d.n == 0)
		return true;
	if (!read_head(&d))
		return truncated(&d, err);
	if (size > REACH_BYTES)
		read_samples(&d, (size - REACH_BYTES) * 8, FAST);
	read_samples(&d, size * 8, CAREFUL);
	if (d.pos == POS_BAD_WINDOW)
		return err_set(err, ERR_CORRUPT,
			       "XOR chunk: sample %zu of %zu, at byte %zu of %zu, has a value of "
			       "more than 64 bits",
			       d.i, d.n, d.bad_pos / 8, size);
	if (d.i < d.n || d.pos > size * 8)
		return truncated(&d, err);
	return true;
}

/* --- encoding ------------------------------------------------------------------------------------
 */

void xor_encoder_init(struct xor_encoder *e, struct buf *out)
{
	*e = (struct xor_encoder){
	    .out = out,
	    .start = out->n,
	    .n_bits = XOR_CHUNK_HEADER_BYTES * 8,
	    .leading = 0xff,
	};
	buf_append(out, "\0\0", XOR_CHUNK_HEADER_BYTES);
}

/* Whether `bits` bits can tell the delta of deltas. */
static bool fits(int64_t dod, unsigned bits)
{
	int64_t half = INT64_C(1) << (bits - 1);
	return -half < dod && dod <= half;
}

static size_t put_dod(uint8_t *chunk, size_t pos, int64_t dod)
{
	static const struct {
		unsigned bits, prefix, n_prefix;
	} sizes[] = {{14, 2, 2}, {17, 6, 3}, {20, 14, 4}};

	if (dod == 0)
		return bits_put(chunk, pos, 0, 1);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned bits = sizes[i].bits;
		uint64_t prefix = (uint64_t)sizes[i].prefix << bits;
		uint64_t low = (uint64_t)dod & ((UINT64_C(1) << bits) - 1);
		if (fits(dod, bits))
			return bits_put(chunk, pos, prefix | low, sizes[i].n_prefix + bits);
	}
	pos = bits_put(chunk, pos, 15, 4);
	return bits_put(chunk, pos, (uint64_t)dod, 64);
}

/* A window behind its control bits, in one go where they fit one number. */
static size_t put_window(uint8_t *chunk, size_t pos, uint64_t control, unsigned n_control,
			 uint64_t window, unsigned bits)
{
	if (n_control + bits <= 64)
		return bits_put(chunk, pos, control << bits | window, n_control + bits);
	pos = bits_put(chunk, pos, control, n_control);
	return bits_put(chunk, pos, window, bits);
}

static size_t put_value(struct xor_encoder *e, uint8_t *chunk, size_t pos, uint64_t v_bits)
{
	uint64_t change = v_bits ^ e->v_bits;

	if (change == 0)
		return bits_put(chunk, pos, 0, 1);
	uint8_t leading = (uint8_t)__builtin_clzll(change);
	uint8_t trailing = (uint8_t)__builtin_ctzll(change);
	leading = leading > 31 ? 31 : leading; /* it has five bits */

	if (e->leading != 0xff && leading >= e->leading && trailing >= e->trailing)
		return put_window(chunk, pos, 2, 2, change >> e->trailing,
				  64u - e->leading - e->trailing);
	e->leading = leading;
	e->trailing = trailing;
	unsigned bits = 64u - leading - trailing; /* 64 is written as 0: it has six bits */
	uint64_t control = 3u << 11 | (unsigned)leading << 6 | (bits & 63);
	return put_window(chunk, pos, control, 13, change >> trailing, bits);
}

/* The position behind the sample. */
static size_t put_sample(struct xor_encoder *e, uint8_t *chunk, int64_t t_ms, uint64_t v_bits)
{
	size_t pos = e->n_bits;

	if (e->n == 0) {
		pos += 8 * varint_put(chunk + pos / 8, t_ms);
		return bits_put(chunk, pos, v_bits, 64);
	}
	uint64_t delta = (uint64_t)t_ms - (uint64_t)e->t_ms;
	if (e->n == 1)
		pos += 8 * uvarint_put(chunk + pos / 8, delta);
	else
		pos = put_dod(chunk, pos, (int64_t)(delta - e->delta));
	e->delta = delta;
	return put_value(e, chunk, pos, v_bits);
}

void xor_encoder_append(struct xor_encoder *e, int64_t t_ms, double v)
{
	uint64_t v_bits;

	assert(e->n < XOR_CHUNK_MAX_SAMPLES);
	if (!buf_reserve(e->out, XOR_CHUNK_MAX_SAMPLE_BYTES + BITS_PUT_SLACK))
		return;
	memcpy(&v_bits, &v, sizeof(v_bits));
	uint8_t *chunk = (uint8_t *)e->out->p + e->start;
	e->n_bits = put_sample(e, chunk, t_ms, v_bits);
	e->t_ms = t_ms;
	e->v_bits = v_bits;
	e->n++;
	store_be16(chunk, (uint16_t)e->n);
	e->out->n = e->start + (e->n_bits + 7) / 8;
}
