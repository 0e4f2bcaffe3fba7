#include "net/grpc_framing.h"

#include "codec/snappy.h"

void grpc_prefix_write(struct grpc_prefix prefix, uint8_t out[GRPC_PREFIX_BYTES])
{
	uint32_t size = __builtin_bswap32((uint32_t)prefix.size_bytes);

	out[0] = prefix.compressed;
	memcpy(out + 1, &size, sizeof(size));
}

bool grpc_prefix_read(const uint8_t in[GRPC_PREFIX_BYTES], size_t max_bytes,
		      struct grpc_prefix *out, struct err *err)
{
	uint32_t size;
	memcpy(&size, in + 1, sizeof(size));
	size = __builtin_bswap32(size);

	if (in[0] > 1)
		return err_set(err, ERR_CORRUPT, "gRPC message: flag 0x%02x, want 0 or 1", in[0]);
	if (size > max_bytes)
		return err_set(err, ERR_LIMIT,
			       "gRPC message: received message larger than max (%u vs. %zu)", size,
			       max_bytes);
	*out = (struct grpc_prefix){.compressed = in[0] == 1, .size_bytes = size};
	return true;
}

void grpc_assembler_init(struct grpc_assembler *a, size_t max_bytes, struct tracker *tracker)
{
	*a = (struct grpc_assembler){.max_bytes = max_bytes};
	buf_init(&a->payload, 0, tracker);
}

void grpc_assembler_done(struct grpc_assembler *a)
{
	buf_done(&a->payload);
}

bool grpc_assembler_is_idle(const struct grpc_assembler *a)
{
	return a->complete || a->n_prefix_bytes == 0;
}

/* What a payload's buffer may keep for the next message. */
enum { PAYLOAD_KEEP_BYTES = 64 * 1024 };

static struct str take_front(struct str *bytes, size_t n)
{
	struct str front = str_from(bytes->p, n < bytes->n ? n : bytes->n);
	*bytes = str_skip(*bytes, front.n);
	return front;
}

/* False: the prefix is not complete yet, or *err says what is wrong with it. */
static bool feed_prefix(struct grpc_assembler *a, struct str *bytes, struct err *err)
{
	struct str part = take_front(bytes, GRPC_PREFIX_BYTES - a->n_prefix_bytes);

	if (part.n)
		memcpy(a->prefix_bytes + a->n_prefix_bytes, part.p, part.n);
	a->n_prefix_bytes += part.n;
	if (a->n_prefix_bytes < GRPC_PREFIX_BYTES)
		return false;
	if (!grpc_prefix_read(a->prefix_bytes, a->max_bytes, &a->prefix, err))
		return false;
	a->payload.max = a->prefix.size_bytes;
	return true;
}

enum iter_result grpc_assembler_feed(struct grpc_assembler *a, struct str *bytes, struct err *err)
{
	if (a->complete) {
		a->complete = false;
		a->n_prefix_bytes = 0;
		if (a->payload.cap > PAYLOAD_KEEP_BYTES)
			buf_done(&a->payload);
		buf_clear(&a->payload);
	}
	if (a->n_prefix_bytes < GRPC_PREFIX_BYTES) {
		struct err found = ERR_INIT;
		if (!feed_prefix(a, bytes, &found)) {
			if (found.code == ERR_OK)
				return ITER_END;
			*err = found;
			return ITER_ERROR;
		}
	}

	size_t cap = a->payload.cap;
	struct str part = take_front(bytes, a->prefix.size_bytes - a->payload.n);
	buf_append_str(&a->payload, part);
	if (a->payload.cap != cap && !tracker_check(a->payload.tracker, err))
		return ITER_ERROR;
	if (a->payload.n < a->prefix.size_bytes)
		return ITER_END;
	a->complete = true;
	return ITER_VALUE;
}

bool grpc_payload_open(struct str payload, bool compressed, enum grpc_compression compression,
		       struct buf *plain, struct str *message, struct err *err)
{
	if (!compressed) {
		*message = payload;
		return true;
	}
	if (compression == GRPC_COMPRESSION_NONE)
		return err_set(err, ERR_CORRUPT,
			       "gRPC message: compressed, but the stream has no grpc-encoding");
	buf_clear(plain);
	if (!snappy_decode_frames(payload, plain, err))
		return err_wrap(err, "gRPC message");
	*message = buf_str(plain);
	return true;
}
