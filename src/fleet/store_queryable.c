#include "fleet/store_queryable.h"

#include "base/alloc.h"
#include "base/gate.h"

#include <stdlib.h>

/* How many series travel in one message. */
enum { BATCH_SIZE = 64 };

struct store_queryable {
	struct queryable base; /* first, so that the two pointers convert */
	struct store_queryable_options options;
};

/* A stream with the request it belongs to. */
struct selection {
	struct series_iter base; /* first */
	struct series_iter *src;
	struct series_request req;
	struct series_count count;
};

static void tell_count(struct selection *s)
{
	fanout_add_merged(s->req.fanout, &s->count);
	s->count = (struct series_count){0};
}

static enum iter_result selection_next(struct series_iter *base, struct series *out,
				       struct err *err)
{
	struct selection *s = (struct selection *)base;
	enum iter_result r = series_iter_next(s->src, out, err);

	if (r == ITER_VALUE)
		series_count_add(&s->count, out);
	else
		tell_count(s);
	if (r == ITER_ERROR)
		err_wrap(err, "proxy Series()");
	return r;
}

static void selection_close(struct series_iter *base)
{
	struct selection *s = (struct selection *)base;

	tell_count(s);
	series_iter_close(s->src);
	free(s);
}

static const struct series_iter_ops selection_ops = {selection_next, selection_close};

static bool dedups(const struct store_queryable_options *o)
{
	return o->dedup != DEDUP_NONE && o->n_replica_labels > 0;
}

static struct series_request request_of(const struct store_queryable_options *o,
					struct matchers matchers, const struct select_hints *hints)
{
	return (struct series_request){
	    .min_t_ms = hints->min_t_ms,
	    .max_t_ms = hints->max_t_ms,
	    .matchers = matchers,
	    .max_resolution_ms =
		series_max_resolution_ms(hints->func, hints->range_ms, o->max_resolution_ms),
	    .aggrs = series_aggrs_for(hints->func),
	    .skip_chunks = hints->skip_chunks,
	    .partial_response = o->partial_response,
	    .without_replica_labels = o->replica_labels,
	    .n_without_replica_labels = dedups(o) ? o->n_replica_labels : 0,
	    .shard = o->shard,
	    .limit = hints->limit,
	    .batch_size = BATCH_SIZE,
	    .step_ms = hints->step_ms,
	    .range_ms = hints->range_ms,
	    .func = str_of(hints->func),
	    .grouping = hints->grouping,
	    .n_grouping = hints->n_grouping,
	    .grouping_by = hints->by,
	    .tenant = o->tenant,
	    .fanout = o->fanout,
	    .selector = hints->selector,
	};
}

static struct series_iter *queryable_select_series(struct queryable *base, struct ctx *ctx,
						   struct matchers matchers,
						   const struct select_hints *hints,
						   struct notes *notes, struct tracker *tracker,
						   struct err *err)
{
	const struct store_queryable *q = (struct store_queryable *)base;

	/* Held while the streams are opened, not while they are read: one query reads many
	 * selections on one thread, and must not wait for itself. */
	if (!gate_enter(q->options.selects, ctx, err))
		return NULL;
	struct selection *s = NEW(struct selection);
	s->base.ops = &selection_ops;
	s->req = request_of(&q->options, matchers, hints);
	s->src = store_series(q->options.store, ctx, &s->req, notes, tracker, err);
	gate_leave(q->options.selects);
	if (s->src)
		return &s->base;
	err_wrap(err, "proxy Series()");
	free(s);
	return NULL;
}

static bool queryable_read_series(struct queryable *base, const struct series *series,
				  const struct select_hints *hints, struct arena *a,
				  struct samples *out, struct err *err)
{
	const struct store_queryable *q = (struct store_queryable *)base;
	struct series_read how = {
	    .dedup = dedups(&q->options) ? q->options.dedup : DEDUP_NONE,
	    .func = hints->func,
	    .range = q->options.range,
	    .only_stats = hints->only_stats,
	};

	return series_samples_read(series, &how, a, out, err);
}

static void queryable_end(struct queryable *base)
{
	free(base);
}

static const struct queryable_ops store_queryable_ops = {
    .select = queryable_select_series,
    .read = queryable_read_series,
    .close = queryable_end,
};

struct queryable *store_queryable_new(const struct store_queryable_options *options)
{
	struct store_queryable *q = NEW(struct store_queryable);
	q->base.ops = &store_queryable_ops;
	q->options = *options;
	return &q->base;
}
