/* evaluation.h - one query over all endpoints, from its text to its result: for whoever is asked
 * one, over HTTP, over gRPC or by a rule.
 *
 *	struct evaluation e auto_done(evaluation_done);
 *	evaluation_init(&e, evaluator, &request);
 *	if (!evaluation_prepare(&e, NULL, err) || !evaluation_start(&e, ctx, notes, err))
 *		return false;
 *	... read e.result ...
 *
 * Where other queriers evaluate parts of a query, times are whole seconds: those of the request are
 * rounded down, as Thanos does.
 *
 * Threads: an evaluation belongs to one thread; an evaluator never changes.
 */
#ifndef FLEET_EVALUATION_H
#define FLEET_EVALUATION_H

#include "fleet/active_queries.h"
#include "fleet/proxy.h"
#include "fleet/remote_set.h"
#include "fleet/store_queryable.h"
#include "model/query_service.h"
#include "promql/engine.h"

/* What the evaluations of a process share; it outlives them. */
struct evaluator {
	struct store_api *store; /* a proxy (fleet/proxy.h) */
	/* What the default of a request's engine is, and what both know; but xrate() and its like,
	 * if they are enabled, are known by Thanos' alone. */
	enum query_engine default_engine;
	struct promql_engine_opts engine;
	struct gate *queries;          /* how many may run at once; may be NULL */
	struct gate *selects;          /* how many selects of one query may; never entered itself */
	struct active_queries *active; /* where they are listed; may be NULL */
	struct tracker *tracker;       /* of the process; may be NULL */
	struct clock *clock;
	enum dedup_function dedup;
	const struct str *replica_labels; /* unless the request names its own */
	size_t n_replica_labels;
	const struct remote_options *remotes; /* NULL: everything is evaluated here */
	bool dynamic_lookback;                /* look back further in downsampled data */
	int64_t timeout_ms;                   /* a request may ask for less, not for more */
	int64_t max_memory_bytes;             /* of one query; 0: no limit */
};

/* What one evaluation is to do besides. */
struct evaluation_options {
	bool counts_samples;   /* the result has statistics, ... */
	bool counts_steps;     /* ... also of each step, ... */
	bool analyzes;         /* ... or of each operator */
	struct label enforced; /* what its selectors are restricted to: see parser_options */
};

struct evaluation {
	struct promql_result *result; /* after evaluation_start() */
	struct ctx *ctx;              /* the same; ends with the query's time */
	/* Moments, by a monotonic clock: it began to wait for its turn, its turn came, the stores
	 * were asked. */
	int64_t asked_ns, started_ns, prepared_ns;
	struct fanout fanout;
	struct promql_plan *plan; /* after evaluation_prepare() */

	/* The evaluation's own. */
	const struct evaluator *evaluator;
	const struct query_request *request;
	struct tracker tracker;
	struct active_query active;
	struct gate *selects;
	struct store_filter filter;
	struct store_api *stores;
	struct queryable *queryable;
	struct remote_set remotes; /* with is_distributed */
	bool is_distributed;
	bool is_admitted;
};

/* `request` outlives the evaluation. */
void evaluation_init(struct evaluation *e, const struct evaluator *evaluator,
		     const struct query_request *request);
void evaluation_done(struct evaluation *e);

/* Parse and plan; fails as promql_prepare(). `options` NULL: nothing besides. */
bool evaluation_prepare(struct evaluation *e, const struct evaluation_options *options,
			struct err *err);
/* Wait for a place at the gate, then ask the stores. `notes` outlives the evaluation. Also after a
 * failure e->ctx tells whether the query's time was up. */
bool evaluation_start(struct evaluation *e, struct ctx *parent, struct notes *notes,
		      struct err *err);

/* Leave the gate before the end: what is left to do is handing out, at the pace of whoever takes
 * it.
 */
void evaluation_leave_gate(struct evaluation *e);

#endif
