#include "dedup/aggregates.h"

#include "dedup/counter_resets.h"
#include "model/histogram.h"

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

enum aggregate_reading aggregate_reading_of(const char *func)
{
	static const char *const counters[] = {"increase", "rate",      "irate",
					       "resets",   "xincrease", "xrate"};

	if (strcmp(func, "min") == 0 || has_prefix(func, "min_"))
		return READ_MIN;
	if (strcmp(func, "max") == 0 || has_prefix(func, "max_"))
		return READ_MAX;
	if (strcmp(func, "count") == 0 || has_prefix(func, "count_"))
		return READ_COUNT;
	if (has_prefix(func, "sum_")) /* not sum itself, which wants the samples */
		return READ_SUM;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (strcmp(func, counters[i]) == 0)
			return READ_COUNTER;
	return READ_AVERAGE;
}

static bool lacks(const struct chunk *c, const char *what, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "chunk from %lld to %lld: no %s in it",
		       (long long)c->min_t_ms, (long long)c->max_t_ms, what);
}

/* The aggregate, or the raw samples where there are no aggregates. */
static bool data_for(const struct chunk *c, enum aggr aggr, const struct chunk_data **out,
		     struct err *err)
{
	static const char *const names[AGGR_N] = {"count", "sum", "min", "max", "counter"};

	*out = c->aggrs && c->aggrs[aggr].data ? &c->aggrs[aggr] : &c->raw;
	return (*out)->data || lacks(c, names[aggr], err);
}

struct columns {
	int64_t *t_ms;
	double *v;
	size_t n;
};

static bool decode(const struct chunk_data *data, struct arena *a, struct columns *out,
		   struct err *err)
{
	size_t n;

	if (!chunk_num_samples(data, &n, err))
		return false;
	out->t_ms = arena_alloc(a, n * sizeof(*out->t_ms));
	out->v = arena_alloc(a, n * sizeof(*out->v));
	return chunk_decode_floats(data, out->t_ms, out->v, NULL, &out->n, err);
}

/* What lies in the range, and behind what is there already. */
static void append(struct samples *out, const struct columns *c, struct time_range range,
		   struct arena *a)
{
	samples_reserve(a, out, out->n + c->n);
	for (size_t i = 0; i < c->n; i++) {
		if (!time_range_has(range, c->t_ms[i]) ||
		    (out->n && c->t_ms[i] <= out->t_ms[out->n - 1]))
			continue;
		out->t_ms[out->n] = c->t_ms[i];
		if (out->hist)
			out->hist[out->n] = NULL;
		if (out->st_ms)
			out->st_ms[out->n] = 0;
		out->v[out->n++] = c->v[i];
	}
}

static bool are_aligned(const struct chunk *c, const int64_t *t_ms, size_t n,
			const struct columns *count, struct err *err)
{
	if (n == count->n && memcmp(t_ms, count->t_ms, n * sizeof(*t_ms)) == 0)
		return true;
	return err_set(err, ERR_CORRUPT, "chunk from %lld to %lld: sum and count are not aligned",
		       (long long)c->min_t_ms, (long long)c->max_t_ms);
}

static bool read_histogram_average(const struct chunk *c, const struct columns *count,
				   struct time_range range, struct arena *a, struct samples *out,
				   struct err *err)
{
	static const struct time_range always = {INT64_MIN, INT64_MAX};
	struct samples sum = {.only_stats = out->only_stats};

	if (!samples_append_chunk(a, &sum, &c->aggrs[AGGR_SUM], always, err) ||
	    !are_aligned(c, sum.t_ms, sum.n, count, err))
		return false;
	samples_reserve(a, out, out->n + sum.n);
	samples_need_histograms(a, out);
	for (size_t i = 0; i < sum.n; i++) {
		if (!time_range_has(range, sum.t_ms[i]) ||
		    (out->n && sum.t_ms[i] <= out->t_ms[out->n - 1]))
			continue;
		histogram_divide(sum.hist[i], count->v[i]);
		out->t_ms[out->n] = sum.t_ms[i];
		out->hist[out->n] = sum.hist[i];
		if (out->st_ms)
			out->st_ms[out->n] = 0;
		out->v[out->n++] = sum.hist[i]->sum;
	}
	return true;
}

static bool read_average(const struct chunk *c, struct time_range range, struct arena *a,
			 struct samples *out, struct err *err)
{
	struct columns sum, count;

	if (c->raw.data)
		return samples_append_chunk(a, out, &c->raw, range, err);
	if (!c->aggrs || !c->aggrs[AGGR_SUM].data || !c->aggrs[AGGR_COUNT].data)
		return lacks(c, "sum and count", err);
	if (!decode(&c->aggrs[AGGR_COUNT], a, &count, err))
		return false;
	if (chunk_encoding_is_histogram(c->aggrs[AGGR_SUM].encoding))
		return read_histogram_average(c, &count, range, a, out, err);
	if (!decode(&c->aggrs[AGGR_SUM], a, &sum, err) ||
	    !are_aligned(c, sum.t_ms, sum.n, &count, err))
		return false;
	for (size_t i = 0; i < sum.n; i++)
		sum.v[i] /= count.v[i];
	append(out, &sum, range, a);
	return true;
}

static bool read_counter(const struct chunk_chain *chain, struct time_range range, struct arena *a,
			 struct samples *out, struct err *err)
{
	struct counter_resets resets = {0};
	const struct chunk_data *data;
	struct columns c;

	for (size_t i = 0; i < chain->n; i++) {
		if (!data_for(chain->v[i], AGGR_COUNTER, &data, err))
			return false;
		if (chunk_encoding_is_histogram(
			data->encoding)) { /* they say themselves where they start anew */
			if (!samples_append_chunk(a, out, data, range, err))
				return false;
			continue;
		}
		if (!decode(data, a, &c, err))
			return false;
		c.n = counter_resets_apply(&resets, c.t_ms, c.v, c.n);
		append(out, &c, range, a);
	}
	return true;
}

/* Room for all samples at once, so that columns do not grow through ever larger copies. What is
 * wrong with a chunk is told when it is decoded. */
static void reserve(const struct chunk_chain *chain, enum aggr aggr, struct arena *a,
		    struct samples *out)
{
	struct err ignored = ERR_INIT;
	const struct chunk_data *data;
	size_t n = out->n, more;

	for (size_t i = 0; i < chain->n; i++)
		if (data_for(chain->v[i], aggr, &data, &ignored) &&
		    chunk_num_samples(data, &more, &ignored))
			n += more;
	samples_reserve(a, out, n);
}

bool aggregate_read(const struct chunk_chain *chain, enum aggregate_reading reading,
		    struct time_range range, struct arena *a, struct samples *out, struct err *err)
{
	static const enum aggr aggr_of[] = {
	    [READ_AVERAGE] = AGGR_SUM, [READ_COUNT] = AGGR_COUNT, [READ_SUM] = AGGR_SUM,
	    [READ_MIN] = AGGR_MIN,     [READ_MAX] = AGGR_MAX,     [READ_COUNTER] = AGGR_COUNTER,
	};
	const struct chunk_data *data;

	reserve(chain, aggr_of[reading], a, out);
	if (reading == READ_COUNTER)
		return read_counter(chain, range, a, out, err);
	for (size_t i = 0; i < chain->n; i++) {
		if (reading == READ_AVERAGE) {
			if (!read_average(chain->v[i], range, a, out, err))
				return false;
			continue;
		}
		if (!data_for(chain->v[i], aggr_of[reading], &data, err) ||
		    !samples_append_chunk(a, out, data, range, err))
			return false;
	}
	return true;
}
