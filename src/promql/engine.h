/* engine.h - evaluating PromQL over any queryable.
 *
 * A query text is prepared once into a plan, which never changes and may be executed any number of
 * times. Execution pulls: each call of promql_result_next() evaluates as much as the next series
 * of the answer needs, so that an answer can be written while it is being computed.
 *
 * The semantics are those of Prometheus 3.x, with the defaults of a Thanos querier.
 *
 * Threads: a plan may be executed by several threads at once; one result belongs to one thread.
 */
#ifndef PROMQL_ENGINE_H
#define PROMQL_ENGINE_H

#include "model/queryable.h"
#include "model/time_range.h"
#include "promql/parser.h"
#include "promql/result.h"

struct pool;
struct remote_engines; /* promql/remote_engines.h */

struct promql_engine_opts {
	struct parser_options parser;
	int64_t lookback_ms;     /* 0: five minutes */
	int64_t default_step_ms; /* of subqueries that give none; 0: one minute */
	int64_t max_samples;     /* that a query may hold at once; 0: no limit */
	int64_t max_series;      /* that its selectors may select together; 0: no limit */
	/* Of encoded series, kept for equal selectors that read them later; 0: 32 MiB. */
	int64_t max_shared_bytes;
	/* Metric names vanish from the answer at its end only, instead of at each operator. */
	bool delayed_name_removal;
	bool use_start_timestamps;
	/* Count the samples in every window, for promql_result_stats(). */
	bool counts_samples;
	/* ... and at each step, for promql_result_samples_at(). */
	bool counts_steps;
	/* Find out what each operator costs, for promql_result_explain(). */
	bool analyzes;
	/* Threads that compute beside the one that pulls the result; they outlive all executions.
	 * NULL: none. The answer has the same bits with any number of them. */
	struct pool *helpers;
	unsigned max_helpers; /* of one selector at a time; at least 1 where there are any */
	/* Who evaluates what can be evaluated elsewhere; outlives the plan. NULL: nobody. */
	const struct remote_engines *remotes;
	/* Plan the query as it is written, without the rewrites that only save work. */
	bool plans_literally;
	/* Annotations end with " (line:column)". Thanos answers without. */
	bool note_positions;
};

/* When to evaluate: at start, start + step, ... up to end; once at `start_ms` when step_ms is 0. */
struct query_time {
	int64_t start_ms;
	int64_t end_ms;
	int64_t step_ms;
};

static inline struct query_time query_instant(int64_t t_ms)
{
	return (struct query_time){t_ms, t_ms, 0};
}

struct promql_plan;

/* Parse, check and plan. NULL on failure: ERR_INVALID with Prometheus' text for what is not PromQL,
 * ERR_EXECUTION for what fails whatever the data, ERR_LIMIT for too many steps. */
struct promql_plan *promql_prepare(struct str text, const struct promql_engine_opts *opts,
				   struct query_time time, struct err *err);
void promql_plan_free(struct promql_plan *plan); /* NULL is fine */
CLEANUP_DEFINE(struct promql_plan, promql_plan_free)

/* The times that its selectors look at together; empty (max below min) without a selector. */
struct time_range promql_plan_range(const struct promql_plan *plan);

/* Start an execution; `plan`, `q`, `ctx`, `tracker` and `notes` outlive the result. ctx, tracker
 * and notes may be NULL. What the execution has to say goes into `notes` when the result ends.
 * NULL on failure. */
struct promql_result *promql_execute(const struct promql_plan *plan, struct queryable *q,
				     struct ctx *ctx, struct tracker *tracker, struct notes *notes,
				     struct err *err);

#endif
