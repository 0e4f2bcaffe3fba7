/* store.c - `athanor store`: the store gateway, serving the blocks of a bucket. */
#include "base/clock.h"
#include "base/duration.h"
#include "base/gate.h"
#include "cmd/commands.h"
#include "cmd/open_bucket.h"
#include "cmd/servers.h"
#include "gateway/gateway.h"
#include "rpc/store_server.h"

struct bucket_flags {
	struct flag_content objstore;
	const char *data_dir;
	int64_t sync_interval_ms;
	int discovery; /* enum block_discovery */
	int64_t sync_concurrency;
	int64_t fetch_concurrency;
	struct time_or_duration min_time;
	struct time_or_duration max_time;
	int64_t consistency_delay_ms;
	int64_t ignore_deletion_marks_delay_ms;
	int64_t series_max_concurrency;
};

struct store_options {
	struct http_flags http;
	struct grpc_flags grpc;
	struct limit_flags limits;
	struct bucket_flags bucket;
	struct refused_flags refused;
};

static const struct flag_spec bucket_specs[] = {
    {.name = "objstore.config",
     FLAG_CONTENT(struct bucket_flags, objstore),
     .help = "YAML file that contains object store configuration.",
     .attrs = FLAG_REQUIRED},
    {.name = "data-dir",
     FLAG_STRING(struct bucket_flags, data_dir),
     .default_text = "./data",
     .help = "Local data directory used for caching purposes (index-header, in-mem cache items "
	     "and meta.jsons). If removed, no data will be lost, just store will have to "
	     "rebuild the cache."},
    {.name = "sync-block-duration",
     FLAG_DURATION(struct bucket_flags, sync_interval_ms),
     .default_text = "15m",
     .help = "Repeat interval for syncing the blocks between local and remote view."},
    {.name = "block-discovery-strategy",
     FLAG_ENUM(struct bucket_flags, discovery),
     .choices = FLAG_CHOICES("concurrent", "recursive"),
     .default_text = "concurrent",
     .help = "One of concurrent, recursive. When set to concurrent, stores will concurrently "
	     "issue one call per directory to discover active blocks in the bucket. The "
	     "recursive strategy iterates through all objects in the bucket, recursively "
	     "traversing into each directory."},
    {.name = "block-sync-concurrency",
     FLAG_INT(struct bucket_flags, sync_concurrency),
     .default_text = "20",
     .help = "Number of goroutines to use when constructing index-cache.json blocks from object "
	     "storage. Must be equal or greater than 1."},
    {.name = "block-meta-fetch-concurrency",
     FLAG_INT(struct bucket_flags, fetch_concurrency),
     .default_text = "32",
     .help = "Number of goroutines to use when fetching block metadata from object storage."},
    {.name = "min-time",
     FLAG_TIME(struct bucket_flags, min_time),
     .default_text = "0000-01-01T00:00:00Z",
     .help = "Start of time range limit to serve. Thanos Store will serve only metrics, which "
	     "happened later than this value. Option can be a constant time in RFC3339 format "
	     "or time duration relative to current time, such as -1d or 2h45m. Valid duration "
	     "units are ms, s, m, h, d, w, y."},
    {.name = "max-time",
     FLAG_TIME(struct bucket_flags, max_time),
     .default_text = "9999-12-31T23:59:59Z",
     .help = "End of time range limit to serve. Thanos Store will serve only blocks, which "
	     "happened earlier than this value. Option can be a constant time in RFC3339 "
	     "format or time duration relative to current time, such as -1d or 2h45m. Valid "
	     "duration units are ms, s, m, h, d, w, y."},
    {.name = "consistency-delay",
     FLAG_MODEL_DURATION(struct bucket_flags, consistency_delay_ms),
     .default_text = "0s",
     .help = "Minimum age of all blocks before they are being read. Set it to safe value (e.g "
	     "30m) if your object storage is eventually consistent. GCS and S3 are (roughly) "
	     "strongly consistent."},
    {.name = "ignore-deletion-marks-delay",
     FLAG_MODEL_DURATION(struct bucket_flags, ignore_deletion_marks_delay_ms),
     .default_text = "24h",
     .help = "Duration after which the blocks marked for deletion will be filtered out while "
	     "fetching blocks. The idea of ignore-deletion-marks-delay is to ignore blocks "
	     "that are marked for deletion with some delay. This ensures store can still serve "
	     "blocks that are meant to be deleted but do not have a replacement yet."},
    {.name = "store.grpc.series-max-concurrency",
     FLAG_INT(struct bucket_flags, series_max_concurrency),
     .default_text = "20",
     .help = "Maximum number of concurrent Series calls."},
};

static const struct flag_spec refused_specs[] = {
    REFUSED_TEXT(struct store_options, "grpc-server-max-connection-age"),
    REFUSED_TEXT(struct store_options, "request.logging-config"),
    REFUSED_TEXT(struct store_options, "request.logging-config-file"),
    REFUSED_TEXT(struct store_options, "selector.relabel-config"),
    REFUSED_TEXT(struct store_options, "selector.relabel-config-file"),
    REFUSED_TEXT(struct store_options, "objstore-parquet.config"),
    REFUSED_TEXT(struct store_options, "objstore-parquet.config-file"),
    REFUSED_BOOL(struct store_options, "cache-index-header"),
    REFUSED_TEXT(struct store_options, "index-cache-size"),
    REFUSED_TEXT(struct store_options, "index-cache.config"),
    REFUSED_TEXT(struct store_options, "index-cache.config-file"),
    REFUSED_TEXT(struct store_options, "store.caching-bucket.config"),
    REFUSED_TEXT(struct store_options, "store.caching-bucket.config-file"),
    REFUSED_TEXT(struct store_options, "chunk-pool-size"),
    REFUSED_TEXT(struct store_options, "store.grpc.touched-series-limit"),
    REFUSED_TEXT(struct store_options, "store.grpc.series-sample-limit"),
    REFUSED_TEXT(struct store_options, "store.grpc.downloaded-bytes-limit"),
    REFUSED_TEXT(struct store_options, "debug.series-batch-size"),
    REFUSED_TEXT(struct store_options, "debug.estimated-max-series-size"),
    REFUSED_TEXT(struct store_options, "debug.estimated-max-chunk-size"),
    REFUSED_TEXT(struct store_options, "store.index-header-posting-offsets-in-mem-sampling"),
    REFUSED_BOOL(struct store_options, "store.enable-index-header-lazy-reader"),
    REFUSED_TEXT(struct store_options, "store.index-header-lazy-reader-idle-timeout"),
    REFUSED_BOOL(struct store_options, "store.enable-lazy-expanded-postings"),
    REFUSED_TEXT(struct store_options, "store.posting-group-max-key-series-ratio"),
    REFUSED_TEXT(struct store_options, "store.index-header-lazy-download-strategy"),
    REFUSED_BOOL(struct store_options, "web.disable"),
    REFUSED_TEXT(struct store_options, "web.external-prefix"),
    REFUSED_TEXT(struct store_options, "web.prefix-header"),
    REFUSED_BOOL(struct store_options, "web.disable-cors"),
    REFUSED_TEXT(struct store_options, "bucket-web-label"),
    REFUSED_TEXT(struct store_options, "matcher-cache-size"),
    REFUSED_BOOL(struct store_options, "disable-admin-operations"),
};

static const struct command_flags store_flags[] = {
    COMMAND_FLAGS(HTTP_FLAGS, struct store_options, http),
    COMMAND_FLAGS(GRPC_FLAGS, struct store_options, grpc),
    COMMAND_FLAGS(LIMIT_FLAGS, struct store_options, limits),
    COMMAND_FLAGS(bucket_specs, struct store_options, bucket),
    {.specs = refused_specs, .n = sizeof(refused_specs) / sizeof(*refused_specs), .offset = 0},
};

/* --- its parts -------------------------------------------------------------------------------- */

enum { INITIAL_RETRY_MS = 10000, INITIAL_GIVE_UP_MS = 30000 };

struct store_command {
	struct runtime *rt;
	const struct store_options *options;
	struct servers servers;
	struct bucket *bucket;
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
	bucket_close(s->bucket);
	servers_done(&s->servers);
}

/* What the tables of flags cannot say. */
static bool check_options(const struct bucket_flags *f, struct err *err)
{
	if (f->sync_concurrency < 1)
		return err_set(err, ERR_INVALID,
			       "--block-sync-concurrency must be at least 1, got %lld",
			       (long long)f->sync_concurrency);
	if (f->fetch_concurrency < 1)
		return err_set(err, ERR_INVALID,
			       "--block-meta-fetch-concurrency must be at least 1, got %lld",
			       (long long)f->fetch_concurrency);
	if (f->series_max_concurrency < 0)
		return err_set(err, ERR_INVALID,
			       "--store.grpc.series-max-concurrency must not be negative, got %lld",
			       (long long)f->series_max_concurrency);
	return true;
}

static bool make_bucket(struct store_command *s, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str yaml;

	return flag_content_load(&s->options->bucket.objstore, a, &yaml, err) &&
	       open_bucket(s->rt, yaml, loops_next(s->servers.loops), &s->bucket, err);
}

static void make_gateway(struct store_command *s)
{
	const struct bucket_flags *f = &s->options->bucket;

	s->gate = gate_new((unsigned)f->series_max_concurrency, s->rt->metrics,
			   "thanos_bucket_store_series_", "queries");
	s->gateway = gateway_new(&(struct gateway_options){
	    .bucket = s->bucket,
	    .data_dir = f->data_dir,
	    .discovery = (enum block_discovery)f->discovery,
	    .fetch_concurrency = (unsigned)f->fetch_concurrency,
	    .sync_concurrency = (unsigned)f->sync_concurrency,
	    .min_time = f->min_time,
	    .max_time = f->max_time,
	    .consistency_delay_ms = f->consistency_delay_ms,
	    .ignore_deletion_marks_delay_ms = f->ignore_deletion_marks_delay_ms,
	    .gate = s->gate,
	    .clock = &clock_system,
	    .metrics = s->rt->metrics,
	    .logger = s->rt->logger,
	});
	s->store_server = store_server_new(&(struct store_server_options){
	    .store = bucket_store_api(gateway_store(s->gateway)),
	    .max_series = s->options->limits.request_series,
	    .max_samples = s->options->limits.request_samples,
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

static bool store_run(struct runtime *rt, const void *options, struct err *err)
{
	struct store_command s auto_done(store_done) = {.rt = rt, .options = options};

	if (!check_options(&s.options->bucket, err) ||
	    !servers_init(&s.servers, rt,
			  &(struct servers_options){
			      .component = "store",
			      .http = &s.options->http,
			      .grpc = &s.options->grpc,
			  },
			  err) ||
	    !make_bucket(&s, err))
		return false;
	make_gateway(&s);
	servers_add_actors(&s.servers);
	runtime_add(rt, &(struct actor){"sync", run_sync, NULL, &s});
	log_info(rt->logger, "starting store node");
	return runtime_run(rt, err);
}

const struct command command_store = {
    .name = "store",
    .help =
	"Store node giving access to blocks in a bucket provider. Now supported: FILESYSTEM, S3, GCS, AZURE.",
    .flags = store_flags,
    .n_flags = sizeof(store_flags) / sizeof(*store_flags),
    .options_bytes = sizeof(struct store_options),
    .run = store_run,
};
