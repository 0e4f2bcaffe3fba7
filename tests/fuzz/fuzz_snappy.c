/* Both shapes of snappy: nothing decodes to more than the limit, and what is encoded decodes to the
 * same. */
#include "base/assert.h"
#include "codec/snappy.h"

enum { LIMIT = 1 << 20 };

typedef bool code_fn(struct str in, struct buf *out, struct err *err);

static void check(code_fn *decode, code_fn *encode, struct str input)
{
	struct buf decoded auto_done(buf_done) = BUF_INIT(LIMIT);
	struct buf encoded auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf again auto_done(buf_done) = BUF_INIT(input.n);
	struct err err = ERR_INIT;

	if (decode(input, &decoded, &err))
		assert(decoded.n <= LIMIT);
	else
		assert(err.code == ERR_CORRUPT || err.code == ERR_LIMIT);

	assert(encode(input, &encoded, &err));
	assert(decode(buf_str(&encoded), &again, &err));
	assert(str_eq(buf_str(&again), input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = str_from(data, size);

	check(snappy_decode, snappy_encode, input);
	check(snappy_decode_frames, snappy_encode_frames, input);
	return 0;
}
