/* query_api.h - /api/v1/query and /api/v1/query_range: parameters in, JSON out.
 *
 * Threads: handlers run on worker threads; the options never change.
 */
#ifndef API_QUERY_API_H
#define API_QUERY_API_H

#include "api/answer.h"
#include "api/query_telemetry.h"
#include "api/tenancy.h"
#include "fleet/evaluation.h"

struct query_api {
	struct api_options api;
	struct evaluator evaluator;
	struct query_telemetry *telemetry; /* may be NULL */
	struct tenancy tenancy;
	bool partial_response; /* unless the request says otherwise */
	bool auto_downsampling;
	int64_t default_step_ms;
	int64_t instant_max_resolution_ms;
	int64_t metadata_range_ms; /* of series and label requests without times; 0: all time */
};

/* Of struct http_route: arg is a struct query_api. */
http_handler_fn query_api_instant, query_api_range;
/* What they would do: /api/v1/query_explain and /api/v1/query_range_explain. */
http_handler_fn query_api_explain_instant, query_api_explain_range;

#endif
