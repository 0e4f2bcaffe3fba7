/* query_cases.h - a file of queries to measure: lines "SECTION<TAB>STEPS<TAB>QUERY", # comments.
 *
 * The section says over which data a query runs, and when; STEPS may be several, as "1;100", or
 * "-".
 */
#ifndef BENCH_LIB_QUERY_CASES_H
#define BENCH_LIB_QUERY_CASES_H

#include "base/arena.h"
#include "promql/engine.h"

struct query_case {
	struct str name;  /* section/steps/query */
	const char *data; /* a name for query_data_new(); NULL: the query is only parsed */
	struct query_time time;
	struct str query;
};

struct query_cases {
	struct query_case *v;
	size_t n, cap;
};

/* ERR_INVALID names the line. */
bool query_cases_read(const char *path, struct arena *a, struct query_cases *out, struct err *err);

#endif
