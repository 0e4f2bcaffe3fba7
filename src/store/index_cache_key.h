/* index_cache_key.h - the names of things in an index cache. Format: docs/formats/index_cache.md.
 */
#ifndef STORE_INDEX_CACHE_KEY_H
#define STORE_INDEX_CACHE_KEY_H

#include "model/matcher.h"
#include "model/ulid.h"
#include "store/index_cache.h"

/* They live in `a`. */
struct str index_cache_postings_key(struct arena *a, struct ulid block, struct str name,
				    struct str value);
/* Whatever order the matchers come in. */
struct str index_cache_expanded_key(struct arena *a, struct ulid block, struct matchers matchers);
/* Of a series, made without an arena, because there are many of them. `offset` is where it begins
 * in the index: index_series_offset(). The length. */
enum { INDEX_CACHE_SERIES_KEY_MAX = 2 + ULID_LEN + 1 + 20 };
size_t index_cache_put_series_key(char to[INDEX_CACHE_SERIES_KEY_MAX], struct ulid block,
				  uint64_t offset);

/* What a key of these stands for. */
enum index_cache_item index_cache_key_item(struct str key);

#endif
