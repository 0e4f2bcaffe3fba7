/* chunk_merge.h - the chunks of one series in several blocks as those of one: what does not overlap
 * goes through as it is, equal chunks are taken once, and what overlaps is decoded, merged sample
 * by sample and encoded anew.
 */
#ifndef COMPACTION_CHUNK_MERGE_H
#define COMPACTION_CHUNK_MERGE_H

#include "compaction/chunk_encoder.h"

/* One block's chunks of the series, ascending without overlap. */
struct chunk_run {
	const struct chunk *v;
	size_t n;
};

struct chunk_merger {
	/* All in memory of `a`, or borrowed from the runs. Ascending without overlap. */
	bool (*merge)(struct chunk_merger *m, const struct chunk_run *runs, size_t n,
		      struct arena *a, struct chunk_list *out, struct err *err);
};

/* Prometheus' way: of samples at one time one is kept. The bytes are Prometheus'. */
extern struct chunk_merger chunk_merger_one_to_one;

/* Thanos' way for replicas (--deduplication.func=penalty): one is followed until it has a gap, as
 * at query time (dedup/penalty.h). */
extern struct chunk_merger chunk_merger_penalty;

#endif
