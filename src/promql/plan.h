/* plan.h - what an execution does, decided before it starts: the parsed tree with every length of
 * time and every @ resolved, each node with the steps it is evaluated at, and what each selector
 * will ask the queryable for.
 *
 * A part of the query that has the same value at every step (all its selectors are pinned by @, and
 * nothing in it depends on the time of evaluation) is planned for one step and replicated.
 *
 * Threads: a plan never changes once it is built.
 */
#ifndef PROMQL_PLAN_H
#define PROMQL_PLAN_H

#include "model/queryable.h"
#include "promql/engine.h"
#include "promql/steps.h"

enum plan_kind {
	PLAN_NONE,
	PLAN_NUMBER,             /* a scalar known now */
	PLAN_STRING,             /* the root of a query that is nothing but a string */
	PLAN_TIME,               /* time() */
	PLAN_SELECT,             /* the newest sample of each series at each step */
	PLAN_SELECT_TIMES,       /* its time instead of its value: below PLAN_TIMESTAMP */
	PLAN_SELECT_START_TIMES, /* likewise its start time */
	PLAN_RANGE_SELECT,       /* a range selector: below PLAN_RANGE_CALL, or the root */
	PLAN_SUBQUERY,           /* likewise; args[0] has steps of its own */
	PLAN_REPLICATE,          /* args[0], which has one step, at all steps */
	PLAN_RANGE_CALL,         /* a function of windows of samples; args[0] is their source */
	PLAN_ABSENT_RANGE,       /* absent_over_time() */
	PLAN_MAP,                /* a function of single values, with scalars */
	PLAN_NEGATE,
	PLAN_TIMESTAMP,
	PLAN_SCALAR, /* scalar() */
	PLAN_SCALAR_MAP,
	PLAN_VECTOR, /* vector() */
	PLAN_ABSENT,
	PLAN_LABEL_REPLACE,
	PLAN_LABEL_JOIN,
	PLAN_INFO, /* args[1] selects info series, but for those of which instances and jobs */
	PLAN_SORT,
	PLAN_HISTOGRAM_QUANTILE,
	PLAN_AGGREGATE,
	PLAN_SCALAR_BINARY,        /* scalar op scalar */
	PLAN_VECTOR_SCALAR_BINARY, /* args[0] is the vector, on whichever side it was */
	PLAN_VECTOR_BINARY,
	PLAN_SET_BINARY, /* and or unless */
	PLAN_REMOTE,     /* what other engines evaluate */
};

/* What is known about the metric names of a vector: whether dropping them can make two of its
 * series the same. */
enum plan_names {
	NAMES_MANY,
	NAMES_ONE,
	NAMES_NONE,
};

/* Where a selector or subquery looks, seen from a step. Windows are open on the left. */
struct plan_window {
	int64_t range_ms; /* of an instant selector the lookback */
	int64_t offset_ms;
	bool pinned;   /* by @ ... */
	int64_t at_ms; /* ... to this time */
	enum selector_bounds bounds;
	/* How far beyond its ends an anchored or smoothed range selector may look for a sample, or
	 * that of xrate() before its start. */
	int64_t lookback_ms;
};

static inline int64_t window_end(const struct plan_window *w, int64_t t_ms)
{
	return (w->pinned ? w->at_ms : t_ms) - w->offset_ms;
}

struct plan_node {
	uint32_t id; /* below promql_plan.n_nodes */
	enum plan_kind kind;
	enum value_type type;
	enum plan_names names;
	const struct expr *expr; /* parentheses around it are gone */
	struct steps steps;
	struct plan_node **args; /* the children that are evaluated, NULL for strings */
	size_t n_args;

	double number;             /* PLAN_NUMBER */
	struct plan_window window; /* of selectors and subqueries */
	struct select_hints hints; /* of selectors */
	struct matchers matchers;  /* of selectors */
	bool selects_nothing;      /* no series can satisfy them: nobody is asked */
	/* Of selectors: 0, or the same number for those that ask for the same series, from 1 on. */
	uint32_t shared;
	/* How often the samples of a selector count: once per step that shares them, and not below
	 * a subquery, whose own result is counted. */
	uint64_t sample_weight;
	size_t n_info_names; /* how many matchers of the info series are for their names */

	/* Each of its series is made of one selected series and of nothing else, so that several
	 * threads may each make some of them (op_parallel.c). */
	bool is_per_series;
	/* It drops names, and that can make two of its series the same. */
	bool may_collide;
};

struct promql_plan {
	struct promql_engine_opts opts;
	struct query_time time;
	struct promql_query *query; /* owned */
	struct arena *arena;        /* owned; of the nodes */
	struct {
		struct matcher **v;
		size_t n, cap;
	} matchers; /* owned, beside those of the query */
	struct plan_node *root;
	uint32_t n_nodes;
	uint32_t n_shared;       /* how many requests several selectors share */
	struct time_range range; /* what all selectors look at together */
	/* Something could not be distributed because of what is told in an annotation. */
	bool rewrites_share_label;
};

/* The selector that the series of a node come from; NULL where there is not just one. */
const struct plan_node *plan_node_selector(const struct plan_node *node);

/* The selector as the query has it, for messages. */
struct str plan_node_text(const struct promql_plan *plan, const struct plan_node *node);

#endif
