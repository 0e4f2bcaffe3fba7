/* downsample_chunks.h - the downsampled chunks of one series, as they are made, and how many there
 * shall be.
 */
#ifndef COMPACTION_DOWNSAMPLE_CHUNKS_H
#define COMPACTION_DOWNSAMPLE_CHUNKS_H

#include "base/vec.h"
#include "codec/aggr_chunk.h"
#include "tsdb/index_series.h"

/* Into how many chunks Thanos puts what a series has from min_t_ms to max_t_ms: such that each has
 * about 140 windows at most, as far as the number of samples tells. */
size_t downsample_chunk_count(int64_t min_t_ms, int64_t max_t_ms, int64_t from_resolution_ms,
			      int64_t to_resolution_ms, size_t n_samples);

/* A chunk that was split, or will be. */
struct aggr_parts {
	struct chunk_data of[AGGR_N];
};

/* One aggregate chunk in the making, and those that are complete. */
struct aggr_chunks {
	VEC(struct chunk_meta) metas;
	VEC(struct chunk_data) chunks; /* their bytes as offsets until aggr_chunks_settle() */
	struct buf bytes;

	struct buf part_bytes; /* of the one in the making */
	size_t part_start[AGGR_N];
	size_t part_end[AGGR_N];
	enum chunk_encoding part_encoding[AGGR_N];
};

void aggr_chunks_init(struct aggr_chunks *c);
void aggr_chunks_done(struct aggr_chunks *c);
/* No chunks; the memory stays. */
void aggr_chunks_clear(struct aggr_chunks *c);

/* An aggregate of the chunk in the making, as XOR chunk. ERR_LIMIT when it cannot hold as many. */
bool aggr_chunks_put_floats(struct aggr_chunks *c, enum aggr aggr, const int64_t *t_ms,
			    const double *v, size_t n, struct err *err);
/* The counter: between the windows' values the first and the last one as they really were, so that
 * a reset between this chunk and the next can be told. */
bool aggr_chunks_put_counter(struct aggr_chunks *c, int64_t first_t_ms, double first,
			     const int64_t *t_ms, const double *v, size_t n, double last,
			     struct err *err);
/* The place for an aggregate in another encoding: append its bytes, then end it. */
struct buf *aggr_chunks_begin_part(struct aggr_chunks *c, enum aggr aggr,
				   enum chunk_encoding encoding);
void aggr_chunks_end_part(struct aggr_chunks *c, enum aggr aggr);

/* The chunk is complete; what was not put is absent. ERR_LIMIT when the chunks of the series are
 * too large to be kept. */
bool aggr_chunks_end(struct aggr_chunks *c, int64_t min_t_ms, int64_t max_t_ms, struct err *err);

/* Makes c->chunks valid until the next change. */
void aggr_chunks_settle(struct aggr_chunks *c);

#endif
