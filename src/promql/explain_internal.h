/* explain_internal.h - a plan explained with the costs of its nodes.
 */
#ifndef PROMQL_EXPLAIN_INTERNAL_H
#define PROMQL_EXPLAIN_INTERNAL_H

#include "promql/explain.h"
#include "promql/meter.h"

/* `costs` by plan_node.id; may be NULL. */
struct explain_node *explain_with_costs(const struct promql_plan *plan,
					const struct metered_cost *costs, struct arena *a);

#endif
