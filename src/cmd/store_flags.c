#include "cmd/store_flags.h"

static const struct flag_spec bucket_specs[] = {
    {.name = "objstore.config",
     FLAG_CONTENT(struct bucket_flags, objstore),
     .help = "YAML file that contains object store configuration.",
     .attrs = FLAG_REQUIRED},
    {.name = "objstore-parquet.config",
     FLAG_CONTENT(struct bucket_flags, parquet),
     .help = "YAML file that contains object store-parquet configuration: of the bucket whose "
	     "Parquet files another gateway serves. Blocks that they were made from are left "
	     "to it."},
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

const struct command_flags STORE_FLAGS[N_STORE_FLAGS] = {
    COMMAND_FLAGS(HTTP_FLAGS, struct store_options, http),
    COMMAND_FLAGS(GRPC_FLAGS, struct store_options, grpc),
    COMMAND_FLAGS(LIMIT_FLAGS, struct store_options, limits),
    COMMAND_FLAGS(bucket_specs, struct store_options, bucket),
    COMMAND_FLAGS(SELECTOR_FLAGS, struct store_options, selector),
    {.specs = refused_specs, .n = sizeof(refused_specs) / sizeof(*refused_specs), .offset = 0},
};

/* --- limits of numbers ------------------------------------------------------------------------ */

struct at_least {
	const char *flag;
	int64_t value;
	int64_t least;
};

bool store_flags_check(const struct store_options *o, struct err *err)
{
	const struct at_least numbers[] = {
	    {"block-sync-concurrency", o->bucket.sync_concurrency, 1},
	    {"block-meta-fetch-concurrency", o->bucket.fetch_concurrency, 1},
	    {"store.grpc.series-max-concurrency", o->bucket.series_max_concurrency, 0},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].value < numbers[i].least)
			return err_set(err, ERR_INVALID, "--%s must be at least %lld, got %lld",
				       numbers[i].flag, (long long)numbers[i].least,
				       (long long)numbers[i].value);
	return true;
}
