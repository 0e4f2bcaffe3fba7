#include "store/index_cache.h"

#include "base/alloc.h"
#include "cache/memory_metrics.h"
#include "rpc/rpc_names.h"
#include "store/index_cache_key.h"
#include "store/postings_codec.h"
#include "tsdb/index_series.h"
#include "tsdb/index_toc.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { REF_UNIT_BYTES = 16 /* from version 2 on, references count these */ };

static const char *const item_names[INDEX_CACHE_N_ITEMS] = {
    [INDEX_CACHE_POSTINGS] = "Postings",
    [INDEX_CACHE_SERIES] = "Series",
    [INDEX_CACHE_EXPANDED_POSTINGS] = "ExpandedPostings",
};

bool index_cache_item_parse(struct str name, enum index_cache_item *out)
{
	for (int i = 0; i < INDEX_CACHE_N_ITEMS; i++) {
		if (!str_is(name, item_names[i]))
			continue;
		*out = (enum index_cache_item)i;
		return true;
	}
	return false;
}

struct index_cache {
	struct cache *cache;
	struct memory_cache *memory; /* the same, where it is in memory */
	int64_t ttl_ms;
	bool is_disabled[INDEX_CACHE_N_ITEMS];
	struct clock *clock;
	struct logger *logger;
	struct {
		struct family *requests, *hits, *stored_bytes, *fetch_seconds; /* {item, tenant} */
		struct family *refused;                                        /* {item} */
	} metrics;
	_Atomic bool has_logged[INDEX_CACHE_N_ITEMS];
	struct memory_metrics *memory_metrics;
};

/* --- metrics ------------------------------------------------------------------------------- */

static const double size_bounds[] = {
    32,      256,      512,      1024,      32 << 10,  256 << 10, 512 << 10,
    1 << 20, 32 << 20, 64 << 20, 128 << 20, 256 << 20, 512 << 20,
};
static const double second_bounds[] = {0.01, 0.1, 0.3, 0.6, 1,  3,  6,  10,
				       15,   20,  30,  45,  60, 90, 120};

static void make_metrics(struct index_cache *c, struct metrics *m)
{
	const char *tenant = RPC_TENANT_DEFAULT;

	c->metrics.requests =
	    metrics_counters(m, "thanos_store_index_cache_requests_total",
			     "Total number of items requests to the cache.", "item_type", "tenant");
	c->metrics.hits = metrics_counters(
	    m, "thanos_store_index_cache_hits_total",
	    "Total number of items requests to the cache that were a hit.", "item_type", "tenant");
	c->metrics.stored_bytes = metrics_histograms(
	    m, "thanos_store_index_cache_stored_data_size_bytes",
	    "Histogram to track item data size stored in index cache", size_bounds,
	    sizeof(size_bounds) / sizeof(*size_bounds), "item_type", "tenant");
	c->metrics.fetch_seconds = metrics_histograms(
	    m, "thanos_store_index_cache_fetch_duration_seconds",
	    "Histogram to track latency to fetch items from index cache", second_bounds,
	    sizeof(second_bounds) / sizeof(*second_bounds), "item_type", "tenant");
	c->metrics.refused = metrics_counters(
	    m, "athanor_store_index_cache_items_refused_total",
	    "Items from the index cache that were not what they should be.", "item_type");
	for (int i = 0; i < INDEX_CACHE_N_ITEMS; i++) {
		counter_at(c->metrics.requests, item_names[i], tenant);
		counter_at(c->metrics.hits, item_names[i], tenant);
		counter_at(c->metrics.refused, item_names[i]);
	}
}

#define COUNT(metric, text, kind, member)                                                          \
	{                                                                                          \
		"thanos_store_index_cache_" metric, text, kind,                                    \
		    offsetof(struct memory_cache_counts, member)                                   \
	}

static const struct memory_metric_spec memory_specs[] = {
    COUNT("items_evicted_total", "Total number of items that were evicted from the index cache.",
	  METRIC_COUNTER, evicted),
    COUNT("items_added_total", "Total number of items that were added to the index cache.",
	  METRIC_COUNTER, added),
    COUNT("items_overflowed_total",
	  "Total number of items that could not be added to the cache due to being too big.",
	  METRIC_COUNTER, overflowed),
    COUNT("items", "Current number of items in the index cache.", METRIC_GAUGE, items),
    COUNT("items_size_bytes", "Current byte size of items in the index cache.", METRIC_GAUGE,
	  value_bytes),
    COUNT("total_size_bytes", "Current byte size of items (both value and key) in the index cache.",
	  METRIC_GAUGE, total_bytes),
};

static void make_memory_metrics(struct index_cache *c, struct metrics *m)
{
	c->memory_metrics = memory_metrics_new(m, c->memory, memory_specs,
					       sizeof(memory_specs) / sizeof(*memory_specs),
					       "item_type", item_names, INDEX_CACHE_N_ITEMS);
	gauge_set(metrics_gauge(m, "thanos_store_index_cache_max_size_bytes",
				"Maximum number of bytes to be held in the index cache."),
		  (double)memory_cache_max_bytes(c->memory));
	gauge_set(metrics_gauge(
		      m, "thanos_store_index_cache_max_item_size_bytes",
		      "Maximum number of bytes for single entry to be held in the index cache."),
		  (double)memory_cache_max_item_bytes(c->memory));
}

void index_cache_refuse(struct index_cache *c, const struct index_cache_block *block,
			enum index_cache_item item, const struct err *err)
{
	counter_inc(counter_at(c->metrics.refused, item_names[item]));
	if (!atomic_exchange(&c->has_logged[item], true))
		log_warn(c->logger,
			 "an item of the index cache is broken and was read from the bucket; "
			 "further ones are only counted",
			 LOG_STR("block", ulid_str(block->id)),
			 LOG_STR("item_type", item_names[item]), LOG_ERR(err));
}

/* --- bytes ---------------------------------------------------------------------------------- */

/* One call of a fetch function. */
struct fetch {
	struct index_cache *c;
	enum index_cache_item item;
	const char *tenant;
	int64_t start_ns;
	struct arena *scratch;
	struct index_cache_hits hits;
};

static const char *tenant_name(struct arena *a, struct str tenant)
{
	bool is_default = tenant.n == 0 || str_is(tenant, RPC_TENANT_DEFAULT);
	return is_default ? RPC_TENANT_DEFAULT : arena_cstr(a, tenant);
}

static struct fetch fetch_begin(struct index_cache *c, enum index_cache_item item,
				struct str tenant, struct arena *a)
{
	struct arena *scratch = arena_new(arena_tracker(a));

	return (struct fetch){
	    .c = c,
	    .item = item,
	    .tenant = tenant_name(scratch, tenant),
	    .start_ns = clock_monotonic_ns(c->clock),
	    .scratch = scratch,
	};
}

static struct index_cache_hits fetch_end(struct fetch *f, size_t n_wanted)
{
	struct index_cache *c = f->c;
	const char *item = item_names[f->item];
	double seconds = (double)(clock_monotonic_ns(c->clock) - f->start_ns) / 1e9;

	counter_add(counter_at(c->metrics.requests, item, f->tenant), (double)n_wanted);
	counter_add(counter_at(c->metrics.hits, item, f->tenant), (double)f->hits.n);
	histogram_metric_observe(histogram_metric_at(c->metrics.fetch_seconds, item, f->tenant),
				 seconds);
	arena_free(f->scratch);
	return f->hits;
}

static void fetch_hit(struct fetch *f, size_t bytes)
{
	f->hits.n++;
	f->hits.bytes += bytes;
}

static bool has_items(const struct index_cache *c, enum index_cache_item item)
{
	return c && !c->is_disabled[item];
}

static void put_value(struct index_cache *c, enum index_cache_item item, struct str key,
		      struct str value, const char *tenant)
{
	histogram_metric_observe(
	    histogram_metric_at(c->metrics.stored_bytes, item_names[item], tenant),
	    (double)value.n);
	cache_set(c->cache, key, value, c->ttl_ms);
}

/* --- lists ---------------------------------------------------------------------------------- */

static uint32_t max_ref(const struct index_cache_block *b)
{
	uint64_t last =
	    b->index_version == INDEX_V1 ? b->index_bytes : b->index_bytes / REF_UNIT_BYTES;

	return last < UINT32_MAX ? (uint32_t)last : UINT32_MAX;
}

static void fetch_lists(struct fetch *f, struct ctx *ctx, const struct index_cache_block *block,
			const struct str *keys, size_t n, struct arena *a, struct postings *lists)
{
	struct str *values = ARENA_ARRAY(f->scratch, struct str, n);
	struct err err = ERR_INIT;

	cache_get_multi(f->c->cache, ctx, keys, n, f->scratch, values);
	for (size_t i = 0; i < n; i++) {
		lists[i] = (struct postings){0};
		if (!values[i].p)
			continue;
		if (postings_decode(values[i], max_ref(block), a, &lists[i], &err))
			fetch_hit(f, values[i].n);
		else if (err.code == ERR_CORRUPT)
			index_cache_refuse(f->c, block, f->item, &err);
	}
}

static void store_list(struct index_cache *c, enum index_cache_item item, struct str key,
		       struct postings list, const char *tenant)
{
	struct buf value auto_done(buf_done) = BUF_INIT(SIZE_MAX / 2);
	struct err err = ERR_INIT;

	if (postings_encode(list, &value, &err))
		put_value(c, item, key, buf_str(&value), tenant);
}

struct index_cache_hits index_cache_fetch_postings(struct index_cache *c, struct ctx *ctx,
						   const struct index_cache_block *block,
						   const struct postings_key *keys, size_t n,
						   struct str tenant, struct arena *a,
						   struct postings *lists)
{
	if (!has_items(c, INDEX_CACHE_POSTINGS)) {
		memset(lists, 0, n * sizeof(*lists));
		return (struct index_cache_hits){0};
	}
	struct fetch f = fetch_begin(c, INDEX_CACHE_POSTINGS, tenant, a);
	struct str *names = ARENA_ARRAY(f.scratch, struct str, n);

	for (size_t i = 0; i < n; i++)
		names[i] =
		    index_cache_postings_key(f.scratch, block->id, keys[i].name, keys[i].value);
	fetch_lists(&f, ctx, block, names, n, a, lists);
	return fetch_end(&f, n);
}

void index_cache_store_postings(struct index_cache *c, const struct index_cache_block *block,
				const struct postings_key *key, struct postings list,
				struct str tenant)
{
	if (!has_items(c, INDEX_CACHE_POSTINGS))
		return;
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	store_list(c, INDEX_CACHE_POSTINGS,
		   index_cache_postings_key(a, block->id, key->name, key->value), list,
		   tenant_name(a, tenant));
}

struct index_cache_hits index_cache_fetch_expanded(struct index_cache *c, struct ctx *ctx,
						   const struct index_cache_block *block,
						   struct matchers matchers, struct str tenant,
						   struct arena *a, struct postings *list)
{
	*list = (struct postings){0};
	if (!has_items(c, INDEX_CACHE_EXPANDED_POSTINGS) || matchers.n == 0)
		return (struct index_cache_hits){0};
	struct fetch f = fetch_begin(c, INDEX_CACHE_EXPANDED_POSTINGS, tenant, a);
	struct str name = index_cache_expanded_key(f.scratch, block->id, matchers);

	fetch_lists(&f, ctx, block, &name, 1, a, list);
	return fetch_end(&f, 1);
}

void index_cache_store_expanded(struct index_cache *c, const struct index_cache_block *block,
				struct matchers matchers, struct postings list, struct str tenant)
{
	if (!has_items(c, INDEX_CACHE_EXPANDED_POSTINGS) || matchers.n == 0)
		return;
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	store_list(c, INDEX_CACHE_EXPANDED_POSTINGS,
		   index_cache_expanded_key(a, block->id, matchers), list, tenant_name(a, tenant));
}

/* --- series --------------------------------------------------------------------------------- */

static struct str *series_keys(struct arena *a, const struct index_cache_block *block,
			       const uint32_t *refs, size_t n)
{
	struct str *keys = ARENA_ARRAY(a, struct str, n);
	char *to = arena_alloc(a, n * INDEX_CACHE_SERIES_KEY_MAX);

	for (size_t i = 0; i < n; i++) {
		uint64_t offset = index_series_offset(refs[i], block->index_version);
		keys[i] = str_from(to, index_cache_put_series_key(to, block->id, offset));
		to += keys[i].n;
	}
	return keys;
}

struct index_cache_hits index_cache_fetch_series(struct index_cache *c, struct ctx *ctx,
						 const struct index_cache_block *block,
						 const uint32_t *refs, size_t n, struct str tenant,
						 struct arena *a, struct str *contents)
{
	if (!has_items(c, INDEX_CACHE_SERIES)) {
		memset(contents, 0, n * sizeof(*contents));
		return (struct index_cache_hits){0};
	}
	struct fetch f = fetch_begin(c, INDEX_CACHE_SERIES, tenant, a);
	struct str *names = series_keys(f.scratch, block, refs, n);

	cache_get_multi(c->cache, ctx, names, n, a, contents);
	for (size_t i = 0; i < n; i++)
		if (contents[i].p)
			fetch_hit(&f, contents[i].n);
	return fetch_end(&f, n);
}

void index_cache_store_series(struct index_cache *c, const struct index_cache_block *block,
			      uint32_t ref, struct str contents, struct str tenant)
{
	if (!has_items(c, INDEX_CACHE_SERIES))
		return;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char key[INDEX_CACHE_SERIES_KEY_MAX];
	size_t n = index_cache_put_series_key(key, block->id,
					      index_series_offset(ref, block->index_version));

	put_value(c, INDEX_CACHE_SERIES, str_from(key, n), contents, tenant_name(a, tenant));
}

/* --- making it ------------------------------------------------------------------------------ */

static unsigned kind_of(struct str key)
{
	return index_cache_key_item(key);
}

static void open_memory(struct index_cache *c, const struct index_cache_options *options)
{
	c->memory = memory_cache_new(&(struct memory_cache_options){
	    .name = "index-cache",
	    .max_bytes = options->max_bytes,
	    .max_item_bytes = options->max_item_bytes,
	    .tracker = options->tracker,
	    .clock = c->clock,
	    .n_kinds = INDEX_CACHE_N_ITEMS,
	    .kind_of = kind_of,
	});
	c->cache = memory_cache_as_cache(c->memory);
	c->ttl_ms = INT64_MAX;
	make_memory_metrics(c, options->metrics);
}

struct index_cache *index_cache_new(const struct index_cache_options *options)
{
	struct index_cache *c = NEW(struct index_cache);

	c->clock = options->clock ? options->clock : &clock_system;
	c->logger = options->logger;
	c->cache = options->cache;
	c->ttl_ms = options->ttl_ms;
	memcpy(c->is_disabled, options->is_disabled, sizeof(c->is_disabled));
	make_metrics(c, options->metrics);
	if (!c->cache)
		open_memory(c, options);
	return c;
}

void index_cache_free(struct index_cache *c)
{
	if (!c)
		return;
	memory_metrics_free(c->memory_metrics);
	cache_close(c->cache);
	free(c);
}
