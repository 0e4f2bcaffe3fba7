#include "model/samples.h"

#include "model/histogram_samples.h"

void samples_reserve(struct arena *a, struct samples *s, size_t n)
{
	if (n <= s->cap)
		return;
	size_t cap = s->cap * 2 > n ? s->cap * 2 : n;
	s->t_ms = arena_grow(a, s->t_ms, s->cap * sizeof(*s->t_ms), cap * sizeof(*s->t_ms));
	s->v = arena_grow(a, s->v, s->cap * sizeof(*s->v), cap * sizeof(*s->v));
	if (s->hist)
		s->hist = arena_grow(a, s->hist, s->cap * sizeof(*s->hist), cap * sizeof(*s->hist));
	if (s->st_ms)
		s->st_ms =
		    arena_grow(a, s->st_ms, s->cap * sizeof(*s->st_ms), cap * sizeof(*s->st_ms));
	s->cap = cap;
}

/* The index of the first time that is not above the one before it; n if all ascend. */
static size_t find_disorder(const int64_t *t_ms, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (t_ms[i] <= t_ms[i - 1])
			return i;
	return n;
}

/* The first index whose time is >= `t`. */
static size_t find_time(const int64_t *t_ms, size_t n, int64_t t)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (t_ms[mid] < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct slice {
	size_t first;
	size_t end;
};

/* What is appended of the n samples at t_ms, which stand behind those of `s`. False when their
 * times do not ascend. */
static bool find_slice(const struct samples *s, const int64_t *t_ms, size_t n,
		       struct time_range range, struct slice *out, struct err *err)
{
	size_t bad = find_disorder(t_ms, n);

	if (bad < n)
		return err_set(err, ERR_CORRUPT,
			       "chunk: sample %zu of %zu is at %ld, its predecessor at %ld",
			       bad + 1, n, t_ms[bad], t_ms[bad - 1]);
	out->first = find_time(t_ms, n, range.min_t_ms);
	if (s->n && out->first < n && t_ms[out->first] <= t_ms[-1])
		out->first = find_time(t_ms, n, t_ms[-1] + 1);
	out->end = range.max_t_ms == INT64_MAX ? n : find_time(t_ms, n, range.max_t_ms + 1);
	if (out->end < out->first)
		out->end = out->first;
	return true;
}

static bool append_floats(struct samples *s, const struct chunk_data *c, struct time_range range,
			  size_t n, struct err *err)
{
	int64_t *t_ms = s->t_ms + s->n;
	double *v = s->v + s->n;
	int64_t *st_ms = s->st_ms ? s->st_ms + s->n : NULL;
	struct slice slice;

	if (!chunk_decode_floats(c, t_ms, v, st_ms, &n, err) ||
	    !find_slice(s, t_ms, n, range, &slice, err))
		return false;
	n = slice.end - slice.first;
	if (slice.first) {
		memmove(t_ms, t_ms + slice.first, n * sizeof(*t_ms));
		memmove(v, v + slice.first, n * sizeof(*v));
		if (st_ms)
			memmove(st_ms, st_ms + slice.first, n * sizeof(*st_ms));
	}
	if (s->hist && n)
		memset(s->hist + s->n, 0, n * sizeof(*s->hist));
	s->n += n;
	return true;
}

void samples_need_histograms(struct arena *a, struct samples *s)
{
	if (!s->hist)
		s->hist = ARENA_ARRAY(a, struct histogram *, s->cap);
}

void samples_need_start_times(struct arena *a, struct samples *s)
{
	if (!s->st_ms)
		s->st_ms = ARENA_ARRAY(a, int64_t, s->cap);
}

static bool append_histograms(struct arena *a, struct samples *s, const struct chunk_data *c,
			      struct time_range range, struct err *err)
{
	int64_t *t_ms = s->t_ms + s->n;
	struct histogram_chunk chunk;
	struct slice slice;

	if (!(s->only_stats ? histogram_chunk_decode_stats(c, a, &chunk, err)
			    : histogram_chunk_decode(c, a, &chunk, err)))
		return false;
	for (size_t i = 0; i < chunk.n; i++)
		t_ms[i] = chunk.samples[i].t_ms;
	if (!find_slice(s, t_ms, chunk.n, range, &slice, err))
		return false;
	samples_need_histograms(a, s);
	struct histogram *h = histograms_of_chunk(a, &chunk, slice.first, slice.end);
	for (size_t i = slice.first; i < slice.end; i++, h++) {
		s->t_ms[s->n] = chunk.samples[i].t_ms;
		s->v[s->n] = h->sum;
		s->hist[s->n] = h;
		if (s->st_ms)
			s->st_ms[s->n] = chunk.samples[i].st_ms;
		s->n++;
	}
	return true;
}

bool samples_append_chunk(struct arena *a, struct samples *s, const struct chunk_data *c,
			  struct time_range range, struct err *err)
{
	size_t n;

	if (!chunk_num_samples(c, &n, err))
		return false;
	if (n == 0)
		return true;
	samples_reserve(a, s, s->n + n);
	if (chunk_has_start_times(c))
		samples_need_start_times(a, s);
	if (chunk_encoding_is_histogram(c->encoding))
		return append_histograms(a, s, c, range, err);
	return append_floats(s, c, range, n, err);
}
