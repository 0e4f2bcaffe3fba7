/* servers.h - the HTTP and gRPC servers of a component, with what runs below them: event loops,
 * worker threads, probes and /metrics.
 *
 *	struct servers servers = {0};
 *	if (!servers_init(&servers, rt, &(struct servers_options){...}, err))
 *		return false;
 *	http_router_add(servers.router, &routes);
 *	store_server_register(store_server, servers.grpc);
 *	servers_add_actors(&servers);
 *	...
 *	servers_start_grpc(&servers); // from an actor, when there is something to serve
 */
#ifndef CMD_SERVERS_H
#define CMD_SERVERS_H

#include "base/tracker.h"
#include "cmd/common_flags.h"
#include "cmd/runtime.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "telemetry/request_log.h"

struct probes;

struct servers_options {
	const char *component;
	const struct http_flags *http;
	const struct grpc_flags *grpc;               /* NULL: no gRPC server */
	const struct request_log_flags *request_log; /* NULL: no requests are logged */
	enum request_log_scope request_log_scope;
	struct tracker *tracker; /* of the process */
};

struct servers {
	struct runtime *rt;
	struct servers_options options;
	/* Of requests and connections, apart from what is done for them: a budget that queries use
	 * up leaves the servers their share. */
	struct tracker memory;
	struct loops *loops;
	struct pool *http_pool;
	struct pool *grpc_pool;
	struct http_router *router;
	struct probes *probes;
	struct grpc_server *grpc;
	struct tls_server *grpc_tls;
	struct health_server *health;
	struct rpc_metrics *rpc_metrics;
	struct request_log *request_log; /* NULL: none */
	struct ctx *grpc_may_start;      /* canceled: it may */
};

bool servers_init(struct servers *s, struct runtime *rt, const struct servers_options *options,
		  struct err *err);
/* After runtime_run() has returned: no handler runs any more. The loops still do, for what the
 * command has on them and now takes down. May be called twice. */
void servers_stop(struct servers *s);
void servers_done(struct servers *s);

/* HTTP begins with the runtime; gRPC waits for servers_start_grpc(). */
void servers_add_actors(struct servers *s);
/* There is something to serve: listen for gRPC, and say that we are ready. */
void servers_start_grpc(struct servers *s);

#endif
