/* proxy.c - choosing endpoints, asking them, merging what they say.
 *
 * All streams of a Series request are opened before the first answer is read; the merge then reads
 * them from the caller's thread, while the network fills the windows of the others. Label requests
 * are unary and run on the pool.
 */
#include "fleet/proxy.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "fleet/selection.h"
#include "model/fanout.h"
#include "store/label_list.h"
#include "store/merge.h"
#include "store/resort.h"
#include "store/shard.h"

#include <stdlib.h>

struct proxy {
	struct store_api base; /* first, so that the two pointers convert */
	struct proxy_options options;
	const struct store_filter *filter; /* NULL: all endpoints */
};

/* --- choosing --------------------------------------------------------------------------------- */

struct chosen {
	const struct endpoint **v;
	size_t n, cap;
};

/* What a Series and a label request have in common. */
struct wanted {
	struct time_range range;
	struct matchers matchers;
	enum partial_response partial_response;
};

static bool choose(const struct proxy *p, const struct endpoints *all, const struct wanted *wanted,
		   struct arena *a, struct chosen *out, struct err *err)
{
	size_t n_queryable = 0;

	for (size_t i = 0; i < all->n; i++) {
		const char *why =
		    endpoint_excluded(&all->v[i], wanted->range, wanted->matchers, p->filter);
		n_queryable += all->v[i].queryable;
		if (!why)
			ARENA_PUSH(a, out, &all->v[i]);
		else
			log_debug(p->options.logger, "endpoint is not asked",
				  LOG_STR("address", all->v[i].address), LOG_STR("reason", why));
	}
	if (n_queryable == 0 && wanted->partial_response == PARTIAL_RESPONSE_ABORT)
		return err_set(err, ERR_UNAVAILABLE, "No StoreAPIs available");
	return true;
}

/* --- one endpoint's stream -------------------------------------------------------------------- */

/* Turns a failure into a warning where the request allows it, a warning into a failure where it
 * does not. */
struct guarded {
	struct series_iter base; /* first */
	struct series_iter *src;
	const char *name; /* of the endpoint, in messages */
	struct notes *notes;
	struct notes own; /* what the endpoint said, when the request must not be partial */
	struct series_request req; /* with the endpoint's own share */
	bool abort;
};

static void guarded_end(struct guarded *g)
{
	series_iter_close(g->src);
	g->src = NULL;
	if (g->req.share && g->req.share->ended_ns == 0)
		g->req.share->ended_ns = clock_monotonic_ns(&clock_system);
}

static enum iter_result guarded_fail(struct guarded *g, struct err *err)
{
	err_wrap(err, "receive series from %s", g->name);
	/* A caller that went away, or a limit of the request itself, is not the endpoint's fault;
	 * they are found out again by whoever reads the merged stream. */
	if (g->abort || err->code == ERR_CANCELED)
		return ITER_ERROR;
	notes_add(g->notes, NOTE_WARNING, "%s", err->msg);
	return ITER_END;
}

static enum iter_result guarded_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct guarded *g = (struct guarded *)base;

	if (!g->src)
		return ITER_END;
	enum iter_result r = series_iter_next(g->src, out, err);
	if (r == ITER_ERROR)
		r = guarded_fail(g, err);
	else if (g->abort && notes_count(&g->own, NOTE_WARNING) > 0) {
		err_set(err, ERR_ABORTED, "%s", g->own.v[0].text);
		r = ITER_ERROR;
	}
	if (r != ITER_VALUE)
		guarded_end(g);
	else if (g->req.share)
		series_count_add(&g->req.share->count, out);
	return r;
}

static void guarded_close(struct series_iter *base)
{
	struct guarded *g = (struct guarded *)base;
	guarded_end(g);
	notes_done(&g->own);
	free(g);
}

static const struct series_iter_ops guarded_ops = {guarded_next, guarded_close};

/* NULL only when the request must fail. */
static struct series_iter *open_stream(const struct endpoint *e, struct ctx *ctx,
				       const struct series_request *req, struct notes *notes,
				       struct tracker *tracker, struct arena *a, struct err *err)
{
	struct guarded *g = NEW(struct guarded);

	g->base.ops = &guarded_ops;
	g->name = endpoint_describe(e, a);
	g->notes = notes;
	g->abort = req->partial_response == PARTIAL_RESPONSE_ABORT;
	notes_init(&g->own);
	g->req = *req;
	g->req.share = fanout_add(req->fanout, e->address, req->selector);
	g->src = store_series(e->client, ctx, &g->req, g->abort ? &g->own : notes, tracker, err);
	if (!g->src) {
		err_wrap(err, "fetch series for %s", g->name);
		if (g->abort) {
			guarded_close(&g->base);
			return NULL;
		}
		notes_add(notes, NOTE_WARNING, "%s", err->msg);
		return &g->base;
	}
	if (req->n_without_replica_labels > 0 && !e->info.supports_without_replica_labels)
		g->src = series_resort(g->src, req->without_replica_labels,
				       req->n_without_replica_labels, tracker);
	if (!e->info.supports_sharding)
		g->src = series_shard(g->src, &req->shard);
	return &g->base;
}

/* --- the merged stream ------------------------------------------------------------------------ */

struct merged {
	struct series_iter base; /* first */
	struct series_iter *src;
	const struct endpoints *endpoints;
	struct arena *arena;
	struct series_request req; /* as the endpoints get it */
	int64_t n_left;            /* of the limit */
};

static enum iter_result merged_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct merged *m = (struct merged *)base;

	if (m->n_left == 0)
		return ITER_END;
	enum iter_result r = series_iter_next(m->src, out, err);
	if (r == ITER_VALUE)
		m->n_left--;
	return r;
}

static void merged_close(struct series_iter *base)
{
	struct merged *m = (struct merged *)base;
	series_iter_close(m->src);
	arena_free(m->arena);
	endpoints_unref(m->endpoints);
	free(m);
}

static const struct series_iter_ops merged_ops = {merged_next, merged_close};

static bool open_streams(struct merged *m, const struct chosen *chosen, struct ctx *ctx,
			 struct notes *notes, struct tracker *tracker, struct err *err)
{
	struct series_iter **streams = ARENA_ARRAY(m->arena, struct series_iter *, chosen->n);

	for (size_t i = 0; i < chosen->n; i++) {
		streams[i] = open_stream(chosen->v[i], ctx, &m->req, notes, tracker, m->arena, err);
		if (streams[i])
			continue;
		while (i-- > 0)
			series_iter_close(streams[i]);
		return false;
	}
	m->src = series_merge(streams, chosen->n, tracker);
	return true;
}

static struct series_iter *proxy_series(struct store_api *base, struct ctx *ctx,
					const struct series_request *req, struct notes *notes,
					struct tracker *tracker, struct err *err)
{
	const struct proxy *p = (struct proxy *)base;
	struct wanted wanted = {
	    {req->min_t_ms, req->max_t_ms}, req->matchers, req->partial_response};
	struct chosen chosen = {0};

	if (req->matchers.n == 0) {
		err_set(err, ERR_INVALID, "no matchers specified (excluding selector labels)");
		return NULL;
	}
	struct merged *m = NEW(struct merged);
	m->base.ops = &merged_ops;
	m->arena = arena_new(tracker);
	m->endpoints = endpoint_set_snapshot(p->options.endpoints);
	m->n_left = req->limit > 0 ? req->limit : INT64_MAX;
	m->req = *req;
	m->req.hints = (struct str){0}; /* of one store's own kind: not for others */
	if (!choose(p, m->endpoints, &wanted, m->arena, &chosen, err) ||
	    !open_streams(m, &chosen, ctx, notes, tracker, err)) {
		merged_close(&m->base);
		return NULL;
	}
	return &m->base;
}

/* --- label names and values ------------------------------------------------------------------- */

typedef bool label_call(struct store_api *s, struct ctx *ctx, const struct label_request *req,
			struct notes *notes, struct arena *a, struct str_list *out,
			struct err *err);

struct label_question {
	label_call *call;
	const struct endpoint *endpoint;
	struct ctx *ctx;
	const struct label_request *req;
	struct notes notes;
	struct arena *arena;
	struct str_list values;
	bool ok;
	struct err err;
};

static void ask_labels(void *arg)
{
	struct label_question *q = arg;
	q->ok =
	    q->call(q->endpoint->client, q->ctx, q->req, &q->notes, q->arena, &q->values, &q->err);
}

static void ask_all(const struct proxy *p, struct label_question *questions, size_t n)
{
	struct pool_group group;
	struct err err;

	pool_group_init(&group, p->options.pool);
	for (size_t i = 0; i < n; i++)
		if (!pool_group_run(&group, ask_labels, &questions[i], &err))
			ask_labels(&questions[i]);
	pool_group_wait(&group);
}

/* One answer into the union, or why the request fails. */
static bool take_answer(struct label_question *q, const char *what, struct str_list *all,
			struct notes *notes, struct arena *a, struct err *err)
{
	bool abort = q->req->partial_response == PARTIAL_RESPONSE_ABORT;

	if (!q->ok) {
		err_wrap(&q->err, "fetch label %s from store %s", what,
			 endpoint_describe(q->endpoint, q->arena));
		if (abort) {
			*err = q->err;
			return false;
		}
		notes_add(notes, NOTE_WARNING, "%s", q->err.msg);
		return true;
	}
	if (abort && notes_count(&q->notes, NOTE_WARNING) > 0)
		return err_set(err, ERR_ABORTED, "%s", q->notes.v[0].text);
	notes_add_all(notes, &q->notes);
	for (size_t i = 0; i < q->values.n; i++)
		ARENA_PUSH(a, all, arena_str(a, q->values.v[i]));
	return true;
}

static bool fan_out(const struct proxy *p, struct ctx *ctx, const struct label_request *req,
		    label_call *call, const char *what, struct notes *notes, struct arena *a,
		    struct str_list *out, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(a));
	const struct endpoints *all __attribute__((cleanup(endpoints_unrefp))) =
	    endpoint_set_snapshot(p->options.endpoints);
	struct wanted wanted = {
	    {req->min_t_ms, req->max_t_ms}, req->matchers, req->partial_response};
	struct str_list united = {0};
	struct chosen chosen = {0};

	if (!choose(p, all, &wanted, scratch, &chosen, err))
		return false;
	struct label_request forwarded = *req;
	if (req->label.n > 0)
		forwarded.hints = (struct str){0};
	else
		forwarded.limit = 0; /* as Thanos forwards them */

	struct label_question *questions = ARENA_ARRAY(scratch, struct label_question, chosen.n);
	for (size_t i = 0; i < chosen.n; i++) {
		questions[i] = (struct label_question){
		    .call = call,
		    .endpoint = chosen.v[i],
		    .ctx = ctx,
		    .req = &forwarded,
		    .arena = arena_new(arena_tracker(a)),
		};
		notes_init(&questions[i].notes);
	}
	ask_all(p, questions, chosen.n);

	bool ok = true;
	for (size_t i = 0; i < chosen.n; i++) {
		ok = ok && take_answer(&questions[i], what, &united, notes, a, err);
		notes_done(&questions[i].notes);
		arena_free(questions[i].arena);
	}
	if (!ok)
		return false;
	label_list_settle(&united, req);
	*out = united;
	return true;
}

static bool proxy_label_names(struct store_api *base, struct ctx *ctx,
			      const struct label_request *req, struct notes *notes, struct arena *a,
			      struct str_list *out, struct err *err)
{
	return fan_out((struct proxy *)base, ctx, req, store_label_names, "names", notes, a, out,
		       err);
}

static bool proxy_label_values(struct store_api *base, struct ctx *ctx,
			       const struct label_request *req, struct notes *notes,
			       struct arena *a, struct str_list *out, struct err *err)
{
	if (req->label.n == 0)
		return err_set(err, ERR_INVALID, "label name parameter cannot be empty");
	return fan_out((struct proxy *)base, ctx, req, store_label_values, "values", notes, a, out,
		       err);
}

/* --- what it announces: the union of its endpoints -------------------------------------------- */

static bool proxy_info(struct store_api *base, struct ctx *ctx, struct arena *a,
		       struct store_info *out, struct err *err)
{
	const struct proxy *p = (struct proxy *)base;
	const struct endpoints *all __attribute__((cleanup(endpoints_unrefp))) =
	    endpoint_set_snapshot(p->options.endpoints);
	struct {
		struct labels *v;
		size_t n, cap;
	} sets = {0};
	struct {
		struct tsdb_info *v;
		size_t n, cap;
	} tsdbs = {0};
	int64_t min_t_ms = INT64_MAX, max_t_ms = INT64_MIN;

	(void)ctx;
	(void)err;
	for (size_t i = 0; i < all->n; i++) {
		const struct store_info *info = &all->v[i].info;
		if (!all->v[i].queryable || !info->has_store)
			continue;
		min_t_ms = info->min_t_ms < min_t_ms ? info->min_t_ms : min_t_ms;
		max_t_ms = info->max_t_ms > max_t_ms ? info->max_t_ms : max_t_ms;
		for (size_t k = 0; k < info->n_label_sets; k++)
			ARENA_PUSH(a, &sets, labels_copy(a, info->label_sets[k]));
		for (size_t k = 0; k < info->n_tsdbs; k++) {
			struct tsdb_info tsdb = info->tsdbs[k];
			tsdb.labels = labels_copy(a, tsdb.labels);
			ARENA_PUSH(a, &tsdbs, tsdb);
		}
	}
	if (min_t_ms > max_t_ms) { /* no endpoint: as Thanos announces it */
		min_t_ms = INT64_MIN;
		max_t_ms = INT64_MAX;
	}
	*out = (struct store_info){
	    .component = p->options.component,
	    .min_t_ms = min_t_ms,
	    .max_t_ms = max_t_ms,
	    .label_sets = sets.v,
	    .n_label_sets = sets.n,
	    .tsdbs = tsdbs.v,
	    .n_tsdbs = tsdbs.n,
	    .supports_sharding = true,
	    .supports_without_replica_labels = true,
	    .has_store = true,
	    .has_query = p->options.offers_query,
	};
	return true;
}

/* --- life ------------------------------------------------------------------------------------- */

static void proxy_close(struct store_api *base)
{
	free(base);
}

static const struct store_api_ops proxy_ops = {
    .series = proxy_series,
    .label_names = proxy_label_names,
    .label_values = proxy_label_values,
    .info = proxy_info,
    .close = proxy_close,
};

struct store_api *proxy_new(const struct proxy_options *options)
{
	struct proxy *p = NEW(struct proxy);
	p->base.ops = &proxy_ops;
	p->options = *options;
	return &p->base;
}

struct store_api *proxy_filtered(struct store_api *proxy, const struct store_filter *filter)
{
	assert(proxy->ops == &proxy_ops);
	struct store_api *filtered = proxy_new(&((struct proxy *)proxy)->options);
	((struct proxy *)filtered)->filter = filter;
	return filtered;
}
