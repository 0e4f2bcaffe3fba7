/* querier.h - the querier: endpoints that are asked regularly how they are, a proxy over them, and
 * the HTTP API in front.
 */
#ifndef QUERIER_QUERIER_H
#define QUERIER_QUERIER_H

#include "api/query_api.h"
#include "api/status_api.h"
#include "fleet/endpoint_set.h"

struct http_router;
struct querier;

struct querier_options {
	struct endpoint_set_options endpoints;
	/* All but its evaluator's `store`. */
	struct query_api query;
	/* All but their endpoints, for queries that other queriers help to evaluate; NULL: all are
	 * evaluated here. */
	const struct remote_options *remotes;
	/* Shown by the API; outlives the querier. */
	const struct flag_text *flags;
	size_t n_flags;
	/* Where the API and the page are served: "/thanos", or "" for the root. */
	const char *route_prefix;
};

struct querier *querier_new(const struct querier_options *options);
void querier_free(struct querier *q); /* NULL is fine; requests have ended */
CLEANUP_DEFINE(struct querier, querier_free)

void querier_add_routes(struct querier *q, struct http_router *router);

/* Asks all endpoints for their Info, again and again until the context ends. */
void querier_refresh(struct querier *q, struct ctx *ctx);
/* Waits for the end of the first round; false when the context is done before. */
bool querier_wait_refreshed(struct querier *q, struct ctx *ctx);

/* What it serves to other queriers; borrowed. */
struct store_api *querier_store(struct querier *q);
struct query_service *querier_query_service(struct querier *q);

#endif
