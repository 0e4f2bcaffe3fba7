/* engine_service.h - a query service that evaluates over series in memory, for tests of whoever
 * asks other queriers.
 */
#ifndef TESTS_LIB_ENGINE_SERVICE_H
#define TESTS_LIB_ENGINE_SERVICE_H

#include "model/query_service.h"
#include "promql/engine.h"
#include "tests/lib/memory_queryable.h"

struct engine_service {
	struct query_service base; /* first, so that the two pointers convert */
	struct memory_queryable *data;
	struct promql_engine_opts opts;
	atomic_int n_queries;
};

/* `data` is borrowed. Closing the service does nothing: it is the test's own. */
void engine_service_init(struct engine_service *s, struct memory_queryable *data);

#endif
