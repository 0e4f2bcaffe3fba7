/* tools_bucket_cleanup.c - `athanor tools bucket cleanup`: blocks that were marked for deletion
 * long enough ago are deleted, and what is left of uploads that were cut off.
 */
#include "block/remembering_filter.h"
#include "cmd/bucket_tool.h"
#include "cmd/common_flags.h"
#include "compaction/cleaning.h"
#include "model/relabel.h"
#include "tools/bucket_view.h"

struct cleanup_flags {
	int64_t delete_delay_ms;
	int64_t consistency_delay_ms;
	int64_t sync_concurrency;
};

struct cleanup_options {
	struct objstore_flags objstore;
	struct selector_flags selector;
	struct cleanup_flags own;
};

static const struct flag_spec cleanup_specs[] = {
    {.name = "delete-delay",
     FLAG_DURATION(struct cleanup_flags, delete_delay_ms),
     .default_text = "48h",
     .help = "Time before a block marked for deletion is deleted from bucket."},
    {.name = "consistency-delay",
     FLAG_DURATION(struct cleanup_flags, consistency_delay_ms),
     .default_text = "30m",
     .help = "Minimum age of fresh (non-compacted) blocks before they are being processed. "
	     "Malformed blocks older than the maximum of consistency-delay and 48h0m0s will be "
	     "removed."},
    {.name = "block-sync-concurrency",
     FLAG_INT(struct cleanup_flags, sync_concurrency),
     .default_text = "20",
     .help = "Number of goroutines to use when syncing block metadata from object storage."},
};

static const struct command_flags cleanup_flags[] = {
    COMMAND_FLAGS(OBJSTORE_FLAGS, struct cleanup_options, objstore),
    COMMAND_FLAGS(cleanup_specs, struct cleanup_options, own),
    COMMAND_FLAGS(SELECTOR_FLAGS, struct cleanup_options, selector),
};

/* Of the blocks that are selected and not too fresh: *marked gets those with an old mark. */
static bool clean(struct bucket_tool *t, struct ctx *ctx, const struct relabel *rules,
		  struct remembering_filter *marked, struct err *err)
{
	const struct cleanup_options *o = t->options;
	const struct cleaning cleaning = {.bucket = t->bucket,
					  .clock = &clock_system,
					  .delete_delay_ms = o->own.delete_delay_ms,
					  .logger = t->rt->logger};
	struct relabel_filter selector;
	struct consistency_delay_filter fresh;
	struct block_filter *filters[] = {&selector.base, &fresh.base, &marked->base};
	struct block_view view auto_done(block_view_done) = {0};

	relabel_filter_init(&selector, rules, NULL, 0);
	consistency_delay_filter_init(&fresh, o->own.consistency_delay_ms, &clock_system);
	progress_say(t->progress, "reading the blocks' metadata");
	if (!bucket_view_fetch(t->bucket, ctx, filters, sizeof(filters) / sizeof(*filters),
			       t->rt->logger, &view, err))
		return err_wrap(err, "sync blocks");
	progress_say(t->progress, "deleting blocks");
	clean_partial_uploads(&cleaning, ctx, view.partial.v, view.partial.n);
	return clean_marked_blocks(&cleaning, ctx, marked->dropped.v, marked->dropped.n, err) ||
	       err_wrap(err, "error cleaning blocks");
}

static bool apply(struct bucket_tool *t, struct ctx *ctx, struct err *err)
{
	const struct cleanup_options *o = t->options;
	struct relabel *rules auto_free(relabel_free) = NULL;
	struct deletion_mark_filter marks auto_done(deletion_mark_filter_done) = {0};
	struct remembering_filter marked auto_done(remembering_filter_done) = {0};

	if (!selector_rules(&o->selector, &rules, err))
		return false;
	deletion_mark_filter_init(&marks, t->bucket, o->own.delete_delay_ms / 2,
				  (unsigned)o->own.sync_concurrency, &clock_system, t->rt->logger);
	remembering_filter_init(&marked, &marks.base);
	if (!clean(t, ctx, rules, &marked, err))
		return false;
	log_info(t->rt->logger, "cleanup done");
	return true;
}

static bool run_cleanup(struct runtime *rt, const void *options, struct err *err)
{
	const struct cleanup_options *o = options;

	if (o->own.sync_concurrency < 1)
		return err_set(err, ERR_INVALID,
			       "--block-sync-concurrency must be at least 1, got %lld",
			       (long long)o->own.sync_concurrency);
	return bucket_tool_run(
	    rt,
	    &(struct bucket_tool_options){.options = o, .objstore = &o->objstore, .work = apply},
	    err);
}

const struct command command_tools_bucket_cleanup = {
    .name = "tools bucket cleanup",
    .help = "Cleans up all blocks marked for deletion.",
    .flags = cleanup_flags,
    .n_flags = sizeof(cleanup_flags) / sizeof(*cleanup_flags),
    .options_bytes = sizeof(struct cleanup_options),
    .run = run_cleanup,
    .is_tool = true,
};
