/* http_server.h - HTTP/1.1 server: loops at the door, a worker thread for each running request.
 *
 * A request is read completely (its body within a limit) before its handler runs; the handler then
 * calls what it likes, may block, and writes its answer whole or piece by piece with back-pressure.
 * A client that goes away cancels the request's context.
 */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include "base/byte_sink.h"
#include "base/cleanup.h"
#include "base/ctx.h"
#include "base/tracker.h"
#include "net/http_message.h"

struct http_response;
struct http_router;
struct http_server;
struct loops;
struct metrics;
struct pool;
struct tls_server;
struct tls_subject;

/* --- requests --------------------------------------------------------------------------------- */

/* Everything lives until the handler returns. */
struct http_request {
	enum http_method method;
	struct str method_name;
	struct str path;  /* raw, with the route prefix */
	struct str query; /* raw */
	struct str host;
	struct http_headers headers;
	struct http_params segments; /* the named parts of the route, decoded */
	struct http_params form;     /* of a form body, then of the query, decoded, in order */
	struct str body;
	const char *peer; /* "10.0.0.1:4711" */
	bool is_tls;
	const struct tls_subject *certificate; /* of the client; NULL when it showed none */
	struct str user;                       /* who was authenticated, or empty */
	struct ctx *ctx; /* done when the client has gone, or the server stops */
	struct arena *arena;
	struct err *form_err; /* NULL when the form could be decoded */
};

static inline struct str http_request_header(const struct http_request *r, const char *name)
{
	return http_header_value(&r->headers, name);
}

/* The first parameter of this name in a form body or the query; an empty str without one. */
static inline struct str http_request_param(const struct http_request *r, const char *name)
{
	return http_params_get(&r->form, name);
}

static inline struct str http_request_segment(const struct http_request *r, const char *name)
{
	return http_params_get(&r->segments, name);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Status (200 unless set) and headers go out with the first bytes that do not fit the small buffer,
 * or when the handler returns. Content-Length, Transfer-Encoding, Date, Connection and
 * Content-Encoding are the server's own. */
void http_response_set_status(struct http_response *r, int status);
/* Replaces one of the same name, or adds another. Copied; control bytes become spaces. */
void http_response_set_header(struct http_response *r, const char *name, const char *value);
void http_response_add_header(struct http_response *r, const char *name, const char *value);

/* The next bytes of the body; waits while the client is behind. Fails when it has gone. */
bool http_response_write(struct http_response *r, const void *p, size_t n, struct err *err);
/* The same as a sink; valid until the handler returns. */
struct byte_sink *http_response_sink(struct http_response *r);

/* A whole answer at once. */
void http_response_send(struct http_response *r, int status, const char *content_type,
			struct str body);
/* A text for people, as Go's http.Error: with a newline at the end. */
void http_response_error(struct http_response *r, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void http_response_redirect(struct http_response *r, int status, const char *location);

/* Whether status and headers are on their way, so that an error can no longer be told by them... */
bool http_response_has_begun(const struct http_response *r);
/* ...but only by cutting the connection, which the client sees as a broken answer. */
void http_response_abort(struct http_response *r);

/* --- routes ----------------------------------------------------------------------------------- */

typedef void http_handler_fn(struct http_request *request, struct http_response *response,
			     void *arg);

struct http_route {
	unsigned methods; /* HTTP_GET | HTTP_POST; GET takes HEAD along; 0: any */
	/* "/api/v1/label/:name/values"; a last segment "*name" takes all that follows. */
	const char *path;
	http_handler_fn *handler;
	const char *name;        /* the "handler" label of the metrics; NULL: not counted */
	uint64_t max_body_bytes; /* 0: the server's */
};

/* Called on the worker before the handler of any route of a group; false: it has answered. */
typedef bool http_before_fn(struct http_request *request, struct http_response *response,
			    void *arg);

struct http_route_group {
	const char *prefix; /* "/thanos", without a slash at the end; NULL or "": none */
	const struct http_route *routes;
	size_t n_routes;
	void *arg;              /* of the handlers */
	http_before_fn *before; /* NULL: none */
	void *before_arg;
};

/* Routes that match a path more literally win; equals are a bug. Complete before the server starts.
 * Strings and arrays of the group are borrowed, `group` itself is copied. */
struct http_router *http_router_new(void);
void http_router_add(struct http_router *router, const struct http_route_group *group);
void http_router_free(struct http_router *router); /* NULL is fine */
CLEANUP_DEFINE(struct http_router, http_router_free)

/* --- servers ---------------------------------------------------------------------------------- */

struct http_outcome {
	int status;
	uint64_t request_bytes, response_bytes;
	int64_t duration_ns;
	const char *route_name; /* NULL: no route */
	bool is_complete;       /* false: the client did not get all of it */
	void *begun;            /* what on_begin returned; NULL when it was not called */
};

struct http_server_options {
	const char *address;    /* listener.h */
	struct tls_server *tls; /* NULL: plain text, unless the web configuration has TLS */
	/* exporter-toolkit's; NULL or "": none. Read again when it changes. */
	const char *web_config_file;
	struct http_router *router; /* borrowed */
	struct pool *pool;          /* where handlers run; borrowed */
	struct tracker *tracker;    /* charged with bodies and arenas; may be NULL */
	struct metrics *metrics;    /* http_requests_total and so on; may be NULL */
	/* On the worker before each request that may be served; may be NULL. The result, which may
	 * live in the request's arena, is found in the outcome. */
	void *(*on_begin)(void *arg, const struct http_request *request, const char *route_name);
	/* On the worker after each request; may be NULL. */
	void (*on_end)(void *arg, const struct http_request *request,
		       const struct http_outcome *outcome);
	void *arg;

	/* 0: the default in brackets. */
	size_t max_connections;   /* [no limit] */
	uint64_t max_body_bytes;  /* [10 MiB] */
	size_t max_head_bytes;    /* [64 KiB] */
	int64_t head_timeout_ms;  /* for request line and headers together [30 s] */
	int64_t body_timeout_ms;  /* the longest silence while a body comes [30 s] */
	int64_t idle_timeout_ms;  /* between requests [2 min] */
	int64_t write_timeout_ms; /* the longest time in which a client takes no byte [2 min] */
};

/* Listens at once. */
struct http_server *http_server_start(struct loops *loops,
				      const struct http_server_options *options, struct err *err);
/* The address with the real port. */
const char *http_server_address(const struct http_server *s);

/* Accept no more, end idle connections, let running requests finish for the grace period, then
 * cancel them, cut their connections and wait until their handlers have returned. Not from a loop's
 * thread. */
void http_server_stop(struct http_server *s, int64_t grace_ms);
/* Stops without grace if it still runs. NULL is fine. */
void http_server_free(struct http_server *s);
CLEANUP_DEFINE(struct http_server, http_server_free)

#endif
