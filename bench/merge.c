/* merge.c - how long does merging 20 sorted streams of series take?
 *
 * 200,000 series in, each label set in two of the streams, 10 labels and 216 bytes of key each.
 */
#include "store/merge.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>

enum { N_STREAMS = 20, N_SETS = 100000, N_LABELS = 10, ROUNDS = 7 };

static const char *const names[N_LABELS] = {
    "__name__", "cluster",   "container", "endpoint", "instance",
    "job",      "namespace", "node",      "pod",      "service",
};

static struct labels make_labels(struct arena *a, size_t i)
{
	const char *const values[N_LABELS] = {
	    arena_printf(a, "http_requests_%zu_total", i % 40),
	    arena_printf(a, "cluster-%zu", i % 3),
	    "app",
	    "http-metrics",
	    arena_printf(a, "10.%zu.%zu.7:9090", i / 256 % 256, i % 256),
	    "kubernetes-pods",
	    arena_printf(a, "team-%zu", i % 50),
	    arena_printf(a, "ip-10-0-%zu", i % 200),
	    arena_printf(a, "app-%08zx-%05zu", i * 2654435761u % 0xffffffff, i),
	    "app",
	};
	struct label *v = ARENA_ARRAY(a, struct label, N_LABELS);

	for (size_t k = 0; k < N_LABELS; k++)
		v[k] = (struct label){str_of(names[k]), str_of(values[k])};
	return (struct labels){v, N_LABELS};
}

struct keyed {
	struct str key;
	struct series series;
};

static int by_key(const void *a, const void *b)
{
	return str_cmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

struct stream {
	struct series *v;
	size_t n;
	struct arena *arena;
};

/* Each label set goes, in order, to two streams, into memory of their own as a decoder would. */
static void deal(struct stream *streams, const struct keyed *sets)
{
	struct rand r;

	rand_seed(&r, 1);
	for (size_t s = 0; s < N_STREAMS; s++)
		streams[s] = (struct stream){.v = xcalloc(N_SETS, sizeof(struct series)),
					     .arena = arena_new(NULL)};
	for (size_t i = 0; i < N_SETS; i++) {
		size_t first = rand_below(&r, N_STREAMS);
		size_t other = (first + 1 + rand_below(&r, N_STREAMS - 1)) % N_STREAMS;
		for (size_t k = 0; k < 2; k++) {
			struct stream *to = &streams[k ? other : first];
			to->v[to->n++].labels = labels_copy(to->arena, sets[i].series.labels);
		}
	}
}

static double merge_once(const struct stream *streams)
{
	struct series_iter *iters[N_STREAMS];
	struct err err = ERR_INIT;
	struct series s;
	size_t n = 0;

	for (size_t i = 0; i < N_STREAMS; i++)
		iters[i] = series_iter_of(streams[i].v, streams[i].n);
	int64_t start = clock_monotonic_ns(&clock_system);
	struct series_iter *it = series_merge(iters, N_STREAMS, NULL);
	while (series_iter_next(it, &s, &err) == ITER_VALUE)
		n++;
	int64_t took = clock_monotonic_ns(&clock_system) - start;
	series_iter_close(it);
	if (n != N_SETS)
		abort();
	return (double)took / (2.0 * N_SETS);
}

int main(void)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct keyed *sets = ARENA_ARRAY(a, struct keyed, N_SETS);
	struct stream streams[N_STREAMS];
	double best = 1e9;

	for (size_t i = 0; i < N_SETS; i++) {
		sets[i].series.labels = make_labels(a, i);
		sets[i].key = labels_key(a, sets[i].series.labels);
	}
	qsort(sets, N_SETS, sizeof(*sets), by_key);
	deal(streams, sets);
	for (int i = 0; i < ROUNDS; i++) {
		double ns = merge_once(streams);
		if (ns < best)
			best = ns;
	}
	printf("merge_20_streams %.1f ns/series\n", best);
	for (size_t i = 0; i < N_STREAMS; i++) {
		free(streams[i].v);
		arena_free(streams[i].arena);
	}
	return 0;
}
