/* grpc.c - how fast do messages pass over gRPC, both ends in one process over loopback?
 *
 *	bench_grpc [MEGABYTES]
 */
#include "base/clock.h"
#include "base/pool.h"
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/loop.h"

#include <stdio.h>
#include <stdlib.h>

struct load {
	size_t n_messages;
	size_t size_bytes;
};

/* The request is a struct load. */
static bool produce(struct grpc_call *call, void *arg, struct err *err)
{
	(void)arg;
	struct load load;
	struct buf message auto_done(buf_done) = BUF_INIT(2 << 20);

	memcpy(&load, grpc_call_request(call).p, sizeof(load));
	for (size_t i = 0; i < load.n_messages; i++) {
		char *to = buf_reserve(&message, load.size_bytes);
		memset(to, (int)i, load.size_bytes < 64 ? load.size_bytes : 64);
		buf_grown(&message, load.size_bytes);
		if (!grpc_call_send_buf(call, &message, err))
			return false;
	}
	return true;
}

static bool echo(struct grpc_call *call, void *arg, struct err *err)
{
	(void)arg;
	return grpc_call_send(call, grpc_call_request(call), err);
}

static void die(const struct err *err)
{
	fprintf(stderr, "%s\n", err->msg);
	exit(1);
}

static double now_s(void)
{
	return (double)clock_monotonic_ns(&clock_system) * 1e-9;
}

/* Seconds for `n_streams` streams at once, read in turn. */
static double receive(struct grpc_channel *channel, struct load load, size_t n_streams)
{
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct grpc_stream *streams[64];
	struct str message;
	struct err err = ERR_INIT;
	double began = now_s();

	for (size_t i = 0; i < n_streams; i++)
		streams[i] = grpc_stream_open(channel, NULL, "/bench/Produce",
					      str_from(&load, sizeof(load)), NULL, mailbox);
	for (size_t k = 0; k < load.n_messages; k++) {
		for (size_t i = 0; i < n_streams; i++) {
			if (grpc_stream_next(streams[i], &message, &err) != ITER_VALUE ||
			    message.n != load.size_bytes)
				die(&err);
		}
	}
	for (size_t i = 0; i < n_streams; i++)
		grpc_stream_close(streams[i]);
	return now_s() - began;
}

static void bench_streams(struct grpc_channel *channel, double megabytes, const char *how)
{
	static const struct {
		size_t size_bytes, n_streams;
	} cases[] = {{200, 1}, {200, 20}, {2000, 1}, {1 << 20, 1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = cases[i].size_bytes, n_streams = cases[i].n_streams;
		double share = size < 1000 ? 0.2 : 1;
		size_t n = (size_t)(megabytes * share * 1e6 / (double)(size * n_streams)) + 1;
		double s = receive(channel, (struct load){n, size}, n_streams);
		double total = (double)(n * n_streams);
		printf("stream_%zu_bytes_%zu_streams%s %.0f messages/s\n", size, n_streams, how,
		       total / s);
		printf("stream_%zu_bytes_%zu_streams%s %.0f MB/s\n", size, n_streams, how,
		       total * (double)size / s * 1e-6);
	}
}

static void bench_unary(struct grpc_channel *channel, size_t n)
{
	struct buf response auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	double began = now_s();

	for (size_t i = 0; i < n; i++) {
		if (!grpc_call_unary(channel, NULL, "/bench/Echo", STR("hello"), NULL, &response,
				     &err))
			die(&err);
	}
	printf("unary_round_trip %.1f us\n", (now_s() - began) / (double)n * 1e6);
}

int main(int argc, char **argv)
{
	double megabytes = argc > 1 ? atof(argv[1]) : 1000;
	struct err err = ERR_INIT;
	struct loops *loops = loops_start(2, &err);
	if (!loops)
		die(&err);
	struct pool *pool = pool_new(&(struct pool_options){.name = "bench", .max_threads = 64});
	struct grpc_server *server = grpc_server_new(&(struct grpc_server_options){.pool = pool});

	grpc_server_handle(server, "/bench/Produce", produce, NULL);
	grpc_server_handle(server, "/bench/Echo", echo, NULL);
	if (!grpc_server_listen(server, loops, "127.0.0.1:0", NULL, &err))
		die(&err);
	struct grpc_channel_options options = {.loops = loops};
	struct grpc_channel *channel = grpc_channel_new(grpc_server_address(server), &options);
	bench_unary(channel, 5000);
	bench_streams(channel, megabytes, "");
	grpc_channel_free(channel);
	options.compression = GRPC_COMPRESSION_SNAPPY;
	channel = grpc_channel_new(grpc_server_address(server), &options);
	bench_streams(channel, megabytes / 4, "_snappy");
	grpc_channel_free(channel);
	grpc_server_free(server);
	pool_free(pool);
	loops_stop(loops);
	return 0;
}
