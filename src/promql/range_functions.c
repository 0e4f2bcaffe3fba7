#include "promql/range_functions.h"

#include "promql/kahan.h"
#include "promql/quantile.h"
#include "promql/start_times.h"

static size_t window_n(const struct range_window *w)
{
	return w->to - w->from;
}

/* The values, in memory that may be sorted. */
static double *window_copy(const struct range_window *w)
{
	double *v = arena_alloc(w->scratch, window_n(w) * sizeof(*v));
	memcpy(v, w->s->v + w->from, window_n(w) * sizeof(*v));
	return v;
}

static double seconds(int64_t t_ms)
{
	return (double)t_ms / 1000;
}

/* --- counting and picking --------------------------------------------------------------------- */

static bool count_over_time(const struct range_window *w, double *out)
{
	*out = (double)window_n(w);
	return true;
}

static bool present_over_time(const struct range_window *w, double *out)
{
	(void)w;
	*out = 1;
	return true;
}

static bool first_over_time(const struct range_window *w, double *out)
{
	*out = w->s->v[w->from];
	return true;
}

static bool last_over_time(const struct range_window *w, double *out)
{
	*out = w->s->v[w->to - 1];
	return true;
}

static bool ts_of_first_over_time(const struct range_window *w, double *out)
{
	*out = seconds(w->s->t_ms[w->from]);
	return true;
}

static bool ts_of_last_over_time(const struct range_window *w, double *out)
{
	*out = seconds(w->s->t_ms[w->to - 1]);
	return true;
}

/* The index of the largest number, of equal ones the first or the last; NaN only when all are. */
#define PICK(w, better)                                                                            \
	__extension__({                                                                            \
		const double *v = (w)->s->v;                                                       \
		size_t best = (w)->from;                                                           \
		for (size_t i = (w)->from; i < (w)->to; i++)                                       \
			if (better || isnan(v[best]))                                              \
				best = i;                                                          \
		best;                                                                              \
	})

static bool max_over_time(const struct range_window *w, double *out)
{
	*out = w->s->v[PICK(w, v[i] > v[best])];
	return true;
}

static bool min_over_time(const struct range_window *w, double *out)
{
	*out = w->s->v[PICK(w, v[i] < v[best])];
	return true;
}

static bool ts_of_max_over_time(const struct range_window *w, double *out)
{
	*out = seconds(w->s->t_ms[PICK(w, v[i] >= v[best])]);
	return true;
}

static bool ts_of_min_over_time(const struct range_window *w, double *out)
{
	*out = seconds(w->s->t_ms[PICK(w, v[i] <= v[best])]);
	return true;
}

/* --- sums ------------------------------------------------------------------------------------- */

static bool sum_over_time(const struct range_window *w, double *out)
{
	struct kahan k = {0, 0};

	for (size_t i = w->from; i < w->to; i++)
		kahan_add(&k, w->s->v[i]);
	*out = isinf(k.sum) ? k.sum : k.sum + k.c;
	return true;
}

static bool avg_over_time(const struct range_window *w, double *out)
{
	struct mean mean = {0};

	for (size_t i = w->from; i < w->to; i++)
		mean_add(&mean, w->s->v[i]);
	*out = mean_value(&mean);
	return true;
}

static double variance(const struct range_window *w)
{
	struct kahan mean = {0, 0}, aux = {0, 0};
	double count = 0;

	for (size_t i = w->from; i < w->to; i++) {
		double v = w->s->v[i];
		count++;
		double delta = v - (mean.sum + mean.c);
		kahan_add(&mean, delta / count);
		kahan_add(&aux, delta * (v - (mean.sum + mean.c)));
	}
	return (aux.sum + aux.c) / count;
}

static bool stdvar_over_time(const struct range_window *w, double *out)
{
	*out = variance(w);
	return true;
}

static bool stddev_over_time(const struct range_window *w, double *out)
{
	*out = sqrt(variance(w));
	return true;
}

/* --- order ------------------------------------------------------------------------------------ */

static bool quantile_over_time(const struct range_window *w, double *out)
{
	*out = quantile(w->params[0], window_copy(w), window_n(w));
	return true;
}

static bool mad_over_time(const struct range_window *w, double *out)
{
	double *v = window_copy(w);
	size_t n = window_n(w);

	for (size_t i = 0; i < n; i++) {
		if (!isnan(v[i]))
			continue;
		*out = NAN; /* the median has no meaning then */
		return true;
	}
	double median = quantile(0.5, v, n);
	for (size_t i = 0; i < n; i++)
		v[i] = fabs(v[i] - median);
	*out = quantile(0.5, v, n);
	return true;
}

/* --- change ----------------------------------------------------------------------------------- */

static bool idelta(const struct range_window *w, double *out)
{
	if (window_n(w) < 2)
		return false;
	*out = w->s->v[w->to - 1] - w->s->v[w->to - 2];
	return true;
}

static bool irate(const struct range_window *w, double *out)
{
	if (window_n(w) < 2)
		return false;
	double last = w->s->v[w->to - 1], before = w->s->v[w->to - 2];
	double increase = sample_is_reset(w->s, w->to - 1) ? last : last - before;
	int64_t interval_ms = w->s->t_ms[w->to - 1] - w->s->t_ms[w->to - 2];
	*out = increase / seconds(interval_ms);
	return true;
}

/* --- trends ----------------------------------------------------------------------------------- */

struct line {
	double slope;
	double at_origin;
};

/* Least squares, with time in seconds since origin_ms. */
static struct line fit_line(const struct range_window *w, int64_t origin_ms)
{
	const double *v = w->s->v;
	struct kahan sum_x = {0, 0}, sum_y = {0, 0}, sum_xy = {0, 0}, sum_x2 = {0, 0};
	bool is_constant = true;

	for (size_t i = w->from; i < w->to; i++) {
		is_constant = is_constant && (i == w->from || v[i] == v[w->from]);
		double x = (double)(w->s->t_ms[i] - origin_ms) / 1e3;
		kahan_add(&sum_x, x);
		kahan_add(&sum_y, v[i]);
		kahan_add(&sum_xy, x * v[i]);
		kahan_add(&sum_x2, x * x);
	}
	if (is_constant && isinf(v[w->from]))
		return (struct line){NAN, NAN};
	if (is_constant)
		return (struct line){0, v[w->from]};

	double n = (double)window_n(w);
	double x = sum_x.sum + sum_x.c, y = sum_y.sum + sum_y.c;
	double covariance = sum_xy.sum + sum_xy.c - x * y / n;
	double variance_x = sum_x2.sum + sum_x2.c - x * x / n;
	double slope = covariance / variance_x;
	return (struct line){slope, y / n - slope * x / n};
}

static bool deriv(const struct range_window *w, double *out)
{
	if (window_n(w) < 2)
		return false;
	/* Any origin would do; one nearby loses the least precision. */
	*out = fit_line(w, w->s->t_ms[w->from]).slope;
	return true;
}

static bool predict_linear(const struct range_window *w, double *out)
{
	if (window_n(w) < 2)
		return false;
	struct line line = fit_line(w, w->t_ms);
	*out = line.slope * w->params[0] + line.at_origin;
	return true;
}

static bool double_exponential_smoothing(const struct range_window *w, double *out)
{
	const double *v = w->s->v + w->from;
	double level_weight = w->params[0], trend_weight = w->params[1];

	if (window_n(w) < 2)
		return false;
	double before = 0, level = v[0], trend = v[1] - v[0];
	for (size_t i = 1; i < window_n(w); i++) {
		if (i > 1)
			trend = trend_weight * (level - before) + (1 - trend_weight) * trend;
		double next = level_weight * v[i] + (1 - level_weight) * (level + trend);
		before = level;
		level = next;
	}
	*out = level;
	return true;
}

/* --- the table -------------------------------------------------------------------------------- */

range_fn *range_function(enum function_id id)
{
	static range_fn *const functions[FUNCTION_N] = {
	    [FUNCTION_AVG_OVER_TIME] = avg_over_time,
	    [FUNCTION_COUNT_OVER_TIME] = count_over_time,
	    [FUNCTION_DERIV] = deriv,
	    [FUNCTION_DOUBLE_EXPONENTIAL_SMOOTHING] = double_exponential_smoothing,
	    [FUNCTION_FIRST_OVER_TIME] = first_over_time,
	    [FUNCTION_IDELTA] = idelta,
	    [FUNCTION_IRATE] = irate,
	    [FUNCTION_LAST_OVER_TIME] = last_over_time,
	    [FUNCTION_MAD_OVER_TIME] = mad_over_time,
	    [FUNCTION_MAX_OVER_TIME] = max_over_time,
	    [FUNCTION_MIN_OVER_TIME] = min_over_time,
	    [FUNCTION_PREDICT_LINEAR] = predict_linear,
	    [FUNCTION_PRESENT_OVER_TIME] = present_over_time,
	    [FUNCTION_QUANTILE_OVER_TIME] = quantile_over_time,
	    [FUNCTION_STDDEV_OVER_TIME] = stddev_over_time,
	    [FUNCTION_STDVAR_OVER_TIME] = stdvar_over_time,
	    [FUNCTION_SUM_OVER_TIME] = sum_over_time,
	    [FUNCTION_TS_OF_FIRST_OVER_TIME] = ts_of_first_over_time,
	    [FUNCTION_TS_OF_LAST_OVER_TIME] = ts_of_last_over_time,
	    [FUNCTION_TS_OF_MAX_OVER_TIME] = ts_of_max_over_time,
	    [FUNCTION_TS_OF_MIN_OVER_TIME] = ts_of_min_over_time,
	};
	return functions[id];
}
