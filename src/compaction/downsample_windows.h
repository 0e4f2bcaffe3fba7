/* downsample_windows.h - what becomes of samples: aggregates over windows of one resolution.
 *
 * A window ends one millisecond before the next multiple of the resolution, or with the last sample
 * there is; that end is its time. A window without samples does not exist. The arithmetic, and the
 * order in which numbers are added up, are Thanos', so that results are the same bit for bit.
 */
#ifndef COMPACTION_DOWNSAMPLE_WINDOWS_H
#define COMPACTION_DOWNSAMPLE_WINDOWS_H

#include "codec/chunk.h"

/* Columns as long as there are windows; at most one for each sample. */
struct window_columns {
	int64_t *t_ms;
	double *v[AGGR_N];
	size_t n;
	size_t cap;
};

void window_columns_reserve(struct window_columns *w, size_t n);
void window_columns_done(struct window_columns *w);

/* Times are from 0 to this, so that none overflows. */
#define WINDOWS_MAX_T_MS (INT64_MAX / 2)

/* The last millisecond of the window of `t_ms`. */
static inline int64_t window_end(int64_t t_ms, int64_t resolution_ms)
{
	return t_ms - t_ms % resolution_ms + resolution_ms - 1;
}

/* All five aggregates of n > 0 samples whose times do not descend; none is a NaN. Replaces what is
 * in *out, which has room for n. The counter goes on through all windows, and resets are taken out
 * of it. */
void windows_of_samples(const int64_t *t_ms, const double *v, size_t n, int64_t resolution_ms,
			struct window_columns *out);

/* Windows of the windows of a finer resolution, of one aggregate: counts and sums are added up. The
 * result replaces out->t_ms and out->v[aggr]. */
void windows_of_aggregate(enum aggr aggr, const int64_t *t_ms, const double *v, size_t n,
			  int64_t resolution_ms, struct window_columns *out);

#endif
