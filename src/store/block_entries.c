#include "store/block_entries.h"

#include "base/clock.h"
#include "store/record_read.h"

#include <inttypes.h>

enum { ENTRY_MAX_BYTES = 64 << 20 };

struct reading {
	const struct block_request *r;
	struct index_cache_block cached;
	struct time_range range;
	struct range_arenas *arenas;
	struct block_entry *entries; /* one for each series; without chunks: to be left out */
	const uint32_t *missing;     /* numbers of those that no cache has */
};

/* Chunks within the request's time, moved to the front. */
static void keep_chunks_in_time(const struct reading *g, struct index_series *entry)
{
	size_t n = 0;

	for (size_t i = 0; i < entry->n_chunks; i++) {
		struct time_range r = {entry->chunks[i].min_t_ms, entry->chunks[i].max_t_ms};
		if (time_range_overlaps(r, g->range))
			entry->chunks[n++] = entry->chunks[i];
	}
	entry->n_chunks = n;
}

/* What is left in the arena of an entry that is not wanted goes. */
static void keep_entry(const struct reading *g, struct block_entry *e, struct arena *a,
		       struct arena_mark mark)
{
	keep_chunks_in_time(g, &e->entry);
	if (e->entry.n_chunks == 0)
		arena_rewind(a, mark);
}

/* --- the bucket ---------------------------------------------------------------------------- */

static bool get(void *arg, size_t n, uint64_t start, uint64_t end, struct byte_sink *sink,
		struct err *err)
{
	const struct reading *g = arg;
	uint64_t size = store_block_index(g->r->block)->size_bytes;

	if (start >= size)
		return err_set(err, ERR_CORRUPT, "it has %" PRIu64 " bytes", size);
	return block_request_get_index(g->r, REQUEST_SERIES, n, start, end < size ? end : size,
				       sink, err);
}

static bool take_record(void *arg, size_t worker, size_t i, const uint8_t *p, size_t n,
			struct err *err)
{
	struct reading *g = arg;
	struct block_entry *e = &g->entries[g->missing[i]];
	struct arena *a = range_arena(g->arenas, worker);
	struct arena_mark mark = arena_mark(a);

	if (!index_series_parse(p, n, a, &e->entry, err))
		return false;
	e->size_bytes = (uint32_t)n;
	if (g->r->cache)
		index_cache_store_series(g->r->cache, &g->cached, e->ref,
					 index_series_contents(p, n), g->r->tenant);
	keep_entry(g, e, a, mark);
	return true;
}

static void refetch(void *arg)
{
	const struct reading *g = arg;

	request_stats_refetched(g->r->stats, REQUEST_SERIES);
}

static bool blame(void *arg, uint64_t place, struct err *err)
{
	(void)arg;
	return err_wrap(err, "index: series at byte %" PRIu64, place);
}

static bool read_missing(struct reading *g, const uint64_t *places, size_t n, struct err *err)
{
	struct record_read read = {
	    .arg = g,
	    .get = get,
	    .size = index_series_size,
	    .on_record = take_record,
	    .refetch = refetch,
	    .blame = blame,
	    .estimated_bytes = block_request_series_bytes(g->r),
	    .max_bytes = ENTRY_MAX_BYTES,
	    .pool = g->r->ranges,
	    .tracker = g->r->tracker,
	};

	return record_read_all(&read, places, n, err);
}

/* --- the cache ----------------------------------------------------------------------------- */

/* Parses what the cache has. *n is how many are missing then, whose numbers go to `missing`. */
static bool use_cached(struct reading *g, const uint32_t *refs, size_t *n, uint32_t *missing,
		       struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(g->r->tracker);
	struct str *contents = ARENA_ARRAY(scratch, struct str, *n);
	struct arena *a = range_arena(g->arenas, 0);
	struct index_cache_hits hits = index_cache_fetch_series(
	    g->r->cache, g->r->ctx, &g->cached, refs, *n, g->r->tenant, scratch, contents);
	size_t n_missing = 0;

	if (!store_limits_reserve(g->r->limits, STORE_LIMIT_BYTES, hits.bytes, err))
		return err_wrap(err, "while loading series from index cache");
	for (size_t i = 0; i < *n; i++) {
		struct block_entry *e = &g->entries[i];
		struct arena_mark mark = arena_mark(a);
		struct err bad = ERR_INIT;
		if (!contents[i].p) {
			missing[n_missing++] = (uint32_t)i;
		} else if (index_series_parse_contents(contents[i], a, &e->entry, &bad)) {
			e->size_bytes = (uint32_t)contents[i].n;
			keep_entry(g, e, a, mark);
		} else {
			arena_rewind(a, mark);
			e->entry = (struct index_series){0};
			index_cache_refuse(g->r->cache, &g->cached, INDEX_CACHE_SERIES, &bad);
			missing[n_missing++] = (uint32_t)i;
		}
	}
	*n = n_missing;
	return true;
}

/* --- the whole ----------------------------------------------------------------------------- */

static void leave_out_empty(const struct block_request *r, struct block_entries *entries)
{
	uint64_t bytes = 0;
	size_t n = 0;

	for (size_t i = 0; i < entries->n; i++)
		bytes += entries->v[i].size_bytes;
	request_stats_touched(r->stats, REQUEST_SERIES, entries->n, bytes);
	for (size_t i = 0; i < entries->n; i++)
		if (entries->v[i].entry.n_chunks > 0)
			entries->v[n++] = entries->v[i];
	entries->n = n;
}

bool block_entries_read(const struct block_request *r, const uint32_t *refs, size_t n,
			struct time_range range, struct range_arenas *arenas,
			struct block_entries *out, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(r->tracker);
	struct arena *a = range_arena(arenas, 0);
	struct reading g = {
	    .r = r, .cached = block_request_cached(r), .range = range, .arenas = arenas};
	uint32_t *missing = arena_alloc(scratch, n * sizeof(*missing));
	uint64_t *places = arena_alloc(scratch, n * sizeof(*places));
	int64_t began_ns = clock_monotonic_ns(&clock_system);
	size_t n_missing = n;

	g.entries = ARENA_ARRAY(a, struct block_entry, n);
	for (size_t i = 0; i < n; i++) {
		g.entries[i].ref = refs[i];
		missing[i] = (uint32_t)i;
	}
	if (r->cache && !use_cached(&g, refs, &n_missing, missing, err))
		return false;
	for (size_t i = 0; i < n_missing; i++)
		places[i] = index_series_offset(refs[missing[i]], r->index_version);
	g.missing = missing;
	if (!read_missing(&g, places, n_missing, err))
		return false;
	request_stats_waited(r->stats, REQUEST_SERIES,
			     clock_monotonic_ns(&clock_system) - began_ns);
	*out = (struct block_entries){g.entries, n};
	leave_out_empty(r, out);
	return true;
}
