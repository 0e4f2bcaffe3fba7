/* merge.h - many sorted streams of series as one.
 *
 * Series with equal labels become one. Their chunks come in the order of the StoreAPI (min time,
 * max time, then the encoded fields), and a chunk whose fields were all seen before, told by their
 * xxhash64, is dropped: replicas send identical chunks.
 */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "base/tracker.h"
#include "model/series.h"

/* Takes the streams, not the array. An error of any of them is the error of the whole: who wants
 * to go on without it wraps the stream. What the merge holds itself is charged to `tracker`. */
struct series_iter *series_merge(struct series_iter *const *streams, size_t n,
				 struct tracker *tracker);

#endif
