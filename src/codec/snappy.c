#include "codec/snappy.h"

#include "codec/byte_cursor.h"
#include "codec/crc32c.h"

#include <snappy-c.h>

/* Three bytes of a block make at most 64 of its contents: a block that promises more lies, and is
 * not worth allocating for. */
static bool is_plausible(size_t block_bytes, size_t decoded_bytes)
{
	return decoded_bytes / 64 <= block_bytes / 3 + 1;
}

static bool over_limit(const struct buf *out, size_t size, struct err *err)
{
	return err_set(err, ERR_LIMIT, "snappy: %zu bytes decoded after %zu, the limit is %zu",
		       size, out->n, out->max);
}

bool snappy_decode(struct str block, struct buf *out, struct err *err)
{
	size_t size;

	if (block.n == 0 || snappy_uncompressed_length(block.p, block.n, &size) != SNAPPY_OK)
		return err_set(err, ERR_CORRUPT, "snappy: a block of %zu bytes without a length",
			       block.n);
	if (!is_plausible(block.n, size))
		return err_set(err, ERR_CORRUPT, "snappy: %zu bytes claim to hold %zu", block.n,
			       size);
	char *to = buf_reserve(out, size);
	if (!to)
		return over_limit(out, size, err);
	if (snappy_uncompress(block.p, block.n, to, &size) != SNAPPY_OK)
		return err_set(err, ERR_CORRUPT, "snappy: a block of %zu bytes is broken", block.n);
	buf_grown(out, size);
	return true;
}

bool snappy_encode(struct str bytes, struct buf *out, struct err *err)
{
	size_t size = snappy_max_compressed_length(bytes.n);
	char *to = buf_reserve(out, size);

	if (!to)
		return err_set(err, ERR_LIMIT,
			       "snappy: encoding %zu bytes needs room for %zu, the limit is %zu",
			       bytes.n, size, out->max - out->n);
	if (snappy_compress(bytes.p ? bytes.p : "", bytes.n, to, &size) != SNAPPY_OK)
		return err_set(err, ERR_INTERNAL, "snappy: encoding %zu bytes failed", bytes.n);
	buf_grown(out, size);
	return true;
}

/* --- frames: type, 3 bytes of length (lowest first), contents -----------------------------------
 */

enum frame {
	FRAME_COMPRESSED = 0x00,
	FRAME_PLAIN = 0x01,
	FRAME_SKIPPABLE = 0x80, /* from here on; below it an unknown type is an error */
	FRAME_STREAM = 0xff,
};

enum { FRAME_HEADER_BYTES = 4, FRAME_CRC_BYTES = 4, FRAME_MAX_BYTES = 65536 };

static const char stream_name[] = "sNaPpY";

/* Checksums are kept rotated, so that a checksum of bytes that hold checksums stays useful. */
static uint32_t masked_crc(const void *p, size_t n)
{
	uint32_t crc = crc32c(0, p, n);
	return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

static bool decode_data_frame(enum frame type, struct str contents, struct buf *out,
			      struct err *err)
{
	if (contents.n < FRAME_CRC_BYTES)
		return err_set(err, ERR_CORRUPT, "%zu bytes are too few for a checksum",
			       contents.n);
	uint32_t want = load_le32(contents.p);
	struct str data = str_skip(contents, FRAME_CRC_BYTES);
	size_t before = out->n, size = data.n;

	if (type == FRAME_COMPRESSED &&
	    snappy_uncompressed_length(data.p, data.n, &size) != SNAPPY_OK)
		return err_set(err, ERR_CORRUPT, "the block inside has no length");
	if (size > FRAME_MAX_BYTES)
		return err_set(err, ERR_CORRUPT, "it holds %zu bytes, the format allows %d", size,
			       FRAME_MAX_BYTES);
	if (type == FRAME_COMPRESSED && !snappy_decode(data, out, err))
		return false;
	if (type == FRAME_PLAIN && !buf_append_str(out, data))
		return over_limit(out, size, err);
	uint32_t got = masked_crc(out->p + before, out->n - before);
	if (got != want)
		return err_set(err, ERR_CORRUPT, "checksum 0x%08x, want 0x%08x", got, want);
	return true;
}

static bool decode_frame(unsigned type, struct str contents, struct buf *out, struct err *err)
{
	if (type == FRAME_COMPRESSED || type == FRAME_PLAIN)
		return decode_data_frame(type, contents, out, err);
	if (type == FRAME_STREAM && !str_is(contents, stream_name))
		return err_set(err, ERR_CORRUPT, "the stream identifier is not \"%s\"",
			       stream_name);
	if (type < FRAME_SKIPPABLE)
		return err_set(err, ERR_CORRUPT, "type 0x%02x is reserved", type);
	return true;
}

bool snappy_decode_frames(struct str stream, struct buf *out, struct err *err)
{
	struct byte_cursor c = byte_cursor_of(stream.p, stream.n);

	while (byte_cursor_left(&c)) {
		size_t at = byte_cursor_offset(&c);
		const uint8_t *header = byte_cursor_skip(&c, FRAME_HEADER_BYTES);
		size_t size = header ? load_le32(header) >> 8 : 0;
		struct str contents = byte_cursor_bytes(&c, size);
		if (c.failed)
			return err_set(err, ERR_CORRUPT,
				       "snappy stream: the frame at byte %zu does not fit in %zu",
				       at, stream.n);
		if (at == 0 && header[0] != FRAME_STREAM)
			return err_set(err, ERR_CORRUPT,
				       "snappy stream: starts with a frame of type 0x%02x, "
				       "not with its identifier",
				       header[0]);
		/* Frames are small: between two of them is the place to look at the memory. */
		if (!decode_frame(header[0], contents, out, err) ||
		    !tracker_check(out->tracker, err))
			return err_wrap(err, "snappy stream: frame at byte %zu", at);
	}
	return true;
}

/* `header` is where FRAME_HEADER_BYTES and a checksum go; `size` bytes follow it. */
static void put_data_header(char *header, enum frame type, size_t size, uint32_t crc)
{
	store_le32(header, (uint32_t)(size + FRAME_CRC_BYTES) << 8 | type);
	store_le32(header + FRAME_HEADER_BYTES, crc);
}

/* Compressed, unless that saves less than an eighth. */
static bool encode_frame(struct str piece, struct buf *out)
{
	size_t size = snappy_max_compressed_length(piece.n);
	size_t header_bytes = FRAME_HEADER_BYTES + FRAME_CRC_BYTES;
	char *to = buf_reserve(out, header_bytes + size);

	if (!to)
		return false;
	enum frame type = FRAME_COMPRESSED;
	if (snappy_compress(piece.p, piece.n, to + header_bytes, &size) != SNAPPY_OK ||
	    size >= piece.n - piece.n / 8) {
		type = FRAME_PLAIN;
		size = piece.n;
		memcpy(to + header_bytes, piece.p, piece.n);
	}
	put_data_header(to, type, size, masked_crc(piece.p, piece.n));
	buf_grown(out, header_bytes + size);
	return true;
}

bool snappy_encode_frames(struct str bytes, struct buf *out, struct err *err)
{
	size_t total = bytes.n;

	if (total)
		buf_append_str(out, STR("\xff\x06\x00\x00sNaPpY"));
	while (bytes.n) {
		size_t n = bytes.n < FRAME_MAX_BYTES ? bytes.n : FRAME_MAX_BYTES;
		if (!encode_frame(str_from(bytes.p, n), out))
			break;
		bytes = str_skip(bytes, n);
	}
	if (out->overflowed)
		return err_set(err, ERR_LIMIT, "snappy stream: %zu bytes encoded are over %zu",
			       total, out->max);
	return true;
}
