/* block_catalog.h - the blocks a store serves at one moment, by label set and resolution.
 *
 * Blocks whose index cannot be used are known and not served.
 *
 * A catalog never changes: a sync makes a new one, and requests go on with the one they began with.
 */
#ifndef STORE_BLOCK_CATALOG_H
#define STORE_BLOCK_CATALOG_H

#include "model/store_api.h"
#include "model/time_range.h"
#include "store/store_block.h"

enum { CATALOG_RESOLUTIONS = 3 }; /* 1h, 5m, raw */

/* Ascending by min time, then max time. */
struct catalog_blocks {
	struct store_block **v;
	size_t n;
};

/* Blocks with equal external labels. */
struct catalog_set {
	struct labels labels; /* borrowed from one of its blocks */
	struct catalog_blocks by_resolution[CATALOG_RESOLUTIONS];
};

struct block_catalog {
	struct catalog_blocks blocks; /* all of them, ascending by id; each a reference */
	size_t n_served;
	struct time_range range;  /* of those served; the numbers' ends, inverted, without any */
	struct catalog_set *sets; /* of those served, ascending by labels */
	size_t n_sets;
	struct tsdb_info *tsdbs; /* time ranges per label set, with those that touch joined */
	size_t n_tsdbs;
};

/* Takes a reference of each block; the array is copied. */
struct block_catalog *block_catalog_new(struct store_block *const *blocks, size_t n);
struct block_catalog *block_catalog_ref(struct block_catalog *c);
void block_catalog_unref(struct block_catalog *c); /* NULL is fine */
CLEANUP_DEFINE(struct block_catalog, block_catalog_unref)

/* NULL when it is not there. */
struct store_block *block_catalog_find(const struct block_catalog *c, struct ulid id);

/* Those blocks of a set that answer for [min_t_ms, max_t_ms] with the coarsest resolution that is
 * at most `max_resolution_ms`, and where there are none of it, with finer ones. In memory of `a`.
 */
struct catalog_blocks catalog_set_select(const struct catalog_set *set, int64_t min_t_ms,
					 int64_t max_t_ms, int64_t max_resolution_ms,
					 struct arena *a);

/* The matchers that are left when those on `external` labels are satisfied; false when one is not.
 * In memory of `a`. */
bool matchers_without_external(struct matchers matchers, struct labels external, struct arena *a,
			       struct matchers *out);

/* Fill in what a store says of its blocks: label sets and time ranges. In memory of `a`. */
void block_catalog_info(const struct block_catalog *c, struct arena *a, struct store_info *out);

#endif
