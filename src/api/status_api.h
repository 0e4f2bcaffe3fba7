/* status_api.h - /api/v1/status/{flags,runtimeinfo,buildinfo}, and OPTIONS for all of the API. */
#ifndef API_STATUS_API_H
#define API_STATUS_API_H

#include "api/answer.h"

struct flag_text;

struct status_api {
	struct api_options api;
	const struct flag_text *flags; /* with secrets as <REDACTED> already */
	size_t n_flags;
	int64_t started_ms;
};

/* Of struct http_route: arg is a struct status_api. */
http_handler_fn status_api_flags, status_api_runtime, status_api_build, status_api_options;

/* The four routes, below a prefix that ends before "/status". */
extern const struct http_route STATUS_API_ROUTES[4];

#endif
