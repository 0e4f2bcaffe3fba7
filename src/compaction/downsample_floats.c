#include "compaction/downsample_floats.h"

#include "base/alloc.h"
#include "dedup/counter_resets.h"
#include "model/samples.h"

#include <math.h>
#include <stdlib.h>

/* Thanos takes raw samples to be a minute apart when it decides about the number of chunks. */
enum { RAW_INTERVAL_MS = 60 * 1000 };

static void reserve(struct float_samples *s, size_t n)
{
	if (n <= s->cap)
		return;
	s->cap = n > 2 * s->cap ? n : 2 * s->cap;
	s->t_ms = xreallocarray(s->t_ms, s->cap, sizeof(*s->t_ms));
	s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
}

void float_samples_clear(struct float_samples *s)
{
	s->n = 0;
	s->has_nan = false;
}

void float_samples_done(struct float_samples *s)
{
	free(s->t_ms);
	free(s->v);
	*s = (struct float_samples){0};
}

void float_scratch_done(struct float_scratch *scratch)
{
	float_samples_done(&scratch->samples);
	window_columns_done(&scratch->windows);
}

static int64_t last_time(const struct float_samples *s)
{
	return s->n > 0 ? s->t_ms[s->n - 1] : 0;
}

typedef uint64_t uint64x2 __attribute__((vector_size(16), aligned(8), may_alias));
typedef double doublex2 __attribute__((vector_size(16), aligned(8), may_alias));

/* Whether all is well, as nearly always, two at a time: the sign of a difference tells that time
 * goes back, as long as no time is negative; comparing a NaN with itself gives all ones. */
static bool is_plain(const int64_t *t_ms, const double *v, size_t n, int64_t min_t_ms)
{
	bool is_bad = t_ms[0] < min_t_ms || t_ms[n - 1] > WINDOWS_MAX_T_MS || isnan(v[0]);
	uint64x2 bad = {0};
	size_t i = 1;

	for (; i + 2 <= n; i += 2) {
		uint64x2 t = *(const uint64x2 *)(t_ms + i);
		uint64x2 before = *(const uint64x2 *)(t_ms + i - 1);
		doublex2 x = *(const doublex2 *)(v + i);
		bad |= (t - before) | t | (uint64x2)(x != x);
	}
	for (; i < n; i++)
		is_bad |= t_ms[i] < t_ms[i - 1] || isnan(v[i]);
	return !is_bad && (bad[0] | bad[1]) >> 63 == 0;
}

/* Keep what counts of the n samples behind those there are. */
static void sift(struct float_samples *s, size_t n)
{
	const int64_t *t_ms = s->t_ms + s->n;
	const double *v = s->v + s->n;
	int64_t last_t_ms = last_time(s);

	for (size_t i = 0; i < n; i++) {
		if (is_stale_nan(v[i]) || t_ms[i] < last_t_ms || t_ms[i] > WINDOWS_MAX_T_MS)
			continue;
		last_t_ms = t_ms[i];
		s->has_nan |= isnan(v[i]) != 0;
		s->t_ms[s->n] = t_ms[i];
		s->v[s->n++] = v[i];
	}
}

bool float_samples_append(struct float_samples *s, const struct chunk_data *chunk, struct err *err)
{
	size_t n;

	if (!chunk_num_samples(chunk, &n, err))
		return false;
	if (n == 0)
		return true;
	reserve(s, s->n + n);
	if (!chunk_decode_floats(chunk, s->t_ms + s->n, s->v + s->n, NULL, &n, err))
		return false;
	if (is_plain(s->t_ms + s->n, s->v + s->n, n, last_time(s)))
		s->n += n;
	else
		sift(s, n);
	return true;
}

/* --- raw samples ------------------------------------------------------------------------------ */

/* The end of the batch of `size` samples that begins with `first`: to the end of a window, so that
 * windows stay whole. */
static size_t batch_end(const struct float_samples *s, size_t first, size_t size,
			int64_t resolution_ms)
{
	size_t end = size < s->n - first ? first + size : s->n;
	int64_t window = window_end(s->t_ms[end - 1], resolution_ms);

	while (end < s->n && s->t_ms[end] <= window)
		end++;
	return end;
}

/* Samples [first, end), from which NaNs are left out: *out is either within `s` or within
 * `scratch`. */
static void without_nans(const struct float_samples *s, size_t first, size_t end,
			 struct float_samples *scratch, struct float_samples *out)
{
	*out = (struct float_samples){.t_ms = s->t_ms + first, .v = s->v + first, .n = end - first};
	if (!s->has_nan)
		return;
	reserve(scratch, out->n);
	scratch->n = 0;
	for (size_t i = first; i < end; i++) {
		if (isnan(s->v[i]))
			continue;
		scratch->t_ms[scratch->n] = s->t_ms[i];
		scratch->v[scratch->n++] = s->v[i];
	}
	*out = *scratch;
}

static bool put_batch(const struct float_samples *batch, int64_t resolution_ms,
		      struct window_columns *w, struct aggr_chunks *out, struct err *err)
{
	window_columns_reserve(w, batch->n);
	windows_of_samples(batch->t_ms, batch->v, batch->n, resolution_ms, w);
	for (enum aggr i = AGGR_COUNT; i <= AGGR_MAX; i++)
		if (!aggr_chunks_put_floats(out, i, w->t_ms, w->v[i], w->n, err))
			return false;
	return aggr_chunks_put_counter(out, batch->t_ms[0], batch->v[0], w->t_ms,
				       w->v[AGGR_COUNTER], w->n, batch->v[batch->n - 1], err) &&
	       aggr_chunks_end(out, w->t_ms[0], w->t_ms[w->n - 1], err);
}

bool downsample_floats(const struct float_samples *s, int64_t resolution_ms,
		       struct float_scratch *scratch, struct aggr_chunks *out, struct err *err)
{
	struct float_samples batch;

	if (s->n == 0)
		return true;
	size_t n_chunks = downsample_chunk_count(s->t_ms[0], s->t_ms[s->n - 1], RAW_INTERVAL_MS,
						 resolution_ms, s->n);
	size_t size = s->n / n_chunks + 1;
	for (size_t first = 0, end; first < s->n; first = end) {
		end = batch_end(s, first, size, resolution_ms);
		without_nans(s, first, end, &scratch->samples, &batch);
		if (batch.n > 0 && !put_batch(&batch, resolution_ms, &scratch->windows, out, err))
			return false;
	}
	return true;
}

/* --- aggregates ------------------------------------------------------------------------------- */

/* From the first window's time to the last one's. */
struct reach {
	int64_t min_t_ms;
	int64_t max_t_ms;
};

static void reach_out(struct reach *r, const struct window_columns *w)
{
	if (w->t_ms[0] < r->min_t_ms)
		r->min_t_ms = w->t_ms[0];
	if (w->t_ms[w->n - 1] > r->max_t_ms)
		r->max_t_ms = w->t_ms[w->n - 1];
}

static bool put_plain(const struct aggr_parts *parts, size_t n, enum aggr aggr,
		      int64_t resolution_ms, struct float_scratch *scratch, struct reach *reach,
		      struct aggr_chunks *out, struct err *err)
{
	struct float_samples *s = &scratch->samples;
	struct window_columns *w = &scratch->windows;

	float_samples_clear(s);
	for (size_t i = 0; i < n; i++)
		if (parts[i].of[aggr].data && !float_samples_append(s, &parts[i].of[aggr], err))
			return false;
	if (s->n == 0)
		return true;
	window_columns_reserve(w, s->n);
	windows_of_aggregate(aggr, s->t_ms, s->v, s->n, resolution_ms, w);
	reach_out(reach, w);
	return aggr_chunks_put_floats(out, aggr, w->t_ms, w->v[aggr], w->n, err);
}

/* Appends a counter without its resets, before and within it. */
static bool append_counter(struct float_samples *s, struct counter_resets *resets,
			   const struct chunk_data *chunk, struct err *err)
{
	size_t n;

	if (!chunk_num_samples(chunk, &n, err))
		return false;
	if (n == 0)
		return true;
	reserve(s, s->n + n);
	if (!chunk_decode_floats(chunk, s->t_ms + s->n, s->v + s->n, NULL, &n, err))
		return false;
	s->n += counter_resets_apply(resets, s->t_ms + s->n, s->v + s->n, n);
	return true;
}

static bool put_counter(const struct aggr_parts *parts, size_t n, int64_t resolution_ms,
			struct float_scratch *scratch, struct reach *reach, struct aggr_chunks *out,
			struct err *err)
{
	struct counter_resets resets = {0};
	struct float_samples *s = &scratch->samples;
	struct window_columns *w = &scratch->windows;
	size_t first = 0;

	float_samples_clear(s);
	for (size_t i = 0; i < n; i++)
		if (parts[i].of[AGGR_COUNTER].data &&
		    !append_counter(s, &resets, &parts[i].of[AGGR_COUNTER], err))
			return false;
	while (first < s->n && s->t_ms[first] < 0)
		first++;
	while (s->n > first && s->t_ms[s->n - 1] > WINDOWS_MAX_T_MS)
		s->n--;
	if (first == s->n)
		return true;
	const int64_t *t_ms = s->t_ms + first;
	const double *v = s->v + first;
	window_columns_reserve(w, s->n - first);
	windows_of_aggregate(AGGR_COUNTER, t_ms, v, s->n - first, resolution_ms, w);
	reach_out(reach, w);
	return aggr_chunks_put_counter(out, t_ms[0], v[0], w->t_ms, w->v[AGGR_COUNTER], w->n,
				       resets.last_v, err);
}

bool downsample_float_aggrs(const struct aggr_parts *parts, size_t n, int64_t resolution_ms,
			    struct float_scratch *scratch, struct aggr_chunks *out, struct err *err)
{
	struct reach reach = {INT64_MAX, INT64_MIN};

	for (enum aggr i = AGGR_COUNT; i <= AGGR_MAX; i++)
		if (!put_plain(parts, n, i, resolution_ms, scratch, &reach, out, err))
			return false;
	if (!put_counter(parts, n, resolution_ms, scratch, &reach, out, err))
		return false;
	return reach.min_t_ms > reach.max_t_ms ||
	       aggr_chunks_end(out, reach.min_t_ms, reach.max_t_ms, err);
}
