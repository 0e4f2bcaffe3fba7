/* store_client.h - a StoreAPI at the other end of a gRPC channel.
 *
 * A series request opens a stream and returns at once; its messages are decoded by whoever asks the
 * iterator, so many streams need no threads. What a series holds is charged to the request's
 * tracker. The peer's warnings become notes. Failures carry the peer's status.
 *
 * Threads: as model/store_api.h; an iterator belongs to one thread at a time.
 */
#ifndef RPC_STORE_CLIENT_H
#define RPC_STORE_CLIENT_H

#include "model/store_api.h"
#include "net/grpc_client.h"

struct store_client_options {
	struct grpc_channel_options channel;
	int64_t response_timeout_ms; /* a stream without a message for so long fails; 0: no limit */
};

/* `target` is "host:port". Never fails: the calls do. To be closed as any other store, after its
 * iterators. */
struct store_api *store_client_new(const char *target, const struct store_client_options *options);

#endif
