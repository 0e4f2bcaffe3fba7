/* bucket_series.c - Series over the blocks of a bucket. */
#include "base/alloc.h"
#include "proto/hints.h"
#include "store/block_series.h"
#include "store/bucket_store_internal.h"
#include "store/merge.h"
#include "store/range_parts.h"

#include <stdlib.h>

struct series_call {
	struct series_iter base; /* first, so that the two pointers convert */
	struct bucket_store *store;
	struct block_catalog *catalog;
	struct series_iter *merged; /* NULL until all blocks are open */
	struct matchers matchers;
	struct request_hints hints;
	struct store_limits limits;
	struct request_stats stats;
	struct arena *arena;
	int64_t limit; /* series; 0: none */
	bool skip_chunks;
	bool in_gate;
	bool has_begun; /* to be counted */
	int64_t opened_ns;
	struct histogram_metric *sent_chunk_bytes;

	/* One per block that is asked. */
	struct {
		struct part {
			struct store_block *block;
			struct matchers matchers;
		} * v;
		size_t n, cap;
	} parts;
};

static void count_result(struct series_call *it, const struct series *s)
{
	it->stats.merged_series++;
	if (it->skip_chunks)
		return;
	it->stats.merged_chunks += s->n_chunks;
	if (it->sent_chunk_bytes)
		histogram_metric_observe(it->sent_chunk_bytes, (double)series_chunk_bytes(s));
}

/* As in Thanos, the time it took to send the series is part of it. */
static void count_end(struct series_call *it)
{
	it->stats.merge_ns = clock_monotonic_ns(it->store->options.clock) - it->opened_ns;
	request_metrics_observe_merge(&it->stats);
}

static enum iter_result request_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct series_call *it = (struct series_call *)base;

	if (it->limit > 0 && it->stats.merged_series == (uint64_t)it->limit) {
		count_end(it);
		return ITER_END;
	}
	enum iter_result r = series_iter_next(it->merged, out, err);
	if (r == ITER_ERROR)
		bucket_store_abort(it->matchers, err);
	if (r == ITER_VALUE)
		count_result(it, out);
	if (r == ITER_END)
		count_end(it);
	return r;
}

static void request_close(struct series_iter *base)
{
	struct series_call *it = (struct series_call *)base;

	series_iter_close(it->merged);
	if (it->has_begun)
		request_metrics_observe(&it->stats);
	block_catalog_unref(it->catalog);
	request_hints_release(&it->hints);
	arena_free(it->arena);
	if (it->in_gate)
		gate_leave(it->store->options.gate);
	free(it);
}

static const struct series_iter_ops request_ops = {request_next, request_close};

static void choose_blocks(struct series_call *it, const struct series_request *req,
			  struct time_range range)
{
	for (size_t i = 0; i < it->catalog->n_sets; i++) {
		const struct catalog_set *set = &it->catalog->sets[i];
		struct matchers left;
		if (!matchers_without_external(req->matchers, set->labels, it->arena, &left))
			continue;
		if (left.n == 0)
			continue; /* only external labels were asked for: nothing, as in Thanos */
		struct catalog_blocks blocks = catalog_set_select(
		    set, range.min_t_ms, range.max_t_ms, req->max_resolution_ms, it->arena);
		for (size_t k = 0; k < blocks.n; k++)
			if (store_block_is_wanted(blocks.v[k], it->hints.block_matchers))
				ARENA_PUSH(it->arena, &it->parts, (struct part){blocks.v[k], left});
	}
}

/* --- opening blocks ------------------------------------------------------------------------ */

struct opening {
	struct series_call *call;
	struct ctx *ctx;
	struct block_series_options options;
	struct tracker *tracker;
	struct series_iter **streams;
};

static bool open_part(void *arg, size_t worker, size_t i, struct err *err)
{
	struct opening *o = arg;
	const struct part *part = &o->call->parts.v[i];
	struct block_series_options options = o->options;
	(void)worker;

	options.matchers = part->matchers;
	o->streams[i] = block_series_new(part->block, o->ctx, &options, o->tracker, err);
	return o->streams[i] != NULL;
}

/* All blocks at once: most of the time is spent waiting for the bucket. */
static bool open_parts(struct series_call *it, struct ctx *ctx, const struct series_request *req,
		       struct time_range range, struct tracker *tracker, struct err *err)
{
	struct opening o = {
	    .call = it,
	    .ctx = ctx,
	    .options = bucket_store_block_options(it->store, req->tenant, it->parts.n),
	    .tracker = tracker,
	    .streams = ARENA_ARRAY(it->arena, struct series_iter *, it->parts.n),
	};

	o.options.range = range;
	o.options.skip_chunks = req->skip_chunks;
	o.options.aggrs = req->aggrs;
	o.options.drop = req->without_replica_labels;
	o.options.n_drop = req->n_without_replica_labels;
	o.options.shard = req->shard.total > 0 ? &req->shard : NULL;
	o.options.limit = req->limit;
	o.options.limits = &it->limits;
	o.options.stats = &it->stats;
	o.options.ahead = it->store->blocks;
	if (!range_parts_run(it->store->blocks, it->parts.n, open_part, &o, err)) {
		for (size_t i = 0; i < it->parts.n; i++)
			series_iter_close(o.streams[i]);
		return false;
	}
	it->merged = series_merge(o.streams, it->parts.n, tracker);
	return true;
}

static void begin_stats(struct series_call *it, const struct series_request *req)
{
	struct bucket_store *s = it->store;

	it->has_begun = true;
	it->stats.metrics = s->options.metrics ? &s->request_metrics : NULL;
	it->stats.tenant = bucket_store_tenant(req->tenant, it->arena);
	if (s->options.metrics)
		it->sent_chunk_bytes =
		    histogram_metric_at(s->request_metrics.sent_chunk_bytes, it->stats.tenant);
}

static bool begin(struct series_call *it, struct ctx *ctx, const struct series_request *req,
		  struct tracker *tracker, struct err *err)
{
	struct bucket_store *s = it->store;

	if (!gate_enter(s->options.gate, ctx, err))
		return err_wrap(err, "failed to wait for turn");
	it->in_gate = true;
	if (!request_hints_decode(HINTS_SERIES, req->hints, it->arena, &it->hints, err))
		return false;
	int64_t start_ns = clock_monotonic_ns(s->options.clock);
	struct time_range range = bucket_store_clamp(s, req->min_t_ms, req->max_t_ms);
	begin_stats(it, req);
	it->catalog = bucket_store_catalog(s);
	store_limits_init(&it->limits, &s->options.limits, s->request_metrics.queries_dropped,
			  it->stats.tenant);
	choose_blocks(it, req, range);
	if (!open_parts(it, ctx, req, range, tracker, err)) {
		bucket_store_abort(it->matchers, err);
		return false;
	}
	it->stats.blocks = it->parts.n;
	it->opened_ns = clock_monotonic_ns(s->options.clock);
	it->stats.get_all_ns = it->opened_ns - start_ns;
	request_metrics_observe_start(&it->stats);
	return true;
}

struct series_iter *bucket_store_series(struct store_api *base, struct ctx *ctx,
					const struct series_request *req, struct notes *notes,
					struct tracker *tracker, struct err *err)
{
	struct series_call *it = NEW(struct series_call);
	(void)notes; /* nothing is left out: what fails, fails the request */

	it->base.ops = &request_ops;
	it->store = (struct bucket_store *)base;
	it->arena = arena_new(tracker);
	it->limit = req->limit;
	it->skip_chunks = req->skip_chunks;
	it->matchers = req->matchers;
	if (begin(it, ctx, req, tracker, err))
		return &it->base;
	request_close(&it->base);
	return NULL;
}
