#include "codec/zstd.h"

#include <zstd.h>

enum { LEVEL = 1, PIECE_BYTES = 1 << 16 };

static bool over_limit(const struct buf *out, struct err *err)
{
	return err_set(err, ERR_LIMIT, "zstd: more than %zu bytes decoded, the limit is %zu",
		       out->n, out->max);
}

/* Piece by piece: frames need not say how much they hold, and those that do may lie. */
static bool decode_stream(ZSTD_DStream *z, struct str frame, struct buf *out, struct err *err)
{
	ZSTD_inBuffer in = {.src = frame.p, .size = frame.n};
	size_t left = 1;

	while (left != 0) {
		size_t piece = out->max - out->n < PIECE_BYTES ? out->max - out->n : PIECE_BYTES;
		if (piece == 0)
			return over_limit(out, err);
		ZSTD_outBuffer to = {.dst = buf_reserve(out, piece), .size = piece};
		left = ZSTD_decompressStream(z, &to, &in);
		if (ZSTD_isError(left))
			return err_set(err, ERR_CORRUPT, "zstd: %s", ZSTD_getErrorName(left));
		buf_grown(out, to.pos);
		if (left != 0 && to.pos < to.size && in.pos == in.size)
			return err_set(err, ERR_CORRUPT, "zstd: cut off after %zu bytes", frame.n);
	}
	if (in.pos < in.size)
		return err_set(err, ERR_CORRUPT, "zstd: %zu bytes behind the end",
			       in.size - in.pos);
	return true;
}

bool zstd_decode(struct str frame, struct buf *out, struct err *err)
{
	ZSTD_DStream *z = ZSTD_createDStream();

	if (!z)
		return err_set(err, ERR_INTERNAL, "zstd: no memory for decoding");
	bool ok = decode_stream(z, frame, out, err);
	ZSTD_freeDStream(z);
	return ok;
}

bool zstd_encode(struct str bytes, struct buf *out, struct err *err)
{
	size_t bound = ZSTD_compressBound(bytes.n);
	char *to = buf_reserve(out, bound);

	if (!to)
		return err_set(err, ERR_LIMIT,
			       "zstd: encoding %zu bytes needs room for %zu, the limit is %zu",
			       bytes.n, bound, out->max - out->n);
	size_t n = ZSTD_compress(to, bound, bytes.p, bytes.n, LEVEL);
	if (ZSTD_isError(n))
		return err_set(err, ERR_INTERNAL, "zstd: encoding %zu bytes: %s", bytes.n,
			       ZSTD_getErrorName(n));
	buf_grown(out, n);
	return true;
}
