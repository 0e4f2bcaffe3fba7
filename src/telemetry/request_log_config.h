/* request_log_config.h - which requests are logged: the YAML of --request.logging-config.
 *
 *	http:
 *	  options: {level: DEBUG, decision: {log_start: true, log_end: true}}
 *	  config: [{path: /api/v1/query, port: 10904}]
 *	grpc:
 *	  options: {level: ERROR, decision: {log_end: true}}
 *	  config: [{service: thanos.Store, method: Series}]
 *	options: {level: INFO}
 *
 * A protocol's options stand for the common ones, all of them or none. Without `config` every
 * request of the protocol counts, with it those listed.
 *
 * Format: Thanos' pkg/logging. Unknown keys are refused.
 */
#ifndef TELEMETRY_REQUEST_LOG_CONFIG_H
#define TELEMETRY_REQUEST_LOG_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"

enum request_log_decision {
	REQUEST_LOG_NOTHING,
	REQUEST_LOG_END,
	REQUEST_LOG_BOTH,
};

struct request_log_path {
	struct str path;
	uint64_t port;
};

struct request_log_method {
	struct str service;
	struct str method;
};

struct request_log_config {
	struct {
		enum request_log_decision decision;
		enum log_level level; /* of the lines that are wanted, and graver ones */
		struct request_log_path *paths;
		size_t n_paths; /* 0: all */
	} http;
	struct {
		enum request_log_decision decision;
		struct request_log_method *methods;
		size_t n_methods; /* 0: all */
	} grpc;
};

/* Who reads only its part of the document: a component without an HTTP API. */
enum request_log_scope { REQUEST_LOG_GRPC_ONLY, REQUEST_LOG_GRPC_AND_HTTP };

/* An empty text wants nothing. *out lives in `arena`. */
bool request_log_config_parse(struct str yaml, enum request_log_scope scope, struct arena *arena,
			      struct request_log_config *out, struct err *err);

/* What to say of a request for `path`, sent to `host`, as its header has it: "example.org:10904",
 * "[::1]:10904". A host without a port is none of those listed. */
enum request_log_decision request_log_of_path(const struct request_log_config *config,
					      struct str path, struct str host);
/* Of a call: "/thanos.Store/Series". */
enum request_log_decision request_log_of_method(const struct request_log_config *config,
						struct str method);

#endif
