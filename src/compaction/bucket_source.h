/* bucket_source.h - a block in the bucket as a source of a merge: the index is fetched into a local
 * folder, where it is read more than once; chunks are read from the bucket, some megabytes at once
 * and ahead.
 */
#ifndef COMPACTION_BUCKET_SOURCE_H
#define COMPACTION_BUCKET_SOURCE_H

#include "base/pool.h"
#include "block/meta.h"
#include "compaction/source_block.h"
#include "model/bucket.h"

/* <dir>/index is written, unless it is there with the size that meta.json tells; `dir` is made. The
 * bucket outlives the source, and so does the pool, on which it reads ahead. NULL on failure:
 * ERR_CORRUPT when the block itself is to blame. */
struct source_block *bucket_source_open(struct bucket *b, struct ctx *ctx, const struct meta *meta,
					const char *dir, struct pool *pool, struct err *err);

#endif
