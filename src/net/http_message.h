/* http_message.h - the words of HTTP that servers and clients share: headers, methods, statuses,
 * parameters, dates (RFC 9110).
 */
#ifndef NET_HTTP_MESSAGE_H
#define NET_HTTP_MESSAGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

/* As bits, for the methods that a route takes. */
enum http_method {
	HTTP_GET = 1 << 0,
	HTTP_HEAD = 1 << 1,
	HTTP_POST = 1 << 2,
	HTTP_PUT = 1 << 3,
	HTTP_DELETE = 1 << 4,
	HTTP_OPTIONS = 1 << 5,
	HTTP_PATCH = 1 << 6,
	HTTP_OTHER = 1 << 7,
};

enum http_method http_method_of(struct str name);
const char *http_method_name(enum http_method method); /* "GET"; "OTHER" */
/* As labels of metrics have it: "get". */
const char *http_method_label(enum http_method method);

/* "Not Found"; "" for numbers without a name. */
const char *http_status_text(int status);

struct http_header {
	struct str name; /* lower case where we parsed it */
	struct str value;
};

/* A header of two literals. */
#define HTTP_HEADER(literal_name, literal_value)                                                   \
	{                                                                                          \
		.name = {literal_name, sizeof(literal_name) - 1},                                  \
		.value = {literal_value, sizeof(literal_value) - 1},                               \
	}

struct http_headers {
	struct http_header *v;
	size_t n, cap;
};

/* The first of this name, whatever its case, or NULL. */
const struct http_header *http_header_find(const struct http_headers *headers, const char *name);
/* Its value, or an empty str. */
struct str http_header_value(const struct http_headers *headers, const char *name);
bool http_name_eq(struct str a, struct str b); /* ASCII case is ignored */

/* A token of RFC 9110: what method and header names are made of. */
bool http_is_token(struct str s);

/* Whether a comma-separated list (Connection, Accept-Encoding) has this word, and not with q=0. */
bool http_list_has(struct str list, const char *word);
/* "application/json" of "Application/JSON; charset=utf-8", compared without parameters. */
bool http_media_type_is(struct str content_type, const char *type);

/* --- parameters ------------------------------------------------------------------------------- */

struct http_param {
	struct str name, value;
};

struct http_params {
	struct http_param *v;
	size_t n, cap;
};

enum { HTTP_MAX_PARAMS = 100000 };

/* Adds the pairs of "a=1&b=x+y&a=%32", decoded, as Go's url.ParseQuery does: a pair that cannot be
 * decoded is left out, the rest is added, and the result is false for the first such pair. Beyond
 * HTTP_MAX_PARAMS it ends with ERR_LIMIT. */
bool http_params_parse(struct http_params *params, struct str text, struct arena *a,
		       struct err *err);
/* The first of this name, or an empty str with p == NULL. */
struct str http_params_get(const struct http_params *params, const char *name);

enum http_plus { HTTP_PLUS_IS_SPACE, HTTP_PLUS_IS_PLUS };

/* %XX decoded; false on a bad escape. The result lives in `a`, or is `s` itself. */
bool http_percent_decode(struct str s, enum http_plus plus, struct arena *a, struct str *out);

struct buf;
/* For use as a part of a query: all but letters, digits and -._~ become %XX. */
void http_percent_encode(struct str s, struct buf *out);

/* --- dates ------------------------------------------------------------------------------------ */

enum { HTTP_DATE_BYTES = 30 };

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void http_date(int64_t seconds, char out[HTTP_DATE_BYTES]);

#endif
