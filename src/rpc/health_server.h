/* health_server.h - serves grpc.health.v1.Health: whether this process is ready.
 *
 * Only the service "" is known, as in Thanos. Watch is not offered, which the protocol allows.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef RPC_HEALTH_SERVER_H
#define RPC_HEALTH_SERVER_H

#include "base/cleanup.h"

#include <stdbool.h>

struct grpc_server;
struct health_server;

/* Not serving, until told otherwise. */
struct health_server *health_server_new(void);
/* After the gRPC server has shut down. NULL is fine. */
void health_server_free(struct health_server *health);
CLEANUP_DEFINE(struct health_server, health_server_free)

void health_server_register(struct health_server *health, struct grpc_server *grpc);
void health_server_set(struct health_server *health, bool is_serving);

#endif
