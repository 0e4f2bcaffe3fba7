/* query_client.h - another querier, asked over its Query API.
 *
 * A query opens a stream and returns at once; its messages are decoded by whoever asks the stream
 * for series, so many queriers need no threads. What a stream holds is charged to the request's
 * tracker. Failures carry the peer's status, its warnings become notes.
 *
 * Times are whole seconds on the wire.
 *
 * Threads: as model/query_service.h.
 */
#ifndef RPC_QUERY_CLIENT_H
#define RPC_QUERY_CLIENT_H

#include "model/query_service.h"
#include "net/grpc_client.h"

/* `target` is "host:port". Never fails: the calls do. To be closed as any other service, after its
 * streams. */
struct query_service *query_client_new(const char *target,
				       const struct grpc_channel_options *options);

#endif
