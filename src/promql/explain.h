/* explain.h - a plan as data: what each operator does and, after an execution that was analyzed,
 * what that cost.
 *
 * Nodes are operators as they run. A function of windows is one node with the range selector it
 * reads; a string, a parenthesis or a unary plus is none. Names are those of Thanos' engine where
 * it has such an operator.
 */
#ifndef PROMQL_EXPLAIN_H
#define PROMQL_EXPLAIN_H

#include "promql/ast.h"
#include "promql/cost.h"

struct promql_plan;
struct promql_result;

struct explain_node {
	struct str name;         /* "[aggregate] sum by ([job])" */
	struct text_range where; /* the part of the query it evaluates */
	/* Of a selector its hints.selector, by which the queryable may have kept what it did;
	 * 0 for all others. */
	uint32_t selector;
	struct operator_cost cost; /* zero unless it was analyzed */
	struct explain_node **children;
	size_t n_children;
};

/* In memory of `a`, which may outlive the plan. */
struct explain_node *promql_explain(const struct promql_plan *plan, struct arena *a);

/* The same with what the execution cost so far; with opts.analyzes, else all is zero. */
struct explain_node *promql_result_explain(const struct promql_result *r, struct arena *a);

#endif
