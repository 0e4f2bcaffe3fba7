#include "promql/window_kernels.h"

#include "promql/kahan.h"
#include "promql/pair.h"

/* --- side by side --------------------------------------------------------------------------------
 *
 * The windows of LANES steps are walked in step as far as the shortest of them reaches, two in each
 * vector; the ends of the longer ones follow one by one. Adding up waits for the last addition most
 * of the time, so that eight sums take hardly longer than one.
 */

enum { LANES = 8, PAIRS = LANES / 2 };

struct lanes {
	const double *v[LANES]; /* the samples of each window */
	size_t n[LANES];
	size_t common;         /* samples that each of them has at least */
	const double *param_0; /* of each window */
	const double *param_1;
};

typedef void lanes_fn(const struct lanes *lanes, double out[LANES]);

/* Sample i of windows 2p and 2p + 1. */
static inline pair sample_pair(const struct lanes *lanes, size_t p, size_t i)
{
	return (pair){lanes->v[2 * p][i], lanes->v[2 * p + 1][i]};
}

#define EACH_PAIR(p) _Pragma("GCC unroll 4") for (size_t p = 0; p < PAIRS; p++)

struct pair_sums {
	pair sum[PAIRS];
	pair c[PAIRS];
};

/* kahan_add() without a branch: what is lost is computed from both sides. Of infinite sums it makes
 * no numbers; they stay so, and are computed anew in the end. */
static inline void add_pair(struct pair_sums *k, size_t p, pair v)
{
	pair sum = k->sum[p], t = sum + v, part = t - sum;

	k->c[p] += (sum - (t - part)) + (v - part);
	k->sum[p] = t;
}

static struct kahan lane_sum(const struct pair_sums *k, size_t lane)
{
	return (struct kahan){k->sum[lane / 2][lane % 2], k->c[lane / 2][lane % 2]};
}

/* Adds the samples from the `first` one on that all windows have. */
static struct pair_sums add_common(const struct lanes *lanes, size_t first, struct pair_sums k)
{
	for (size_t i = first; i < lanes->common; i++)
		EACH_PAIR(p)
	add_pair(&k, p, sample_pair(lanes, p, i));
	return k;
}

static struct kahan add_rest(const struct lanes *lanes, size_t lane, struct kahan k)
{
	for (size_t i = lanes->common; i < lanes->n[lane]; i++)
		kahan_add(&k, lanes->v[lane][i]);
	return k;
}

static void sum_lanes(const struct lanes *lanes, double out[LANES])
{
	struct pair_sums sums = add_common(lanes, 0, (struct pair_sums){0});

	for (size_t lane = 0; lane < LANES; lane++) {
		struct kahan k = add_rest(lanes, lane, lane_sum(&sums, lane));
		out[lane] = k.sum + k.c;
	}
}

static void average_lanes(const struct lanes *lanes, double out[LANES])
{
	struct pair_sums sums = {0};

	EACH_PAIR(p)
	sums.sum[p] = sample_pair(lanes, p, 0);
	sums = add_common(lanes, 1, sums);
	for (size_t lane = 0; lane < LANES; lane++) {
		struct kahan k = add_rest(lanes, lane, lane_sum(&sums, lane));
		double n = (double)lanes->n[lane];
		out[lane] = k.sum / n + k.c / n;
	}
}

/* As in range_functions.c, a mean that moves and the squared distances from it. */
static void variance_lanes(const struct lanes *lanes, double out[LANES])
{
	struct pair_sums mean = {0}, squares = {0};

	for (size_t i = 0; i < lanes->common; i++) {
		double n = (double)(i + 1);
		EACH_PAIR(p)
		{
			pair v = sample_pair(lanes, p, i);
			pair delta = v - (mean.sum[p] + mean.c[p]);
			add_pair(&mean, p, delta / n);
			add_pair(&squares, p, delta * (v - (mean.sum[p] + mean.c[p])));
		}
	}
	for (size_t lane = 0; lane < LANES; lane++) {
		struct kahan m = lane_sum(&mean, lane), q = lane_sum(&squares, lane);
		for (size_t i = lanes->common; i < lanes->n[lane]; i++) {
			double v = lanes->v[lane][i], delta = v - (m.sum + m.c);
			kahan_add(&m, delta / (double)(i + 1));
			kahan_add(&q, delta * (v - (m.sum + m.c)));
		}
		out[lane] = (q.sum + q.c) / (double)lanes->n[lane];
	}
}

static void deviation_lanes(const struct lanes *lanes, double out[LANES])
{
	variance_lanes(lanes, out);
	for (size_t lane = 0; lane < LANES; lane++)
		out[lane] = sqrt(out[lane]);
}

static void smoothing_lanes(const struct lanes *lanes, double out[LANES])
{
	pair before[PAIRS], level[PAIRS], trend[PAIRS], level_weight[PAIRS], trend_weight[PAIRS];

	EACH_PAIR(p)
	{
		level_weight[p] = (pair){lanes->param_0[2 * p], lanes->param_0[2 * p + 1]};
		trend_weight[p] = (pair){lanes->param_1[2 * p], lanes->param_1[2 * p + 1]};
		before[p] = sample_pair(lanes, p, 0);
		trend[p] = sample_pair(lanes, p, 1) - before[p];
		level[p] = level_weight[p] * sample_pair(lanes, p, 1) +
			   (1 - level_weight[p]) * (before[p] + trend[p]);
	}
	for (size_t i = 2; i < lanes->common; i++) {
		EACH_PAIR(p)
		{
			trend[p] = trend_weight[p] * (level[p] - before[p]) +
				   (1 - trend_weight[p]) * trend[p];
			before[p] = level[p];
			level[p] = level_weight[p] * sample_pair(lanes, p, i) +
				   (1 - level_weight[p]) * (before[p] + trend[p]);
		}
	}
	for (size_t lane = 0; lane < LANES; lane++) {
		double b = before[lane / 2][lane % 2], l = level[lane / 2][lane % 2];
		double t = trend[lane / 2][lane % 2];
		double lw = lanes->param_0[lane], tw = lanes->param_1[lane];
		for (size_t i = lanes->common; i < lanes->n[lane]; i++) {
			t = tw * (l - b) + (1 - tw) * t;
			b = l;
			l = lw * lanes->v[lane][i] + (1 - lw) * (b + t);
		}
		out[lane] = l;
	}
}

/* --- all windows of a series ------------------------------------------------------------------ */

enum { PARAMS_MAX = 2 };

struct run {
	const struct samples *s;
	const struct windows *w;
	const double *params[PARAMS_MAX]; /* NULL behind the last one */
	const struct kernel *kernel;
	range_fn *plain;
	struct arena *scratch;
};

/* The window of one step by itself. */
static void compute_plain(const struct run *r, size_t step, double *out)
{
	double params[PARAMS_MAX] = {0};
	struct range_window window = {
	    .s = r->s,
	    .from = r->w->from[step],
	    .to = r->w->to[step],
	    .params = params,
	};

	for (size_t i = 0; i < PARAMS_MAX && r->params[i]; i++)
		params[i] = r->params[i][step];
	if (window.from < window.to)
		r->plain(&window, &out[step]);
}

static struct lanes lanes_at(const struct run *r, size_t step)
{
	struct lanes lanes = {.common = SIZE_MAX};

	for (size_t k = 0; k < LANES; k++) {
		lanes.v[k] = r->s->v + r->w->from[step + k];
		lanes.n[k] = r->w->to[step + k] - r->w->from[step + k];
		lanes.common = lanes.n[k] < lanes.common ? lanes.n[k] : lanes.common;
	}
	lanes.param_0 = r->params[0] ? r->params[0] + step : NULL;
	lanes.param_1 = r->params[1] ? r->params[1] + step : NULL;
	return lanes;
}

struct kernel {
	size_t at_least; /* samples in a window that has a value */
	lanes_fn *lanes; /* or ... */
	void (*whole)(const struct run *r, double *out);
};

/* Short windows are not worth it. */
enum { COMMON_MIN = 4 };

static void side_by_side(const struct run *r, double *out)
{
	size_t step = 0;

	for (; step + LANES <= r->w->n; step += LANES) {
		struct lanes lanes = lanes_at(r, step);
		bool is_worth_it = lanes.common >= COMMON_MIN;
		if (is_worth_it)
			r->kernel->lanes(&lanes, out + step);
		for (size_t k = step; k < step + LANES; k++)
			if (!is_worth_it || !isfinite(out[k]))
				compute_plain(r, k, out);
	}
	for (; step < r->w->n; step++)
		compute_plain(r, step, out);
}

/* --- extremes ------------------------------------------------------------------------------------
 *
 * Samples that may still become the extreme of a later window, the best of them first: whoever is
 * worse than a later one never will. Each sample enters and leaves once.
 */

struct contest {
	const double *v;
	uint32_t *at; /* the candidates, by sample; [head, tail) */
	size_t head, tail;
};

/* Of equal ones the first stays in front. */
#define ENTER(c, i, is_worse)                                                                      \
	do {                                                                                       \
		double new_ = (c)->v[i];                                                           \
		if (isnan(new_))                                                                   \
			break;                                                                     \
		while ((c)->tail > (c)->head && (c)->v[(c)->at[(c)->tail - 1]] is_worse new_)      \
			(c)->tail--;                                                               \
		(c)->at[(c)->tail++] = (uint32_t)(i);                                              \
	} while (0)

/* A window without a number in it gives its last sample. */
#define EACH_WINDOW_EXTREME(r, out, is_worse)                                                      \
	do {                                                                                       \
		const struct windows *w_ = (r)->w;                                                 \
		struct contest c_ = {                                                              \
		    .v = (r)->s->v,                                                                \
		    .at = arena_alloc((r)->scratch, (r)->s->n * sizeof(uint32_t)),                 \
		};                                                                                 \
		size_t next_ = 0;                                                                  \
		for (size_t step_ = 0; step_ < w_->n; step_++) {                                   \
			next_ = next_ < w_->from[step_] ? w_->from[step_] : next_;                 \
			for (; next_ < w_->to[step_]; next_++)                                     \
				ENTER(&c_, next_, is_worse);                                       \
			while (c_.head < c_.tail && c_.at[c_.head] < w_->from[step_])              \
				c_.head++;                                                         \
			if (w_->from[step_] < w_->to[step_])                                       \
				(out)[step_] =                                                     \
				    c_.v[c_.head < c_.tail ? c_.at[c_.head] : w_->to[step_] - 1];  \
		}                                                                                  \
	} while (0)

static void max_windows(const struct run *r, double *out)
{
	EACH_WINDOW_EXTREME(r, out, <);
}

static void min_windows(const struct run *r, double *out)
{
	EACH_WINDOW_EXTREME(r, out, >);
}

/* --- counting and picking --------------------------------------------------------------------- */

static void count_windows(const struct run *r, double *out)
{
	for (size_t i = 0; i < r->w->n; i++)
		out[i] = r->w->to[i] - r->w->from[i];
}

static void presence_windows(const struct run *r, double *out)
{
	for (size_t i = 0; i < r->w->n; i++)
		out[i] = 1;
}

static void last_windows(const struct run *r, double *out)
{
	for (size_t i = 0; i < r->w->n; i++)
		if (r->w->from[i] < r->w->to[i])
			out[i] = r->s->v[r->w->to[i] - 1];
}

bool window_kernel(enum function_id id, const struct samples *s, const struct windows *w,
		   const double *const *params, size_t n_params, struct arena *scratch, double *out,
		   uint64_t *present)
{
	static const struct kernel kernels[FUNCTION_N] = {
	    [FUNCTION_SUM_OVER_TIME] = {1, .lanes = sum_lanes},
	    [FUNCTION_AVG_OVER_TIME] = {1, .lanes = average_lanes},
	    [FUNCTION_STDVAR_OVER_TIME] = {1, .lanes = variance_lanes},
	    [FUNCTION_STDDEV_OVER_TIME] = {1, .lanes = deviation_lanes},
	    [FUNCTION_DOUBLE_EXPONENTIAL_SMOOTHING] = {2, .lanes = smoothing_lanes},
	    [FUNCTION_MAX_OVER_TIME] = {1, .whole = max_windows},
	    [FUNCTION_MIN_OVER_TIME] = {1, .whole = min_windows},
	    [FUNCTION_COUNT_OVER_TIME] = {1, .whole = count_windows},
	    [FUNCTION_PRESENT_OVER_TIME] = {1, .whole = presence_windows},
	    [FUNCTION_LAST_OVER_TIME] = {1, .whole = last_windows},
	};
	const struct kernel *kernel = &kernels[id];
	struct run r = {
	    .s = s, .w = w, .kernel = kernel, .plain = range_function(id), .scratch = scratch};

	if (kernel->at_least == 0)
		return false;
	for (size_t i = 0; i < n_params; i++)
		r.params[i] = params[i];
	(kernel->lanes ? side_by_side : kernel->whole)(&r, out);
	windows_present(w, kernel->at_least, present);
	return true;
}
