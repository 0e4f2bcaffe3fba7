/* shard.h - which series belong to a shard of a query (storepb.ShardInfo). */
#ifndef STORE_SHARD_H
#define STORE_SHARD_H

#include "model/store_api.h"

/* `labels` is the complete label set as it will be sent. `scratch` is left as it was. */
bool shard_has(const struct shard_info *shard, struct labels labels, struct arena *scratch);

/* Only the shard's series of `src`, which it takes; `src` itself when the request is not sharded.
 * `shard` outlives the iterator. */
struct series_iter *series_shard(struct series_iter *src, const struct shard_info *shard);

#endif
