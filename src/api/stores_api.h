/* stores_api.h - /api/v1/stores: the endpoints by kind, with what they announce. */
#ifndef API_STORES_API_H
#define API_STORES_API_H

#include "api/answer.h"

struct endpoint_set;

struct stores_api {
	struct api_options api;
	struct endpoint_set *endpoints;
};

/* Of struct http_route: arg is a struct stores_api. */
http_handler_fn stores_api_list;

#endif
