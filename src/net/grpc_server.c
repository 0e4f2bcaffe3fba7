/* grpc_server.c - a server's connections, and how it ends. */
#include "net/grpc_server_internal.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/rand.h"
#include "net/listener.h"
#include "net/loop.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	DEFAULT_SEND_QUEUE_BYTES = 256 * 1024,
	DEFAULT_MAX_STREAMS = 1000,
	DEFAULT_MAX_CONNECTIONS = 10000,
	DEFAULT_KEEPALIVE_MIN_TIME_MS = 10000,
	REQUEST_WINDOW_BYTES = 1 << 20, /* consumed at once, so it bounds nothing but speed */
	KEEPALIVE_TIME_MS = 60000,      /* a client that vanished silently is noticed */
	KEEPALIVE_TIMEOUT_MS = 20000,
};

struct grpc_server *grpc_server_new(const struct grpc_server_options *options)
{
	struct grpc_server *server = NEW(struct grpc_server);
	struct grpc_server_options *o = &server->options;

	assert(options->pool);
	*o = *options;
	o->max_request_bytes = o->max_request_bytes ?: GRPC_MESSAGE_MAX_BYTES;
	o->send_queue_bytes = o->send_queue_bytes ?: DEFAULT_SEND_QUEUE_BYTES;
	o->max_concurrent_streams = o->max_concurrent_streams ?: DEFAULT_MAX_STREAMS;
	o->max_connections = o->max_connections ?: DEFAULT_MAX_CONNECTIONS;
	o->keepalive_min_time_ms = o->keepalive_min_time_ms ?: DEFAULT_KEEPALIVE_MIN_TIME_MS;
	pthread_mutex_init(&server->mu, NULL);
	ctx_cond_init(&server->idle);
	return server;
}

void grpc_server_handle(struct grpc_server *server, const char *method, grpc_handler *handler,
			void *arg)
{
	assert(!server->listener && method[0] == '/');
	vec_push(&server->methods, (struct grpc_method){method, handler, arg});
}

/* --- connections, on their loop --- */

static struct grpc_shard *shard_of(struct grpc_server *server, const struct loop *loop)
{
	for (size_t i = 0; i < server->n_shards; i++) {
		if (server->shards[i].loop == loop)
			return &server->shards[i];
	}
	assert(!"a connection on a loop that is not of this server");
	return NULL;
}

/* Connections that were opened together do not all come back together. */
static int64_t age_of_next(const struct grpc_server *server)
{
	int64_t age_ms = server->options.max_connection_age_ms;
	uint32_t random;

	rand_bytes(&random, sizeof(random));
	return age_ms - age_ms / 10 + (int64_t)((double)random / UINT32_MAX * (double)age_ms / 5);
}

static void on_accept(struct conn *c, void *arg)
{
	struct grpc_server *server = arg;
	struct grpc_shard *shard = shard_of(server, conn_loop(c));
	struct grpc_connection *connection = NEW(struct grpc_connection);
	const struct http2_settings settings = {
	    .role = HTTP2_SERVER,
	    .max_concurrent_streams = server->options.max_concurrent_streams,
	    .stream_window_bytes = REQUEST_WINDOW_BYTES,
	    .keepalive_time_ms = KEEPALIVE_TIME_MS,
	    .keepalive_timeout_ms = KEEPALIVE_TIMEOUT_MS,
	    .keepalive_without_streams = true,
	    .min_ping_interval_ms = server->options.keepalive_min_time_ms,
	    .max_age_ms = age_of_next(server),
	};

	atomic_init(&connection->refs, 1);
	connection->shard = shard;
	snprintf(connection->peer, sizeof(connection->peer), "%s", conn_peer(c));
	connection->next = shard->connections;
	connection->link = &shard->connections;
	if (connection->next)
		connection->next->link = &connection->next;
	shard->connections = connection;
	connection->session = http2_session_new(c, &settings, &grpc_intake_events, connection);

	pthread_mutex_lock(&server->mu);
	server->n_connections++;
	pthread_mutex_unlock(&server->mu);
}

void grpc_connection_unref(struct grpc_connection *connection)
{
	if (atomic_fetch_sub(&connection->refs, 1) == 1)
		free(connection);
}

void grpc_connection_closed(struct grpc_connection *connection)
{
	struct grpc_server *server = connection->shard->server;

	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	connection->session = NULL;
	grpc_connection_unref(connection);

	pthread_mutex_lock(&server->mu);
	server->n_connections--;
	pthread_cond_broadcast(&server->idle);
	pthread_mutex_unlock(&server->mu);
}

void grpc_server_call_started(struct grpc_server *server)
{
	pthread_mutex_lock(&server->mu);
	server->n_running++;
	pthread_mutex_unlock(&server->mu);
}

void grpc_server_call_ended(struct grpc_server *server)
{
	pthread_mutex_lock(&server->mu);
	if (--server->n_running == 0)
		pthread_cond_broadcast(&server->idle);
	pthread_mutex_unlock(&server->mu);
}

bool grpc_server_listen(struct grpc_server *server, struct loops *loops, const char *address,
			struct tls_server *tls, struct err *err)
{
	const struct listener_options options = {
	    .address = address,
	    .tls = tls,
	    .max_connections = server->options.max_connections,
	    .on_accept = on_accept,
	    .arg = server,
	};

	assert(!server->listener && !server->shards);
	server->n_shards = loops_count(loops);
	server->shards = xcalloc(server->n_shards, sizeof(*server->shards));
	for (size_t i = 0; i < server->n_shards; i++)
		server->shards[i] = (struct grpc_shard){server, loops_get(loops, i), NULL};
	server->listener = listener_open(loops, &options, err);
	return server->listener || err_wrap(err, "gRPC server");
}

const char *grpc_server_address(const struct grpc_server *server)
{
	return listener_address(server->listener);
}

/* --- the end --- */

static void drain_shard(void *arg)
{
	struct grpc_shard *shard = arg;
	struct grpc_connection *next;

	for (struct grpc_connection *c = shard->connections; c; c = next) {
		next = c->next;
		http2_session_drain(c->session);
	}
}

static void cut_shard(void *arg)
{
	struct grpc_shard *shard = arg;

	for (struct grpc_connection *c = shard->connections; c; c = c->next)
		http2_session_cut(c->session, ERR_CANCELED, "the server is stopping");
}

/* Wakes that handlers posted before they ended have run when this has. */
static void pass(void *arg)
{
	(void)arg;
}

static void on_all_shards(struct grpc_server *server, void (*fn)(void *arg))
{
	for (size_t i = 0; i < server->n_shards; i++)
		loop_call(server->shards[i].loop, fn, &server->shards[i]);
}

static void wait_until_idle(struct grpc_server *server, struct ctx *ctx)
{
	pthread_mutex_lock(&server->mu);
	while (server->n_connections > 0 || server->n_running > 0) {
		if (!ctx)
			pthread_cond_wait(&server->idle, &server->mu);
		else if (!ctx_wait(ctx, &server->idle, &server->mu))
			break;
	}
	pthread_mutex_unlock(&server->mu);
}

void grpc_server_shutdown(struct grpc_server *server, int64_t grace_ms)
{
	struct ctx *grace auto_free(ctx_free) = ctx_new_timeout_ms(NULL, grace_ms);

	if (server->shut_down || !server->listener)
		return;
	server->shut_down = true;
	listener_stop(server->listener);
	if (grace_ms > 0) {
		on_all_shards(server, drain_shard);
		wait_until_idle(server, grace);
	}
	on_all_shards(server, cut_shard);
	wait_until_idle(server, NULL);
	on_all_shards(server, pass);
	listener_close(server->listener);
	server->listener = NULL;
}

void grpc_server_free(struct grpc_server *server)
{
	if (!server)
		return;
	grpc_server_shutdown(server, 0);
	pthread_cond_destroy(&server->idle);
	pthread_mutex_destroy(&server->mu);
	free(server->shards);
	vec_done(&server->methods);
	free(server);
}
