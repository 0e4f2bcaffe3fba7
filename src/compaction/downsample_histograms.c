#include "compaction/downsample_histograms.h"

#include "model/histogram_samples.h"
#include "model/samples.h"

#include <math.h>

enum { RAW_INTERVAL_MS = 60 * 1000, CHUNK_MAX_HISTOGRAMS = UINT16_MAX };

void histogram_samples_init(struct histogram_samples *s)
{
	*s = (struct histogram_samples){.arena = arena_new(NULL)};
}

void histogram_samples_done(struct histogram_samples *s)
{
	arena_free(s->arena);
	vec_done(&s->t_ms);
	vec_done(&s->h);
}

void histogram_samples_clear(struct histogram_samples *s)
{
	arena_clear(s->arena);
	vec_clear(&s->t_ms);
	vec_clear(&s->h);
}

bool histogram_samples_append(struct histogram_samples *s, const struct chunk_data *chunk,
			      struct err *err)
{
	struct histogram_chunk c;
	int64_t last_t_ms = s->t_ms.n > 0 ? vec_last(&s->t_ms) : 0;

	if (!histogram_chunk_decode(chunk, s->arena, &c, err))
		return false;
	struct histogram *h = histograms_of_chunk(s->arena, &c, 0, c.n);
	for (size_t i = 0; i < c.n; i++) {
		int64_t t_ms = c.samples[i].t_ms;
		if (is_stale_nan(h[i].sum) || t_ms < last_t_ms || t_ms > WINDOWS_MAX_T_MS)
			continue;
		last_t_ms = t_ms;
		vec_push(&s->t_ms, t_ms);
		vec_push(&s->h, &h[i]);
	}
	return true;
}

static bool have_same_bounds(const struct histogram *x, const struct histogram *y)
{
	if (x->n_bounds != y->n_bounds)
		return false;
	for (size_t i = 0; i < x->n_bounds; i++)
		if (x->bounds[i] != y->bounds[i])
			return false;
	return true;
}

bool histograms_are_of_a_kind(const struct histogram *x, const struct histogram *y)
{
	return histogram_is_custom(x) == histogram_is_custom(y) && have_same_bounds(x, y) &&
	       (x->hint == HISTOGRAM_GAUGE) == (y->hint == HISTOGRAM_GAUGE);
}

/* --- windows ---------------------------------------------------------------------------------- */

/* Histograms one after the other, a part of somebody's. */
struct run {
	const int64_t *t_ms;
	struct histogram *const *h;
	size_t n;
};

struct adding {
	struct arena *a;
	int32_t schema;            /* the lowest of the batch */
	struct histogram *sum;     /* of the window */
	struct histogram *counter; /* since the batch began */
	const struct histogram *previous;
};

static int32_t lowest_schema(struct run run)
{
	int32_t schema = INT32_MAX;

	for (size_t i = 0; i < run.n; i++)
		if (run.h[i]->schema < schema)
			schema = run.h[i]->schema;
	return schema;
}

static double *copy_of(struct arena *a, const struct histogram_side *side)
{
	double *count = arena_alloc(a, side->n * sizeof(*count));

	if (side->n)
		memcpy(count, side->count, side->n * sizeof(*count));
	return count;
}

/* With counts of its own; indexes never change and are shared. */
static struct histogram *copy_counts(struct arena *a, const struct histogram *h)
{
	struct histogram *copy = arena_alloc(a, sizeof(*copy));

	*copy = *h;
	copy->positive.count = copy_of(a, &h->positive);
	copy->negative.count = copy_of(a, &h->negative);
	return copy;
}

static const struct histogram *at_schema(struct adding *g, const struct histogram *h)
{
	if (h->schema <= g->schema)
		return h;
	struct histogram *copy = copy_counts(g->a, h);
	histogram_reduce(g->a, copy, g->schema);
	return copy;
}

/* A histogram of a higher resolution than the one before counts as a reset, also where both are of
 * the same one but for the lower schema of the batch: the one before has that already. */
static void count_on(struct adding *g, const struct histogram *h, const struct histogram *lowered)
{
	if (!g->counter) {
		g->counter = copy_counts(g->a, lowered);
		return;
	}
	if (h->hint != HISTOGRAM_GAUGE && histogram_is_reset(h, g->previous)) {
		histogram_add(g->a, g->counter, lowered);
		return;
	}
	struct histogram *growth = copy_counts(g->a, lowered);
	histogram_subtract(g->a, growth, g->previous);
	histogram_add(g->a, g->counter, growth);
}

static void add(struct adding *g, const struct histogram *h)
{
	const struct histogram *lowered = at_schema(g, h);

	count_on(g, h, lowered);
	if (g->sum)
		histogram_add(g->a, g->sum, lowered);
	else
		g->sum = copy_counts(g->a, lowered);
	g->sum->hint = HISTOGRAM_GAUGE;
	g->previous = lowered;
}

/* In memory of an arena; columns as long as there are windows. */
struct histogram_windows {
	int64_t *t_ms;
	double *count;
	struct histogram **sum;
	struct histogram **counter;
	size_t n;
};

static struct histogram_windows windows_of(struct run run, int64_t resolution_ms, struct arena *a)
{
	struct adding g = {.a = a, .schema = lowest_schema(run)};
	struct histogram_windows w = {
	    .t_ms = ARENA_ARRAY(a, int64_t, run.n),
	    .count = ARENA_ARRAY(a, double, run.n),
	    .sum = ARENA_ARRAY(a, struct histogram *, run.n),
	    .counter = ARENA_ARRAY(a, struct histogram *, run.n),
	};
	int64_t last = run.t_ms[run.n - 1];

	for (size_t i = 0; i < run.n; w.n++) {
		int64_t end = window_end(run.t_ms[i], resolution_ms);
		size_t first = i;
		end = end < last ? end : last;
		g.sum = NULL;
		for (; i < run.n && run.t_ms[i] <= end; i++)
			add(&g, run.h[i]);
		w.t_ms[w.n] = end;
		w.count[w.n] = (double)(i - first);
		w.sum[w.n] = g.sum;
		w.counter[w.n] = copy_counts(a, g.counter);
	}
	return w;
}

/* --- chunks ----------------------------------------------------------------------------------- */

/* Widen zero buckets until all are as wide as the widest: a chunk has one width. */
static void even_zero_buckets(struct histogram **h, size_t n, struct arena *a)
{
	for (bool is_even = false; !is_even;) {
		struct histogram widest = {.schema = h[0]->schema, .hint = h[0]->hint};
		for (size_t i = 0; i < n; i++)
			if (h[i]->zero_threshold > widest.zero_threshold)
				widest.zero_threshold = h[i]->zero_threshold;
		is_even = true;
		for (size_t i = 0; i < n; i++) {
			if (!(h[i]->zero_threshold < widest.zero_threshold))
				continue;
			histogram_add(a, h[i], &widest);
			is_even = is_even && h[i]->zero_threshold == widest.zero_threshold;
		}
	}
}

/* Of raw samples all fit; what a downsampled block has may be anything. */
static bool fit_one_chunk(struct histogram **h, size_t n, struct err *err)
{
	if (n > CHUNK_MAX_HISTOGRAMS)
		return err_set(err, ERR_LIMIT, "%zu histograms for one chunk, it can hold %d", n,
			       CHUNK_MAX_HISTOGRAMS);
	for (size_t i = 1; i < n; i++)
		if (h[i]->schema != h[0]->schema || !have_same_bounds(h[i], h[0]))
			return err_set(err, ERR_CORRUPT,
				       "histograms of one aggregate have buckets that do not fit "
				       "each other");
	return true;
}

static bool put_part(enum aggr aggr, const int64_t *t_ms, struct histogram **h, size_t n,
		     enum histogram_chunk_reset reset, struct arena *a, struct aggr_chunks *out,
		     struct err *err)
{
	struct histogram_chunk c;

	if (!fit_one_chunk(h, n, err))
		return false;
	if (!histogram_is_custom(h[0]))
		even_zero_buckets(h, n, a);
	histograms_to_chunk(a, t_ms, h, n, reset, &c);
	histogram_chunk_encode(CHUNK_FLOAT_HISTOGRAM, &c,
			       aggr_chunks_begin_part(out, aggr, CHUNK_FLOAT_HISTOGRAM));
	aggr_chunks_end_part(out, aggr);
	return true;
}

static bool put_counter(const struct histogram_windows *w, struct run run, struct arena *a,
			struct aggr_chunks *out, struct err *err)
{
	bool is_gauge = run.h[0]->hint == HISTOGRAM_GAUGE;

	return put_part(AGGR_COUNTER, w->t_ms, w->counter, w->n,
			is_gauge ? HISTOGRAM_CHUNK_GAUGE : HISTOGRAM_CHUNK_NOT_RESET, a, out, err);
}

/* A sum may be less than the one before it, as a gauge's. */
static bool put_sum(const struct histogram_windows *w, struct arena *a, struct aggr_chunks *out,
		    struct err *err)
{
	return put_part(AGGR_SUM, w->t_ms, w->sum, w->n, HISTOGRAM_CHUNK_GAUGE, a, out, err);
}

/* --- raw samples ------------------------------------------------------------------------------ */

static bool put_batch(struct run batch, int64_t resolution_ms, struct aggr_chunks *out,
		      struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram_windows w = windows_of(batch, resolution_ms, a);

	return aggr_chunks_put_floats(out, AGGR_COUNT, w.t_ms, w.count, w.n, err) &&
	       put_sum(&w, a, out, err) && put_counter(&w, batch, a, out, err) &&
	       aggr_chunks_end(out, w.t_ms[0], w.t_ms[w.n - 1], err);
}

/* Without those whose sum is a NaN; in memory of `a`. */
static struct run without_nans(struct run run, struct arena *a)
{
	int64_t *t_ms = arena_alloc(a, run.n * sizeof(*t_ms));
	struct histogram **h = arena_alloc(a, run.n * sizeof(*h));
	size_t n = 0;

	for (size_t i = 0; i < run.n; i++) {
		if (isnan(run.h[i]->sum))
			continue;
		t_ms[n] = run.t_ms[i];
		h[n++] = run.h[i];
	}
	return (struct run){t_ms, h, n};
}

static bool put_run(struct run run, int64_t resolution_ms, struct aggr_chunks *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	size_t n_chunks = downsample_chunk_count(run.t_ms[0], run.t_ms[run.n - 1], RAW_INTERVAL_MS,
						 resolution_ms, run.n);
	size_t size = run.n / n_chunks + 1;

	for (size_t first = 0, end; first < run.n; first = end) {
		end = size < run.n - first ? first + size : run.n;
		int64_t window = window_end(run.t_ms[end - 1], resolution_ms);
		while (end < run.n && run.t_ms[end] <= window)
			end++;
		struct run batch = {run.t_ms + first, run.h + first, end - first};
		batch = without_nans(batch, a);
		if (batch.n > 0 && !put_batch(batch, resolution_ms, out, err))
			return false;
	}
	return true;
}

bool downsample_histograms(const struct histogram_samples *s, int64_t resolution_ms,
			   struct aggr_chunks *out, struct err *err)
{
	for (size_t first = 0, end; first < s->h.n; first = end) {
		end = first + 1;
		while (end < s->h.n && histograms_are_of_a_kind(s->h.v[end], s->h.v[first]))
			end++;
		struct run run = {s->t_ms.v + first, s->h.v + first, end - first};
		if (!put_run(run, resolution_ms, out, err))
			return false;
	}
	return true;
}

/* --- aggregates ------------------------------------------------------------------------------- */

/* The windows of one aggregate, in s->arena; none when no chunk has it. */
static bool aggregate_windows(const struct aggr_parts *parts, size_t n, enum aggr aggr,
			      int64_t resolution_ms, struct histogram_samples *s, struct run *run,
			      struct histogram_windows *out, struct err *err)
{
	histogram_samples_clear(s);
	for (size_t i = 0; i < n; i++)
		if (parts[i].of[aggr].data && !histogram_samples_append(s, &parts[i].of[aggr], err))
			return false;
	*run = (struct run){s->t_ms.v, s->h.v, s->h.n};
	*out = (struct histogram_windows){0};
	if (run->n > 0)
		*out = windows_of(*run, resolution_ms, s->arena);
	return true;
}

static bool put_count(const struct aggr_parts *parts, size_t n, int64_t resolution_ms,
		      struct float_scratch *scratch, struct aggr_chunks *out, struct err *err)
{
	struct float_samples *s = &scratch->samples;
	struct window_columns *w = &scratch->windows;

	float_samples_clear(s);
	for (size_t i = 0; i < n; i++)
		if (parts[i].of[AGGR_COUNT].data &&
		    !float_samples_append(s, &parts[i].of[AGGR_COUNT], err))
			return false;
	if (s->n == 0)
		return true;
	window_columns_reserve(w, s->n);
	windows_of_aggregate(AGGR_COUNT, s->t_ms, s->v, s->n, resolution_ms, w);
	return aggr_chunks_put_floats(out, AGGR_COUNT, w->t_ms, w->v[AGGR_COUNT], w->n, err);
}

static bool put_aggrs(const struct aggr_parts *parts, size_t n, int64_t resolution_ms,
		      struct histogram_samples *s, struct float_scratch *scratch,
		      struct aggr_chunks *out, struct err *err)
{
	struct histogram_windows w;
	struct run run;

	if (!aggregate_windows(parts, n, AGGR_COUNTER, resolution_ms, s, &run, &w, err))
		return false;
	if (w.n == 0)
		return true;
	int64_t min_t_ms = w.t_ms[0], max_t_ms = w.t_ms[w.n - 1];
	if (!put_counter(&w, run, s->arena, out, err) ||
	    !aggregate_windows(parts, n, AGGR_SUM, resolution_ms, s, &run, &w, err) ||
	    (w.n > 0 && !put_sum(&w, s->arena, out, err)) ||
	    !put_count(parts, n, resolution_ms, scratch, out, err))
		return false;
	return aggr_chunks_end(out, min_t_ms, max_t_ms, err);
}

bool downsample_histogram_aggrs(const struct aggr_parts *parts, size_t n, int64_t resolution_ms,
				struct float_scratch *scratch, struct aggr_chunks *out,
				struct err *err)
{
	struct histogram_samples s;

	histogram_samples_init(&s);
	bool ok = put_aggrs(parts, n, resolution_ms, &s, scratch, out, err);
	histogram_samples_done(&s);
	return ok;
}
