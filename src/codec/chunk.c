#include "codec/chunk.h"

#include "codec/aggr_chunk.h"
#include "codec/bits.h"
#include "codec/start_time_stream.h"
#include "codec/xor2_chunk.h"
#include "codec/xor_chunk.h"

static const struct {
	enum chunk_encoding encoding;
	const char *name;
} encodings[] = {
    {CHUNK_XOR, "XOR"},
    {CHUNK_HISTOGRAM, "histogram"},
    {CHUNK_FLOAT_HISTOGRAM, "float histogram"},
    {CHUNK_XOR2, "XOR2"},
    {CHUNK_HISTOGRAM_ST, "histogram with start times"},
    {CHUNK_FLOAT_HISTOGRAM_ST, "float histogram with start times"},
    {CHUNK_AGGR, "aggregate"},
};

const char *chunk_encoding_name(enum chunk_encoding encoding)
{
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (encodings[i].encoding == encoding)
			return encodings[i].name;
	return "unknown";
}

static bool unsupported(const struct chunk_data *c, const char *what, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, "chunk of %u bytes: %s encoding %d (%s)",
		       c->size_bytes, what, (int)c->encoding, chunk_encoding_name(c->encoding));
}

bool chunk_has_start_times(const struct chunk_data *c)
{
	return c->encoding >= CHUNK_XOR2 && c->encoding <= CHUNK_FLOAT_HISTOGRAM_ST &&
	       c->size_bytes > START_TIME_HEADER_AT && c->data[START_TIME_HEADER_AT] != 0;
}

/* Histograms begin with the number of samples, 16 bits; in 5 and 6 the upper two of them are the
 * counter reset's. */
static bool header_num_samples(const struct chunk_data *c, unsigned mask, size_t *out,
			       struct err *err)
{
	if (c->size_bytes < 3)
		return err_set(err, ERR_CORRUPT, "%s chunk: %u bytes, too few for its header",
			       chunk_encoding_name(c->encoding), c->size_bytes);
	*out = load_be16(c->data) & mask;
	return true;
}

static bool aggr_num_samples(const struct chunk_data *c, size_t *out, struct err *err)
{
	struct chunk_data parts[AGGR_N];

	if (!aggr_chunk_split(c->data, c->size_bytes, parts, err))
		return false;
	*out = 0;
	if (!parts[AGGR_COUNT].data)
		return true;
	if (parts[AGGR_COUNT].encoding == CHUNK_AGGR)
		return err_set(err, ERR_CORRUPT, "aggregate chunk: an aggregate inside another");
	return chunk_num_samples(&parts[AGGR_COUNT], out, err);
}

bool chunk_num_samples(const struct chunk_data *c, size_t *out, struct err *err)
{
	switch (c->encoding) {
	case CHUNK_XOR:
		return xor_chunk_num_samples(c->data, c->size_bytes, out, err);
	case CHUNK_XOR2:
		return xor2_chunk_num_samples(c->data, c->size_bytes, out, err);
	case CHUNK_HISTOGRAM:
	case CHUNK_FLOAT_HISTOGRAM:
		return header_num_samples(c, 0xffff, out, err);
	case CHUNK_HISTOGRAM_ST:
	case CHUNK_FLOAT_HISTOGRAM_ST:
		return header_num_samples(c, 0x3fff, out, err);
	case CHUNK_AGGR:
		return aggr_num_samples(c, out, err);
	case CHUNK_NONE:
		break;
	}
	return unsupported(c, "unknown", err);
}

bool chunk_decode_floats(const struct chunk_data *c, int64_t *t_ms, double *v, int64_t *st_ms,
			 size_t *n, struct err *err)
{
	if (c->encoding == CHUNK_XOR2)
		return xor2_chunk_decode(c->data, c->size_bytes,
					 &(struct xor2_columns){t_ms, v, st_ms}, n, err);
	if (c->encoding != CHUNK_XOR)
		return unsupported(c, "cannot decode floats of", err);
	if (!xor_chunk_decode(c->data, c->size_bytes, t_ms, v, n, err))
		return false;
	if (st_ms)
		memset(st_ms, 0, *n * sizeof(*st_ms));
	return true;
}
