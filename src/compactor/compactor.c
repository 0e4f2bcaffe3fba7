#include "compactor/compactor.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "compaction/downsample_pass.h"
#include "compactor/cleaner.h"

#include <stdlib.h>

enum { N_FILTERS = 7 };

struct compactor {
	struct compactor_options options;
	char *compact_dir;
	char *downsample_dir;
	char *cleaner_dir;
	struct time_partition_filter time_partition;
	struct relabel_filter selector;
	struct consistency_delay_filter consistency_delay;
	struct deletion_mark_filter deletion_marks;
	struct replica_label_filter replicas;
	struct duplicate_filter duplicates;
	struct remembering_filter marked_blocks;
	struct remembering_filter duplicate_blocks;
	struct gathered_marks no_compact;
	struct block_filter *filters[N_FILTERS]; /* in Thanos' order */
	struct fetcher *fetcher;
	struct bucket_compaction compaction;
	struct cleaner *cleaner; /* in another thread than all the rest */
	struct downsample_metrics downsample_metrics;

	struct counter *n_iterations;
	struct counter *n_retries;
	struct counter *n_cleanups;
	struct counter *n_marked_for_deletion;
	struct gauge *halted;
};

static void make_filters(struct compactor *c)
{
	const struct compactor_options *o = &c->options;

	time_partition_filter_init(&c->time_partition, o->min_time, o->max_time, o->clock);
	relabel_filter_init(&c->selector, o->selector, o->replica_labels, o->n_replica_labels);
	consistency_delay_filter_init(&c->consistency_delay, o->consistency_delay_ms, o->clock);
	/* Marked blocks count for a while: what takes their place may not be there yet. */
	deletion_mark_filter_init(&c->deletion_marks, o->bucket, o->delete_delay_ms / 2,
				  o->fetch_concurrency, o->clock, o->logger);
	remembering_filter_init(&c->marked_blocks, &c->deletion_marks.base);
	replica_label_filter_init(&c->replicas, o->replica_labels, o->n_replica_labels, o->logger);
	duplicate_filter_init(&c->duplicates);
	remembering_filter_init(&c->duplicate_blocks, &c->duplicates.base);
	gathered_marks_init(&c->no_compact, o->bucket, MARK_NO_COMPACT, o->fetch_concurrency,
			    o->logger);
	struct block_filter *const filters[N_FILTERS] = {
	    &c->time_partition.base, &c->selector.base, &c->consistency_delay.base,
	    &c->marked_blocks.base,  &c->replicas.base, &c->duplicate_blocks.base,
	    &c->no_compact.base};
	for (size_t i = 0; i < N_FILTERS; i++)
		c->filters[i] = filters[i];
}

/* --- metrics ---------------------------------------------------------------------------------- */

static void make_metrics(struct compactor *c)
{
	struct metrics *m = c->options.metrics;
	struct family *marked =
	    metrics_counters(m, "thanos_compact_blocks_marked_total",
			     "Total number of blocks marked in compactor.", "marker", "reason");
	struct cleaning *cleaning = &c->compaction.cleaning;

	c->n_iterations =
	    metrics_counter(m, "thanos_compact_iterations_total",
			    "Total number of iterations that were executed successfully.");
	c->n_retries = metrics_counter(m, "thanos_compact_retries_total",
				       "Total number of retries after retriable compactor error.");
	c->n_cleanups =
	    metrics_counter(m, "thanos_compact_block_cleanup_loops_total",
			    "Total number of concurrent cleanup loops of partially uploaded blocks "
			    "and marked blocks that were executed successfully.");
	c->halted = metrics_gauge(m, "thanos_compact_halted",
				  "Set to 1 if the compactor halted due to an unexpected error.");
	c->n_marked_for_deletion = counter_at(marked, "deletion-mark.json", "");
	cleaning->n_marked = c->n_marked_for_deletion;
	cleaning->n_cleaned = metrics_counter(m, "thanos_compact_blocks_cleaned_total",
					      "Total number of blocks deleted in compactor.");
	cleaning->n_failures =
	    metrics_counter(m, "thanos_compact_block_cleanup_failures_total",
			    "Failures encountered while deleting blocks in compactor.");
	cleaning->n_partial_attempts = metrics_counter(
	    m, "thanos_compact_aborted_partial_uploads_deletion_attempts_total",
	    "Total number of started deletions of blocks that are assumed aborted and only "
	    "partially uploaded.");
	cleaning->n_garbage =
	    metrics_counter(m, "thanos_compact_garbage_collected_blocks_total",
			    "Total number of blocks marked for deletion by compactor.");
	c->compaction.group.n_marked_for_deletion = c->n_marked_for_deletion;
	c->compaction.group.limits.marked = marked;
	c->compaction.metrics = group_metrics_make(m);
	c->downsample_metrics = downsample_metrics_make(m);
}

/* --- putting it together ------------------------------------------------------------------------
 */

static void make_compaction(struct compactor *c)
{
	const struct compactor_options *o = &c->options;

	c->compaction = (struct bucket_compaction){
	    .fetcher = c->fetcher,
	    .marked = &c->marked_blocks,
	    .duplicates = &c->duplicate_blocks,
	    .cleaning = {.bucket = o->bucket,
			 .clock = o->clock,
			 .delete_delay_ms = o->delete_delay_ms,
			 .logger = o->logger},
	    .group = {.limits = {.bucket = o->bucket,
				 .ranges_ms = COMPACTION_RANGES_MS,
				 .n_ranges = o->max_level + 1,
				 .max_index_bytes = o->max_index_bytes,
				 .no_compact = &c->no_compact,
				 .clock = o->clock,
				 .logger = o->logger},
		      .dir = c->compact_dir,
		      .merger =
			  o->dedup_by_penalty ? &chunk_merger_penalty : &chunk_merger_one_to_one,
		      .may_overlap = o->may_overlap || o->n_replica_labels > 0,
		      .hash = o->hash,
		      .block_files_concurrency = o->block_files_concurrency},
	    .skip_disorder = o->skip_disorder,
	    .concurrency = o->compaction_concurrency,
	};
}

static void make_cleaner(struct compactor *c)
{
	const struct compactor_options *o = &c->options;

	c->cleaner = cleaner_new(&(struct cleaner_options){
	    .cleaning = c->compaction.cleaning,
	    .data_dir = c->cleaner_dir,
	    .discovery = o->discovery,
	    .fetch_concurrency = o->fetch_concurrency,
	    .min_time = o->min_time,
	    .max_time = o->max_time,
	    .selector = o->selector,
	    .consistency_delay_ms = o->consistency_delay_ms,
	});
}

struct compactor *compactor_new(const struct compactor_options *options)
{
	struct compactor *c = NEW(struct compactor);

	c->options = *options;
	c->compact_dir = xasprintf("%s/compact", options->data_dir);
	c->downsample_dir = xasprintf("%s/downsample", options->data_dir);
	c->cleaner_dir = xasprintf("%s/cleaner", options->data_dir);
	make_filters(c);
	c->fetcher = fetcher_new(&(struct fetcher_options){
	    .bucket = options->bucket,
	    .discovery = options->discovery,
	    .concurrency = options->fetch_concurrency,
	    .data_dir = options->data_dir,
	    .filters = c->filters,
	    .n_filters = N_FILTERS,
	    .metrics = options->metrics,
	    .logger = options->logger,
	});
	make_compaction(c);
	make_metrics(c);
	make_cleaner(c);
	return c;
}

void compactor_free(struct compactor *c)
{
	if (!c)
		return;
	cleaner_free(c->cleaner);
	fetcher_free(c->fetcher);
	deletion_mark_filter_done(&c->deletion_marks);
	remembering_filter_done(&c->marked_blocks);
	remembering_filter_done(&c->duplicate_blocks);
	gathered_marks_done(&c->no_compact);
	free(c->compact_dir);
	free(c->downsample_dir);
	free(c->cleaner_dir);
	free(c);
}

/* --- one iteration ------------------------------------------------------------------------------
 */

static bool look(struct compactor *c, struct ctx *ctx, struct block_view *view, struct err *err)
{
	if (!fetcher_fetch(c->fetcher, ctx, view, err))
		return err_wrap(err, "sync");
	if (view->n_failed == 0)
		return true;
	*err = view->failure;
	return err_wrap(err, "sync: %zu blocks cannot be read", view->n_failed);
}

static bool downsample_once(struct compactor *c, struct ctx *ctx, struct err *err)
{
	const struct compactor_options *o = &c->options;
	struct block_view view auto_done(block_view_done) = {0};
	struct downsample_pass_result result;

	return look(c, ctx, &view, err) && downsample_pass(
					       &(struct downsample_pass_options){
						   .bucket = o->bucket,
						   .dir = c->downsample_dir,
						   .concurrency = o->downsample_concurrency,
						   .file_concurrency = o->block_files_concurrency,
						   .hash = o->hash,
						   .metrics = c->downsample_metrics,
						   .clock = o->clock,
						   .logger = o->logger,
					       },
					       ctx, &view, &result, err);
}

/* The second pass makes hours of the five minutes that the first one made. */
static bool downsample(struct compactor *c, struct ctx *ctx, struct err *err)
{
	if (c->options.no_downsampling)
		return true;
	if (!downsample_once(c, ctx, err))
		return err_wrap(err, "first pass of downsampling");
	return downsample_once(c, ctx, err) || err_wrap(err, "second pass of downsampling");
}

static bool drop_old(struct compactor *c, struct ctx *ctx, struct err *err)
{
	const struct compactor_options *o = &c->options;
	struct block_view view auto_done(block_view_done) = {0};

	if (!look(c, ctx, &view, err) ||
	    !retention_apply(&o->retention, o->bucket, ctx, &view, o->clock,
			     c->n_marked_for_deletion, o->logger, err))
		return err_wrap(err, "retention");
	clean_partial_uploads(&c->compaction.cleaning, ctx, view.partial.v, view.partial.n);
	counter_inc(c->n_cleanups);
	return true;
}

/* What is wrong with stored bytes will be wrong the next time, too. */
static enum compaction_failure failure_of(const struct err *err)
{
	return err->code == ERR_CORRUPT || err->code == ERR_UNSUPPORTED
		   ? COMPACTION_FAILED_OTHERWISE
		   : COMPACTION_MAY_RETRY;
}

bool compactor_iterate(struct compactor *c, struct ctx *ctx, enum compaction_failure *failure,
		       struct err *err)
{
	struct bucket_compaction_result result;
	struct err ignored = ERR_INIT;

	if (!bucket_compaction_run(&c->compaction, ctx, &result, err)) {
		*failure = result.failure;
		return err_wrap(err, "compaction");
	}
	fs_remove_tree(c->compact_dir, &ignored);
	if (!downsample(c, ctx, err) || !drop_old(c, ctx, err)) {
		*failure = failure_of(err);
		return false;
	}
	counter_inc(c->n_iterations);
	return true;
}

bool compactor_clean(struct compactor *c, struct ctx *ctx, struct err *err)
{
	if (!cleaner_clean(c->cleaner, ctx, err))
		return err_wrap(err, "cleaning");
	counter_inc(c->n_cleanups);
	return true;
}

void compactor_note_halt(struct compactor *c)
{
	gauge_set(c->halted, 1);
}

void compactor_note_retry(struct compactor *c)
{
	counter_inc(c->n_retries);
}
