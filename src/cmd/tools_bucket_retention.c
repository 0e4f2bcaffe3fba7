/* tools_bucket_retention.c - `athanor tools bucket retention`: old blocks are marked for deletion.
 */
#include "base/duration.h"
#include "block/retention.h"
#include "cmd/bucket_tool.h"
#include "cmd/common_flags.h"
#include "model/relabel.h"
#include "tools/bucket_view.h"

struct retention_flags {
	int64_t delete_delay_ms;
	int64_t consistency_delay_ms;
	int64_t sync_concurrency;
	int64_t raw_ms;
	int64_t five_minutes_ms;
	int64_t one_hour_ms;
};

struct retention_options {
	struct objstore_flags objstore;
	struct selector_flags selector;
	struct retention_flags own;
};

static const struct flag_spec retention_specs[] = {
    {.name = "delete-delay",
     FLAG_DURATION(struct retention_flags, delete_delay_ms),
     .default_text = "48h",
     .help = "Time before a block marked for deletion is deleted from bucket."},
    {.name = "consistency-delay",
     FLAG_DURATION(struct retention_flags, consistency_delay_ms),
     .default_text = "30m",
     .help = "Minimum age of fresh (non-compacted) blocks before they are being processed. "
	     "Malformed blocks older than the maximum of consistency-delay and 48h0m0s will be "
	     "removed."},
    {.name = "block-sync-concurrency",
     FLAG_INT(struct retention_flags, sync_concurrency),
     .default_text = "20",
     .help = "Number of goroutines to use when syncing block metadata from object storage."},
};

static const struct flag_spec resolution_specs[] = {
    {.name = "retention.resolution-raw",
     FLAG_MODEL_DURATION(struct retention_flags, raw_ms),
     .default_text = "0d",
     .help = "How long to retain raw samples in bucket. Setting this to 0d will retain samples "
	     "of this resolution forever"},
    {.name = "retention.resolution-5m",
     FLAG_MODEL_DURATION(struct retention_flags, five_minutes_ms),
     .default_text = "0d",
     .help = "How long to retain samples of resolution 1 (5 minutes) in bucket. Setting this to "
	     "0d will retain samples of this resolution forever"},
    {.name = "retention.resolution-1h",
     FLAG_MODEL_DURATION(struct retention_flags, one_hour_ms),
     .default_text = "0d",
     .help = "How long to retain samples of resolution 2 (1 hour) in bucket. Setting this to 0d "
	     "will retain samples of this resolution forever"},
};

static const struct command_flags retention_flags[] = {
    COMMAND_FLAGS(OBJSTORE_FLAGS, struct retention_options, objstore),
    COMMAND_FLAGS(retention_specs, struct retention_options, own),
    COMMAND_FLAGS(SELECTOR_FLAGS, struct retention_options, selector),
    COMMAND_FLAGS(resolution_specs, struct retention_options, own),
};

/* The blocks that a compactor with these delays would look at. */
static bool fetch(struct bucket_tool *t, struct ctx *ctx, struct block_view *out, struct err *err)
{
	const struct retention_options *o = t->options;
	struct relabel *rules auto_free(relabel_free) = NULL;
	struct relabel_filter selector;
	struct consistency_delay_filter fresh;
	struct duplicate_filter duplicates;
	struct deletion_mark_filter marks auto_done(deletion_mark_filter_done) = {0};
	struct block_filter *filters[] = {&selector.base, &fresh.base, &duplicates.base,
					  &marks.base};

	if (!selector_rules(&o->selector, &rules, err))
		return false;
	relabel_filter_init(&selector, rules, NULL, 0);
	consistency_delay_filter_init(&fresh, o->own.consistency_delay_ms, &clock_system);
	duplicate_filter_init(&duplicates);
	deletion_mark_filter_init(&marks, t->bucket, o->own.delete_delay_ms / 2,
				  (unsigned)o->own.sync_concurrency, &clock_system, t->rt->logger);
	progress_say(t->progress, "reading the blocks' metadata");
	return bucket_view_fetch(t->bucket, ctx, filters, sizeof(filters) / sizeof(*filters),
				 t->rt->logger, out, err);
}

static bool apply(struct bucket_tool *t, struct ctx *ctx, struct err *err)
{
	const struct retention_flags *f = &((const struct retention_options *)t->options)->own;
	struct retention retention = {f->raw_ms, f->five_minutes_ms, f->one_hour_ms};
	struct block_view view auto_done(block_view_done) = {0};

	if (!fetch(t, ctx, &view, err))
		return err_wrap(err, "sync blocks");
	log_warn(t->rt->logger, "GLOBAL COMPACTOR SHOULD __NOT__ BE RUNNING ON THE SAME BUCKET");
	progress_say(t->progress, "marking blocks");
	return retention_apply(&retention, t->bucket, ctx, &view, &clock_system, NULL,
			       t->rt->logger, err);
}

static bool run_retention(struct runtime *rt, const void *options, struct err *err)
{
	const struct retention_options *o = options;

	if (o->own.sync_concurrency < 1)
		return err_set(err, ERR_INVALID,
			       "--block-sync-concurrency must be at least 1, got %lld",
			       (long long)o->own.sync_concurrency);
	return bucket_tool_run(
	    rt,
	    &(struct bucket_tool_options){.options = o, .objstore = &o->objstore, .work = apply},
	    err);
}

const struct command command_tools_bucket_retention = {
    .name = "tools bucket retention",
    .help = "Retention applies retention policies on the given bucket. Please make sure no "
	    "compactor is running on the same bucket at the same time.",
    .flags = retention_flags,
    .n_flags = sizeof(retention_flags) / sizeof(*retention_flags),
    .options_bytes = sizeof(struct retention_options),
    .run = run_retention,
    .is_tool = true,
};
