/* query_params.h - a query as a request has it: all its parameters, with Thanos' defaults, order
 * and error texts.
 */
#ifndef API_QUERY_PARAMS_H
#define API_QUERY_PARAMS_H

#include "api/query_settings.h"

enum query_kind { QUERY_INSTANT, QUERY_RANGE };

struct query_params {
	enum query_kind kind;
	struct query_request query;
	struct query_settings settings;
	int64_t limit; /* of the series in the answer; 0: none */
	bool wants_stats;
	bool wants_step_stats;
	bool wants_analysis;
};

/* Fails with ERR_INVALID and the text for a 400. `kind` is set before. To be ended with
 * query_params_done() also after a failure; what is pointed to lives as long as the request. */
bool query_params_read(struct query_params *q, const struct query_api *api,
		       const struct http_request *r, struct err *err);
void query_params_done(struct query_params *q);

#endif
