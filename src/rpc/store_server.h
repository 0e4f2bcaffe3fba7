/* store_server.h - serves thanos.Store and thanos.info.Info from anything that answers the
 * StoreAPI.
 *
 * The series that the store gives become messages: one each, or batches of as many as the request
 * asks for, cut at about 1 MiB. What the store notes becomes warnings.
 *
 * Threads: the methods run on the threads of the gRPC server.
 */
#ifndef RPC_STORE_SERVER_H
#define RPC_STORE_SERVER_H

#include "base/cleanup.h"
#include "model/store_api.h"

struct grpc_server;
struct matcher_cache;
struct metrics;
struct store_server;

struct store_server_options {
	struct store_api *store; /* outlives the server */
	struct tracker
	    *tracker;        /* charged for what requests hold; outlives the server, may be NULL */
	uint64_t max_series; /* of one Series request: --store.limits.request-series; 0: no limit */
	uint64_t max_samples; /* --store.limits.request-samples, counted as 120 per chunk */
	struct matcher_cache *matchers; /* of Series requests; outlives the server; may be NULL */
	struct metrics *metrics;        /* may be NULL */
};

struct store_server *store_server_new(const struct store_server_options *options);
/* After the gRPC server has shut down. NULL is fine. */
void store_server_free(struct store_server *server);
CLEANUP_DEFINE(struct store_server, store_server_free)

/* Register the methods, before the gRPC server listens. */
void store_server_register(struct store_server *server, struct grpc_server *grpc);

#endif
