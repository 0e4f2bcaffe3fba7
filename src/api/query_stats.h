/* query_stats.h - what a query cost, as the `stats` parameter asks for it. */
#ifndef API_QUERY_STATS_H
#define API_QUERY_STATS_H

#include "codec/json_writer.h"
#include "promql/result.h"

/* Moments of a query's life, by a monotonic clock. */
struct query_stats {
	int64_t asked_ns;    /* before it waited for its turn */
	int64_t started_ns;  /* its turn came */
	int64_t prepared_ns; /* the stores were asked */
	int64_t ended_ns;    /* the result is written; series are sorted while it is made */
	struct promql_stats samples;
	/* Whose samples are told for each step, from `start_ms` on; NULL: in all only. */
	const struct promql_result *per_step_of;
	int64_t start_ms, step_ms;
};

/* The value of "stats". */
void query_stats_json(struct json_writer *w, const struct query_stats *s);

#endif
