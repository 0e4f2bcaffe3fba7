/* grpc_rig.h - a gRPC server and a channel to it over loopback, with handlers to try them on. */
#ifndef TESTS_LIB_GRPC_RIG_H
#define TESTS_LIB_GRPC_RIG_H

#include "base/pool.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/loop.h"
#include "net/tls.h"

#include <pthread.h>

/* Zeroes are the defaults. */
struct grpc_rig_options {
	struct grpc_server_options server;
	struct grpc_channel_options channel;
	struct tls_server *server_tls;
	size_t n_loops;
};

struct grpc_rig {
	struct loops *loops;
	struct pool *pool;
	struct grpc_server *server;
	struct grpc_channel *channel;

	/* What the handlers did. */
	pthread_mutex_t mu;
	pthread_cond_t changed;
	int n_entered;
	int n_left;
	int n_messages_sent;
	int released;
	enum err_code last_failure;
};

/* The methods: each handler counts into the rig.
 *
 * "/test.Rig/Echo"    answers with the request.
 * "/test.Rig/Stream"  request "N SIZE": N messages of SIZE bytes, each begins with its number.
 * "/test.Rig/Wait"    waits until its context is done.
 * "/test.Rig/Stubborn" waits for grpc_rig_release(), whatever its context says.
 * "/test.Rig/Fail"    request is the message of an ERR_LIMIT failure.
 * "/test.Rig/Header"  answers with the value of the metadata key that the request names.
 */
void grpc_rig_start(struct grpc_rig *rig, const struct grpc_rig_options *options);
void grpc_rig_stop(struct grpc_rig *rig);

void grpc_rig_release(struct grpc_rig *rig);

/* Wait until a counter of the rig has reached a value; fails the test after PATIENCE_MS. */
void grpc_rig_await(struct grpc_rig *rig, const int *counter, int value);

int grpc_rig_count(struct grpc_rig *rig, const int *counter);

/* Check one message of /test.Rig/Stream. */
void grpc_rig_expect_message(struct str message, int number, size_t size);

/* A request for /test.Rig/Stream, in a static buffer of the calling thread. */
struct str grpc_rig_stream_request(int n, size_t size);

#endif
