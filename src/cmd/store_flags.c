#include "cmd/store_flags.h"

#include "base/clock.h"

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

static const struct flag_spec header_specs[] = {
    {.name = "cache-index-header",
     FLAG_BOOL(struct index_header_flags, on_disk),
     .default_text = "true",
     .help = "Cache TSDB index-headers on disk. Without, nothing is kept on disk, meta.json files "
	     "included, and index-headers are held in memory."},
    {.name = "store.index-header-posting-offsets-in-mem-sampling",
     FLAG_INT(struct index_header_flags, keep_every),
     .default_text = "32",
     .help = "Controls what is the ratio of postings offsets store will hold in memory. Larger "
	     "value will keep less offsets, which will increase CPU cycles needed for query "
	     "touching those postings. 1 will keep all in memory.",
     .attrs = FLAG_HIDDEN},
    {.name = "store.enable-index-header-lazy-reader",
     FLAG_BOOL(struct index_header_flags, lazy_reader),
     .help = "If true, Store Gateway will open an index-header only once the block is required by "
	     "a query. Without, those of the blocks used last, and of the newest, are opened "
	     "beforehand as long as there is room for them."},
    {.name = "store.index-header-lazy-reader-idle-timeout",
     FLAG_DURATION(struct index_header_flags, idle_timeout_ms),
     .default_text = "5m",
     .help = "If index-header lazy reader is enabled and this idle timeout setting is > 0, open "
	     "index-headers will be automatically closed after 'idle timeout' inactivity.",
     .attrs = FLAG_HIDDEN},
    {.name = "store.index-header-lazy-download-strategy",
     FLAG_ENUM(struct index_header_flags, download),
     .choices = FLAG_CHOICES("eager", "lazy"),
     .default_text = "eager",
     .help = "Strategy of how to download index headers lazily. Supported values: eager, lazy. If "
	     "eager, all index headers are downloaded, in the background. If lazy, with the lazy "
	     "reader, an index header is downloaded when a query wants it."},
};

const struct command_flags STORE_FLAGS[N_STORE_FLAGS] = {
    COMMAND_FLAGS(HTTP_FLAGS, struct store_options, http),
    COMMAND_FLAGS(GRPC_FLAGS, struct store_options, grpc),
    COMMAND_FLAGS(LIMIT_FLAGS, struct store_options, limits),
    COMMAND_FLAGS(OLD_LIMIT_FLAGS, struct store_options, limits),
    COMMAND_FLAGS(REQUEST_FLAGS, struct store_options, requests),
    COMMAND_FLAGS(MEMORY_FLAGS, struct store_options, memory),
    COMMAND_FLAGS(bucket_specs, struct store_options, bucket),
    COMMAND_FLAGS(SELECTOR_FLAGS, struct store_options, selector),
    COMMAND_FLAGS(header_specs, struct store_options, headers),
    COMMAND_FLAGS(VIEWER_FLAGS, struct store_options, viewer),
    COMMAND_FLAGS(STORE_CACHE_FLAGS, struct store_options, caches),
    COMMAND_FLAGS(REQUEST_LOG_FLAGS, struct store_options, request_log),
};

/* --- limits of numbers ------------------------------------------------------------------------ */

struct at_least {
	const char *flag;
	int64_t value;
	int64_t least;
};

static bool check_times(const struct bucket_flags *f, struct err *err)
{
	int64_t now_ms = clock_wall_ms(&clock_system);

	if (time_or_duration_at(f->min_time, now_ms) <= time_or_duration_at(f->max_time, now_ms))
		return true;
	return err_set(err, ERR_INVALID,
		       "invalid argument: --min-time can't be greater than --max-time");
}

bool store_flags_check(const struct store_options *o, struct err *err)
{
	const struct at_least numbers[] = {
	    {"block-sync-concurrency", o->bucket.sync_concurrency, 1},
	    {"block-meta-fetch-concurrency", o->bucket.fetch_concurrency, 1},
	    {"store.grpc.series-max-concurrency", o->bucket.series_max_concurrency, 0},
	    {"store.index-header-posting-offsets-in-mem-sampling", o->headers.keep_every, 1},
	    {"debug.series-batch-size", o->requests.batch_series, 1},
	    {"debug.estimated-max-series-size", (int64_t)o->requests.estimated_series_bytes, 1},
	    {"debug.estimated-max-chunk-size", (int64_t)o->requests.estimated_chunk_bytes, 1},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].value < numbers[i].least)
			return err_set(err, ERR_INVALID, "--%s must be at least %lld, got %lld",
				       numbers[i].flag, (long long)numbers[i].least,
				       (long long)numbers[i].value);
	return check_times(&o->bucket, err);
}
