/* local_query.h - the queries of this process as a query service: what the Query API serves.
 */
#ifndef FLEET_LOCAL_QUERY_H
#define FLEET_LOCAL_QUERY_H

#include "fleet/evaluation.h"

/* `evaluator` outlives the service. */
struct query_service *local_query_new(const struct evaluator *evaluator);

#endif
