/* params.h - reading the parameters of API requests, with Thanos' error texts.
 *
 * A parameter that is absent or empty leaves *out as it was: defaults are set before.
 */
#ifndef API_PARAMS_H
#define API_PARAMS_H

#include "model/time_range.h"
#include "net/http_server.h"

/* Unix seconds with decimals, rounded to milliseconds, or RFC 3339. */
bool param_time(const struct http_request *r, const char *name, int64_t *out_ms, struct err *err);
/* The same for one that must be there; the error names no parameter. */
bool param_required_time(const struct http_request *r, const char *name, int64_t *out_ms,
			 struct err *err);
/* Seconds with decimals, or a Prometheus duration. The error names no parameter. */
bool param_duration(const struct http_request *r, const char *name, int64_t *out_ms,
		    struct err *err);
/* As Go's strconv.ParseBool: 1, t, true, TRUE, 0, f, false, ... */
bool param_bool(const struct http_request *r, const char *name, bool *out, struct err *err);
bool param_limit(const struct http_request *r, int64_t *out, struct err *err);
/* start and end; their defaults are the last `default_ms`, or all time when it is 0. */
bool param_metadata_range(const struct http_request *r, int64_t default_ms, int64_t now_ms,
			  struct time_range *out, struct err *err);

/* All values of a parameter, in memory of the request. */
struct param_values {
	struct str *v;
	size_t n, cap;
};
struct param_values params_all(const struct http_request *r, const char *name);

#endif
