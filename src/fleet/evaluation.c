#include "fleet/evaluation.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/gate.h"

/* Labels that tell replicas apart. */
struct replicas {
	const struct str *labels;
	size_t n;
};

void evaluation_init(struct evaluation *e, const struct evaluator *evaluator,
		     const struct query_request *request)
{
	*e = (struct evaluation){
	    .evaluator = evaluator,
	    .request = request,
	    .filter = {request->stores, request->n_stores},
	};
	fanout_init(&e->fanout);
	tracker_init(&e->tracker, evaluator->tracker, "the query", "--query.max-memory-per-query",
		     evaluator->max_memory_bytes);
}

void evaluation_leave_gate(struct evaluation *e)
{
	if (e->is_admitted)
		gate_leave(e->evaluator->queries);
	e->is_admitted = false;
}

void evaluation_done(struct evaluation *e)
{
	promql_result_free(e->result);
	queryable_close(e->queryable);
	store_close(e->stores);
	gate_free(e->selects);
	active_queries_remove(e->evaluator->active, &e->active);
	evaluation_leave_gate(e);
	promql_plan_free(e->plan);
	fanout_done(&e->fanout);
	if (e->is_distributed)
		remote_set_done(&e->remotes);
	ctx_free(e->ctx);
	tracker_done(&e->tracker);
}

/* With downsampled data, samples are as far apart as its resolution, so the engine must look back
 * at least that far. */
static int64_t lookback_for(const struct evaluator *evaluator, int64_t max_resolution_ms)
{
	int64_t base_ms = evaluator->engine.lookback_ms;
	int64_t raw_ms = base_ms > 0 ? base_ms : 0;

	if (!evaluator->dynamic_lookback)
		return base_ms;
	int64_t five_min_ms = base_ms > 5 * MS_PER_MIN ? base_ms : 5 * MS_PER_MIN;
	int64_t hour_ms = five_min_ms > MS_PER_H ? five_min_ms : MS_PER_H;
	if (max_resolution_ms > five_min_ms)
		return hour_ms;
	return max_resolution_ms > raw_ms ? five_min_ms : base_ms;
}

static bool is_thanos_engine(const struct evaluation *e)
{
	enum query_engine engine = e->request->engine;

	if (engine == QUERY_ENGINE_DEFAULT)
		engine = e->evaluator->default_engine;
	return engine == QUERY_ENGINE_THANOS;
}

/* A request may ask for less time than there is, not for more. */
static int64_t timeout_of(const struct evaluation *e)
{
	int64_t limit_ms = e->evaluator->timeout_ms, asked_ms = e->request->timeout_ms;

	return asked_ms < limit_ms ? asked_ms : limit_ms;
}

static struct replicas replicas_of(const struct evaluation *e)
{
	const struct query_request *req = e->request;

	if (req->n_replica_labels > 0)
		return (struct replicas){req->replica_labels, req->n_replica_labels};
	return (struct replicas){e->evaluator->replica_labels, e->evaluator->n_replica_labels};
}

/* --- other queriers --------------------------------------------------------------------------- */

enum { BATCH_SIZE = 64 }; /* series per message */

/* What they are asked has lengths of time in whole seconds. */
static bool may_distribute(const struct evaluation *e)
{
	const struct query_request *req = e->request;

	return e->evaluator->remotes && is_thanos_engine(e) &&
	       (!req->is_range || req->step_ms % 1000 == 0) && req->lookback_ms % 1000 == 0;
}

static void find_remotes(struct evaluation *e)
{
	struct query_request req = *e->request;
	struct replicas replicas = replicas_of(e);

	req.timeout_ms = timeout_of(e);
	req.replica_labels = replicas.labels;
	req.n_replica_labels = req.dedup ? replicas.n : 0;
	req.stores = NULL; /* those are our own endpoints */
	req.n_stores = 0;
	req.batch_size = BATCH_SIZE;
	remote_set_init(&e->remotes, e->evaluator->remotes, &req, &e->filter);
	e->is_distributed = true;
}

/* Times that cannot be rounded down are out of range anyway. */
static int64_t whole_seconds(int64_t t_ms)
{
	if (t_ms < INT64_MIN + 1000)
		return t_ms;
	return (t_ms / 1000 - (t_ms % 1000 < 0)) * 1000;
}

/* --- planning --------------------------------------------------------------------------------- */

static struct query_time time_of(const struct evaluation *e)
{
	const struct query_request *req = e->request;
	struct query_time time = {req->start_ms, req->end_ms, req->step_ms};

	if (!req->is_range)
		time = query_instant(req->start_ms);
	if (e->is_distributed) {
		time.start_ms = whole_seconds(time.start_ms);
		time.end_ms = whole_seconds(time.end_ms);
	}
	return time;
}

bool evaluation_prepare(struct evaluation *e, const struct evaluation_options *options,
			struct err *err)
{
	const struct query_request *req = e->request;
	struct promql_engine_opts engine = e->evaluator->engine;

	engine.lookback_ms = req->lookback_ms > 0
				 ? req->lookback_ms
				 : lookback_for(e->evaluator, req->max_resolution_ms);
	engine.parser.extended_functions &= is_thanos_engine(e);
	if (options) {
		engine.counts_samples = options->counts_samples;
		engine.counts_steps = options->counts_steps;
		engine.analyzes = options->analyzes;
		engine.parser.enforced = options->enforced;
	}
	if (may_distribute(e)) {
		find_remotes(e);
		engine.remotes = &e->remotes.engines;
	}
	e->plan = promql_prepare(req->text, &engine, time_of(e), err);
	return e->plan != NULL;
}

/* --- running ---------------------------------------------------------------------------------- */

static struct store_queryable_options stores_of(struct evaluation *e)
{
	const struct evaluator *evaluator = e->evaluator;
	const struct query_request *req = e->request;
	struct replicas replicas = replicas_of(e);

	return (struct store_queryable_options){
	    .store = e->stores,
	    .dedup = req->dedup ? evaluator->dedup : DEDUP_NONE,
	    .replica_labels = replicas.labels,
	    .n_replica_labels = replicas.n,
	    .partial_response =
		req->partial_response ? PARTIAL_RESPONSE_WARN : PARTIAL_RESPONSE_ABORT,
	    .max_resolution_ms = req->max_resolution_ms,
	    .shard = req->shard,
	    .range = promql_plan_range(e->plan),
	    .selects = e->selects,
	    .tenant = req->tenant,
	    .fanout = &e->fanout,
	};
}

bool evaluation_start(struct evaluation *e, struct ctx *parent, struct notes *notes,
		      struct err *err)
{
	const struct evaluator *evaluator = e->evaluator;

	e->ctx = ctx_new_timeout_ms(parent, timeout_of(e));
	e->asked_ns = clock_monotonic_ns(evaluator->clock);
	active_queries_add(evaluator->active, &e->active, e->request, e->ctx);
	if (!gate_enter(evaluator->queries, e->ctx, err))
		return false;
	e->is_admitted = true;
	e->started_ns = clock_monotonic_ns(evaluator->clock);
	active_queries_start(evaluator->active, &e->active);

	if (evaluator->selects)
		e->selects = gate_new_like(evaluator->selects);
	e->stores = proxy_filtered(evaluator->store, &e->filter);
	struct store_queryable_options options = stores_of(e);
	e->queryable = store_queryable_new(&options);
	e->result = promql_execute(e->plan, e->queryable, e->ctx, &e->tracker, notes, err);
	e->prepared_ns = clock_monotonic_ns(evaluator->clock);
	return e->result != NULL;
}
