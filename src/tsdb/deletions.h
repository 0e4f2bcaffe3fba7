/* deletions.h - takes deleted samples out of chunks.
 */
#ifndef TSDB_DELETIONS_H
#define TSDB_DELETIONS_H

#include "base/arena.h"
#include "model/series.h"
#include "model/time_range.h"

/* The deleted ranges of one series: ascending and disjoint, as tombstones_of() gives them. */
struct deletions {
	const struct time_range *v;
	size_t n;
};

/* Is all of it deleted; is any of it? */
bool deletions_cover(struct deletions d, struct time_range r);
bool deletions_touch(struct deletions d, struct time_range r);

/* A raw chunk's other samples, encoded anew in memory of `a`: as one chunk of the same encoding.
 * out->raw.data is NULL when none is left. */
bool chunk_without_deleted(const struct chunk *c, struct deletions d, struct arena *a,
			   struct chunk *out, struct err *err);

#endif
