/* query_api.h - /api/v1/query and /api/v1/query_range: parameters in, JSON out.
 *
 * Threads: handlers run on worker threads; the options never change.
 */
#ifndef API_QUERY_API_H
#define API_QUERY_API_H

#include "api/answer.h"
#include "fleet/store_queryable.h"
#include "promql/engine.h"

struct gate;

struct query_api {
	struct api_options api;
	struct store_api *store; /* a proxy (fleet/proxy.h) */
	struct promql_engine_opts engine;
	struct gate *queries;    /* how many may run at once; may be NULL */
	struct gate *selects;    /* the same for the selects of a query; may be NULL */
	struct tracker *tracker; /* of the process; may be NULL */
	struct clock *clock;
	enum dedup_function dedup;
	const struct str *replica_labels; /* unless the request names its own */
	size_t n_replica_labels;
	bool partial_response; /* the same */
	bool auto_downsampling;
	bool dynamic_lookback;
	int64_t timeout_ms;
	int64_t default_step_ms;
	int64_t instant_max_resolution_ms;
	int64_t metadata_range_ms; /* of series and label requests without times; 0: all time */
	int64_t max_memory_bytes;  /* of one query; 0: no limit */
};

/* Of struct http_route: arg is a struct query_api. */
http_handler_fn query_api_instant, query_api_range;

#endif
