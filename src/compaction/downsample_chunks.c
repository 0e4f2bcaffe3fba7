#include "compaction/downsample_chunks.h"

#include "codec/xor_chunk.h"

#include <math.h>

/* Nothing sensible comes near it: 1 GiB of chunks of one series. */
enum { SERIES_MAX_BYTES = 1 << 30, TARGET_SAMPLES = 140 };

size_t downsample_chunk_count(int64_t min_t_ms, int64_t max_t_ms, int64_t from_resolution_ms,
			      int64_t to_resolution_ms, size_t n_samples)
{
	double reach_ms = max_t_ms > min_t_ms ? (double)max_t_ms - (double)min_t_ms : 0;
	double n_windows = trunc(reach_ms / (double)to_resolution_ms);
	/* How densely samples fill the time; 1 where there is no time. */
	double n_full = reach_ms / (double)from_resolution_ms;
	double fullness = (double)n_samples < n_full ? (double)n_samples / n_full : 1;
	size_t expected = (size_t)(n_windows * fullness) + 1;

	/* The smallest n for which expected / n, rounded down, is no more than the target. */
	return expected / (TARGET_SAMPLES + 1) + 1;
}

void aggr_chunks_init(struct aggr_chunks *c)
{
	*c = (struct aggr_chunks){0};
	buf_init(&c->bytes, SERIES_MAX_BYTES, NULL);
	buf_init(&c->part_bytes, SERIES_MAX_BYTES, NULL);
}

void aggr_chunks_done(struct aggr_chunks *c)
{
	vec_done(&c->metas);
	vec_done(&c->chunks);
	buf_done(&c->bytes);
	buf_done(&c->part_bytes);
}

static void clear_parts(struct aggr_chunks *c)
{
	buf_clear(&c->part_bytes);
	memset(c->part_encoding, 0, sizeof(c->part_encoding));
}

void aggr_chunks_clear(struct aggr_chunks *c)
{
	vec_clear(&c->metas);
	vec_clear(&c->chunks);
	buf_clear(&c->bytes);
	clear_parts(c);
}

struct buf *aggr_chunks_begin_part(struct aggr_chunks *c, enum aggr aggr,
				   enum chunk_encoding encoding)
{
	c->part_start[aggr] = c->part_bytes.n;
	c->part_encoding[aggr] = encoding;
	return &c->part_bytes;
}

void aggr_chunks_end_part(struct aggr_chunks *c, enum aggr aggr)
{
	c->part_end[aggr] = c->part_bytes.n;
}

static bool fits(size_t n, struct err *err)
{
	return n <= XOR_CHUNK_MAX_SAMPLES ||
	       err_set(err, ERR_LIMIT, "%zu samples for one chunk, it can hold %d", n,
		       XOR_CHUNK_MAX_SAMPLES);
}

bool aggr_chunks_put_floats(struct aggr_chunks *c, enum aggr aggr, const int64_t *t_ms,
			    const double *v, size_t n, struct err *err)
{
	struct xor_encoder e;

	if (!fits(n, err))
		return false;
	xor_encoder_init(&e, aggr_chunks_begin_part(c, aggr, CHUNK_XOR));
	for (size_t i = 0; i < n; i++)
		xor_encoder_append(&e, t_ms[i], v[i]);
	aggr_chunks_end_part(c, aggr);
	return true;
}

bool aggr_chunks_put_counter(struct aggr_chunks *c, int64_t first_t_ms, double first,
			     const int64_t *t_ms, const double *v, size_t n, double last,
			     struct err *err)
{
	struct xor_encoder e;

	if (!fits(n + 2, err))
		return false;
	xor_encoder_init(&e, aggr_chunks_begin_part(c, AGGR_COUNTER, CHUNK_XOR));
	xor_encoder_append(&e, first_t_ms, first);
	for (size_t i = 0; i < n; i++)
		xor_encoder_append(&e, t_ms[i], v[i]);
	xor_encoder_append(&e, t_ms[n - 1], last);
	aggr_chunks_end_part(c, AGGR_COUNTER);
	return true;
}

bool aggr_chunks_end(struct aggr_chunks *c, int64_t min_t_ms, int64_t max_t_ms, struct err *err)
{
	struct chunk_data parts[AGGR_N] = {0};
	size_t start = c->bytes.n;

	for (int i = 0; i < AGGR_N; i++)
		if (c->part_encoding[i] != CHUNK_NONE)
			parts[i] = (struct chunk_data){
			    .data = (const uint8_t *)c->part_bytes.p + c->part_start[i],
			    .size_bytes = (uint32_t)(c->part_end[i] - c->part_start[i]),
			    .encoding = c->part_encoding[i],
			};
	aggr_chunk_encode(parts, &c->bytes);
	if (c->bytes.overflowed || c->part_bytes.overflowed)
		return err_set(err, ERR_LIMIT, "the chunks of a series exceed %d bytes",
			       SERIES_MAX_BYTES);
	clear_parts(c);
	vec_push(&c->metas, (struct chunk_meta){.min_t_ms = min_t_ms, .max_t_ms = max_t_ms});
	vec_push(&c->chunks, (struct chunk_data){.size_bytes = (uint32_t)(c->bytes.n - start),
						 .encoding = CHUNK_AGGR});
	return true;
}

void aggr_chunks_settle(struct aggr_chunks *c)
{
	const uint8_t *at = (const uint8_t *)c->bytes.p;

	for (size_t i = 0; i < c->chunks.n; i++) {
		c->chunks.v[i].data = at;
		at += c->chunks.v[i].size_bytes;
	}
}
