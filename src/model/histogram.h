/* histogram.h - a native histogram: how many observations fell into each of its buckets.
 *
 * Counts are floats, as PromQL computes with them. Of a schema from -4 to 8 the positive bucket i
 * holds what is above 2^((i-1)/2^schema) and at most 2^(i/2^schema), the negative bucket i the
 * same below zero, and the zero bucket what is at most zero_threshold away from zero. With
 * HISTOGRAM_CUSTOM there are positive buckets only: bucket i ends at bounds[i], the last one at
 * +Inf. What operations do with unequal layouts, counter resets and rounding is what Prometheus'
 * model/histogram does.
 *
 * Everything lives in arenas. Indexes and bounds are never written to and may be shared by
 * histograms; counts belong to one histogram. Operations that need room take an arena that lives
 * as long as the histogram they change.
 */
#ifndef MODEL_HISTOGRAM_H
#define MODEL_HISTOGRAM_H

#include "base/arena.h"
#include "base/buf.h"

enum {
	HISTOGRAM_MIN_SCHEMA = -9, /* what may be read; below -4 nobody writes */
	HISTOGRAM_MAX_SCHEMA = 8,
	HISTOGRAM_CUSTOM = -53,
};

/* What the sample says about the one before it. */
enum histogram_hint {
	HISTOGRAM_UNKNOWN,
	HISTOGRAM_RESET,
	HISTOGRAM_NOT_RESET,
	HISTOGRAM_GAUGE,
};

/* The buckets of one side that are there, empty ones among them. */
struct histogram_side {
	const int32_t *index; /* ascending */
	double *count;
	size_t n;
};

struct histogram {
	int32_t schema;
	enum histogram_hint hint;
	double zero_threshold;
	double zero_count;
	double count;
	double sum; /* that of a marker of staleness is the stale NaN */
	struct histogram_side positive;
	struct histogram_side negative;
	const double *bounds; /* ascending; of custom buckets only */
	size_t n_bounds;
};

/* What was odd about two histograms that were put together. */
struct histogram_clash {
	bool is_incompatible; /* custom and other buckets: nothing was done */
	bool has_hints;       /* one was reset, the other not */
	bool has_bounds;      /* different bounds: only those that both have are left */
};

static inline bool histogram_is_custom(const struct histogram *h)
{
	return h->schema == HISTOGRAM_CUSTOM;
}

/* Shares nothing with h. */
struct histogram *histogram_copy(struct arena *a, const struct histogram *h);

/* The same buckets, even empty ones, with the same bits; the hints do not matter. */
bool histogram_equal(const struct histogram *a, const struct histogram *b);

/* {count:10, sum:3.5, [-2,-1):1, [-0.001,0.001]:2, (0.5,1]:3} */
void histogram_format(struct buf *out, const struct histogram *h);

/* What it counts as against a limit of samples. */
size_t histogram_num_samples(const struct histogram *h);

/* --- changes in place ------------------------------------------------------------------------- */

/* Takes out empty buckets. */
void histogram_compact(struct arena *a, struct histogram *h);

/* A factor or divisor below zero makes it a gauge; division by zero leaves no buckets. */
void histogram_multiply(struct histogram *h, double factor);
void histogram_divide(struct histogram *h, double divisor);

/* Lower the resolution; a schema that is not lower changes nothing, nor do custom buckets. */
void histogram_reduce(struct arena *a, struct histogram *h, int32_t schema);

struct histogram_clash histogram_add(struct arena *a, struct histogram *h,
				     const struct histogram *other);
/* The hint is merged as by an addition. */
struct histogram_clash histogram_subtract(struct arena *a, struct histogram *h,
					  const struct histogram *other);

/* Keep what is at most `bound` (or at least, if not `is_upper`); a bucket that is cut keeps the
 * share that interpolation gives it. */
void histogram_trim(struct arena *a, struct histogram *h, double bound, bool is_upper);

/* --- sums with compensation ------------------------------------------------------------------- */

/* What `h` has lost to rounding so far: nothing. Belongs to h from then on. */
struct histogram *histogram_compensation(struct arena *a, const struct histogram *h);
struct histogram_clash histogram_add_compensated(struct arena *a, struct histogram *h,
						 struct histogram *c,
						 const struct histogram *other);
/* Adds c to h; the hint stays. */
void histogram_settle(struct arena *a, struct histogram *h, const struct histogram *c);

/* Is any count infinite? */
bool histogram_has_overflow(const struct histogram *h);

/* --- looking -------------------------------------------------------------------------------- */

/* Did a counter start anew between `previous` and `h`? */
bool histogram_is_reset(const struct histogram *h, const struct histogram *previous);

struct histogram_bucket {
	double lower, upper;
	double count;
	bool has_lower, has_upper; /* the bound belongs to the bucket */
};

/* All buckets from the lowest to the highest, the zero bucket between negative and positive ones
 * if it holds anything: for (size_t i = 0; i < histogram_num_buckets(h); i++). None reaches into
 * the zero bucket. */
size_t histogram_num_buckets(const struct histogram *h);
struct histogram_bucket histogram_bucket_at(const struct histogram *h, size_t i);

/* The share of the bucket's observations that interpolation finds below `v`, which is within. */
double histogram_share_below(const struct histogram_bucket *b, double v, bool is_linear);

#endif
