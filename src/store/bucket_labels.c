/* bucket_labels.c - LabelNames and LabelValues over the blocks of a bucket.
 *
 * Without matchers on series the local index-headers tell; otherwise the matching series are read,
 * without their chunks.
 */
#include "base/lock.h"
#include "base/map.h"
#include "proto/hints.h"
#include "store/block_series.h"
#include "store/bucket_store_internal.h"
#include "store/label_list.h"
#include "store/range_parts.h"

#include <stdlib.h>

/* One request. Its blocks are asked by several threads. */
struct asking {
	struct bucket_store *store;
	struct ctx *ctx;
	const struct label_request *req;
	struct store_limits limits;
	struct request_stats stats;
	const struct block_catalog *catalog;
	struct matchers block_matchers;
	struct tracker *tracker;

	struct mutex mu;
	struct arena *arena; /* of the answer; guarded by mu, as is what follows */
	struct map seen;     /* strings of the answer */
	struct str_list list;
	struct str_list block_ids; /* of blocks that were asked */
};

/* The map does not charge what it takes. */
static int64_t map_bytes(const struct map *m)
{
	return (int64_t)(m->n_slots * sizeof(struct map_entry));
}

static void add(struct asking *q, struct str s)
{
	mutex_lock(&q->mu);
	if (!map_get(&q->seen, s)) {
		struct str copy = arena_str(q->arena, s);
		int64_t before = map_bytes(&q->seen);
		map_put(&q->seen, copy, q);
		tracker_charge(q->tracker, map_bytes(&q->seen) - before);
		ARENA_PUSH(q->arena, &q->list, copy);
	}
	mutex_unlock(&q->mu);
}

static bool overlaps(const struct store_block *b, const struct label_request *req)
{
	const struct meta *m = store_block_meta(b);
	return m->min_t_ms <= req->max_t_ms && req->min_t_ms < m->max_t_ms;
}

static bool is_values(const struct asking *q)
{
	return q->req->label.n > 0;
}

/* --- from the index-header ----------------------------------------------------------------- */

static bool add_all_values(struct asking *q, const struct index_header *h, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(q->tracker);
	struct index_values *it =
	    index_values_new(h->postings, q->ctx, q->req->label, (struct str){0}, a);
	struct postings_range range;
	struct str value;

	for (;;) {
		enum iter_result r = index_values_next(it, &value, &range, err);
		if (r != ITER_VALUE)
			return r == ITER_END;
		add(q, value);
		if (!tracker_check(q->tracker, err))
			return false;
	}
}

static void add_all_names(struct asking *q, const struct index_header *h)
{
	size_t n;
	const struct str *names = index_postings_names(h->postings, &n);

	for (size_t i = 0; i < n; i++)
		add(q, names[i]);
}

static bool ask_header(struct asking *q, struct store_block *b, struct err *err)
{
	struct labels external = store_block_meta(b)->labels;
	const struct index_header *h = store_block_get_header(b, q->ctx, err);
	if (!h)
		return false;

	bool ok = true;
	if (is_values(q)) {
		ok = add_all_values(q, h, err);
		if (labels_has(external, q->req->label))
			add(q, labels_get(external, q->req->label));
	} else {
		add_all_names(q, h);
		for (size_t i = 0; i < external.n; i++)
			if (!label_is_dropped(external.v[i].name, q->req))
				add(q, external.v[i].name);
	}
	store_block_put_header(b);
	return ok;
}

/* --- from series --------------------------------------------------------------------------- */

static void add_from_series(struct asking *q, struct labels labels)
{
	if (!is_values(q)) {
		for (size_t i = 0; i < labels.n; i++)
			add(q, labels.v[i].name);
	} else if (labels_has(labels, q->req->label)) {
		add(q, labels_get(labels, q->req->label));
	}
}

static bool walk_series(struct asking *q, struct store_block *b, struct matchers matchers,
			struct err *err)
{
	struct block_series_options options =
	    bucket_store_block_options(q->store, q->req->tenant, 1);
	struct series s;
	enum iter_result r;

	options.matchers = matchers;
	options.range = (struct time_range){q->req->min_t_ms, q->req->max_t_ms};
	options.skip_chunks = true;
	options.limits = &q->limits;
	options.stats = &q->stats;
	/* Values of a label may be asked for that is removed elsewhere; names never are. */
	if (!is_values(q)) {
		options.drop = q->req->without_replica_labels;
		options.n_drop = q->req->n_without_replica_labels;
	}
	struct series_iter *it auto_free(series_iter_close) =
	    block_series_new(b, q->ctx, &options, q->tracker, err);
	if (!it)
		return false;
	while ((r = series_iter_next(it, &s, err)) == ITER_VALUE)
		add_from_series(q, s.labels);
	return r == ITER_END;
}

static bool has_metric_name(struct matchers ms)
{
	for (size_t i = 0; i < ms.n; i++)
		if (matcher_type(ms.v[i]) == MATCH_EQ && str_is(matcher_name(ms.v[i]), LABEL_NAME))
			return true;
	return false;
}

/* Series without the label have no value of it: do not read them. */
static bool ask_series(struct asking *q, struct store_block *b, struct matchers matchers,
		       struct arena *scratch, struct err *err)
{
	struct matcher *extra auto_free(matcher_unref) = NULL;
	struct labels external = store_block_meta(b)->labels;

	if (is_values(q) && !has_metric_name(q->req->matchers) &&
	    !labels_has(external, q->req->label)) {
		extra = matcher_new(MATCH_NEQ, q->req->label, STR(""), err);
		if (!extra)
			return false;
		struct matcher **all = ARENA_ARRAY(scratch, struct matcher *, matchers.n + 1);
		memcpy(all, matchers.v, matchers.n * sizeof(*all));
		all[matchers.n] = extra;
		matchers = (struct matchers){all, matchers.n + 1};
	}
	return walk_series(q, b, matchers, err);
}

/* --- the whole ----------------------------------------------------------------------------- */

static void note_asked(struct asking *q, struct store_block *b)
{
	mutex_lock(&q->mu);
	ARENA_PUSH(q->arena, &q->block_ids,
		   arena_str(q->arena, str_of(ulid_str(store_block_id(b)))));
	mutex_unlock(&q->mu);
}

static bool ask_block(void *arg, size_t worker, size_t i, struct err *err)
{
	struct asking *q = arg;
	struct store_block *b = q->catalog->blocks.v[i];
	struct arena *scratch auto_free(arena_free) = arena_new(q->tracker);
	struct matchers left;
	(void)worker;

	if (block_header_is_broken(store_block_header(b)) || !overlaps(b, q->req) ||
	    !store_block_is_wanted(b, q->block_matchers) ||
	    !matchers_without_external(q->req->matchers, store_block_meta(b)->labels, scratch,
				       &left))
		return true;
	if (!ctx_check(q->ctx, err) || !tracker_check(q->tracker, err))
		return false;
	note_asked(q, b);
	if (left.n > 0)
		return ask_series(q, b, left, scratch, err);
	return ask_header(q, b, err) || err_wrap(err, "block %s", ulid_str(store_block_id(b)));
}

static int compare_ids(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool make_hints(struct asking *q, struct err *err)
{
	enum hints_method method = is_values(q) ? HINTS_LABEL_VALUES : HINTS_LABEL_NAMES;

	if (!q->req->answer_hints)
		return true;
	if (q->block_ids.n)
		qsort(q->block_ids.v, q->block_ids.n, sizeof(*q->block_ids.v), compare_ids);
	return response_hints_encode(method, q->block_ids.v, q->block_ids.n, q->arena,
				     q->req->answer_hints, err);
}

static bool ask_blocks(struct asking *q, struct err *err)
{
	struct bucket_store *s = q->store;

	store_limits_init(&q->limits, &s->options.limits, s->request_metrics.queries_dropped,
			  q->stats.tenant);
	bool ok = range_parts_run(s->blocks, q->catalog->blocks.n, ask_block, q, err);
	tracker_release(q->tracker, map_bytes(&q->seen));
	map_done(&q->seen);
	if (!ok)
		bucket_store_abort(q->req->matchers, err);
	return ok;
}

static bool ask(struct store_api *base, struct ctx *ctx, const struct label_request *req,
		struct arena *a, struct str_list *out, struct err *err)
{
	struct bucket_store *s = (struct bucket_store *)base;
	struct block_catalog *c auto_free(block_catalog_unref) = bucket_store_catalog(s);
	struct request_hints hints auto_done(request_hints_release) = {0};
	struct asking q = {
	    .store = s,
	    .ctx = ctx,
	    .req = req,
	    .catalog = c,
	    .tracker = arena_tracker(a),
	    .arena = a,
	    .stats = {.metrics = s->options.metrics ? &s->request_metrics : NULL,
		      .tenant = bucket_store_tenant(req->tenant, a)},
	};

	if (!request_hints_decode(is_values(&q) ? HINTS_LABEL_VALUES : HINTS_LABEL_NAMES,
				  req->hints, a, &hints, err))
		return false;
	q.block_matchers = hints.block_matchers;
	mutex_init(&q.mu, RANK_LEAF);
	bool ok = ask_blocks(&q, err) && make_hints(&q, err);
	mutex_done(&q.mu);
	if (!ok)
		return false;
	label_list_settle(&q.list, req);
	*out = q.list;
	return true;
}

bool bucket_store_label_names(struct store_api *base, struct ctx *ctx,
			      const struct label_request *req, struct notes *notes, struct arena *a,
			      struct str_list *out, struct err *err)
{
	(void)notes;
	return ask(base, ctx, req, a, out, err);
}

bool bucket_store_label_values(struct store_api *base, struct ctx *ctx,
			       const struct label_request *req, struct notes *notes,
			       struct arena *a, struct str_list *out, struct err *err)
{
	(void)notes;

	if (!label_is_dropped(req->label, req))
		return ask(base, ctx, req, a, out, err);
	*out = (struct str_list){0};
	return true;
}
