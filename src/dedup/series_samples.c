#include "dedup/series_samples.h"

#include "dedup/aggregates.h"
#include "dedup/chain.h"
#include "dedup/penalty.h"
#include "model/store_api.h"

unsigned series_aggrs_for(const char *func)
{
	static const unsigned wanted[] = {
	    [READ_AVERAGE] = WANT_COUNT | WANT_SUM,
	    [READ_COUNT] = WANT_COUNT,
	    [READ_SUM] = WANT_SUM,
	    [READ_MIN] = WANT_MIN,
	    [READ_MAX] = WANT_MAX,
	    [READ_COUNTER] = WANT_COUNTER,
	};
	return wanted[aggregate_reading_of(func)];
}

int64_t series_max_resolution_ms(const char *func, int64_t range_ms, int64_t max_ms)
{
	static const char *const pairs[] = {
	    "rate",           "irate",        "increase",
	    "delta",          "idelta",       "deriv",
	    "predict_linear", "holt_winters", "double_exponential_smoothing",
	};

	if (range_ms <= 0 || range_ms / 2 >= max_ms)
		return max_ms;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strcmp(func, pairs[i]) == 0)
			return range_ms / 2;
	return max_ms;
}

/* Not xrate() and xincrease(), although they read the same aggregate. */
static enum penalty_kind penalty_kind_of(const char *func)
{
	static const char *const counters[] = {"increase", "rate", "irate", "resets"};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (strcmp(func, counters[i]) == 0)
			return PENALTY_COUNTER;
	return PENALTY_GAUGE;
}

static struct chunk_chain all_chunks(struct arena *a, const struct series *s)
{
	struct chunk_chain chain = {.v = arena_alloc(a, s->n_chunks * sizeof(*chain.v)),
				    .n = s->n_chunks};

	for (size_t i = 0; i < s->n_chunks; i++)
		chain.v[i] = &s->chunks[i];
	return chain;
}

/* A histogram may follow any other when chunks overlap, and is compared with it. */
static bool has_overlap(const struct chunk_chain *chain)
{
	for (size_t i = 1; i < chain->n; i++)
		if (chain->v[i]->min_t_ms <= chain->v[i - 1]->max_t_ms)
			return true;
	return false;
}

bool series_samples_read(const struct series *s, const struct series_read *how, struct arena *a,
			 struct samples *out, struct err *err)
{
	enum aggregate_reading reading = aggregate_reading_of(how->func);

	if (how->dedup == DEDUP_NONE) {
		struct chunk_chain chain = all_chunks(a, s);
		out->only_stats = how->only_stats && !has_overlap(&chain);
		return aggregate_read(&chain, reading, how->range, a, out, err);
	}
	size_t n;
	struct chunk_chain *chains = overlap_split(a, s->chunks, s->n_chunks, &n);
	if (n == 1) {
		out->only_stats = how->only_stats;
		return aggregate_read(&chains[0], reading, how->range, a, out, err);
	}

	struct samples *replicas = ARENA_ARRAY(a, struct samples, n);
	for (size_t i = 0; i < n; i++)
		if (!aggregate_read(&chains[i], reading, how->range, a, &replicas[i], err))
			return false;
	if (n == 0)
		return true;
	if (how->dedup == DEDUP_CHAIN)
		chain_merge(replicas, n, a, out);
	else
		penalty_merge(replicas, n, penalty_kind_of(how->func), a, out);
	return true;
}
