/* rpc_metrics.h - counts gRPC calls as go-grpc-middleware does: grpc_server_started_total,
 * grpc_server_handled_total, grpc_server_handling_seconds, grpc_server_msg_{received,sent}_total,
 * and the same for clients.
 *
 * Every method that we know has its counters from the start, so that rates do not begin with a gap.
 *
 * Threads: the observers may be called from any thread.
 */
#ifndef RPC_RPC_METRICS_H
#define RPC_RPC_METRICS_H

#include "base/cleanup.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"

struct metrics;
struct rpc_metrics;

enum rpc_side {
	RPC_SERVER,
	RPC_CLIENT,
};

/* `metrics` outlives the result. */
struct rpc_metrics *rpc_metrics_new(struct metrics *metrics, enum rpc_side side);
/* After its server or channels. NULL is fine. */
void rpc_metrics_free(struct rpc_metrics *m);
CLEANUP_DEFINE(struct rpc_metrics, rpc_metrics_free)

/* For the options of a server, or of any number of channels. */
struct grpc_observer rpc_metrics_server_observer(struct rpc_metrics *m);
struct grpc_client_observer rpc_metrics_client_observer(struct rpc_metrics *m);

#endif
