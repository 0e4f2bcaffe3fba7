/* overlap_split.h - the chunks of a series that several replicas have written, told apart again.
 *
 * Chunks of one replica do not overlap, those of several do. Each chunk goes to the first chain
 * that ends before it begins: with chunks in order this gives as many chains as there are chunks
 * over one another, in the order in which Thanos makes them.
 */
#ifndef DEDUP_OVERLAP_SPLIT_H
#define DEDUP_OVERLAP_SPLIT_H

#include "base/arena.h"
#include "model/series.h"

struct chunk_chain {
	const struct chunk **v;
	size_t n, cap;
};

/* In memory of `a`; the chunks stay where they are. *n is 0 when there are no chunks. */
struct chunk_chain *overlap_split(struct arena *a, const struct chunk *chunks, size_t n_chunks,
				  size_t *n);

#endif
