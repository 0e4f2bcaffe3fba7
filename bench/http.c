/* http.c - how many requests does the HTTP server answer, and how fast do large answers pass
 *through server and client, both ends in one process over loopback?
 *
 *	bench_http              the cases, one line each
 *	bench_http ADDRESS      serve /small and /large there until stdin ends, for wrk and its like
 */
#include "base/clock.h"
#include "base/pool.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/loop.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGE_BYTES = 5 << 20, N_CLIENTS = 16, N_REQUESTS = 4000, N_LARGE = 100 };

static void small(struct http_request *request, struct http_response *response, void *arg)
{
	(void)request, (void)arg;
	http_response_send(response, 200, "application/json",
			   STR("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
			       "\"result\":[]}}"));
}

static void large(struct http_request *request, struct http_response *response, void *arg)
{
	struct err err;
	static char part[64 * 1024];
	(void)request, (void)arg;

	http_response_set_header(response, "Content-Type", "application/octet-stream");
	for (size_t i = 0; i < LARGE_BYTES; i += sizeof(part))
		http_response_write(response, part, sizeof(part), &err);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/small", small, NULL, 0},
    {HTTP_GET, "/large", large, NULL, 0},
};

static void die(const struct err *err)
{
	fprintf(stderr, "%s\n", err->msg);
	exit(1);
}

static double now_s(void)
{
	return (double)clock_monotonic_ns(&clock_system) * 1e-9;
}

/* --- many small ------------------------------------------------------------------------------- */

struct asker {
	const char *address;
	size_t n_at_once; /* pipelined */
	pthread_t thread;
};

static int dial(const char *address)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

/* How many times `byte` occurs: the body of each answer has one '['. */
static size_t count(const char *p, size_t n, char byte)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++)
		found += p[i] == byte;
	return found;
}

static void *ask(void *arg)
{
	static const char request[] = "GET /small HTTP/1.1\r\nHost: x\r\n\r\n";
	struct asker *a = arg;
	char answers[16384];
	int fd = dial(a->address);

	for (size_t i = 0; i < N_REQUESTS; i += a->n_at_once) {
		for (size_t k = 0; k < a->n_at_once; k++) {
			if (write(fd, request, sizeof(request) - 1) < 0)
				perror("write");
		}
		for (size_t n = 0; n < a->n_at_once;) {
			ssize_t got = read(fd, answers, sizeof(answers));
			if (got <= 0) {
				fprintf(stderr, "the server closed\n");
				exit(1);
			}
			n += count(answers, (size_t)got, '[');
		}
	}
	close(fd);
	return NULL;
}

static void run_small(const char *address, const char *name, size_t n_clients, size_t n_at_once)
{
	struct asker askers[N_CLIENTS];
	double began = now_s();

	for (size_t i = 0; i < n_clients; i++) {
		askers[i] = (struct asker){.address = address, .n_at_once = n_at_once};
		pthread_create(&askers[i].thread, NULL, ask, &askers[i]);
	}
	for (size_t i = 0; i < n_clients; i++)
		pthread_join(askers[i].thread, NULL);
	printf("%s %.0f requests/s\n", name, (double)(n_clients * N_REQUESTS) / (now_s() - began));
}

/* --- some large ------------------------------------------------------------------------------- */

static void run_large(struct loops *loops, const char *address)
{
	struct http_client_options options = {.disable_compression = true};
	struct err err = ERR_INIT;
	struct http_call_response response;
	struct str piece;
	char url[200];
	double bytes = 0, began = now_s();

	snprintf(url, sizeof(url), "http://%s/large", address);
	struct http_client *client = http_client_new(loops_get(loops, 0), &options, &err);
	struct http_call_request request = {.url = url};
	for (int i = 0; i < N_LARGE; i++) {
		struct http_call *call = http_call_start(client, NULL, &request, &err);
		if (!call || !http_call_response(call, &response, &err))
			die(&err);
		while (http_call_read(call, &piece, &err) == ITER_VALUE)
			bytes += (double)piece.n;
		http_call_close(call);
	}
	printf("large_streamed %.0f MB/s\n", bytes / (now_s() - began) * 1e-6);
	http_client_free(client);
}

int main(int argc, char **argv)
{
	struct pool_options pool_options = {.name = "http", .max_threads = 32, .max_backlog = 1000};
	struct err err = ERR_INIT;
	struct loops *loops = loops_start(2, &err);
	struct pool *pool = pool_new(&pool_options);
	struct http_router *router = http_router_new();

	http_router_add(router, &(struct http_route_group){.routes = routes, .n_routes = 2});
	struct http_server_options options = {
	    .address = argc > 1 ? argv[1] : "127.0.0.1:0", .router = router, .pool = pool};
	struct http_server *server = http_server_start(loops, &options, &err);
	if (!server)
		die(&err);
	if (argc > 1) {
		while (getchar() != EOF)
			;
	} else {
		run_small(http_server_address(server), "small_1_connection", 1, 1);
		run_small(http_server_address(server), "small_16_connections", N_CLIENTS, 1);
		run_small(http_server_address(server), "small_pipelined", 4, 16);
		run_large(loops, http_server_address(server));
	}
	http_server_free(server);
	pool_free(pool);
	loops_stop(loops);
	http_router_free(router);
	return 0;
}
