/* syntax_api.h - /api/v1/parse_query and /api/v1/format_query: what a query is read as.
 *
 * Threads: handlers run on worker threads; the options never change.
 */
#ifndef API_SYNTAX_API_H
#define API_SYNTAX_API_H

#include "api/query_api.h"

/* Of struct http_route: arg is a struct query_api. */
http_handler_fn syntax_api_parse, syntax_api_format;

#endif
