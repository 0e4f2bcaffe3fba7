/* index_cache.h - what requests read of the indexes of blocks, kept for the next request: lists of
 * series of a label, lists of series of all matchers of a request, entries of series.
 *
 * Keys and values are Thanos', so that stores of both kinds can share a memcached or a redis:
 * docs/formats/index_cache.md.
 *
 * A cache may lose things, and what it gives may come from elsewhere: what is not found is not an
 * error, and neither is what cannot be decoded, which is counted, logged and treated as absent.
 * Storing may happen later or not at all. Use, for the lists that a plan wants:
 *
 *	lists = ARENA_ARRAY(a, struct postings, n_keys);
 *	hits = index_cache_fetch_postings(c, ctx, &block, keys, n_keys, tenant, a, lists);
 *	for (size_t i = 0; i < n_keys; i++)
 *		if (!lists[i].be)
 *			... read it from the bucket, then index_cache_store_postings(...)
 *
 * A NULL cache has nothing and keeps nothing.
 *
 * Threads: all functions but index_cache_free() may be called from any thread.
 */
#ifndef STORE_INDEX_CACHE_H
#define STORE_INDEX_CACHE_H

#include "base/clock.h"
#include "base/ctx.h"
#include "base/log.h"
#include "base/metric.h"
#include "cache/cache.h"
#include "model/ulid.h"
#include "tsdb/postings.h"
#include "tsdb/postings_plan.h"

struct index_cache;

enum index_cache_item {
	INDEX_CACHE_POSTINGS,
	INDEX_CACHE_SERIES,
	INDEX_CACHE_EXPANDED_POSTINGS,
	INDEX_CACHE_N_ITEMS,
};

/* As `enabled_items` and metrics call it: Postings, Series, ExpandedPostings. */
bool index_cache_item_parse(struct str name, enum index_cache_item *out);

struct index_cache_options {
	/* What holds it: another machine. NULL: memory, of these sizes. */
	struct cache *cache; /* taken */
	int64_t ttl_ms;      /* in `cache` */
	size_t max_bytes;
	size_t max_item_bytes;
	struct tracker *tracker; /* charged for the memory; may be NULL; outlives the cache */

	bool is_disabled[INDEX_CACHE_N_ITEMS]; /* kinds of items that are not kept */
	struct clock *clock;                   /* NULL: the system's */
	struct metrics *metrics;               /* thanos_store_index_cache_*; may be NULL */
	struct logger *logger;                 /* may be NULL */
};

struct index_cache *index_cache_new(const struct index_cache_options *options);
void index_cache_free(struct index_cache *c); /* NULL is fine */
CLEANUP_DEFINE(struct index_cache, index_cache_free)

/* Which index is meant, and what bounds what may come from it. */
struct index_cache_block {
	struct ulid id;
	int index_version;
	uint64_t index_bytes;
};

/* What was found, for limits on what a request touches. */
struct index_cache_hits {
	size_t n;
	uint64_t bytes; /* as they are in the cache */
};

/* The lists of `n` labels; `lists` has room for as many. One that is absent has `be` NULL; one
 * that is there and empty has not. Results live in `a`. Empty `tenant`: the default one. */
struct index_cache_hits index_cache_fetch_postings(struct index_cache *c, struct ctx *ctx,
						   const struct index_cache_block *block,
						   const struct postings_key *keys, size_t n,
						   struct str tenant, struct arena *a,
						   struct postings *lists);
void index_cache_store_postings(struct index_cache *c, const struct index_cache_block *block,
				const struct postings_key *key, struct postings list,
				struct str tenant);

/* The list that a request's matchers make, as they came, in any order, without those on external
 * labels. Not asked for without matchers. `list->be` is NULL when it is absent. */
struct index_cache_hits index_cache_fetch_expanded(struct index_cache *c, struct ctx *ctx,
						   const struct index_cache_block *block,
						   struct matchers matchers, struct str tenant,
						   struct arena *a, struct postings *list);
void index_cache_store_expanded(struct index_cache *c, const struct index_cache_block *block,
				struct matchers matchers, struct postings list, struct str tenant);

/* The contents of the entries of `n` series, for index_series_parse_contents(); `p` is NULL for
 * those that are absent. When parsing fails, index_cache_refuse() is told, and the entry is read
 * from the bucket. */
struct index_cache_hits index_cache_fetch_series(struct index_cache *c, struct ctx *ctx,
						 const struct index_cache_block *block,
						 const uint32_t *refs, size_t n, struct str tenant,
						 struct arena *a, struct str *contents);
/* What index_series_contents() says of an entry that was parsed. */
void index_cache_store_series(struct index_cache *c, const struct index_cache_block *block,
			      uint32_t ref, struct str contents, struct str tenant);

/* Something that came from the cache is not what it should be. */
void index_cache_refuse(struct index_cache *c, const struct index_cache_block *block,
			enum index_cache_item item, const struct err *err);

#endif
