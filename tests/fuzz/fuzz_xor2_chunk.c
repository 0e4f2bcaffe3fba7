/* What decodes must encode to a chunk that decodes to the same, and without start timestamps to the
 * same but for them. */
#include "base/assert.h"
#include "codec/plain_chunk.h"
#include "codec/xor2_chunk.h"

struct columns {
	struct xor2_columns c;
	size_t n;
};

static bool decode(const struct chunk_data *chunk, struct arena *a, struct columns *out)
{
	struct err err = ERR_INIT;
	size_t n;

	if (!chunk_num_samples(chunk, &n, &err)) {
		assert(err.code == ERR_CORRUPT);
		return false;
	}
	assert(n <= 8 * (size_t)chunk->size_bytes);
	/* A little more, so that a sanitizer sees every step outside, and so do we. */
	out->c =
	    (struct xor2_columns){ARENA_ARRAY(a, int64_t, n + 1), ARENA_ARRAY(a, double, n + 1),
				  ARENA_ARRAY(a, int64_t, n + 1)};
	bool ok = chunk_decode_floats(chunk, out->c.t_ms, out->c.v, out->c.st_ms, &out->n, &err);
	assert(ok || err.code == ERR_CORRUPT);
	assert(!ok || out->n == n);
	assert(out->c.t_ms[n] == 0 && out->c.v[n] == 0 && out->c.st_ms[n] == 0);
	return ok;
}

static void compare(const struct columns *a, const struct columns *b)
{
	assert(a->n == b->n);
	if (a->n == 0)
		return;
	assert(memcmp(a->c.t_ms, b->c.t_ms, a->n * sizeof(*a->c.t_ms)) == 0);
	assert(memcmp(a->c.v, b->c.v, a->n * sizeof(*a->c.v)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf bytes auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct chunk_data chunk = {data, (uint32_t)size, CHUNK_XOR2, 0}, again = chunk, plain;
	struct columns got, other;
	struct err err = ERR_INIT;

	if (!decode(&chunk, a, &got))
		return 0;
	xor2_chunk_encode(&got.c, got.n, &bytes);
	again.data = (const uint8_t *)bytes.p;
	again.size_bytes = (uint32_t)bytes.n;
	assert(decode(&again, a, &other));
	compare(&got, &other);
	assert(got.n == 0 || memcmp(got.c.st_ms, other.c.st_ms, got.n * sizeof(*got.c.st_ms)) == 0);
	assert(chunk_make_plain(&chunk, a, &plain, &err));
	assert(plain.encoding == CHUNK_XOR && decode(&plain, a, &other));
	compare(&got, &other);
	return 0;
}
