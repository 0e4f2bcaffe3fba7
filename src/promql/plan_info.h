/* plan_info.h - which info series info() asks for, and which of their labels it takes.
 */
#ifndef PROMQL_PLAN_INFO_H
#define PROMQL_PLAN_INFO_H

#include "promql/duration.h"
#include "promql/plan.h"

/* The matchers of the info series of a call of info(), but for those of instance and job, which
 * depend on the data. The names come first: `n_names` of them. What is made anew belongs to the
 * query. */
struct matchers info_matchers(const struct call *call, struct promql_query *query, size_t *n_names);

/* When the info series are looked at, as the first selector below the argument has it: its own @
 * and offset, and those of the subqueries around it up to the innermost @. */
struct info_time {
	const struct at *at; /* NULL: the time of evaluation */
	int64_t offset_ms;
};

/* Without a selector it is the time of evaluation. */
bool info_time_find(const struct expr *arg, const struct duration_context *context,
		    struct info_time *out, struct err *err);

#endif
