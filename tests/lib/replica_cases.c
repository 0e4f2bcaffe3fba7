#include "tests/lib/replica_cases.h"

#include "base/rand.h"

enum { SAMPLES_MAX = 120 };

static uint64_t below(struct rand *r, uint64_t n)
{
	return rand_below(r, n);
}

/* Scrapes of a counter that all replicas see; `lost` is what this one missed when it restarted. */
static void scrape(struct arena *a, struct rand *r, const double *counter, int64_t interval_ms,
		   struct samples *out)
{
	int64_t skew_ms = (int64_t)below(r, (uint64_t)interval_ms);
	int64_t jitter_ms = below(r, 2) ? 1 + (int64_t)below(r, 500) : 1;
	size_t n = 5 + below(r, SAMPLES_MAX - 5);

	samples_reserve(a, out, n);
	for (size_t i = 0; i < n; i++) {
		if (below(r, 25) == 0)
			i += below(r, 12); /* a gap */
		if (i >= n)
			break;
		int64_t t_ms = 1000000 + (int64_t)i * interval_ms + skew_ms +
			       (int64_t)below(r, (uint64_t)jitter_ms);
		if (out->n && t_ms <= out->t_ms[out->n - 1])
			continue;
		out->t_ms[out->n] = t_ms;
		out->v[out->n++] = counter[i] + (double)below(r, 3);
	}
}

struct replica_case replica_case_make(struct arena *a, uint64_t seed)
{
	static const int64_t intervals_ms[] = {1000, 15000, 30000, 60000};
	struct rand r;
	rand_seed(&r, seed);
	struct replica_case c = {.n = 1 + below(&r, 4)};
	double counter[SAMPLES_MAX], v = 0;
	int64_t interval_ms = intervals_ms[below(&r, 4)];

	for (size_t i = 0; i < SAMPLES_MAX; i++) {
		v = below(&r, 30) == 0 ? 0 : v + (double)below(&r, 20);
		counter[i] = v;
	}
	c.v = ARENA_ARRAY(a, struct samples, c.n);
	for (size_t i = 0; i < c.n; i++)
		if (below(&r, 20))
			scrape(a, &r, counter, interval_ms, &c.v[i]);
	return c;
}
