/* gRPC messages out of any bytes: cut into pieces of any sizes they give the same messages and the
 * same failure as in one piece, a plain payload is the bytes that were sent, and what snappy
 * unpacks it can pack again. */
#include "base/alloc.h"
#include "base/assert.h"
#include "codec/snappy.h"
#include "net/grpc_framing.h"

enum { MAX_BYTES = 1 << 20 };

/* What a parse came to. */
struct outcome {
	size_t n_messages;
	size_t n_plain_bytes;
	uint64_t hash;
	enum err_code code;
};

static void mix(struct outcome *o, struct str bytes)
{
	o->hash = o->hash * 1099511628211u + bytes.n;
	for (size_t i = 0; i < bytes.n; i++)
		o->hash = (o->hash ^ (uint8_t)bytes.p[i]) * 1099511628211u;
}

static void expect_repacks(struct str plain)
{
	struct buf packed auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf again auto_done(buf_done) = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;

	assert(snappy_encode_frames(plain, &packed, &err));
	assert(snappy_decode_frames(buf_str(&packed), &again, &err));
	assert(str_eq(plain, buf_str(&again)));
}

static void open_message(const struct grpc_assembler *a, enum grpc_compression compression,
			 struct outcome *o)
{
	struct buf plain auto_done(buf_done) = BUF_INIT(MAX_BYTES);
	struct str message;
	struct err err = ERR_INIT;

	o->n_messages++;
	mix(o, buf_str(&a->payload));
	if (!grpc_payload_open(buf_str(&a->payload), a->prefix.compressed, compression, &plain,
			       &message, &err)) {
		o->hash += err.code;
		return;
	}
	assert(message.n <= MAX_BYTES);
	o->n_plain_bytes += message.n;
	if (a->prefix.compressed)
		expect_repacks(message);
}

/* Pieces of 1 to 1 + `spread` bytes; spread 0: all at once. */
static struct outcome parse(struct str input, size_t spread, enum grpc_compression compression)
{
	struct outcome o = {0};
	struct grpc_assembler a;
	struct err err = ERR_INIT;
	size_t offset = 0, turn = 0;

	grpc_assembler_init(&a, MAX_BYTES, NULL);
	while (offset < input.n && err.code == ERR_OK) {
		size_t n = spread ? 1 + turn++ * 7 % spread : input.n;
		struct str piece = str_skip(input, offset);
		piece.n = piece.n < n ? piece.n : n;
		offset += piece.n;
		while (piece.n > 0 && err.code == ERR_OK) {
			if (grpc_assembler_feed(&a, &piece, &err) != ITER_VALUE)
				continue;
			size_t end = offset - piece.n;
			assert(memcmp(a.payload.p ? a.payload.p : "", input.p + end - a.payload.n,
				      a.payload.n) == 0);
			open_message(&a, compression, &o);
		}
	}
	o.code = err.code;
	grpc_assembler_done(&a);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	enum grpc_compression compression =
	    data[1] & 1 ? GRPC_COMPRESSION_SNAPPY : GRPC_COMPRESSION_NONE;
	struct str input = str_from(data + 2, size - 2);

	struct outcome whole = parse(input, 0, compression);
	struct outcome chopped = parse(input, 1 + data[0], compression);
	assert(whole.n_messages == chopped.n_messages && whole.hash == chopped.hash);
	assert(whole.n_plain_bytes == chopped.n_plain_bytes && whole.code == chopped.code);
	return 0;
}
