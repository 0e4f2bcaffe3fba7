/* http_router.h - finding the route of a request, for http_server.c; filled by http_router_add().
 */
#ifndef NET_HTTP_ROUTER_H
#define NET_HTTP_ROUTER_H

#include "net/http_server.h"

struct http_match {
	const struct http_route *route; /* NULL: none */
	const struct http_route_group *group;
	unsigned allowed;            /* the path exists, with these methods only: 405 */
	bool is_malformed;           /* a bad escape in the path: 400 */
	struct http_params segments; /* in the arena */
};

void http_router_match(const struct http_router *router, enum http_method method, struct str path,
		       struct arena *a, struct http_match *out);

#endif
