/* active_queries_api.h - the queries that are being evaluated, to see and to stop. Beyond Thanos.
 *
 * Where tenancy is enforced, a tenant sees and stops its own queries only.
 */
#ifndef API_ACTIVE_QUERIES_API_H
#define API_ACTIVE_QUERIES_API_H

#include "api/query_api.h"

/* GET /status/active_queries, DELETE /status/active_queries/:id; arg is a struct query_api whose
 * evaluator has a list. */
http_handler_fn active_queries_api_list, active_queries_api_cancel;

#endif
