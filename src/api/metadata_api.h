/* metadata_api.h - /api/v1/series, /api/v1/labels and /api/v1/label/:name/values. */
#ifndef API_METADATA_API_H
#define API_METADATA_API_H

#include "api/query_api.h"

/* Of struct http_route: arg is a struct query_api. */
http_handler_fn metadata_api_series, metadata_api_label_names, metadata_api_label_values;

#endif
