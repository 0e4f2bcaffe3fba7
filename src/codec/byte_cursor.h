/* byte_cursor.h - reads a run of bytes front to back and remembers when it ran out.
 *
 * After a read that does not fit, the cursor is `failed` and every read gives zero: a decoder
 * checks once, at the end of a piece, and before it uses a count that it read.
 */
#ifndef CODEC_BYTE_CURSOR_H
#define CODEC_BYTE_CURSOR_H

#include "base/str.h"
#include "codec/bits.h"
#include "codec/varint.h"

#include <string.h>

struct byte_cursor {
	const uint8_t *p;
	const uint8_t *end;
	const uint8_t *start;
	bool failed;
};

static inline struct byte_cursor byte_cursor_of(const void *p, size_t n)
{
	const uint8_t *start = p;

	return (struct byte_cursor){.p = start, .end = n ? start + n : start, .start = start};
}

static inline size_t byte_cursor_left(const struct byte_cursor *c)
{
	return (size_t)(c->end - c->p);
}

/* Where it stands, for error messages. */
static inline size_t byte_cursor_offset(const struct byte_cursor *c)
{
	return (size_t)(c->p - c->start);
}

static inline const uint8_t *byte_cursor_skip(struct byte_cursor *c, uint64_t n)
{
	const uint8_t *at = c->p;

	if (c->failed || n > byte_cursor_left(c)) {
		c->failed = true;
		return NULL;
	}
	if (n)
		c->p += n;
	return at;
}

static inline struct str byte_cursor_bytes(struct byte_cursor *c, uint64_t n)
{
	const uint8_t *at = byte_cursor_skip(c, n);

	return str_from(at, at ? (size_t)n : 0);
}

static inline uint8_t byte_cursor_u8(struct byte_cursor *c)
{
	const uint8_t *at = byte_cursor_skip(c, 1);

	return at ? *at : 0;
}

static inline uint32_t byte_cursor_be32(struct byte_cursor *c)
{
	const uint8_t *at = byte_cursor_skip(c, 4);

	return at ? load_be32(at) : 0;
}

static inline uint64_t byte_cursor_be64(struct byte_cursor *c)
{
	const uint8_t *at = byte_cursor_skip(c, 8);

	return at ? load_be64(at) : 0;
}

/* Its bits, big-endian. */
static inline double byte_cursor_double(struct byte_cursor *c)
{
	uint64_t bits = byte_cursor_be64(c);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static inline uint64_t byte_cursor_uvarint(struct byte_cursor *c)
{
	uint64_t v = 0;
	size_t n = c->failed ? 0 : uvarint_get(c->p, c->end, &v);

	if (n == 0) {
		c->failed = true;
		return 0;
	}
	c->p += n;
	return v;
}

static inline int64_t byte_cursor_varint(struct byte_cursor *c)
{
	return zigzag_decode(byte_cursor_uvarint(c));
}

/* uvarint length, then that many bytes. */
static inline struct str byte_cursor_str(struct byte_cursor *c)
{
	return byte_cursor_bytes(c, byte_cursor_uvarint(c));
}

#endif
