#include "compaction/downsample_windows.h"

#include "base/alloc.h"
#include "base/assert.h"

#include <float.h>
#include <stdlib.h>

void window_columns_reserve(struct window_columns *w, size_t n)
{
	if (n <= w->cap)
		return;
	w->cap = n > 2 * w->cap ? n : 2 * w->cap;
	w->t_ms = xreallocarray(w->t_ms, w->cap, sizeof(*w->t_ms));
	for (int i = 0; i < AGGR_N; i++)
		w->v[i] = xreallocarray(w->v[i], w->cap, sizeof(*w->v[i]));
}

void window_columns_done(struct window_columns *w)
{
	free(w->t_ms);
	for (int i = 0; i < AGGR_N; i++)
		free(w->v[i]);
	*w = (struct window_columns){0};
}

/* The time of the window that begins with sample i. It does not go beyond the last sample: what
 * follows may begin within the same window and must not overlap. */
static inline int64_t end_of(const int64_t *t_ms, size_t i, size_t n, int64_t resolution_ms)
{
	int64_t end = window_end(t_ms[i], resolution_ms), last = t_ms[n - 1];

	return end < last ? end : last;
}

/* What goes on from window to window. */
struct counter {
	double total;
	double last;
};

static inline void count_on(struct counter *c, double v)
{
	c->total += v < c->last ? v : v - c->last;
	c->last = v;
}

/* Minimum and maximum begin with the largest finite numbers: an infinity alone in its window is not
 * seen by both, which is what Thanos stores. */
void windows_of_samples(const int64_t *t_ms, const double *v, size_t n, int64_t resolution_ms,
			struct window_columns *out)
{
	/* The first sample sets the counter: as if it were a growth from zero, and never a reset.
	 */
	struct counter counter = {.total = v[0], .last = v[0]};
	size_t i = 0, k = 0;

	assert(n > 0 && n <= out->cap);
	while (i < n) {
		int64_t end = end_of(t_ms, i, n, resolution_ms);
		double sum = 0, min = DBL_MAX, max = -DBL_MAX;
		size_t first = i;
		if (i == 0) {
			sum += v[0];
			min = v[0] < min ? v[0] : min;
			max = v[0] > max ? v[0] : max;
			i++;
		}
		for (; i < n && t_ms[i] <= end; i++) {
			count_on(&counter, v[i]);
			sum += v[i];
			min = v[i] < min ? v[i] : min;
			max = v[i] > max ? v[i] : max;
		}
		out->t_ms[k] = end;
		out->v[AGGR_COUNT][k] = (double)(i - first);
		out->v[AGGR_SUM][k] = sum;
		out->v[AGGR_MIN][k] = min;
		out->v[AGGR_MAX][k] = max;
		out->v[AGGR_COUNTER][k++] = counter.total;
	}
	out->n = k;
}

/* One aggregate: the compiler makes a loop of its own of each. */
static inline __attribute__((always_inline)) void reduce(enum aggr aggr, const int64_t *t_ms,
							 const double *v, size_t n,
							 int64_t resolution_ms,
							 struct window_columns *out, double *to)
{
	struct counter counter = {.total = v[0], .last = v[0]};
	size_t i = 0, k = 0;

	while (i < n) {
		int64_t end = end_of(t_ms, i, n, resolution_ms);
		double x = aggr == AGGR_MIN ? DBL_MAX : aggr == AGGR_MAX ? -DBL_MAX : 0;
		if (aggr == AGGR_COUNTER && i == 0)
			i++;
		for (; i < n && t_ms[i] <= end; i++) {
			if (aggr == AGGR_MIN)
				x = v[i] < x ? v[i] : x;
			else if (aggr == AGGR_MAX)
				x = v[i] > x ? v[i] : x;
			else if (aggr == AGGR_COUNTER)
				count_on(&counter, v[i]);
			else
				x += v[i];
		}
		out->t_ms[k] = end;
		to[k++] = aggr == AGGR_COUNTER ? counter.total : x;
	}
	out->n = k;
}

void windows_of_aggregate(enum aggr aggr, const int64_t *t_ms, const double *v, size_t n,
			  int64_t resolution_ms, struct window_columns *out)
{
	assert(n > 0 && n <= out->cap);
	switch (aggr) {
	case AGGR_COUNT:
	case AGGR_SUM:
		reduce(AGGR_SUM, t_ms, v, n, resolution_ms, out, out->v[aggr]);
		break;
	case AGGR_MIN:
		reduce(AGGR_MIN, t_ms, v, n, resolution_ms, out, out->v[aggr]);
		break;
	case AGGR_MAX:
		reduce(AGGR_MAX, t_ms, v, n, resolution_ms, out, out->v[aggr]);
		break;
	case AGGR_COUNTER:
		reduce(AGGR_COUNTER, t_ms, v, n, resolution_ms, out, out->v[aggr]);
		break;
	case AGGR_N:
		break;
	}
}
