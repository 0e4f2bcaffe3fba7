/* series_stream.c - how fast do series pass through the StoreAPI over gRPC, without a disk?
 *
 *	bench_series_stream [REPEATS]
 *
 * The store server over a store in memory, loopback, and the store client, all in this process:
 * CPU time counts both ends. Eight labels and two chunks of 300 bytes per series. Medians.
 */
#include "base/alloc.h"
#include "base/pool.h"
#include "bench/measure.h"
#include "net/grpc_server.h"
#include "net/loop.h"
#include "rpc/store_client.h"
#include "rpc/store_server.h"

enum { N_CHUNKS = 2, CHUNK_BYTES = 300, CHUNK_MS = 7200 * 1000, MAX_REPEATS = 100 };

struct memory_store {
	struct store_api base; /* first, so that the two pointers convert */
	struct series *series;
	size_t n;
};

static struct series_iter *memory_series(struct store_api *base, struct ctx *ctx,
					 const struct series_request *req, struct notes *notes,
					 struct tracker *tracker, struct err *err)
{
	struct memory_store *s = (struct memory_store *)base;

	(void)ctx, (void)req, (void)notes, (void)tracker, (void)err;
	return series_iter_of(s->series, s->n);
}

static void memory_close(struct store_api *base)
{
	(void)base;
}

static const struct store_api_ops memory_ops = {.series = memory_series, .close = memory_close};

static struct labels make_labels(struct arena *a, size_t i)
{
	const struct label labels[] = {
	    LABEL("__name__", "container_cpu_usage_seconds_total"),
	    LABEL("cluster", "eu-west-1-production"),
	    LABEL("container", "prometheus"),
	    LABEL("image", "quay.io/prometheus/prometheus:v2.42.0"),
	    LABEL("instance", "10.0.12.34:10250"),
	    LABEL("job", "kubelet"),
	    LABEL("namespace", "monitoring"),
	    {.name = STR("pod"), .value = str_of(arena_printf(a, "prometheus-k8s-%08zu", i))},
	};
	return labels_copy(a, (struct labels){labels, sizeof(labels) / sizeof(labels[0])});
}

/* Series share their chunks: what is measured is their way. */
static void fill(struct memory_store *s, struct arena *a, size_t n)
{
	static uint8_t bytes[CHUNK_BYTES];
	struct chunk *chunks = ARENA_ARRAY(a, struct chunk, N_CHUNKS);

	for (size_t i = 0; i < CHUNK_BYTES; i++)
		bytes[i] = (uint8_t)(i * 7);
	for (int i = 0; i < N_CHUNKS; i++)
		chunks[i] = (struct chunk){
		    .min_t_ms = (int64_t)i * CHUNK_MS,
		    .max_t_ms = (int64_t)(i + 1) * CHUNK_MS - 1,
		    .raw = {.encoding = CHUNK_XOR, .data = bytes, .size_bytes = CHUNK_BYTES},
		};
	s->base.ops = &memory_ops;
	s->series = ARENA_ARRAY(a, struct series, n);
	s->n = n;
	for (size_t i = 0; i < n; i++)
		s->series[i] = (struct series){make_labels(a, i), chunks, N_CHUNKS};
}

static void receive(struct store_api *store, size_t n, int64_t batch_size)
{
	struct matcher *matcher auto_free(matcher_unref) = NULL;
	struct err err = ERR_INIT;
	struct series s;
	enum iter_result r;
	size_t got = 0;

	matcher = matcher_new(MATCH_EQ, STR("job"), STR("kubelet"), &err);
	struct series_request req = {
	    .max_t_ms = (int64_t)N_CHUNKS * CHUNK_MS,
	    .matchers = {&matcher, 1},
	    .aggrs = WANT_RAW,
	    .batch_size = batch_size,
	};
	struct series_iter *it auto_free(series_iter_close) =
	    store_series(store, NULL, &req, NULL, NULL, &err);
	if (!it)
		die(&err);
	while ((r = series_iter_next(it, &s, &err)) == ITER_VALUE)
		got += s.n_chunks == N_CHUNKS;
	if (r == ITER_ERROR)
		die(&err);
	if (got != n) {
		fprintf(stderr, "%zu series came whole, %zu were sent\n", got, n);
		exit(1);
	}
}

static void measure(struct store_api *store, size_t n, int64_t batch_size, size_t repeats)
{
	double wall_s[MAX_REPEATS], cpu_s[MAX_REPEATS];
	size_t calls = n < 100000 ? 100000 / n : 1; /* per measurement */

	for (size_t i = 0; i < repeats; i++) {
		double cpu = process_cpu_s(getpid()), began = now_s();
		for (size_t k = 0; k < calls; k++)
			receive(store, n, batch_size);
		wall_s[i] = (now_s() - began) / (double)calls;
		cpu_s[i] = (process_cpu_s(getpid()) - cpu) / (double)calls;
	}
	double wall = median(wall_s, repeats), cpu = median(cpu_s, repeats);
	printf("stream_%zu_series_batch_%d %.0f series/s\n", n, (int)batch_size, (double)n / wall);
	printf("stream_%zu_series_batch_%d_cpu %.2f us/series\n", n, (int)batch_size,
	       cpu / (double)n * 1e6);
}

static void serve_and_measure(struct memory_store *store, struct loops *loops, struct pool *pool,
			      size_t repeats)
{
	struct err err = ERR_INIT;
	struct store_server *server =
	    store_server_new(&(struct store_server_options){.store = &store->base});
	struct grpc_server *grpc = grpc_server_new(&(struct grpc_server_options){.pool = pool});

	store_server_register(server, grpc);
	if (!grpc_server_listen(grpc, loops, "127.0.0.1:0", NULL, &err))
		die(&err);
	struct store_api *client = store_client_new(
	    grpc_server_address(grpc), &(struct store_client_options){.channel = {.loops = loops}});
	measure(client, store->n, 1, repeats);
	measure(client, store->n, 64, repeats);
	store_close(client);
	grpc_server_free(grpc);
	store_server_free(server);
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = {1000, 100000};
	size_t repeats = argc > 1 ? (size_t)atoi(argv[1]) : 5;
	struct err err = ERR_INIT;
	struct loops *loops = loops_start(2, &err);
	if (!loops)
		die(&err);
	struct pool *pool = pool_new(&(struct pool_options){.name = "bench", .max_threads = 4});

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct memory_store store = {0};
		struct arena *a = arena_new(NULL);
		fill(&store, a, sizes[i]);
		double before_mb = process_memory_mb(getpid(), "VmRSS");
		serve_and_measure(&store, loops, pool,
				  repeats > 0 && repeats < MAX_REPEATS ? repeats : 1);
		printf("stream_%zu_series_memory %.1f MB above the data\n", sizes[i],
		       process_memory_mb(getpid(), "VmHWM") - before_mb);
		arena_free(a);
	}
	pool_free(pool);
	loops_stop(loops);
	return 0;
}
