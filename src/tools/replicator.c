#include "tools/replicator.h"

#include "base/alloc.h"
#include "base/duration.h"
#include "block/copy.h"
#include "block/fetcher.h"
#include "tools/progress.h"

#include <stdlib.h>

enum { CONCURRENCY = 32, INTERVAL_MS = 60 * 1000 };

/* The two outcomes of a run, as the label `result` has them. */
struct run_metrics {
	struct counter *runs;
	struct histogram_metric *seconds;
};

struct replicator {
	struct replicator_options options;
	struct time_partition_filter times;
	struct deletion_mark_filter marks;
	struct block_filter *filters[2];
	struct fetcher *fetcher;

	struct run_metrics succeeded, failed;
	struct counter *blocks_already;
	struct counter *blocks;
	struct counter *objects;
};

/* --- life ------------------------------------------------------------------------------------ */

static void register_metrics(struct replicator *r, struct metrics *m)
{
	if (!m)
		return;
	struct family *runs = metrics_counters(
	    m, "thanos_replicate_replication_runs_total",
	    "The number of replication runs split by success and error.", "result");
	struct family *seconds = metrics_histograms(
	    m, "thanos_replicate_replication_run_duration_seconds",
	    "The Duration of replication runs split by success and error.", METRIC_DEFAULT_BUCKETS,
	    sizeof(METRIC_DEFAULT_BUCKETS) / sizeof(*METRIC_DEFAULT_BUCKETS), "result");

	r->succeeded = (struct run_metrics){counter_at(runs, "success"),
					    histogram_metric_at(seconds, "success")};
	r->failed =
	    (struct run_metrics){counter_at(runs, "error"), histogram_metric_at(seconds, "error")};
	r->blocks_already =
	    metrics_counter(m, "thanos_replicate_blocks_already_replicated_total",
			    "Total number of blocks skipped due to already being replicated.");
	r->blocks = metrics_counter(m, "thanos_replicate_blocks_replicated_total",
				    "Total number of blocks replicated.");
	r->objects = metrics_counter(m, "thanos_replicate_objects_replicated_total",
				     "Total number of objects replicated.");
}

struct replicator *replicator_new(const struct replicator_options *o)
{
	struct replicator *r = NEW(struct replicator);

	r->options = *o;
	time_partition_filter_init(&r->times, o->min_time, o->max_time, o->clock);
	deletion_mark_filter_init(&r->marks, o->from, 0, CONCURRENCY, o->clock, o->logger);
	r->filters[0] = &r->times.base;
	r->filters[1] = &r->marks.base;
	r->fetcher = fetcher_new(&(struct fetcher_options){
	    .bucket = o->from,
	    .concurrency = CONCURRENCY,
	    .filters = r->filters,
	    .n_filters = o->ignore_marked ? 2 : 1,
	    .metrics = o->metrics,
	    .logger = o->logger,
	});
	register_metrics(r, o->metrics);
	return r;
}

void replicator_free(struct replicator *r)
{
	if (!r)
		return;
	fetcher_free(r->fetcher);
	deletion_mark_filter_done(&r->marks);
	free(r);
}

/* --- which blocks ---------------------------------------------------------------------------- */

static bool has_number(const int64_t *v, size_t n, int64_t x)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == x)
			return true;
	return false;
}

static bool has_id(const struct replicator_options *o, struct ulid id)
{
	for (size_t i = 0; i < o->n_ids; i++)
		if (ulid_cmp(o->ids[i], id) == 0)
			return true;
	return false;
}

static void pass_over(const struct replicator *r, const struct meta *m, const char *reason)
{
	log_info(r->options.logger, "filtering block", LOG_STR("block", ulid_str(m->id)),
		 LOG_STR("reason", reason));
}

static bool is_wanted(const struct replicator *r, const struct meta *m)
{
	const struct replicator_options *o = &r->options;

	if (m->labels.n == 0) {
		log_error(o->logger, "filtering block", LOG_STR("block", ulid_str(m->id)),
			  LOG_STR("reason", "labels should not be empty"));
		return false;
	}
	if (o->n_ids > 0)
		return has_id(o, m->id);
	if (!matchers_match(o->matchers, m->labels)) {
		pass_over(r, m, "labels don't match");
		return false;
	}
	if (!has_number(o->resolutions_ms, o->n_resolutions, m->resolution_ms)) {
		pass_over(r, m, "resolution doesn't match allowed resolutions");
		return false;
	}
	if (!has_number(o->levels, o->n_levels, m->compaction.level)) {
		pass_over(r, m, "compaction level doesn't match allowed levels");
		return false;
	}
	return true;
}

/* --- copying --------------------------------------------------------------------------------- */

static bool copy_block(struct replicator *r, struct ctx *ctx, struct ulid id, struct err *err)
{
	struct block_copied copied;
	bool ok = block_copy(r->options.from, r->options.to, ctx, id, &copied, err);

	counter_add(r->objects, (double)copied.n_objects);
	if (!ok)
		return err_wrap(err, "replicate block %s", ulid_str(id));
	if (copied.was_there) {
		counter_inc(r->blocks_already);
		return true;
	}
	counter_inc(r->blocks);
	log_info(r->options.logger, "block replicated", LOG_STR("block", ulid_str(id)),
		 LOG_UINT("objects", copied.n_objects));
	return true;
}

/* --- a run ----------------------------------------------------------------------------------- */

/* By their first moment: a compactor of the target meets the oldest first. */
static int by_time(const void *a, const void *b)
{
	const struct meta *x = *(struct meta *const *)a, *y = *(struct meta *const *)b;

	if (x->min_t_ms != y->min_t_ms)
		return x->min_t_ms < y->min_t_ms ? -1 : 1;
	return ulid_cmp(x->id, y->id);
}

static bool copy_all(struct replicator *r, struct ctx *ctx, struct block_view *view,
		     struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta **wanted = ARENA_ARRAY(a, struct meta *, view->metas.n);
	size_t n = 0;

	for (size_t i = 0; i < view->metas.n; i++)
		if (is_wanted(r, view->metas.v[i]))
			wanted[n++] = view->metas.v[i];
	if (n > 0)
		qsort(wanted, n, sizeof(*wanted), by_time);
	for (size_t i = 0; i < n; i++) {
		progress_count(r->options.progress, i, n);
		if (!copy_block(r, ctx, wanted[i]->id, err))
			return false;
	}
	return true;
}

bool replicator_run(struct replicator *r, struct ctx *ctx, struct err *err)
{
	struct block_view view auto_done(block_view_done) = {0};

	log_info(r->options.logger, "running replication attempt");
	progress_say(r->options.progress, "reading the blocks' metadata");
	if (!fetcher_fetch(r->fetcher, ctx, &view, err))
		return err_wrap(err, "replication execute");
	if (view.n_failed > 0) {
		*err = view.failure;
		return err_wrap(err, "replication execute: %zu blocks could not be read",
				view.n_failed);
	}
	for (size_t i = 0; i < view.partial.n; i++)
		log_info(r->options.logger, "block meta not uploaded yet. Skipping.",
			 LOG_STR("block", ulid_str(view.partial.v[i].id)));
	progress_say(r->options.progress, "copying blocks");
	bool ok = copy_all(r, ctx, &view, err);
	progress_say(r->options.progress, NULL);
	return ok || err_wrap(err, "replication execute");
}

static void run_and_count(struct replicator *r, struct ctx *ctx)
{
	int64_t began_ns = clock_monotonic_ns(r->options.clock);
	struct err err = ERR_INIT;
	bool ok = replicator_run(r, ctx, &err);
	struct run_metrics *m = ok ? &r->succeeded : &r->failed;

	if (!ok && ctx_done(ctx))
		return; /* not a failure: the process ends */
	counter_inc(m->runs);
	histogram_metric_observe(m->seconds,
				 (double)(clock_monotonic_ns(r->options.clock) - began_ns) /
				     (double)NS_PER_S);
	if (ok)
		log_info(r->options.logger, "ran replication successfully");
	else
		log_error(r->options.logger, "running replication failed", LOG_ERR(&err));
}

void replicator_repeat(struct replicator *r, struct ctx *ctx)
{
	do
		run_and_count(r, ctx);
	while (ctx_sleep_ms(ctx, INTERVAL_MS));
}
