/* proxy.h - all endpoints of a set as one StoreAPI.
 *
 * A request goes to every endpoint that can have data for it, judged by its announced time range
 * and label sets; the sorted answers are merged. An endpoint that fails becomes a warning that
 * names it, or fails the request, as its partial response strategy says.
 */
#ifndef FLEET_PROXY_H
#define FLEET_PROXY_H

#include "fleet/endpoint_set.h"

struct proxy_options {
	struct endpoint_set *endpoints; /* outlives the proxy */
	const char *component;          /* what it announces itself as: "query" */
	bool offers_query;              /* it announces the Query API, too */
	struct pool *pool;              /* for asking many at once; outlives the proxy */
	struct logger *logger;          /* may be NULL */
};

/* To be closed as any other store; requests must have ended. */
struct store_api *proxy_new(const struct proxy_options *options);

/* Which endpoints a request may go to: those whose address satisfies one of these lists of
 * matchers on __address__ (the storeMatch[] parameter). Set for one request at a time: */
struct store_filter {
	const struct matchers *v; /* any of them; none: all endpoints */
	size_t n;
};

/* The same endpoints for one caller, restricted. `proxy` and `filter` outlive the result. */
struct store_api *proxy_filtered(struct store_api *proxy, const struct store_filter *filter);

#endif
