/* store.c - `athanor store`: the store gateway, serving the blocks of a bucket. */
#include "base/clock.h"
#include "base/duration.h"
#include "base/gate.h"
#include "cmd/memory_limit.h"
#include "cmd/open_bucket.h"
#include "cmd/servers.h"
#include "cmd/store_flags.h"
#include "gateway/gateway.h"
#include "model/matcher_cache.h"
#include "model/relabel.h"
#include "rpc/store_server.h"
#include "store/index_cache.h"

/* --- its parts -------------------------------------------------------------------------------- */

enum { INITIAL_RETRY_MS = 10000, INITIAL_GIVE_UP_MS = 30000 };

struct store_command {
	struct runtime *rt;
	const struct store_options *options;
	struct tracker memory; /* of all requests, and of what is kept for them */
	struct servers servers;
	struct bucket *bucket;
	struct bucket *parquet_bucket; /* NULL: none is configured */
	struct index_cache *index_cache;
	struct matcher_cache *matchers; /* NULL: none are kept */
	struct relabel *selector;
	struct gate *gate;
	struct gateway *gateway;
	struct store_server *store_server;
};

static void store_done(struct store_command *s)
{
	servers_stop(&s->servers);
	store_server_free(s->store_server);
	gateway_free(s->gateway);
	gate_free(s->gate);
	index_cache_free(s->index_cache);
	matcher_cache_free(s->matchers);
	bucket_close(s->bucket);
	bucket_close(s->parquet_bucket);
	relabel_free(s->selector);
	servers_done(&s->servers);
}

static bool make_bucket(struct store_command *s, const struct flag_content *config,
			struct bucket **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str yaml;

	return flag_content_load(config, a, &yaml, err) &&
	       open_bucket(s->rt, yaml, loops_next(s->servers.loops), out, err);
}

static struct cache_context cache_context(struct store_command *s)
{
	return (struct cache_context){
	    .clock = &clock_system,
	    .metrics = s->rt->metrics,
	    .logger = s->rt->logger,
	    .tracker = &s->memory,
	};
}

static bool add_bucket_cache(struct store_command *s, struct err *err)
{
	struct cache_context context = cache_context(s);

	return store_caching_bucket(&s->options->caches, &context, take(s->bucket), &s->bucket,
				    err);
}

static bool make_caches(struct store_command *s, struct err *err)
{
	struct cache_context context = cache_context(s);

	s->matchers = store_matcher_cache(&s->options->caches, s->rt->metrics);
	return store_index_cache(&s->options->caches, &context, &s->index_cache, err);
}

static bool make_buckets(struct store_command *s, struct err *err)
{
	const struct bucket_flags *f = &s->options->bucket;

	return make_bucket(s, &f->objstore, &s->bucket, err) && add_bucket_cache(s, err) &&
	       (!flag_content_is_set(&f->parquet) ||
		make_bucket(s, &f->parquet, &s->parquet_bucket, err) ||
		err_wrap(err, "create parquet converted blocks filter"));
}

static enum header_warming warming(const struct index_header_flags *f)
{
	if (!f->lazy_reader)
		return WARM_OPEN;
	return f->download == HEADER_DOWNLOAD_EAGER ? WARM_ON_DISK : WARM_NOTHING;
}

static void make_gateway(struct store_command *s)
{
	const struct index_header_flags *headers = &s->options->headers;
	const struct bucket_flags *f = &s->options->bucket;
	struct bucket_request_options requests = request_options(
	    &s->options->requests, s->memory.limit_bytes, f->series_max_concurrency);

	requests.index_cache = s->index_cache;
	s->gate = gate_new((unsigned)f->series_max_concurrency, s->rt->metrics,
			   "thanos_bucket_store_series_", "queries");
	s->gateway = gateway_new(&(struct gateway_options){
	    .bucket = s->bucket,
	    .parquet_bucket = s->parquet_bucket,
	    .selector = s->selector,
	    .data_dir = headers->on_disk ? f->data_dir : NULL,
	    .discovery = (enum block_discovery)f->discovery,
	    .fetch_concurrency = (unsigned)f->fetch_concurrency,
	    .sync_concurrency = (unsigned)f->sync_concurrency,
	    .warming = warming(headers),
	    .header_keep_every = (unsigned)headers->keep_every,
	    .header_idle_timeout_ms = headers->lazy_reader ? headers->idle_timeout_ms : 0,
	    .min_time = f->min_time,
	    .max_time = f->max_time,
	    .consistency_delay_ms = f->consistency_delay_ms,
	    .ignore_deletion_marks_delay_ms = f->ignore_deletion_marks_delay_ms,
	    .limits = {.series = s->options->limits.request_series,
		       .samples = s->options->limits.request_samples,
		       .bytes = (uint64_t)s->options->requests.downloaded_bytes_limit},
	    .requests = requests,
	    .memory = &s->memory,
	    .gate = s->gate,
	    .clock = &clock_system,
	    .metrics = s->rt->metrics,
	    .logger = s->rt->logger,
	});
	s->store_server = store_server_new(&(struct store_server_options){
	    .store = bucket_store_api(gateway_store(s->gateway)),
	    .tracker = &s->memory,
	    .max_series = s->options->limits.request_series,
	    .max_samples = s->options->limits.request_samples,
	    .matchers = s->matchers,
	    .metrics = s->rt->metrics,
	});
	store_server_register(s->store_server, s->servers.grpc);
}

/* --- running ---------------------------------------------------------------------------------- */

static bool run_sync(void *arg, struct ctx *ctx, struct err *err)
{
	struct store_command *s = arg;
	struct bucket_store *store = gateway_store(s->gateway);
	int64_t began_ns = clock_monotonic_ns(&clock_system);

	log_info(s->rt->logger, "initializing bucket store");
	if (!bucket_store_initial_sync(store, ctx, INITIAL_RETRY_MS, INITIAL_GIVE_UP_MS, err))
		return ctx_done(ctx) || err_wrap(err, "bucket store initial sync");
	log_info(s->rt->logger, "bucket store ready",
		 LOG_DURATION_NS("init_duration", clock_monotonic_ns(&clock_system) - began_ns));
	servers_start_grpc(&s->servers);
	bucket_store_run(store, ctx, s->options->bucket.sync_interval_ms);
	return true;
}

static bool run_headers(void *arg, struct ctx *ctx, struct err *err)
{
	struct store_command *s = arg;
	(void)err;

	bucket_store_warm(gateway_store(s->gateway), ctx);
	return true;
}

static bool store_run(struct runtime *rt, const void *options, struct err *err)
{
	struct store_command s auto_done(store_done) = {.rt = rt, .options = options};

	memory_budget_init(&s.memory, "the store", "--store.max-memory",
			   s.options->memory.max_memory_bytes, rt->memory_ratio);
	if (!store_flags_check(s.options, err) ||
	    !selector_rules(&s.options->selector, &s.selector, err) ||
	    !servers_init(&s.servers, rt,
			  &(struct servers_options){
			      .component = "store",
			      .http = &s.options->http,
			      .grpc = &s.options->grpc,
			      .request_log = &s.options->request_log,
			      .request_log_scope = REQUEST_LOG_GRPC_AND_HTTP,
			      .tracker = &s.memory,
			  },
			  err) ||
	    !make_buckets(&s, err) || !make_caches(&s, err))
		return false;
	viewer_flags_warn(&s.options->viewer, rt->logger);
	make_gateway(&s);
	servers_add_actors(&s.servers);
	runtime_add(rt, &(struct actor){"sync", run_sync, NULL, &s});
	runtime_add(rt, &(struct actor){"headers", run_headers, NULL, &s});
	log_info(rt->logger, "starting store node");
	return runtime_run(rt, err);
}

const struct command command_store = {
    .name = "store",
    .help =
	"Store node giving access to blocks in a bucket provider. Now supported: FILESYSTEM, S3, GCS, AZURE, SWIFT.",
    .flags = STORE_FLAGS,
    .n_flags = N_STORE_FLAGS,
    .options_bytes = sizeof(struct store_options),
    .run = store_run,
};
