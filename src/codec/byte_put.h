/* byte_put.h - appends what byte_cursor.h reads: numbers and strings as TSDB files have them. An
 * overflow shows in the buf. */
#ifndef CODEC_BYTE_PUT_H
#define CODEC_BYTE_PUT_H

#include "base/buf.h"
#include "codec/bits.h"
#include "codec/varint.h"

static inline void put_u8(struct buf *out, uint8_t v)
{
	buf_putc(out, (char)v);
}

static inline void put_be32(struct buf *out, uint32_t v)
{
	char *to = buf_reserve(out, 4);

	if (!to)
		return;
	store_be32(to, v);
	buf_grown(out, 4);
}

static inline void put_be64(struct buf *out, uint64_t v)
{
	char *to = buf_reserve(out, 8);

	if (!to)
		return;
	store_be64(to, v);
	buf_grown(out, 8);
}

/* Its bits, big-endian. */
static inline void put_double(struct buf *out, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	put_be64(out, bits);
}

static inline void put_uvarint(struct buf *out, uint64_t v)
{
	char *to = buf_reserve(out, VARINT_MAX_BYTES);

	if (to)
		buf_grown(out, uvarint_put((uint8_t *)to, v));
}

static inline void put_varint(struct buf *out, int64_t v)
{
	put_uvarint(out, zigzag_encode(v));
}

/* uvarint length, then the bytes. */
static inline void put_str(struct buf *out, struct str s)
{
	put_uvarint(out, s.n);
	buf_append_str(out, s);
}

#endif
