/* series_client.c - what does one Series or LabelValues call cost a store that runs, ours or
 * another's?
 *
 *	bench_series_client HOST:PORT SELECTOR MIN_MS MAX_MS [PID [REPEATS [LABEL]]]
 *
 * Asks for all that the selector ('{job="a"}', or '' for everything) matches, or for the values of
 * the label, counts what comes, and prints how long the first call took, and the median and the
 * slowest in a hundred of those after it (5 of them, or none). With the store's process id: also
 * the CPU time a call took it, and its peak of memory since it started.
 */
#include "bench/measure.h"
#include "net/loop.h"
#include "promql/parser.h"
#include "rpc/store_client.h"

enum { MAX_REPEATS = 100 };

struct counts {
	size_t n_series;
	size_t n_chunks;
	size_t n_bytes; /* of chunks */
};

static struct counts call_values(struct store_api *store, const struct series_request *req,
				 const char *label)
{
	struct label_request values = {
	    .label = str_of(label),
	    .min_t_ms = req->min_t_ms,
	    .max_t_ms = req->max_t_ms,
	    .matchers = req->matchers,
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct notes notes auto_done(notes_done);
	struct str_list list;

	notes_init(&notes);
	if (!store_label_values(store, NULL, &values, &notes, a, &list, &err))
		die(&err);
	return (struct counts){.n_series = list.n};
}

static struct counts call(struct store_api *store, const struct series_request *req,
			  const char *label)
{
	if (label)
		return call_values(store, req, label);

	struct counts c = {0};
	struct err err = ERR_INIT;
	struct notes notes auto_done(notes_done);
	struct series s;
	enum iter_result r;

	notes_init(&notes);
	struct series_iter *it auto_free(series_iter_close) =
	    store_series(store, NULL, req, &notes, NULL, &err);
	if (!it)
		die(&err);
	while ((r = series_iter_next(it, &s, &err)) == ITER_VALUE) {
		c.n_series++;
		c.n_chunks += s.n_chunks;
		for (size_t i = 0; i < s.n_chunks; i++)
			c.n_bytes += s.chunks[i].raw.size_bytes;
	}
	if (r == ITER_ERROR)
		die(&err);
	return c;
}

static void measure(struct store_api *store, const struct series_request *req, const char *label,
		    pid_t pid, size_t n)
{
	double wall_s[MAX_REPEATS], cpu_s[MAX_REPEATS];
	double began = now_s();
	struct counts c = call(store, req, label); /* caches are warm afterwards */

	printf("first %.4f s\n", now_s() - began);
	printf("series %zu\nchunks %zu\nchunk_bytes %zu\n", c.n_series, c.n_chunks, c.n_bytes);
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		double cpu_before = pid ? process_cpu_s(pid) : 0;
		began = now_s();
		c = call(store, req, label);
		wall_s[i] = now_s() - began;
		cpu_s[i] = pid ? process_cpu_s(pid) - cpu_before : 0;
	}
	double wall = median(wall_s, n);
	printf("wall %.4f s\nwall_p99 %.4f s\n", wall, wall_s[(n * 99 + 99) / 100 - 1]);
	printf("series_rate %.0f series/s\n", (double)c.n_series / wall);
	if (!pid)
		return;
	double cpu = median(cpu_s, n);
	printf("server_cpu %.4f s\nserver_rate_per_core %.0f series/s\n", cpu,
	       cpu > 0 ? (double)c.n_series / cpu : 0);
	printf("server_peak_rss %.1f MB\n", process_memory_mb(pid, "VmHWM"));
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	if (argc < 5) {
		fprintf(stderr,
			"usage: %s HOST:PORT SELECTOR MIN_MS MAX_MS [PID [REPEATS "
			"[LABEL]]]\n",
			argv[0]);
		return 2;
	}
	struct promql_query *selector = NULL;
	struct loops *loops = loops_start(1, &err);
	if (argv[2][0])
		selector = promql_parse_selector(str_of(argv[2]), &err);
	if ((argv[2][0] && !selector) || !loops)
		die(&err);
	struct series_request req = {
	    .min_t_ms = atoll(argv[3]),
	    .max_t_ms = atoll(argv[4]),
	    .matchers = selector ? selector->root->vector.matchers : (struct matchers){0},
	    .aggrs = WANT_RAW,
	};
	size_t n = argc > 6 ? (size_t)atoi(argv[6]) : 5;
	struct store_api *store =
	    store_client_new(argv[1], &(struct store_client_options){.channel = {.loops = loops}});
	measure(store, &req, argc > 7 ? argv[7] : NULL, argc > 5 ? atoi(argv[5]) : 0,
		n < MAX_REPEATS ? n : MAX_REPEATS);
	store_close(store);
	loops_stop(loops);
	promql_query_free(selector);
	return 0;
}
