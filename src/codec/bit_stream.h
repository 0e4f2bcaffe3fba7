/* bit_stream.h - bits one number after the other, with Prometheus' numbers of variable width.
 *
 * A reader that ran out of bits is `failed` and gives zeros from then on.
 */
#ifndef CODEC_BIT_STREAM_H
#define CODEC_BIT_STREAM_H

#include "base/buf.h"
#include "codec/bits.h"

#include <stdbool.h>

struct bit_reader {
	const uint8_t *data;
	size_t n_bits;
	size_t pos;
	bool failed;
};

static inline size_t bit_reader_left(const struct bit_reader *r)
{
	return r->n_bits - r->pos;
}

static inline void bit_reader_fail(struct bit_reader *r)
{
	r->failed = true;
	r->pos = r->n_bits;
}

static inline bool bit_reader_skip(struct bit_reader *r, unsigned n)
{
	if (n > bit_reader_left(r)) {
		bit_reader_fail(r);
		return false;
	}
	r->pos += n;
	return true;
}

uint64_t bit_reader_peek_end(const struct bit_reader *r);
uint64_t bit_reader_get_long(struct bit_reader *r, unsigned n);

/* At least 57 bits of what comes, left-aligned, zeros behind the end. */
static inline uint64_t bit_reader_peek(const struct bit_reader *r)
{
	if ((r->pos >> 3) + 8 <= r->n_bits >> 3)
		return bits_peek57(r->data, r->pos);
	return bit_reader_peek_end(r);
}

/* n from 0 to 64. */
static inline uint64_t bit_reader_get(struct bit_reader *r, unsigned n)
{
	if (n > 57)
		return bit_reader_get_long(r, n);
	uint64_t w = bit_reader_peek(r);
	return bit_reader_skip(r, n) && n > 0 ? w >> (64 - n) : 0;
}

/* How many ones there are up to a zero, which is read too, or to `max` of them, at most 8. */
static inline unsigned bit_reader_ones(struct bit_reader *r, unsigned max)
{
	/* Some bit of the lower half is no one, so that there is an end. */
	unsigned ones = (unsigned)__builtin_clzll(~(bit_reader_peek(r) >> 32 << 32));

	ones = ones < max ? ones : max;
	return bit_reader_skip(r, ones + (ones < max)) ? ones : 0;
}

/* 1, 5, 9, 13, 17, 24, 32, 64 or 72 bits. */
uint64_t bit_reader_uvar(struct bit_reader *r);
int64_t bit_reader_var(struct bit_reader *r);
/* Those of varint.h, at any bit. */
uint64_t bit_reader_uvarint(struct bit_reader *r);
int64_t bit_reader_varint(struct bit_reader *r);

/* A run of bits at the end of a buf, which others append to when it is complete. */
struct bit_writer {
	struct buf *out;
	size_t start; /* byte in out */
	size_t n_bits;
};

void bit_writer_put(struct bit_writer *w, uint64_t v, unsigned n); /* n from 1 to 64 */
void bit_writer_put_uvar(struct bit_writer *w, uint64_t v);
void bit_writer_put_var(struct bit_writer *w, int64_t v);
void bit_writer_put_uvarint(struct bit_writer *w, uint64_t v);
void bit_writer_put_varint(struct bit_writer *w, int64_t v);
/* The next n_bits of what `r` reads. */
void bit_writer_copy(struct bit_writer *w, struct bit_reader *r, size_t n_bits);

/* Which bits of the last XOR were kept; see docs/formats/chunks.md. */
struct xor_window {
	uint8_t leading; /* 0xff: a writer's, before there is one */
	uint8_t trailing;
};

/* The two parts of an XOR that is not zero: a new window, of more than 64 bits a failure, and the
 * bits in it. */
void bit_reader_window(struct bit_reader *r, struct xor_window *w);
void bit_reader_change(struct bit_reader *r, const struct xor_window *w, uint64_t *before);
/* `before` is the last value, and becomes this one. A window of more than 64 bits is a failure. */
void bit_reader_xor(struct bit_reader *r, struct xor_window *w, uint64_t *before);
void bit_writer_put_xor(struct bit_writer *b, struct xor_window *w, uint64_t before, uint64_t v);

#endif
