/* meta_cache.h - meta.json files read once, in a local folder:
 * <data-dir>/meta-syncer/<ULID>/meta.json, as Thanos keeps them.
 *
 * The cache only saves reading from the bucket: without it all goes well too, so its troubles are
 * logged and not returned. Nothing is synced: what a crash leaves broken is read anew.
 *
 * Threads: any number, for different blocks.
 */
#ifndef BLOCK_META_CACHE_H
#define BLOCK_META_CACHE_H

#include "base/log.h"
#include "block/meta.h"

struct meta_cache {
	char *dir; /* NULL: nothing is kept */
	struct logger *logger;
};

/* `data_dir` may be NULL. */
void meta_cache_init(struct meta_cache *c, const char *data_dir, struct logger *logger);
void meta_cache_done(struct meta_cache *c);

/* In memory of `a`. A file that cannot be read is removed. */
bool meta_cache_get(const struct meta_cache *c, struct ulid id, struct arena *a, struct meta *out);
void meta_cache_put(const struct meta_cache *c, struct ulid id, const struct meta *m);
void meta_cache_forget(const struct meta_cache *c, struct ulid id);
/* Forget all blocks for which `is_known` says false. */
void meta_cache_clean(const struct meta_cache *c, bool (*is_known)(void *arg, struct ulid id),
		      void *arg);

#endif
