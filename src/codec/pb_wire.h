/* pb_wire.h - protobuf's wire format: a cursor over the fields of a message, and a writer.
 *
 *	struct pb_reader r = pb_reader(message);
 *	while (pb_next(&r)) {
 *		switch (r.key) {
 *		case PB_VARINT(1):
 *			out->min_t_ms = (int64_t)r.number;
 *			break;
 *		case PB_BYTES(2):
 *			out->name = r.bytes;
 *			break;
 *		}
 *	}
 *	return pb_reader_end(&r, "Label", err);
 *
 * Field number and wire type together are the key of a switch, so that a field of an unexpected
 * wire type is an unknown one, which is skipped as protobuf demands. Groups are skipped whole.
 * Everything read is a slice of the message: no copies.
 *
 * The writer works backwards, from the last byte to the first: the length of a sub-message is known
 * once it is written, so one pass is enough. Fields are therefore written in descending order.
 *
 * Format: protobuf.dev/programming-guides/encoding.
 */
#ifndef CODEC_PB_WIRE_H
#define CODEC_PB_WIRE_H

#include "base/err.h"
#include "base/str.h"
#include "base/tracker.h"
#include "codec/varint.h"

enum pb_type {
	PB_TYPE_VARINT = 0,
	PB_TYPE_FIXED64 = 1,
	PB_TYPE_BYTES = 2,
	PB_TYPE_GROUP = 3,
	PB_TYPE_GROUP_END = 4,
	PB_TYPE_FIXED32 = 5,
};

#define PB_VARINT(field)  ((uint32_t)(field) << 3 | PB_TYPE_VARINT)
#define PB_FIXED64(field) ((uint32_t)(field) << 3 | PB_TYPE_FIXED64)
#define PB_BYTES(field)   ((uint32_t)(field) << 3 | PB_TYPE_BYTES)
#define PB_FIXED32(field) ((uint32_t)(field) << 3 | PB_TYPE_FIXED32)

struct pb_reader {
	const uint8_t *p;
	const uint8_t *end;
	uint32_t key;       /* of the current field */
	uint64_t number;    /* of a varint or fixed field */
	struct str bytes;   /* of a bytes field: string, sub-message or packed numbers */
	const char *broken; /* what is wrong; NULL while nothing is */
};

static inline struct pb_reader pb_reader(struct str message)
{
	const uint8_t *p = (const uint8_t *)message.p;
	/* An empty message may have no address, to which C adds not even 0. */
	return (struct pb_reader){.p = p, .end = message.n ? p + message.n : p};
}

bool pb_next_slow(struct pb_reader *r);

/* The next field; false at the end of the message, and where it is broken. */
static inline bool pb_next(struct pb_reader *r)
{
	/* Nearly all fields of the hot messages are short and have a low number: a byte of key, a
	 * byte of length. */
	const uint8_t *p = r->p;
	if (r->end - p < 2 || p[0] >= 0x80 || (p[0] & 7) != PB_TYPE_BYTES || p[0] < 8 ||
	    p[1] >= 0x80 || p[1] > r->end - p - 2)
		return pb_next_slow(r);
	r->key = p[0];
	r->bytes = str_from(p + 2, p[1]);
	r->p = p + 2 + p[1];
	return true;
}

/* Fails with ERR_CORRUPT, naming the message, if it was broken. */
bool pb_reader_end(const struct pb_reader *r, const char *message_name, struct err *err);

/* The key of the member of a oneof that counts, the last one, all of them being bytes; 0 without
 * any. Fails as pb_reader_end() does. */
bool pb_oneof(struct str message, const uint32_t *keys, size_t n_keys, const char *message_name,
	      uint32_t *key, struct str *bytes, struct err *err);

/* The next number of a packed field; false at its end and where it is broken, which *broken then
 * tells. *packed shrinks. */
bool pb_next_packed(struct str *packed, uint64_t *number, const char **broken);
bool pb_next_packed_f64(struct str *packed, double *number, const char **broken);

static inline double pb_f64(uint64_t bits)
{
	double v;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* --- writing -------------------------------------------------------------------------------- */

struct pb_writer {
	uint8_t *p; /* the first byte written */
	uint8_t *end;
	uint8_t *memory;
	size_t max_bytes;
	struct tracker *tracker; /* charged for the memory; may be NULL */
	bool overflowed;         /* more than max_bytes were written; until pb_writer_clear() */
};

void pb_writer_init(struct pb_writer *w, size_t max_bytes, struct tracker *tracker);
void pb_writer_done(struct pb_writer *w);
void pb_writer_clear(struct pb_writer *w); /* empty, the memory is kept */

/* What was written, valid until the next change. */
static inline struct str pb_written(const struct pb_writer *w)
{
	return str_from(w->p, (size_t)(w->end - w->p));
}
/* ERR_LIMIT when it did not fit. */
bool pb_writer_end(const struct pb_writer *w, const char *message_name, struct err *err);

/* These write the field whatever its value; proto3 leaves zeroes out, which is the caller's `if`,
 * or one of the pb_opt_ functions. Negative numbers are given as (uint64_t)v, or zigzag_encode(v)
 * for sint32 and sint64. */
void pb_put_varint(struct pb_writer *w, uint32_t field, uint64_t v);
void pb_put_fixed64(struct pb_writer *w, uint32_t field, uint64_t v);
void pb_put_f64(struct pb_writer *w, uint32_t field, double v);
void pb_put_bytes(struct pb_writer *w, uint32_t field, struct str bytes);

static inline void pb_opt_varint(struct pb_writer *w, uint32_t field, uint64_t v)
{
	if (v)
		pb_put_varint(w, field, v);
}

static inline void pb_opt_f64(struct pb_writer *w, uint32_t field, double v)
{
	if (v != 0 || __builtin_signbit(v)) /* -0.0 is not proto3's zero */
		pb_put_f64(w, field, v);
}

static inline void pb_opt_bytes(struct pb_writer *w, uint32_t field, struct str bytes)
{
	if (bytes.n)
		pb_put_bytes(w, field, bytes);
}

/* A repeated string, each one written, empty ones too. */
void pb_put_strings(struct pb_writer *w, uint32_t field, const struct str *v, size_t n);

/* n bytes in front, for the caller to write; NULL when they are over the maximum. */
uint8_t *pb_put_raw(struct pb_writer *w, size_t n);

/* A sub-message: pb_message_end() is called before its fields are written and gives a mark,
 * pb_message_begin() after them puts key and length before. */
size_t pb_message_end(const struct pb_writer *w);
void pb_message_begin(struct pb_writer *w, uint32_t field, size_t mark);

#endif
