/* query_settings.h - what a request says about where its series come from: replicas, partial
 * responses, stores, resolution.
 */
#ifndef API_QUERY_SETTINGS_H
#define API_QUERY_SETTINGS_H

#include "api/query_api.h"
#include "fleet/proxy.h"

struct query_settings {
	struct str tenant;
	bool dedup;
	bool partial_response;
	const struct str *replica_labels;
	size_t n_replica_labels;
	struct shard_info shard;
	struct store_filter stores;
	struct promql_query **selectors; /* of the filter; owned */
};

/* Fails with ERR_INVALID and the text for a 400. To be ended with query_settings_done() also after
 * a failure; arrays live in the request's arena. */
bool query_settings_read(struct query_settings *s, const struct query_api *api,
			 const struct http_request *r, struct err *err);
/* The parameter shard_info, which only queries have. */
bool query_settings_read_shard(struct query_settings *s, const struct http_request *r,
			       struct err *err);
void query_settings_done(struct query_settings *s);

static inline enum partial_response query_settings_strategy(const struct query_settings *s)
{
	return s->partial_response ? PARTIAL_RESPONSE_WARN : PARTIAL_RESPONSE_ABORT;
}

#endif
