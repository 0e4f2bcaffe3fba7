/* rate.c - what a step of rate(x[5m]) costs on samples that are decoded already.
 *
 * Prints the median of some repeats, for scrapes on time and for jittered ones.
 */
#include "promql/rate.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N_SAMPLES = 14400, N_ROUNDS = 40, N_REPEATS = 11, INTERVAL_MS = 15000 };

static struct samples make_series(struct arena *a, struct rand *r, int64_t jitter_ms)
{
	struct samples s = {0};
	double v = 0;

	samples_reserve(a, &s, N_SAMPLES);
	for (; s.n < N_SAMPLES; s.n++) {
		int64_t off_ms = jitter_ms ? (int64_t)rand_below(r, (uint64_t)jitter_ms) : 0;
		v = rand_below(r, 2000) == 0 ? 0 : v + (double)rand_below(r, 200);
		s.t_ms[s.n] = (int64_t)s.n * INTERVAL_MS + off_ms;
		s.v[s.n] = v;
	}
	return s;
}

/* Of this thread, so that neighbours on the machine do not count. */
static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int cmp_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void measure(const char *name, int64_t jitter_ms, int64_t range_ms)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct rand r;
	rand_seed(&r, 1);
	struct samples s = make_series(a, &r, jitter_ms);
	struct plan_window window = {.range_ms = range_ms};
	struct steps steps = {range_ms, 30000, (N_SAMPLES * INTERVAL_MS - range_ms) / 30000};
	struct step_series out = step_series_new(a, steps.n);
	double ns[N_REPEATS];

	for (size_t i = 0; i < N_REPEATS; i++) {
		int64_t start_ns = cpu_ns();
		for (size_t k = 0; k < N_ROUNDS; k++)
			rate_windows(&s, RATE_PER_SECOND, &window, &steps, a, &out);
		int64_t end_ns = cpu_ns();
		ns[i] = (double)(end_ns - start_ns) / N_ROUNDS / (double)steps.n;
	}
	qsort(ns, N_REPEATS, sizeof(*ns), cmp_double);
	printf("rate/%s %.2f ns/step\n", name, ns[N_REPEATS / 2]);
}

int main(void)
{
	measure("5m/exact", 0, 300000);
	measure("5m/jitter", 20, 300000);
	measure("1h/exact", 0, 3600000);
	measure("1h/jitter", 20, 3600000);
	return 0;
}
