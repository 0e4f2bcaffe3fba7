/* export.h - series and queries as files, to ask a Prometheus the same.
 */
#ifndef TESTS_ORACLE_EXPORT_H
#define TESTS_ORACLE_EXPORT_H

#include "tests/oracle/generator.h"

/* dir/data.om: the series as OpenMetrics text. dir/queries.json: a line for each
 * query, with the parameters of Prometheus' API, and either the engine's "answer" or its "error".
 */
bool export_queries(const char *dir, uint64_t seed, uint64_t n, enum dialect dialect,
		    struct err *err);

#endif
