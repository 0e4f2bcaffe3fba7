#include "compaction/bucket_compaction.h"

#include "base/lock.h"
#include "block/workers.h"

#include <stdio.h>
#include <stdlib.h>

struct group_metrics group_metrics_make(struct metrics *m)
{
	return (struct group_metrics){
	    .runs_started =
		metrics_counters(m, "thanos_compact_group_compaction_runs_started_total",
				 "Total number of group compaction attempts.", "resolution"),
	    .runs_completed = metrics_counters(
		m, "thanos_compact_group_compaction_runs_completed_total",
		"Total number of group completed compaction runs. This also includes compactor "
		"group runs that resulted with no compaction.",
		"resolution"),
	    .compactions = metrics_counters(
		m, "thanos_compact_group_compactions_total",
		"Total number of group compaction attempts that resulted in a new block.",
		"resolution"),
	    .vertical_compactions = metrics_counters(
		m, "thanos_compact_group_vertical_compactions_total",
		"Total number of group compaction attempts that resulted in a new block based on "
		"overlapping blocks.",
		"resolution"),
	    .failures = metrics_counters(m, "thanos_compact_group_compactions_failures_total",
					 "Total number of failed group compactions.", "resolution"),
	    .set_aside = metrics_gauges(m, "athanor_compact_groups_set_aside",
					"Groups that could not be compacted in this iteration and "
					"are left alone until the next.",
					"reason"),
	};
}

/* Groups that failed, by key; they are not tried again in this run. */
struct aside {
	VEC(char *) keys;
};

/* One round over all groups. */
struct round {
	const struct bucket_compaction *c;
	struct ctx *ctx;
	struct compaction_groups groups;
	_Atomic size_t next;
	struct mutex mu; /* guards all below */
	struct aside *aside;
	struct bucket_compaction_result *result;
	struct err *err; /* of the worst failure */
	bool has_more;
};

static int severity(enum compaction_failure f)
{
	static const int severities[] = {[COMPACTION_MAY_RETRY] = 1,
					 [COMPACTION_FAILED_OTHERWISE] = 2,
					 [COMPACTION_CHUNK_DISORDER] = 2,
					 [COMPACTION_MUST_HALT] = 3};

	return severities[f];
}

static void note_failure(struct bucket_compaction_result *r, enum compaction_failure failure,
			 const struct err *why, struct err *err)
{
	if (r->n_failed_groups++ == 0 || severity(failure) > severity(r->failure)) {
		r->failure = failure;
		*err = *why;
	}
}

static bool is_aside(const struct aside *aside, struct str key)
{
	for (size_t i = 0; i < aside->keys.n; i++)
		if (str_is(key, aside->keys.v[i]))
			return true;
	return false;
}

static const char *resolution_text(const struct compaction_group *g, char text[32])
{
	snprintf(text, 32, "%ld", g->resolution_ms);
	return text;
}

/* A block whose chunks are not in order is left out from now on, if that is wished for. */
static bool skip_bad_block(struct round *r, const struct compaction_result *result)
{
	const struct plan_limits *limits = &r->c->group.limits;
	struct err err = ERR_INIT;

	if (result->failure != COMPACTION_CHUNK_DISORDER || !r->c->skip_disorder)
		return false;
	return mark_no_compact(
	    limits, r->ctx, result->bad_block, "block-index-out-of-order-chunk",
	    "OutofOrderChunk: marking block with out-of-order series/chunks to as "
	    "no compact to unblock compaction",
	    &err);
}

static const char *const failure_names[] = {
    [COMPACTION_FAILED_OTHERWISE] = "other",
    [COMPACTION_MUST_HALT] = "halt",
    [COMPACTION_MAY_RETRY] = "retry",
    [COMPACTION_CHUNK_DISORDER] = "out-of-order-chunk",
};

static void forget_set_aside(const struct group_metrics *m)
{
	for (size_t i = 0; i < sizeof(failure_names) / sizeof(*failure_names); i++)
		gauge_set(gauge_at(m->set_aside, failure_names[i]), 0);
}

static void set_aside(struct round *r, const struct compaction_group *g,
		      const struct compaction_result *result, const struct err *why)
{
	struct buf labels auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	labels_format(&labels, g->labels);
	log_error(r->c->group.limits.logger, "a group cannot be compacted and is set aside",
		  LOG_BYTES("group", g->key), LOG_BYTES("labels", buf_str(&labels)), LOG_ERR(why));
	gauge_add(gauge_at(r->c->metrics.set_aside, failure_names[result->failure]), 1);
	MUTEX_HOLD(&r->mu);
	vec_push(&r->aside->keys, str_dup(g->key));
	note_failure(r->result, result->failure, why, r->err);
}

static void count_success(struct round *r, const struct compaction_result *result,
			  const char *resolution)
{
	const struct group_metrics *m = &r->c->metrics;

	counter_inc(counter_at(m->runs_completed, resolution));
	if (result->has_new_block)
		counter_inc(counter_at(m->compactions, resolution));
	if (result->has_new_block && result->was_vertical)
		counter_inc(counter_at(m->vertical_compactions, resolution));
	MUTEX_HOLD(&r->mu);
	r->has_more = r->has_more || result->is_done;
	r->result->n_compactions += result->has_new_block;
}

static void compact_one(struct round *r, const struct compaction_group *g)
{
	struct compaction_result result;
	struct err err = ERR_INIT;
	char text[32];
	const char *resolution = resolution_text(g, text);

	counter_inc(counter_at(r->c->metrics.runs_started, resolution));
	if (group_compact(&r->c->group, r->ctx, g, &result, &err)) {
		count_success(r, &result, resolution);
		return;
	}
	counter_inc(counter_at(r->c->metrics.failures, resolution));
	if (skip_bad_block(r, &result)) {
		MUTEX_HOLD(&r->mu);
		r->has_more = true;
		return;
	}
	set_aside(r, g, &result, &err);
}

static bool is_wanted(struct round *r, const struct compaction_group *g)
{
	if (g->n < 2 || ctx_done(r->ctx))
		return false;
	MUTEX_HOLD(&r->mu);
	return !is_aside(r->aside, g->key);
}

static void compact_groups(void *arg)
{
	struct round *r = arg;

	for (size_t i; (i = r->next++) < r->groups.n;)
		if (is_wanted(r, &r->groups.v[i]))
			compact_one(r, &r->groups.v[i]);
}

/* --- rounds -------------------------------------------------------------------------------------
 */

/* What is in the bucket, after what can be cleaned up there was. */
static bool look(const struct bucket_compaction *c, struct ctx *ctx, struct block_view *view,
		 struct err *err)
{
	if (!fetcher_fetch(c->fetcher, ctx, view, err))
		return err_wrap(err, "sync");
	if (view->n_failed) {
		*err = view->failure;
		return err_wrap(err, "sync: %zu blocks cannot be read", view->n_failed);
	}
	const struct remembering_filter *marked = c->marked, *duplicates = c->duplicates;
	return clean_marked_blocks(&c->cleaning, ctx, marked->dropped.v, marked->dropped.n, err) &&
	       mark_garbage(&c->cleaning, ctx, duplicates->dropped.v, duplicates->dropped.n, err);
}

static bool run_round(const struct bucket_compaction *c, struct ctx *ctx, struct aside *aside,
		      struct bucket_compaction_result *out, bool *has_more, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct block_view view auto_done(block_view_done) = {0};
	struct round r = {.c = c, .ctx = ctx, .aside = aside, .result = out, .err = err};
	struct err why = ERR_INIT;

	if (!look(c, ctx, &view, &why)) {
		note_failure(out, COMPACTION_MAY_RETRY, &why, err);
		return false;
	}
	r.groups = compaction_groups_of(&view, a);
	mutex_init(&r.mu, RANK_LEAF);
	block_workers_run(c->concurrency ? c->concurrency : 1, r.groups.n, compact_groups, &r);
	mutex_done(&r.mu);
	*has_more = r.has_more;
	return true;
}

bool bucket_compaction_run(const struct bucket_compaction *c, struct ctx *ctx,
			   struct bucket_compaction_result *out, struct err *err)
{
	struct aside aside = {0};
	bool has_more = true;

	*out = (struct bucket_compaction_result){0};
	forget_set_aside(&c->metrics);
	while (has_more && !ctx_done(ctx))
		if (!run_round(c, ctx, &aside, out, &has_more, err))
			break;
	for (size_t i = 0; i < aside.keys.n; i++)
		free(aside.keys.v[i]);
	vec_done(&aside.keys);
	return out->n_failed_groups == 0 && ctx_check(ctx, err);
}
