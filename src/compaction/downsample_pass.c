#include "compaction/downsample_pass.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/lock.h"
#include "block/block_id.h"
#include "block/download.h"
#include "block/markers.h"
#include "block/upload.h"
#include "block/workers.h"
#include "compaction/downsample.h"
#include "compaction/downsample_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct downsample_metrics downsample_metrics_make(struct metrics *m)
{
	static const double bounds[] = {60, 300, 900, 1800, 3600, 7200, 14400};

	return (struct downsample_metrics){
	    .total = metrics_counters(m, "thanos_compact_downsample_total",
				      "Total number of downsampling attempts.", "resolution"),
	    .failures =
		metrics_counters(m, "thanos_compact_downsample_failures_total",
				 "Total number of failed downsampling attempts.", "resolution"),
	    .duration = metrics_histograms(m, "thanos_compact_downsample_duration_seconds",
					   "Duration of downsample runs", bounds,
					   sizeof(bounds) / sizeof(bounds[0]), "resolution"),
	};
}

struct resolution_text {
	char s[24];
};

static struct resolution_text resolution_text(const struct meta *m)
{
	struct resolution_text text;

	snprintf(text.s, sizeof(text.s), "%" PRId64, m->resolution_ms);
	return text;
}

struct pass {
	const struct downsample_pass_options *options;
	struct ctx *ctx;
	struct downsample_plan plan;
	struct mutex mu;
	size_t next;                          /* guarded by mu */
	struct downsample_pass_result result; /* guarded by mu */
	struct err err;                       /* guarded by mu; the first failure */
};

/* --- one block -------------------------------------------------------------------------------- */

struct work {
	struct pass *pass;
	const struct downsample_task *task;
	struct ulid id; /* of the new block */
	char *source_dir;
	char *out_dir;
	int64_t since_ns; /* when this step began */
};

static void work_done(struct work *w)
{
	free(w->source_dir);
	free(w->out_dir);
}

static int64_t step_ns(struct work *w)
{
	int64_t now_ns = clock_monotonic_ns(w->pass->options->clock);
	int64_t took_ns = now_ns - w->since_ns;

	w->since_ns = now_ns;
	return took_ns;
}

/* A mark that cannot be parsed is none, as everywhere. */
static bool is_marked(struct work *w, bool *out, struct err *err)
{
	const struct downsample_pass_options *o = w->pass->options;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct ulid id = w->task->source->id;
	struct block_mark mark;

	*out = mark_read(o->bucket, w->pass->ctx, MARK_NO_DOWNSAMPLE, id, a, &mark, err);
	if (*out || err->code == ERR_NOT_FOUND)
		return true;
	if (err->code != ERR_CORRUPT)
		return err_wrap(err, "block %s", ulid_str(id));
	log_warn(o->logger, "a mark that cannot be read counts for none",
		 LOG_STR("block", ulid_str(id)), LOG_ERR(err));
	return true;
}

static bool download(struct work *w, struct err *err)
{
	const struct downsample_pass_options *o = w->pass->options;
	struct ulid id = w->task->source->id;

	if (!block_download(o->bucket, w->pass->ctx, id, w->source_dir,
			    &(struct block_download_options){o->file_concurrency}, err))
		return false;
	int64_t took_ns = step_ns(w);
	log_info(o->logger, "downloaded block", LOG_STR("id", ulid_str(id)),
		 LOG_DURATION_NS("duration", took_ns), LOG_INT("duration_ms", took_ns / 1000000));
	return true;
}

static bool downsample(struct work *w, struct err *err)
{
	const struct downsample_pass_options *o = w->pass->options;
	const struct meta *source = w->task->source;
	struct downsample_job job = {
	    .source_dir = w->source_dir,
	    .source = source,
	    .out_dir = o->dir,
	    .id = w->id,
	    .resolution_ms = w->task->resolution_ms,
	    .logger = o->logger,
	};
	struct downsample_result result;

	if (!downsample_block(&job, w->pass->ctx, &result, err))
		return false;
	int64_t took_ns = step_ns(w);
	histogram_metric_observe(
	    histogram_metric_at(o->metrics.duration, resolution_text(source).s),
	    (double)took_ns * 1e-9);
	log_info(o->logger, "downsampled block", LOG_STR("from", ulid_str(source->id)),
		 LOG_STR("to", ulid_str(w->id)), LOG_INT("resolution", job.resolution_ms),
		 LOG_UINT("series", result.n_series), LOG_UINT("samples", result.n_samples),
		 LOG_DURATION_NS("duration", took_ns), LOG_INT("duration_ms", took_ns / 1000000));
	return true;
}

static bool upload(struct work *w, struct err *err)
{
	const struct downsample_pass_options *o = w->pass->options;

	if (!block_upload(o->bucket, w->pass->ctx, w->out_dir,
			  &(struct block_upload_options){
			      .hash = o->hash,
			      .concurrency = o->file_concurrency,
			      .clock = o->clock,
			  },
			  err))
		return err_wrap(err, "upload downsampled block %s", ulid_str(w->id));
	int64_t took_ns = step_ns(w);
	log_info(o->logger, "uploaded block", LOG_STR("id", ulid_str(w->id)),
		 LOG_DURATION_NS("duration", took_ns), LOG_INT("duration_ms", took_ns / 1000000));
	return true;
}

static void remove_dir(struct work *w, const char *dir)
{
	struct err err = ERR_INIT;

	if (!fs_remove_tree(dir, &err))
		log_warn(w->pass->options->logger, "failed to clean directory", LOG_STR("dir", dir),
			 LOG_ERR(&err));
}

static bool process(struct work *w, bool *marked, struct err *err)
{
	struct err mark_err = ERR_INIT;

	if (!is_marked(w, marked, &mark_err)) {
		*err = mark_err;
		return false;
	}
	if (*marked)
		return true;
	if (!download(w, err) || !downsample(w, err) || !upload(w, err))
		return false;
	/* It does no harm when they stay: the next pass removes them. */
	remove_dir(w, w->source_dir);
	remove_dir(w, w->out_dir);
	return true;
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct downsample_task *take_task(struct pass *p)
{
	MUTEX_HOLD(&p->mu);
	return p->next < p->plan.tasks.n && !ctx_done(p->ctx) ? &p->plan.tasks.v[p->next++] : NULL;
}

static void count(struct pass *p, const struct downsample_task *task, bool ok, bool marked,
		  const struct err *err)
{
	const struct downsample_pass_options *o = p->options;
	struct resolution_text resolution = resolution_text(task->source);

	if (!marked)
		counter_inc(counter_at(o->metrics.total, resolution.s));
	if (!ok) {
		counter_inc(counter_at(o->metrics.failures, resolution.s));
		log_error(o->logger, "downsampling a block failed",
			  LOG_STR("block", ulid_str(task->source->id)), LOG_ERR(err));
	}
	MUTEX_HOLD(&p->mu);
	if (!ok && p->result.n_failed++ == 0)
		p->err = *err;
	p->result.n_marked += marked;
	p->result.n_done += ok && !marked;
}

static void run_tasks(void *arg)
{
	struct pass *p = arg;
	const struct downsample_task *task;

	while ((task = take_task(p))) {
		struct work w auto_done(work_done) = {
		    .pass = p,
		    .task = task,
		    .id = ulid_new(clock_wall_ms(p->options->clock)),
		    .since_ns = clock_monotonic_ns(p->options->clock),
		};
		struct err err = ERR_INIT;
		bool marked = false;
		w.source_dir = xasprintf("%s/%s", p->options->dir, ulid_str(task->source->id));
		w.out_dir = xasprintf("%s/%s", p->options->dir, ulid_str(w.id));
		bool ok = process(&w, &marked, &err);
		count(p, task, ok, marked, &err);
	}
}

static bool is_of_view(const struct block_view *view, const char *name)
{
	struct ulid id;

	for (size_t i = 0; block_id_of(str_of(name), &id) && i < view->metas.n; i++)
		if (ulid_cmp(view->metas.v[i]->id, id) == 0)
			return true;
	return false;
}

/* What an earlier pass left there, but for blocks that are still in the bucket. */
static bool clean(const struct downsample_pass_options *o, const struct block_view *view,
		  struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};

	if (!fs_mkdirs(o->dir, err) || !fs_list(o->dir, &names, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		if (is_of_view(view, names.v[i]))
			continue;
		char *path auto_free(mem_free) = xasprintf("%s/%s", o->dir, names.v[i]);
		if (!fs_remove_tree(path, err))
			return false;
	}
	return true;
}

static void show_counters(const struct downsample_pass_options *o, const struct block_view *view)
{
	for (size_t i = 0; i < view->metas.n; i++) {
		struct resolution_text resolution = resolution_text(view->metas.v[i]);
		counter_at(o->metrics.total, resolution.s);
		counter_at(o->metrics.failures, resolution.s);
	}
}

static bool run(struct pass *p, const struct block_view *view, struct err *err)
{
	if (!downsample_plan_make(view, &p->plan, err) || !clean(p->options, view, err))
		return false;
	show_counters(p->options, view);
	block_workers_run(p->options->concurrency, p->plan.tasks.n, run_tasks, p);
	if (p->result.n_failed > 0) {
		*err = p->err;
		return false;
	}
	return ctx_check(p->ctx, err) && fs_remove_tree(p->options->dir, err);
}

bool downsample_pass(const struct downsample_pass_options *options, struct ctx *ctx,
		     const struct block_view *view, struct downsample_pass_result *out,
		     struct err *err)
{
	struct pass p = {.options = options, .ctx = ctx, .mu = MUTEX_INIT(RANK_BLOCK)};

	bool ok = run(&p, view, err);
	*out = p.result;
	downsample_plan_done(&p.plan);
	mutex_done(&p.mu);
	return ok;
}
