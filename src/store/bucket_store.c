#include "store/bucket_store.h"

#include "base/alloc.h"
#include "store/bucket_store_internal.h"
#include "store/limit_error.h"

#include <stdlib.h>

enum {
	DEFAULT_REQUEST_MEMORY_BYTES = 64 << 20,
	/* Threads wait for the bucket more than they work. */
	BLOCK_THREADS = 64,
	BLOCK_TASKS_MAX = 1 << 16,
	RANGE_THREADS = 64,
};

struct block_catalog *bucket_store_catalog(struct bucket_store *s)
{
	mutex_lock(&s->mu);
	struct block_catalog *c = block_catalog_ref(s->catalog);
	mutex_unlock(&s->mu);
	return c;
}

struct time_range bucket_store_clamp(struct bucket_store *s, int64_t min_t_ms, int64_t max_t_ms)
{
	int64_t now_ms = clock_wall_ms(s->options.clock);
	int64_t min_served_ms = time_or_duration_at(s->options.min_time, now_ms);
	int64_t max_served_ms = time_or_duration_at(s->options.max_time, now_ms);

	return (struct time_range){
	    .min_t_ms = min_t_ms < min_served_ms ? min_served_ms : min_t_ms,
	    .max_t_ms = max_t_ms > max_served_ms ? max_served_ms : max_t_ms,
	};
}

void bucket_store_abort(struct matchers matchers, struct err *err)
{
	limit_error_name(err, matchers);
	switch (err->code) {
	case ERR_LIMIT:
	case ERR_INVALID:
	case ERR_TIMEOUT:
	case ERR_CANCELED:
		break;
	case ERR_OK:
	case ERR_NOT_FOUND:
	case ERR_CORRUPT:
	case ERR_UNAVAILABLE:
	case ERR_EXISTS:
	case ERR_ABORTED:
	case ERR_UNSUPPORTED:
	case ERR_EXECUTION:
	case ERR_INTERNAL:
	case ERR_N_CODES:
		err->code = ERR_ABORTED;
		break;
	}
}

bool store_block_is_wanted(const struct store_block *b, struct matchers block_matchers)
{
	struct ulid_text id = ulid_text(store_block_id(b));

	for (size_t i = 0; i < block_matchers.n; i++) {
		const struct matcher *m = block_matchers.v[i];
		struct str value = str_is(matcher_name(m), "__block_id")
				       ? str_of(id.s)
				       : labels_get(store_block_meta(b)->labels, matcher_name(m));
		if (!matcher_matches(m, value))
			return false;
	}
	return true;
}

const char *bucket_store_tenant(struct str tenant, struct arena *a)
{
	return tenant.n > 0 ? arena_cstr(a, tenant) : "default-tenant";
}

/* --- memory of a request --------------------------------------------------------------------- */

enum {
	WINDOW_BYTES_MIN = 128 << 10,
	WINDOW_BYTES_MAX = 16 << 20,
	BATCH_SERIES_DEFAULT = 10000,
	BATCH_SERIES_MIN = 500,
};

static size_t between(size_t n, size_t min, size_t max)
{
	return n < min ? min : n < max ? n : max;
}

/* A block holds two windows and one batch of entries: at least these, whatever others hold. */
struct block_series_options bucket_store_block_options(struct bucket_store *s, struct str tenant,
						       size_t n_blocks)
{
	const struct bucket_request_options *o = &s->options.requests;
	size_t memory = o->memory_bytes ? o->memory_bytes : DEFAULT_REQUEST_MEMORY_BYTES;
	size_t of_block = memory / (n_blocks ? n_blocks : 1);
	size_t batch = o->batch_series ? o->batch_series : BATCH_SERIES_DEFAULT;

	return (struct block_series_options){
	    .cache = o->index_cache,
	    .tenant = tenant,
	    .thrift = o->thrift,
	    .sizes = o->sizes,
	    .ranges = s->ranges,
	    .batch_series = between(of_block / 2 / ENTRY_MEMORY_BYTES,
				    batch < BATCH_SERIES_MIN ? batch : BATCH_SERIES_MIN, batch),
	    .window_bytes = between(of_block / 3, WINDOW_BYTES_MIN, WINDOW_BYTES_MAX),
	    .budget = &s->ahead,
	    .batch_series_max = batch,
	    .n_blocks = n_blocks,
	};
}

/* --- info ---------------------------------------------------------------------------------- */

static bool store_get_info(struct store_api *base, struct ctx *ctx, struct arena *a,
			   struct store_info *out, struct err *err)
{
	struct bucket_store *s = (struct bucket_store *)base;
	struct block_catalog *c auto_free(block_catalog_unref) = bucket_store_catalog(s);
	(void)ctx;

	mutex_lock(&s->mu);
	bool is_ready = s->is_ready;
	mutex_unlock(&s->mu);
	if (!is_ready)
		return err_set(err, ERR_UNAVAILABLE, "Not ready");

	struct time_range r = bucket_store_clamp(s, c->range.min_t_ms, c->range.max_t_ms);
	*out = (struct store_info){
	    .component = "store",
	    .min_t_ms = r.min_t_ms,
	    .max_t_ms = r.max_t_ms,
	    .supports_sharding = true,
	    .supports_without_replica_labels = true,
	    .has_store = true,
	};
	block_catalog_info(c, a, out);
	return true;
}

/* --- life ---------------------------------------------------------------------------------- */

#define PREFIX      "thanos_bucket_store_"
#define N_OF(array) (sizeof(array) / sizeof(*(array)))

static void register_metrics(struct bucket_store_metrics *out, struct metrics *m)
{
	static const double load_seconds[] = {0.1, 0.2, 0.5, 1, 2, 5, 15, 30, 60, 90, 120, 300};

	if (!m)
		return;
	out->block_loads = metrics_counter(m, PREFIX "block_loads_total",
					   "Total number of remote block loading attempts.");
	out->block_load_failures =
	    metrics_counter(m, PREFIX "block_load_failures_total",
			    "Total number of failed remote block loading attempts.");
	out->block_drops = metrics_counter(m, PREFIX "block_drops_total",
					   "Total number of local blocks that were dropped.");
	metrics_counter(m, PREFIX "block_drop_failures_total",
			"Total number of local blocks that failed to be dropped.");
	out->blocks_loaded =
	    metrics_gauge(m, PREFIX "blocks_loaded", "Number of currently loaded blocks.");
	out->last_loaded_s = metrics_gauge(m, PREFIX "blocks_last_loaded_timestamp_seconds",
					   "Timestamp when last block got loaded.");
	out->block_load_seconds = metrics_histogram(
	    m, PREFIX "block_load_duration_seconds",
	    "The total time taken to load a block in seconds.", load_seconds, N_OF(load_seconds));
}

static void store_close_api(struct store_api *base)
{
	struct bucket_store *s = (struct bucket_store *)base;

	pool_free(s->blocks);
	pool_free(s->ranges);
	header_cache_stop(s->headers);
	block_catalog_unref(s->catalog);
	header_cache_free(s->headers);
	pthread_cond_destroy(&s->changed);
	mutex_done(&s->mu);
	free(s);
}

static const struct store_api_ops bucket_store_ops = {
    .series = bucket_store_series,
    .label_names = bucket_store_label_names,
    .label_values = bucket_store_label_values,
    .info = store_get_info,
    .close = store_close_api,
};

/* A block became broken, or was healed: it is taken out of, or back into, what is served. */
static void health_changed(void *arg)
{
	struct bucket_store *s = arg;

	MUTEX_HOLD(&s->mu);
	s->is_health_new = true;
	pthread_cond_broadcast(&s->changed);
}

/* A request missed an object of a block: the bucket is looked at before it is time, once. */
static void object_is_missing(void *arg, struct ulid id)
{
	struct bucket_store *s = arg;

	fetcher_suspect(s->options.fetcher, id);
	MUTEX_HOLD(&s->mu);
	s->is_sync_wanted = true;
	pthread_cond_broadcast(&s->changed);
}

static struct header_cache *new_headers(struct bucket_store *s)
{
	const struct bucket_store_options *o = &s->options;

	return header_cache_new(&(const struct header_cache_options){
	    .bucket = o->bucket,
	    .data_dir = o->data_dir,
	    .budget_bytes = o->header_memory_bytes,
	    .n_threads = o->block_sync_concurrency,
	    .keep_every = o->header_keep_every,
	    .idle_timeout_ms = o->header_idle_timeout_ms,
	    .memory = o->memory,
	    .clock = o->clock,
	    .metrics = o->metrics,
	    .logger = o->logger,
	    .on_health = health_changed,
	    .on_missing = object_is_missing,
	    .arg = s,
	});
}

struct bucket_store *bucket_store_new(const struct bucket_store_options *options)
{
	struct bucket_store *s = NEW(struct bucket_store);

	s->base.ops = &bucket_store_ops;
	s->options = *options;
	if (s->options.block_sync_concurrency == 0)
		s->options.block_sync_concurrency = 20;
	s->ahead = (struct window_budget){.limit_bytes = options->requests.ahead_bytes,
					  .memory = options->memory};
	mutex_init(&s->mu, RANK_STORE);
	ctx_cond_init(&s->changed);
	s->headers = new_headers(s);
	s->catalog = block_catalog_new(NULL, 0);
	register_metrics(&s->metrics, options->metrics);
	request_metrics_init(&s->request_metrics, options->metrics);
	s->blocks = pool_new(&(const struct pool_options){
	    .name = "blocks", .max_threads = BLOCK_THREADS, .max_backlog = BLOCK_TASKS_MAX});
	s->ranges =
	    pool_new(&(const struct pool_options){.name = "ranges", .max_threads = RANGE_THREADS});
	return s;
}

struct store_api *bucket_store_api(struct bucket_store *s)
{
	return &s->base;
}
