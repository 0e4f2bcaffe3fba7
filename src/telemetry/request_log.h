/* request_log.h - a line when a request begins, and one when it has ended, with what Thanos tells
 * of them: for the routes of HTTP APIs and the methods of gRPC servers.
 *
 *	level=debug protocol=http http.component=server msg="finished call" http.method="GET /..."
 *	level=debug service=gRPC/server component=store msg="finished call" requestID=...
 *
 * Lines are of level debug, and error for failures that are the server's own. Each request has an
 * id: the client's (header X-Request-ID, metadata request-id), or else a new ULID.
 */
#ifndef TELEMETRY_REQUEST_LOG_H
#define TELEMETRY_REQUEST_LOG_H

#include "net/grpc_server.h"
#include "net/http_server.h"
#include "telemetry/request_log_config.h"

struct clock;
struct logger;
struct request_log;

struct request_log_options {
	struct str yaml; /* request_log_config.h; may be empty */
	enum request_log_scope scope;
	const char *component;
	/* "unary" or "server_stream", of "/thanos.Store/Series". */
	const char *(*method_type)(const char *method);
	struct clock *clock;
	struct logger *logger; /* outlives the result */
};

/* NULL with an error when the configuration is wrong. */
struct request_log *request_log_new(const struct request_log_options *options, struct err *err);
/* After the servers. NULL is fine. */
void request_log_free(struct request_log *log);
CLEANUP_DEFINE(struct request_log, request_log_free)

/* What a server calls is left empty where nothing is to be logged. */
void request_log_watch_http(struct request_log *log, struct http_server_options *options);
struct grpc_call_watcher request_log_grpc_watcher(struct request_log *log);

#endif
