#include "querier/querier.h"

#include "api/active_queries_api.h"
#include "api/metadata_api.h"
#include "api/stores_api.h"
#include "api/syntax_api.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "fleet/local_query.h"
#include "fleet/proxy.h"
#include "ui/page.h"

#include <stdlib.h>

struct querier {
	struct querier_options options;
	struct endpoint_set *endpoints;
	struct store_api *proxy;
	struct query_api query;
	struct remote_options remotes;
	struct query_service *local;
	struct stores_api stores;
	struct status_api status;
	char *route_prefix;
	char *api_prefix;
};

static void serve_page(struct http_request *r, struct http_response *response, void *arg)
{
	(void)r;
	(void)arg;
	http_response_set_header(response, "Content-Security-Policy", ui_page_policy());
	http_response_send(response, 200, "text/html; charset=utf-8", ui_page());
}

enum { QUERY_METHODS = HTTP_GET | HTTP_POST };

static const struct http_route QUERY_ROUTES[] = {
    {QUERY_METHODS, "/query", query_api_instant, "query", 0},
    {QUERY_METHODS, "/query_range", query_api_range, "query_range", 0},
    {QUERY_METHODS, "/query_explain", query_api_explain_instant, "query", 0},
    {QUERY_METHODS, "/query_range_explain", query_api_explain_range, "query", 0},
    {QUERY_METHODS, "/series", metadata_api_series, "series", 0},
    {QUERY_METHODS, "/labels", metadata_api_label_names, "label_names", 0},
    {QUERY_METHODS, "/parse_query", syntax_api_parse, "parse_query", 0},
    {QUERY_METHODS, "/format_query", syntax_api_format, "format_query", 0},
    {HTTP_GET, "/status/active_queries", active_queries_api_list, "active_queries", 0},
    {HTTP_DELETE, "/status/active_queries/:id", active_queries_api_cancel, "active_queries", 0},
    {HTTP_GET, "/label/:name/values", metadata_api_label_values, "label_values", 0},
};

static const struct http_route STORES_ROUTES[] = {
    {HTTP_GET, "/stores", stores_api_list, "stores", 0},
};

static const struct http_route PAGE_ROUTES[] = {
    {HTTP_GET, "/", serve_page, "page", 0},
    {HTTP_GET, "/graph", serve_page, "page", 0},
};

#define ROUTE_GROUP(where, table, handler_arg)                                                     \
	(&(struct http_route_group){                                                               \
	    .prefix = (where),                                                                     \
	    .routes = (table),                                                                     \
	    .n_routes = sizeof(table) / sizeof(*(table)),                                          \
	    .arg = (handler_arg),                                                                  \
	})

void querier_add_routes(struct querier *q, struct http_router *router)
{
	http_router_add(router, ROUTE_GROUP(q->route_prefix, PAGE_ROUTES, NULL));
	http_router_add(router, ROUTE_GROUP(q->api_prefix, QUERY_ROUTES, &q->query));
	http_router_add(router, ROUTE_GROUP(q->api_prefix, STORES_ROUTES, &q->stores));
	http_router_add(router, ROUTE_GROUP(q->api_prefix, STATUS_API_ROUTES, &q->status));
}

struct querier *querier_new(const struct querier_options *options)
{
	struct querier *q = NEW(struct querier);

	q->options = *options;
	q->endpoints = endpoint_set_new(&options->endpoints);
	q->proxy = proxy_new(&(struct proxy_options){
	    .endpoints = q->endpoints,
	    .component = "query",
	    .offers_query = true,
	    .pool = options->endpoints.pool,
	    .logger = options->endpoints.logger,
	});
	q->query = options->query;
	q->query.evaluator.store = q->proxy;
	if (options->remotes) {
		q->remotes = *options->remotes;
		q->remotes.endpoints = q->endpoints;
		q->query.evaluator.remotes = &q->remotes;
	}
	q->local = local_query_new(&q->query.evaluator);
	q->stores = (struct stores_api){options->query.api, q->endpoints};
	q->status = (struct status_api){
	    .api = options->query.api,
	    .flags = options->flags,
	    .n_flags = options->n_flags,
	    .started_ms = clock_wall_ms(options->query.evaluator.clock),
	};
	q->route_prefix = xstrdup(options->route_prefix);
	q->api_prefix = xasprintf("%s/api/v1", options->route_prefix);
	return q;
}

void querier_free(struct querier *q)
{
	if (!q)
		return;
	query_service_close(q->local);
	store_close(q->proxy);
	endpoint_set_free(q->endpoints);
	free(q->api_prefix);
	free(q->route_prefix);
	free(q);
}

void querier_refresh(struct querier *q, struct ctx *ctx)
{
	/* The time an endpoint has for its Info is also the time between two rounds. */
	do
		endpoint_set_update(q->endpoints, ctx);
	while (ctx_sleep_ms(ctx, q->options.endpoints.info_timeout_ms));
}

bool querier_wait_refreshed(struct querier *q, struct ctx *ctx)
{
	while (!endpoint_set_updated(q->endpoints))
		if (!ctx_sleep_ms(ctx, 10))
			return false;
	return true;
}

struct store_api *querier_store(struct querier *q)
{
	return q->proxy;
}

struct query_service *querier_query_service(struct querier *q)
{
	return q->local;
}
