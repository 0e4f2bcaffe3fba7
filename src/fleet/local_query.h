/* local_query.h - the queries of this process as a query service: what the Query API serves.
 *
 * A query waits at the gate that HTTP queries wait at, and leaves it with its first series: by then
 * almost all is computed, and how fast the rest is taken is not ours to say.
 */
#ifndef FLEET_LOCAL_QUERY_H
#define FLEET_LOCAL_QUERY_H

#include "fleet/evaluation.h"

/* `evaluator` outlives the service. */
struct query_service *local_query_new(const struct evaluator *evaluator);

#endif
