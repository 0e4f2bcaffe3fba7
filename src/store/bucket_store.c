#include "store/bucket_store.h"

#include "base/alloc.h"
#include "store/bucket_store_internal.h"

#include <stdlib.h>

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

void bucket_store_abort(struct err *err)
{
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
	static const double query_seconds[] = {0.001, 0.01, 0.1, 0.3, 0.6, 1,  3,
					       6,     9,    20,  30,  60,  90, 120};
	static const double blocks[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
	double series[15];

	if (!m)
		return;
	for (size_t i = 0; i < N_OF(series); i++)
		series[i] = i ? series[i - 1] * 2 : 100;
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
	out->blocks_queried = metrics_histogram(
	    m, PREFIX "series_blocks_queried",
	    "Number of blocks in a bucket store that were touched to satisfy a query.", blocks,
	    N_OF(blocks));
	out->get_all_seconds = metrics_histogram(
	    m, PREFIX "series_get_all_duration_seconds",
	    "Time it takes until all per-block prepares and loads for a query are finished.",
	    query_seconds, N_OF(query_seconds));
	out->result_series = metrics_histogram(
	    m, PREFIX "series_result_series",
	    "Number of series observed in the final result of a query.", series, N_OF(series));
	out->queries_dropped =
	    metrics_counters(m, PREFIX "queries_dropped_total",
			     "Number of queries that were dropped due to the limit.", "reason");
}

static void store_close_api(struct store_api *base)
{
	struct bucket_store *s = (struct bucket_store *)base;

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
	mutex_init(&s->mu, RANK_STORE);
	ctx_cond_init(&s->changed);
	s->headers = new_headers(s);
	s->catalog = block_catalog_new(NULL, 0);
	register_metrics(&s->metrics, options->metrics);
	return s;
}

struct store_api *bucket_store_api(struct bucket_store *s)
{
	return &s->base;
}
