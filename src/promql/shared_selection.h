/* shared_selection.h - series that several selectors of a query ask for: found once, and read by
 * each of them at its own pace.
 *
 * What some have read and others have not is kept, encoded. Where that becomes much, those who have
 * not begun to read are left to ask the queryable for themselves: a query that first reads one side
 * of a division and then the other would keep all of it.
 *
 * Threads: all readers belong to the thread of the execution.
 */
#ifndef PROMQL_SHARED_SELECTION_H
#define PROMQL_SHARED_SELECTION_H

#include "promql/plan.h"

struct execution;
struct shared_selections;

/* NULL when nothing is shared. */
struct shared_selections *shared_selections_new(const struct promql_plan *plan);
/* NULL is fine; all readers are closed. */
void shared_selections_free(struct shared_selections *all);

/* The series of a selector that shares them; the first one asks the queryable. NULL on failure. */
struct series_iter *shared_selection_open(struct execution *x, const struct plan_node *selector,
					  struct err *err);

#endif
