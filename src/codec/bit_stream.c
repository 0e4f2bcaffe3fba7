#include "codec/bit_stream.h"

#include "codec/varint.h"

/* --- reading ---------------------------------------------------------------------------------- */

uint64_t bit_reader_peek_end(const struct bit_reader *r)
{
	size_t at = r->pos >> 3, size = r->n_bits >> 3;
	uint8_t end[8] = {0};

	memcpy(end, r->data + at, size - at);
	return load_be64(end) << (r->pos & 7);
}

uint64_t bit_reader_get_long(struct bit_reader *r, unsigned n)
{
	uint64_t high = bit_reader_get(r, n - 32);

	return high << 32 | bit_reader_get(r, 32);
}

/* How many bits follow so many ones and a zero. */
static const uint8_t var_bits[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};
enum { VAR_MAX_ONES = 8 };

uint64_t bit_reader_uvar(struct bit_reader *r)
{
	return bit_reader_get(r, var_bits[bit_reader_ones(r, VAR_MAX_ONES)]);
}

int64_t bit_reader_var(struct bit_reader *r)
{
	unsigned n = var_bits[bit_reader_ones(r, VAR_MAX_ONES)];
	uint64_t v = bit_reader_get(r, n);

	/* The highest value is positive: the range is moved up by one against two's complement. */
	if (n > 0 && n < 64 && v > UINT64_C(1) << (n - 1))
		v -= UINT64_C(1) << n;
	return (int64_t)v;
}

uint64_t bit_reader_uvarint(struct bit_reader *r)
{
	uint8_t bytes[VARINT_MAX_BYTES];
	size_t n = 0;
	uint64_t v = 0;

	do
		bytes[n] = (uint8_t)bit_reader_get(r, 8);
	while (bytes[n++] >= 0x80 && n < VARINT_MAX_BYTES);
	if (uvarint_get(bytes, bytes + n, &v) == 0)
		bit_reader_fail(r);
	return v;
}

int64_t bit_reader_varint(struct bit_reader *r)
{
	return zigzag_decode(bit_reader_uvarint(r));
}

void bit_reader_window(struct bit_reader *r, struct xor_window *w)
{
	unsigned told = (unsigned)bit_reader_get(r, 11);
	unsigned leading = told >> 6, n = told & 63;

	n = n ? n : 64;
	if (leading + n > 64)
		bit_reader_fail(r);
	else
		*w = (struct xor_window){(uint8_t)leading, (uint8_t)(64 - leading - n)};
}

void bit_reader_change(struct bit_reader *r, const struct xor_window *w, uint64_t *before)
{
	*before ^= bit_reader_get(r, 64u - w->leading - w->trailing) << w->trailing;
}

void bit_reader_xor(struct bit_reader *r, struct xor_window *w, uint64_t *before)
{
	unsigned ones = bit_reader_ones(r, 2);

	if (ones == 0)
		return;
	if (ones == 2)
		bit_reader_window(r, w);
	bit_reader_change(r, w, before);
}

/* --- writing ---------------------------------------------------------------------------------- */

void bit_writer_put(struct bit_writer *w, uint64_t v, unsigned n)
{
	if (!buf_reserve(w->out, 8 + BITS_PUT_SLACK))
		return;
	w->n_bits = bits_put((uint8_t *)w->out->p + w->start, w->n_bits, v, n);
	w->out->n = w->start + (w->n_bits + 7) / 8;
}

static void put_var(struct bit_writer *w, unsigned ones, uint64_t v)
{
	unsigned n = var_bits[ones];

	if (ones == VAR_MAX_ONES)
		bit_writer_put(w, 0xff, 8);
	else
		bit_writer_put(w, ((UINT64_C(1) << ones) - 1) << 1, ones + 1);
	if (n)
		bit_writer_put(w, n < 64 ? v & ((UINT64_C(1) << n) - 1) : v, n);
}

void bit_writer_put_uvar(struct bit_writer *w, uint64_t v)
{
	unsigned ones = 0;

	while (ones < VAR_MAX_ONES && v >> var_bits[ones])
		ones++;
	put_var(w, ones, v);
}

static bool fits(int64_t v, unsigned n)
{
	int64_t half = INT64_C(1) << (n - 1);
	return -half < v && v <= half;
}

void bit_writer_put_var(struct bit_writer *w, int64_t v)
{
	unsigned ones = v != 0;

	while (ones > 0 && ones < VAR_MAX_ONES && !fits(v, var_bits[ones]))
		ones++;
	put_var(w, ones, (uint64_t)v);
}

void bit_writer_put_uvarint(struct bit_writer *w, uint64_t v)
{
	uint8_t bytes[VARINT_MAX_BYTES];
	size_t n = uvarint_put(bytes, v);

	for (size_t i = 0; i < n; i++)
		bit_writer_put(w, bytes[i], 8);
}

void bit_writer_put_varint(struct bit_writer *w, int64_t v)
{
	bit_writer_put_uvarint(w, zigzag_encode(v));
}

void bit_writer_copy(struct bit_writer *w, struct bit_reader *r, size_t n_bits)
{
	while (n_bits > 0) {
		unsigned n = n_bits < 64 ? (unsigned)n_bits : 64;
		bit_writer_put(w, bit_reader_get(r, n), n);
		n_bits -= n;
	}
}

void bit_writer_put_xor(struct bit_writer *b, struct xor_window *w, uint64_t before, uint64_t v)
{
	uint64_t change = before ^ v;

	if (change == 0) {
		bit_writer_put(b, 0, 1);
		return;
	}
	uint8_t leading = (uint8_t)__builtin_clzll(change);
	uint8_t trailing = (uint8_t)__builtin_ctzll(change);
	leading = leading > 31 ? 31 : leading; /* it has five bits */
	if (w->leading != 0xff && leading >= w->leading && trailing >= w->trailing) {
		bit_writer_put(b, 2, 2);
		bit_writer_put(b, change >> w->trailing, 64u - w->leading - w->trailing);
		return;
	}
	*w = (struct xor_window){leading, trailing};
	unsigned n = 64u - leading - trailing; /* 64 is written as 0: it has six bits */
	bit_writer_put(b, 3u << 11 | (unsigned)leading << 6 | (n & 63), 13);
	bit_writer_put(b, change >> trailing, n);
}
