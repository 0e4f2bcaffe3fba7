/* What decodes must encode to a chunk that decodes to the same. */
#include "base/alloc.h"
#include "base/assert.h"
#include "codec/xor_chunk.h"

#include <stdlib.h>

struct columns {
	int64_t *t_ms;
	double *v;
	size_t n;
};

static bool decode(const uint8_t *data, size_t size, struct columns *out)
{
	struct err err = ERR_INIT;
	size_t n;

	if (!xor_chunk_num_samples(data, size, &n, &err)) {
		assert(err.code == ERR_CORRUPT);
		return false;
	}
	assert(n <= 4 * size);
	out->t_ms = xreallocarray(NULL, n + 1, sizeof(*out->t_ms));
	out->v = xreallocarray(NULL, n + 1, sizeof(*out->v));
	out->t_ms[n] = 12345; /* must stay */
	out->v[n] = 12345;
	bool ok = xor_chunk_decode(data, size, out->t_ms, out->v, &out->n, &err);
	assert(ok || err.code == ERR_CORRUPT);
	assert(!ok || out->n == n);
	assert(out->t_ms[n] == 12345 && out->v[n] == 12345);
	return ok;
}

static void done(struct columns *c)
{
	free(c->t_ms);
	free(c->v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct columns got auto_done(done) = {0}, again auto_done(done) = {0};
	struct buf chunk auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct xor_encoder e;

	if (!decode(data, size, &got))
		return 0;
	xor_encoder_init(&e, &chunk);
	for (size_t i = 0; i < got.n; i++)
		xor_encoder_append(&e, got.t_ms[i], got.v[i]);
	assert(decode((uint8_t *)chunk.p, chunk.n, &again));
	assert(again.n == got.n);
	assert(memcmp(again.t_ms, got.t_ms, got.n * sizeof(*got.t_ms)) == 0);
	assert(memcmp(again.v, got.v, got.n * sizeof(*got.v)) == 0);
	return 0;
}
