/* rpc_rig.h - a gRPC server over loopback for the services that a test registers, and the loops for
 * its clients.
 */
#ifndef TESTS_LIB_RPC_RIG_H
#define TESTS_LIB_RPC_RIG_H

#include "base/pool.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/loop.h"

struct rpc_rig {
	struct loops *loops;
	struct pool *pool;
	struct grpc_server *server;
};

/* Register services with rig->server, then listen. `options` may be NULL. */
void rpc_rig_init(struct rpc_rig *rig, const struct grpc_server_options *options);
/* The address to dial. */
const char *rpc_rig_listen(struct rpc_rig *rig);
/* After its clients are closed. */
void rpc_rig_done(struct rpc_rig *rig);

#endif
