/* cache.c - what does the index cache cost, and does it keep what is wanted?
 *
 * Lists of series to and from the form in which caches hold them; entries of series found by their
 * key in memory, by one thread and by four; and how many requests of a dashboard's size hit while
 * somebody reads everything once in between.
 */
#include "base/alloc.h"
#include "base/rand.h"
#include "cache/memory.h"
#include "measure.h"
#include "store/index_cache_key.h"
#include "store/postings_codec.h"

#include <pthread.h>

enum { N_REFS = 1000000, N_ITEMS = 200000, ENTRY_BYTES = 200, ROUNDS = 10, MAX_THREADS = 4 };

/* --- lists ---------------------------------------------------------------------------------- */

static void measure_list(const char *name, uint32_t max_step)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf value auto_done(buf_done) = BUF_INIT(SIZE_MAX / 2);
	uint32_t *refs = ARENA_ARRAY(a, uint32_t, N_REFS);
	double encode[ROUNDS], decode[ROUNDS];
	struct err err = ERR_INIT;
	struct rand r;

	rand_seed(&r, 1);
	for (uint32_t i = 0, ref = 0; i < N_REFS; i++)
		refs[i] = ref += 1 + (uint32_t)rand_below(&r, max_step);
	struct postings list = postings_of(a, refs, N_REFS);
	for (int i = 0; i < ROUNDS; i++) {
		struct arena_mark mark = arena_mark(a);
		struct postings again;
		buf_clear(&value);
		double start = now_s();
		if (!postings_encode(list, &value, &err))
			die(&err);
		encode[i] = now_s() - start;
		start = now_s();
		if (!postings_decode(buf_str(&value), UINT32_MAX, a, &again, &err))
			die(&err);
		decode[i] = now_s() - start;
		arena_rewind(a, mark);
	}
	printf("%s/encode %.0f Mrefs/s\n", name, N_REFS / median(encode, ROUNDS) * 1e-6);
	printf("%s/decode %.0f Mrefs/s\n", name, N_REFS / median(decode, ROUNDS) * 1e-6);
	printf("%s/size %.2f bytes/ref\n", name, (double)value.n / N_REFS);
}

/* --- entries -------------------------------------------------------------------------------- */

static void put_entry(struct memory_cache *c, size_t i)
{
	static const char entry[ENTRY_BYTES];
	char key[INDEX_CACHE_SERIES_KEY_MAX];
	size_t n = index_cache_put_series_key(key, (struct ulid){{1}}, i * 16);

	memory_cache_put(c, str_from(key, n), str_from(entry, sizeof(entry)), 0);
}

static bool find_entry(struct memory_cache *c, struct arena *a, size_t i)
{
	char key[INDEX_CACHE_SERIES_KEY_MAX];
	size_t n = index_cache_put_series_key(key, (struct ulid){{1}}, i * 16);
	struct arena_mark mark = arena_mark(a);
	struct str value;

	bool ok = memory_cache_get(c, str_from(key, n), a, &value);
	arena_rewind(a, mark);
	return ok;
}

static void *find_all(void *arg)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	for (size_t i = 0; i < N_ITEMS; i++)
		find_entry(arg, a, i * 7919 % N_ITEMS);
	return NULL;
}

static void measure_finding(unsigned n_threads)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct memory_cache *c auto_free(memory_cache_free) =
	    memory_cache_new(&(struct memory_cache_options){.max_bytes = 256 << 20});
	double times[ROUNDS];
	pthread_t threads[MAX_THREADS];

	for (size_t i = 0; i < N_ITEMS; i++)
		put_entry(c, i);
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_s();
		for (unsigned i = 0; i < n_threads; i++)
			pthread_create(&threads[i], NULL, find_all, c);
		for (unsigned i = 0; i < n_threads; i++)
			pthread_join(threads[i], NULL);
		times[round] = now_s() - start;
	}
	printf("find/%u_threads %.2f M/s\n", n_threads,
	       (double)n_threads * N_ITEMS / median(times, ROUNDS) * 1e-6);
	struct memory_cache_counts n = memory_cache_counts(c, 0);
	printf("find/memory %.0f bytes/item\n", (double)n.total_bytes / (double)n.items);
}

/* --- what is kept --------------------------------------------------------------------------- */

/* A dashboard's items fill half of the cache; a scan is ten times the cache. */
static void measure_scans(void)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct memory_cache *c auto_free(memory_cache_free) =
	    memory_cache_new(&(struct memory_cache_options){.max_bytes = 64 << 20});
	size_t n_wanted = (64 << 20) / 2 / 400, hits = 0, requests = 0;

	for (int round = 0; round < ROUNDS; round++) {
		for (int refresh = 0; refresh < 3; refresh++)
			for (size_t i = 0; i < n_wanted; i++) {
				bool hit = find_entry(c, a, i);
				hits += hit;
				requests++;
				if (!hit)
					put_entry(c, i);
			}
		for (size_t i = 0; i < n_wanted * 20; i++)
			put_entry(c, N_ITEMS + (size_t)round * n_wanted * 20 + i);
	}
	/* Whoever comes first finds nothing. */
	printf("scans/hits %.1f %% of %.1f\n", 100.0 * (double)hits / (double)requests,
	       100.0 * (double)(requests - n_wanted) / (double)requests);
}

int main(void)
{
	measure_list("dense", 3);
	measure_list("sparse", 1000);
	measure_finding(1);
	measure_finding(MAX_THREADS);
	measure_scans();
	return 0;
}
