/* bucket_series.c - how many series per second does a store gateway read from a bucket on disk?
 *
 * bench_bucket_series DIRECTORY: a FILESYSTEM bucket with blocks. All series with a metric name are
 * asked for, with and without their chunks; index-headers go to a folder beside it.
 */
#include "base/alloc.h"
#include "objstore/filesystem.h"
#include "store/bucket_store.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 5 };

static void stop(const char *what, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->msg);
	exit(1);
}

static void ask(struct bucket_store *store, struct matchers matchers, bool skip_chunks)
{
	struct series_request req = {
	    .min_t_ms = INT64_MIN,
	    .max_t_ms = INT64_MAX,
	    .matchers = matchers,
	    .aggrs = WANT_RAW,
	    .skip_chunks = skip_chunks,
	};
	struct err err = ERR_INIT;
	double best = 0;
	struct tracker tracker;
	struct series s;

	tracker_init(&tracker, NULL, "the query", "", 0);
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start_ns = clock_monotonic_ns(&clock_system);
		struct series_iter *it =
		    store_series(bucket_store_api(store), NULL, &req, NULL, &tracker, &err);
		enum iter_result r = ITER_ERROR;
		size_t n = 0;
		while (it && (r = series_iter_next(it, &s, &err)) == ITER_VALUE)
			n++;
		series_iter_close(it);
		if (r == ITER_ERROR)
			stop("series", &err);
		double took_s = (double)(clock_monotonic_ns(&clock_system) - start_ns) / 1e9;
		if ((double)n / took_s > best)
			best = (double)n / took_s;
	}
	const char *what = skip_chunks ? "labels" : "chunks";
	printf("bucket_series_%s %.0f series/s\n", what, best);
	printf("bucket_series_%s_memory %lld bytes\n", what, (long long)tracker.peak_bytes);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	char *data_dir auto_free(mem_free) = xasprintf("%s.headers", argv[1]);
	struct bucket *bucket auto_free(bucket_close) = filesystem_bucket_new(argv[1], &err);
	struct fetcher *fetcher auto_free(fetcher_free) =
	    fetcher_new(&(const struct fetcher_options){.bucket = bucket, .data_dir = data_dir});
	struct bucket_store *store = bucket_store_new(&(const struct bucket_store_options){
	    .bucket = bucket,
	    .fetcher = fetcher,
	    .data_dir = data_dir,
	    .min_time = {.ms = INT64_MIN},
	    .max_time = {.ms = INT64_MAX},
	    .clock = &clock_system,
	});
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	if (!bucket_store_initial_sync(store, NULL, 1000, 0, &err))
		stop("sync", &err);
	printf("bucket_sync %.3f s\n",
	       (double)(clock_monotonic_ns(&clock_system) - start_ns) / 1e9);

	struct matcher *name auto_free(matcher_unref) =
	    matcher_new(MATCH_NEQ, STR(LABEL_NAME), STR(""), &err);
	struct matcher *const all[] = {name};
	ask(store, (struct matchers){all, 1}, true);
	ask(store, (struct matchers){all, 1}, false);
	store_close(bucket_store_api(store));
	return 0;
}
