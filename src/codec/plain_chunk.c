#include "codec/plain_chunk.h"

#include "base/assert.h"
#include "codec/histogram_chunk.h"
#include "codec/xor_chunk.h"

enum { SLACK_BYTES = 64 }; /* that a writer of bits may want behind the last one */

static bool floats_to_xor(const struct chunk_data *c, struct arena *a, struct buf *out,
			  struct err *err)
{
	struct xor_encoder e;
	size_t n;

	if (!chunk_num_samples(c, &n, err))
		return false;
	int64_t *t_ms = arena_alloc(a, n * sizeof(*t_ms));
	double *v = arena_alloc(a, n * sizeof(*v));
	if (!chunk_decode_floats(c, t_ms, v, NULL, &n, err))
		return false;
	out->max = XOR_CHUNK_HEADER_BYTES + n * XOR_CHUNK_MAX_SAMPLE_BYTES + SLACK_BYTES;
	xor_encoder_init(&e, out);
	for (size_t i = 0; i < n; i++)
		xor_encoder_append(&e, t_ms[i], v[i]);
	return true;
}

static bool make_plain(const struct chunk_data *c, struct buf *out, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(NULL);

	if (c->encoding == CHUNK_XOR2)
		return floats_to_xor(c, scratch, out, err);
	out->max = c->size_bytes + SLACK_BYTES;
	return histogram_chunk_drop_start_times(c, out, err);
}

bool chunk_make_plain(const struct chunk_data *c, struct arena *a, struct chunk_data *out,
		      struct err *err)
{
	static const enum chunk_encoding plain[] = {
	    [CHUNK_XOR2] = CHUNK_XOR,
	    [CHUNK_HISTOGRAM_ST] = CHUNK_HISTOGRAM,
	    [CHUNK_FLOAT_HISTOGRAM_ST] = CHUNK_FLOAT_HISTOGRAM,
	};
	struct buf bytes auto_done(buf_done) = BUF_INIT(0);

	if (c->encoding < CHUNK_XOR2 || c->encoding > CHUNK_FLOAT_HISTOGRAM_ST) {
		*out = *c;
		return true;
	}
	if (!make_plain(c, &bytes, err))
		return false;
	assert(!bytes.overflowed);
	*out = (struct chunk_data){
	    .data = (const uint8_t *)arena_str(a, buf_str(&bytes)).p,
	    .size_bytes = (uint32_t)bytes.n,
	    .encoding = plain[c->encoding],
	};
	return true;
}
