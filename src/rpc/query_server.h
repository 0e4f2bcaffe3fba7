/* query_server.h - serves thanos.Query from anything that evaluates PromQL.
 *
 * Series become messages as they are computed: one each, or batches of as many as the request asks
 * for, cut at about 1 MiB. Behind them come the warnings, then what the evaluation looked at. A
 * query that fails ends with ABORTED; a failed instant query of a client that wants partial
 * responses is a warning, as in Thanos.
 *
 * Threads: the methods run on the threads of the gRPC server.
 */
#ifndef RPC_QUERY_SERVER_H
#define RPC_QUERY_SERVER_H

#include "base/cleanup.h"
#include "model/query_service.h"

struct clock;
struct grpc_server;
struct query_server;

struct query_server_options {
	struct query_service *service; /* outlives the server */
	struct tracker *tracker;       /* charged for what requests hold; outlives the server */
	struct clock *clock;           /* for instant queries without a time */
};

struct query_server *query_server_new(const struct query_server_options *options);
/* After the gRPC server has shut down. NULL is fine. */
void query_server_free(struct query_server *server);
CLEANUP_DEFINE(struct query_server, query_server_free)

/* Register the methods, before the gRPC server listens. */
void query_server_register(struct query_server *server, struct grpc_server *grpc);

#endif
