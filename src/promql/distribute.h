/* distribute.h - which parts of a query other engines evaluate, and how their answers make the
 * whole.
 *
 * A part is given away as high up in the tree as its value over all series is made of its values
 * over the engines' shares: either it keeps the labels that tell the shares apart, or it is an
 * aggregation of aggregations. sum by (pod) (x) over shares that differ in `region` becomes
 * sum by (pod) (sum by (pod, region) (x) of each engine), avg() a sum divided by a count. What has
 * a value of its own per share (quantile(), scalar(), label_replace() of a label of the shares)
 * stays here and is fed by what is below it.
 *
 * Engines may overlap in time: each is asked for the steps whose windows it has whole, the oldest
 * one for all of them, and of two values the one of the later engine counts. Where the overlap is
 * too short for the windows, nothing is given away.
 *
 * The rules are those of Thanos' engine (promql-engine, logicalplan/distribute.go); where they
 * differ is told in docs/decisions/034-distributed-queries.md.
 */
#ifndef PROMQL_DISTRIBUTE_H
#define PROMQL_DISTRIBUTE_H

#include "promql/engine.h"
#include "promql/steps.h"

/* What the query is evaluated with. */
struct distribution {
	const struct remote_engines *engines;
	struct query_time time;
	int64_t lookback_ms;
	int64_t default_step_ms; /* of subqueries */
	/* The query is restricted to a label: what info() looks for can be restricted here only. */
	bool is_restricted;
	/* Set: a label of the shares is overwritten, which keeps parts here that could have been
	 * given away. */
	bool rewrites_share_label;
};

/* The tree to be planned instead of `root`, in memory of `a`: with EXPR_REMOTE where others
 * evaluate, or as it was. What it is made of is borrowed from `root`. NULL on failure, for lengths
 * of time that cannot be. */
const struct expr *distribute(struct distribution *d, const struct expr *root,
			      const struct steps *steps, struct arena *a, struct err *err);

#endif
