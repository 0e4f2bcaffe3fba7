/* caching.h - a bucket that keeps what it reads of another one in a cache.
 *
 * What is kept, and under which name metrics count it:
 *
 *	chunks       sizes and parts of <...>/chunks/<digits>
 *	meta.jsons   contents and existence of <...>/meta.json and <...>/deletion-mark.json
 *	blocks-iter  the listing of the root
 *
 * Everything else goes through. So do writes: nothing that was cached is forgotten, so this is for
 * who only reads, and can bear to see a new block or mark as late as the times to live allow.
 *
 * Keys and values are Thanos', so that stores of both kinds can share a cache:
 * docs/formats/bucket_cache.md. What cannot be decoded is absent, and counted.
 *
 * Threads: as model/bucket.h says.
 */
#ifndef OBJSTORE_CACHING_H
#define OBJSTORE_CACHING_H

#include "base/clock.h"
#include "base/metric.h"
#include "cache/cache.h"
#include "model/bucket.h"

struct caching_settings {
	int64_t subrange_bytes;        /* chunk files are kept in parts of this size */
	int64_t max_subrange_requests; /* to the bucket, for one read; <= 0: no limit */
	int64_t max_metafile_bytes;
	int64_t chunk_attrs_ttl_ms;
	int64_t chunk_subrange_ttl_ms;
	int64_t blocks_iter_ttl_ms;
	int64_t metafile_exists_ttl_ms;
	int64_t metafile_absent_ttl_ms;
	int64_t metafile_content_ttl_ms;
	uint64_t config_hash; /* tells listings of different buckets apart */
};

/* Takes both. `clock` and `m` outlive it; `m` gets thanos_store_bucket_cache_*. */
struct bucket *caching_bucket_new(struct bucket *inner, struct cache *cache,
				  const struct caching_settings *settings, struct clock *clock,
				  struct metrics *m);

#endif
