/* bucket_series.c - Series over the blocks of a bucket. */
#include "base/alloc.h"
#include "store/block_series.h"
#include "store/bucket_store_internal.h"
#include "store/merge.h"

#include <stdlib.h>

/* Chunks that all blocks of a request together hold in memory at once, and at least one of them. */
enum { REQUEST_BATCH_CHUNKS = 1 << 18, BLOCK_BATCH_CHUNKS_MIN = 64, BLOCK_BATCH_CHUNKS_MAX = 8192 };

struct series_call {
	struct series_iter base; /* first, so that the two pointers convert */
	struct bucket_store *store;
	struct block_catalog *catalog;
	struct series_iter *merged; /* NULL until all blocks are open */
	struct store_limits limits;
	struct arena *arena;
	int64_t limit; /* series; 0: none */
	int64_t n_series;
	bool in_gate;

	/* One per block that is asked. */
	struct {
		struct part {
			struct store_block *block;
			struct matchers matchers;
		} * v;
		size_t n, cap;
	} parts;
};

static enum iter_result request_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct series_call *it = (struct series_call *)base;

	if (it->limit > 0 && it->n_series == it->limit)
		return ITER_END;
	enum iter_result r = series_iter_next(it->merged, out, err);
	if (r == ITER_ERROR)
		bucket_store_abort(err);
	it->n_series += r == ITER_VALUE;
	return r;
}

static void request_close(struct series_iter *base)
{
	struct series_call *it = (struct series_call *)base;

	series_iter_close(it->merged);
	histogram_metric_observe(it->store->metrics.result_series, (double)it->n_series);
	block_catalog_unref(it->catalog);
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
			ARENA_PUSH(it->arena, &it->parts, (struct part){blocks.v[k], left});
	}
}

static size_t batch_chunks(size_t n_blocks)
{
	size_t n = REQUEST_BATCH_CHUNKS / (n_blocks ? n_blocks : 1);

	if (n < BLOCK_BATCH_CHUNKS_MIN)
		return BLOCK_BATCH_CHUNKS_MIN;
	return n < BLOCK_BATCH_CHUNKS_MAX ? n : BLOCK_BATCH_CHUNKS_MAX;
}

static bool open_parts(struct series_call *it, struct ctx *ctx, const struct series_request *req,
		       struct time_range range, struct tracker *tracker, struct err *err)
{
	struct series_iter **streams = ARENA_ARRAY(it->arena, struct series_iter *, it->parts.n);
	struct block_series_options options = {
	    .range = range,
	    .skip_chunks = req->skip_chunks,
	    .aggrs = req->aggrs,
	    .drop = req->without_replica_labels,
	    .n_drop = req->n_without_replica_labels,
	    .shard = req->shard.total > 0 ? &req->shard : NULL,
	    .limits = &it->limits,
	    .max_batch_chunks = batch_chunks(it->parts.n),
	};

	for (size_t i = 0; i < it->parts.n; i++) {
		options.matchers = it->parts.v[i].matchers;
		streams[i] = block_series_new(it->parts.v[i].block, ctx, &options, tracker, err);
		if (streams[i])
			continue;
		while (i-- > 0)
			series_iter_close(streams[i]);
		return false;
	}
	it->merged = series_merge(streams, it->parts.n, tracker);
	return true;
}

static bool begin(struct series_call *it, struct ctx *ctx, const struct series_request *req,
		  struct tracker *tracker, struct err *err)
{
	struct bucket_store *s = it->store;

	if (!gate_enter(s->options.gate, ctx, err))
		return err_wrap(err, "failed to wait for turn");
	it->in_gate = true;
	int64_t start_ns = clock_monotonic_ns(s->options.clock);
	struct time_range range = bucket_store_clamp(s, req->min_t_ms, req->max_t_ms);
	it->catalog = bucket_store_catalog(s);
	store_limits_init(&it->limits, &s->options.limits, s->metrics.queries_dropped);
	choose_blocks(it, req, range);
	if (!open_parts(it, ctx, req, range, tracker, err)) {
		bucket_store_abort(err);
		return false;
	}
	histogram_metric_observe(s->metrics.blocks_queried, (double)it->parts.n);
	histogram_metric_observe(s->metrics.get_all_seconds,
				 (double)(clock_monotonic_ns(s->options.clock) - start_ns) / 1e9);
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
	if (begin(it, ctx, req, tracker, err))
		return &it->base;
	request_close(&it->base);
	return NULL;
}
