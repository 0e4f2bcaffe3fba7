/* literal_copy.h - a query that means the same at other times than its own: @ start() is a number,
 * as are step() and formulas over lengths of time.
 */
#ifndef PROMQL_LITERAL_COPY_H
#define PROMQL_LITERAL_COPY_H

#include "promql/engine.h"

/* In memory of `a`; strings and matchers are those of `e`. NULL on failure, for lengths of time
 * that cannot be. */
struct expr *literal_copy(const struct expr *e, const struct query_time *time, struct arena *a,
			  struct err *err);

/* The same node with other children: as many as it has, in the order of expr_child(). */
struct expr *expr_with_children(const struct expr *e, const struct expr *const *children,
				struct arena *a);

#endif
