#include "cmd/compact_flags.h"

#include "base/clock.h"
#include "base/duration.h"
#include "compaction/downsample_plan.h"
#include "compaction/planner.h"

static const struct flag_spec
    own_specs
	[] =
	    {
		{.name = "objstore.config",
		 FLAG_CONTENT(struct compact_flags, objstore),
		 .help = "YAML file that contains object store configuration."},
		{.name = "data-dir",
		 FLAG_STRING(struct compact_flags, data_dir),
		 .default_text = "./data",
		 .help = "Data directory in which to cache blocks and process compactions."},
		{.name = "debug.halt-on-error",
		 FLAG_BOOL(struct compact_flags, halt_on_error),
		 .default_text = "true",
		 .help = "Halt the process if a critical compaction error is detected.",
		 .attrs = FLAG_HIDDEN},
		{.name = "debug.max-compaction-level",
		 FLAG_INT(struct compact_flags, max_level),
		 .default_text = "4",
		 .help = "Maximum compaction level, default is 4: 0=1h, 1=2h, 2=8h, 3=2d, 4=14d",
		 .attrs = FLAG_HIDDEN},
		{.name = "consistency-delay",
		 FLAG_DURATION(struct compact_flags, consistency_delay_ms),
		 .default_text = "30m",
		 .help =
		     "Minimum age of fresh (non-compacted) blocks before they are being processed. Malformed blocks older than the maximum of consistency-delay and 48h will be removed."},
		{.name = "retention.resolution-raw",
		 FLAG_MODEL_DURATION(struct compact_flags, retention_raw_ms),
		 .default_text = "0d",
		 .help =
		     "How long to retain raw samples in bucket. Setting this to 0d will retain samples of this resolution forever"},
		{.name = "retention.resolution-5m",
		 FLAG_MODEL_DURATION(struct compact_flags, retention_5m_ms),
		 .default_text = "0d",
		 .help =
		     "How long to retain samples of resolution 1 (5 minutes) in bucket. Setting this to 0d will retain samples of this resolution forever"},
		{.name = "retention.resolution-1h",
		 FLAG_MODEL_DURATION(struct compact_flags, retention_1h_ms),
		 .default_text = "0d",
		 .help =
		     "How long to retain samples of resolution 2 (1 hour) in bucket. Setting this to 0d will retain samples of this resolution forever"},
		{.name = "wait",
		 .short_name = 'w',
		 FLAG_BOOL(struct compact_flags, wait),
		 .help =
		     "Do not exit after all compactions have been processed and wait for new work."},
		{.name = "wait-interval",
		 FLAG_DURATION(struct compact_flags, wait_interval_ms),
		 .default_text = "5m",
		 .help =
		     "Wait interval between consecutive compaction runs and bucket refreshes. Only works when --wait flag specified."},
		{.name = "compact.cleanup-interval",
		 FLAG_DURATION(struct compact_flags, cleanup_interval_ms),
		 .default_text = "5m",
		 .help =
		     "How often we should clean up partially uploaded blocks and blocks with deletion mark in the background when --wait has been enabled. Setting it to \"0s\" disables it - the cleaning will only happen at the end of an iteration."},
		{.name = "downsampling.disable",
		 FLAG_BOOL(struct compact_flags, no_downsampling),
		 .help =
		     "Disables downsampling. This is not recommended as querying long time ranges without non-downsampled data is not efficient and useful e.g it is not possible to render all samples for a human eye anyway"},
		{.name = "block-discovery-strategy",
		 FLAG_ENUM(struct compact_flags, discovery),
		 .choices = FLAG_CHOICES("concurrent", "recursive"),
		 .default_text = "concurrent",
		 .help =
		     "One of concurrent, recursive. When set to concurrent, stores will concurrently issue one call per directory to discover active blocks in the bucket. The recursive strategy iterates through all objects in the bucket, recursively traversing into each directory."},
		{.name = "block-meta-fetch-concurrency",
		 FLAG_INT(struct compact_flags, fetch_concurrency),
		 .default_text = "32",
		 .help =
		     "Number of goroutines to use when fetching block metadata from object storage."},
		{.name = "block-files-concurrency",
		 FLAG_INT(struct compact_flags, block_files_concurrency),
		 .default_text = "1",
		 .help =
		     "Number of goroutines to use when fetching/uploading block files from object storage."},
		{.name = "compact.concurrency",
		 FLAG_INT(struct compact_flags, compaction_concurrency),
		 .default_text = "1",
		 .help = "Number of goroutines to use when compacting groups."},
		{.name = "downsample.concurrency",
		 FLAG_INT(struct compact_flags, downsample_concurrency),
		 .default_text = "1",
		 .help = "Number of goroutines to use when downsampling blocks."},
		{.name = "delete-delay",
		 FLAG_MODEL_DURATION(struct compact_flags, delete_delay_ms),
		 .default_text = "48h",
		 .help =
		     "Time before a block marked for deletion is deleted from bucket. Blocks are marked for deletion, and those whose mark is older than this are deleted at the next iteration. With a delay of 0 queries may fail, if a store gateway still has the block loaded."},
		{.name = "compact.enable-vertical-compaction",
		 FLAG_BOOL(struct compact_flags, may_overlap),
		 .help =
		     "Experimental. When set to true, compactor will allow overlaps and perform **irreversible** vertical compaction. NOTE: This flag is ignored and (enabled) when --deduplication.replica-label flag is set.",
		 .attrs = FLAG_HIDDEN},
		{.name = "deduplication.func",
		 FLAG_ENUM(struct compact_flags, dedup),
		 .choices = FLAG_CHOICES("", "penalty"),
		 .default_text = "",
		 .help =
		     "Experimental. Deduplication algorithm for merging overlapping blocks. Possible values are: \"\", \"penalty\". If no value is specified, samples are deduplicated 1:1. When set to penalty, penalty based deduplication algorithm will be used. At least one replica label has to be set via --deduplication.replica-label flag."},
		{.name = "deduplication.replica-label", FLAG_STRINGS(struct compact_flags, replica_labels), .help = "Experimental. Label to treat as a replica indicator of blocks that can be deduplicated (repeated flag). This will merge multiple replica blocks into one. This process is irreversible. Flag may be specified multiple times as well as a comma separated list of labels. Please note that by default this works well for deduplication of blocks with **precisely the same samples** like produced by Receiver replication. If you need a different deduplication algorithm (e.g one that works well with Prometheus replicas), please set it via --deduplication.func."},
		{.name = "compact.block-max-index-size",
		 FLAG_BYTES(struct compact_flags, max_index_bytes),
		 .default_text = "64GB",
		 .help =
		     "Maximum index size for the resulted block during any compaction. Note that total size is approximated in worst case. If the block that would be resulted from compaction is estimated to exceed this number, biggest source block is marked for no compaction (no-compact-mark.json is uploaded) which causes this block to be excluded from any compaction.",
		 .attrs = FLAG_HIDDEN},
		{.name = "compact.skip-block-with-out-of-order-chunks",
		 FLAG_BOOL(struct compact_flags, skip_disorder),
		 .help =
		     "When set to true, mark blocks containing index with out-of-order chunks for no compact instead of halting the compaction",
		 .attrs = FLAG_HIDDEN},
		{.name = "hash-func",
		 FLAG_ENUM(struct compact_flags, hash),
		 .choices = FLAG_CHOICES("", "SHA256"),
		 .default_text = "",
		 .help =
		     "Specify which hash function to use when calculating the hashes of produced files. If no function has been specified, it does not happen. This permits avoiding downloading some files twice albeit at some performance cost. Possible values are: \"\", \"SHA256\"."},
		{.name = "min-time",
		 FLAG_TIME(struct compact_flags, min_time),
		 .default_text = "0000-01-01T00:00:00Z",
		 .help =
		     "Start of time range limit to compact. Thanos Compactor will compact only blocks, which happened later than this value. Option can be a constant time in RFC3339 format or time duration relative to current time, such as -1d or 2h45m. Valid duration units are ms, s, m, h, d, w, y."},
		{.name = "max-time",
		 FLAG_TIME(struct compact_flags, max_time),
		 .default_text = "9999-12-31T23:59:59Z",
		 .help =
		     "End of time range limit to compact. Thanos Compactor will compact only blocks, which happened earlier than this value. Option can be a constant time in RFC3339 format or time duration relative to current time, such as -1d or 2h45m. Valid duration units are ms, s, m, h, d, w, y."},
};

static const struct flag_spec idle_specs[] = {
    {.name = "block-viewer.global.sync-block-interval",
     FLAG_DURATION(struct compact_idle_flags, viewer_interval_ms),
     .default_text = "1m",
     .help =
	 "Repeat interval for syncing the blocks between local and remote view for /global Block Viewer UI. There is none yet."},
    {.name = "block-viewer.global.sync-block-timeout",
     FLAG_DURATION(struct compact_idle_flags, viewer_timeout_ms),
     .default_text = "5m",
     .help =
	 "Maximum time for syncing the blocks between local and remote view for /global Block Viewer UI. There is none yet."},
    {.name = "compact.progress-interval",
     FLAG_DURATION(struct compact_idle_flags, progress_interval_ms),
     .default_text = "5m",
     .help = "Frequency of calculating the compaction progress. It is not calculated yet."},
    {.name = "compact.blocks-fetch-concurrency",
     FLAG_INT(struct compact_idle_flags, blocks_fetch_concurrency),
     .default_text = "1",
     .help =
	 "Number of goroutines to use when download block during compaction. Blocks are not downloaded here, but read while they are compacted."},
};

static const struct flag_spec refused_specs[] = {
    REFUSED_BOOL(struct compact_options, "debug.accept-malformed-index"),
    REFUSED_TEXT(struct compact_options, "web.route-prefix"),
};

const struct command_flags COMPACT_FLAGS[N_COMPACT_FLAGS] = {
    COMMAND_FLAGS(HTTP_FLAGS, struct compact_options, http),
    COMMAND_FLAGS(SELECTOR_FLAGS, struct compact_options, selector),
    COMMAND_FLAGS(own_specs, struct compact_options, own),
    COMMAND_FLAGS(VIEWER_FLAGS, struct compact_options, viewer),
    COMMAND_FLAGS(idle_specs, struct compact_options, idle),
    {.specs = refused_specs, .n = sizeof(refused_specs) / sizeof(*refused_specs), .offset = 0},
};

/* --- what the table cannot tell ----------------------------------------------------------------
 */

/* Samples have to live until they are downsampled. */
static bool check_retention(const struct compact_flags *f, struct err *err)
{
	if (f->no_downsampling)
		return true;
	if (f->retention_raw_ms && f->retention_raw_ms < DOWNSAMPLE_MIN_RAW_MS)
		return err_set(err, ERR_INVALID,
			       "raw resolution must be higher than the minimum block size after "
			       "which 5m resolution downsampling will occur (40 hours)");
	if (f->retention_5m_ms && f->retention_5m_ms < DOWNSAMPLE_MIN_5M_MS)
		return err_set(err, ERR_INVALID,
			       "5m resolution retention must be higher than the minimum block size "
			       "after which 1h resolution downsampling will occur (10 days)");
	return true;
}

static bool check_times(const struct compact_flags *f, struct err *err)
{
	int64_t now_ms = clock_wall_ms(&clock_system);

	if (time_or_duration_at(f->min_time, now_ms) <= time_or_duration_at(f->max_time, now_ms))
		return true;
	return err_set(err, ERR_INVALID,
		       "invalid argument: --min-time can't be greater than --max-time");
}

struct at_least_one {
	const char *flag;
	int64_t value;
};

static bool check_numbers(const struct compact_flags *f, struct err *err)
{
	const struct at_least_one numbers[] = {
	    {"block-meta-fetch-concurrency", f->fetch_concurrency},
	    {"block-files-concurrency", f->block_files_concurrency},
	    {"compact.concurrency", f->compaction_concurrency},
	    {"downsample.concurrency", f->downsample_concurrency},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].value < 1)
			return err_set(err, ERR_INVALID, "--%s must be at least 1, got %lld",
				       numbers[i].flag, (long long)numbers[i].value);
	if (f->max_level < 0 || f->max_level >= COMPACTION_N_RANGES)
		return err_set(err, ERR_INVALID,
			       "--debug.max-compaction-level must be from 0 to %d, got %lld",
			       COMPACTION_N_RANGES - 1, (long long)f->max_level);
	return true;
}

bool compact_flags_check(const struct compact_flags *f, struct err *err)
{
	if (f->dedup == COMPACT_DEDUP_PENALTY && f->replica_labels.n == 0)
		return err_set(
		    err, ERR_INVALID,
		    "penalty based deduplication needs at least one replica label specified");
	return check_numbers(f, err) && check_times(f, err) && check_retention(f, err);
}
