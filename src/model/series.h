/* series.h - a series in motion: its labels and its chunks, and the stream that carries it.
 *
 * Chunks stay encoded from the disk to whoever needs samples.
 */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include "base/iter.h"
#include "codec/chunk.h"
#include "model/labels.h"

/* Either raw samples, or aggregates of them over windows of the block's resolution. */
struct chunk {
	int64_t min_t_ms;
	int64_t max_t_ms; /* inclusive */
	struct chunk_data raw;
	const struct chunk_data *aggrs; /* AGGR_N of them, or NULL for a raw chunk */
};

/* Chunks ascend by min_t_ms, then max_t_ms. Where replicas were merged they may overlap. */
struct series {
	struct labels labels;
	const struct chunk *chunks;
	size_t n_chunks;
};

/* Of all chunks, encoded. */
size_t series_chunk_bytes(const struct series *s);

/* A deep copy in `a`. */
struct series series_copy(struct arena *a, const struct series *s);
/* How much memory a copy takes, within a few bytes. */
size_t series_size_bytes(const struct series *s);

struct series_iter;

/* Series come in ascending label order, each label set at most once. What *out points to is
 * borrowed and stays valid until the next call on the iterator. */
struct series_iter_ops {
	enum iter_result (*next)(struct series_iter *it, struct series *out, struct err *err);
	void (*close)(struct series_iter *it);
};

struct series_iter {
	const struct series_iter_ops *ops;
};

static inline enum iter_result series_iter_next(struct series_iter *it, struct series *out,
						struct err *err)
{
	return it->ops->next(it, out, err);
}

static inline void series_iter_close(struct series_iter *it)
{
	if (it)
		it->ops->close(it);
}
CLEANUP_DEFINE(struct series_iter, series_iter_close)

/* No series at all. */
struct series_iter *series_iter_empty(void);
/* Over an array in ascending label order, which outlives the iterator. */
struct series_iter *series_iter_of(const struct series *v, size_t n);

#endif
