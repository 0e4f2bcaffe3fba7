/* matcher_cache.h - compiled matchers of earlier requests, those used last.
 *
 * Only regular expressions are kept: the others cost nothing to make. A dashboard sends the same
 * few with every panel and every refresh.
 *
 * Threads: all functions but matcher_cache_free() may be called from any thread.
 */
#ifndef MODEL_MATCHER_CACHE_H
#define MODEL_MATCHER_CACHE_H

#include "base/metric.h"
#include "model/matcher.h"

struct matcher_cache;

/* thanos_matchers_cache_*, in `m`, which may be NULL. */
struct matcher_cache *matcher_cache_new(size_t max_items, struct metrics *m);
void matcher_cache_free(struct matcher_cache *c); /* NULL is fine */
CLEANUP_DEFINE(struct matcher_cache, matcher_cache_free)

/* As matcher_new(): a reference, the caller's. A NULL cache keeps nothing. */
struct matcher *matcher_cache_get(struct matcher_cache *c, enum matcher_type type, struct str name,
				  struct str value, struct err *err);

#endif
