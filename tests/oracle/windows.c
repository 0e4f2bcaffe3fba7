/* windows.c - functions of the samples of one series in a range. */
#include "tests/oracle/evaluator.h"

#include <math.h>
#include <stdlib.h>

void oracle_sum_add(double v, double *sum, double *lost)
{
	double total = *sum + v;

	if (isinf(total))
		*lost = 0;
	else if (fabs(*sum) >= fabs(v))
		*lost += (*sum - total) + v;
	else
		*lost += (v - total) + *sum;
	*sum = total;
}

/* The sum divided by the count; from where the sum would overflow on, the mean is adjusted by each
 * value. */
double oracle_mean(const double *v, size_t n)
{
	double sum = v[0], lost = 0;
	size_t i = 1;

	for (; i < n; i++) {
		double new_sum = sum, new_lost = lost;
		oracle_sum_add(v[i], &new_sum, &new_lost);
		if (isinf(new_sum))
			break;
		sum = new_sum;
		lost = new_lost;
	}
	double count = (double)i;
	double mean = sum / count;
	lost /= count;
	if (i == n)
		return mean + lost;
	for (; i < n; i++) {
		count = (double)(i + 1);
		double weight = (count - 1) / count;
		mean *= weight;
		lost *= weight;
		oracle_sum_add(v[i] / count, &mean, &lost);
	}
	return mean + lost;
}

/* NaN first. */
static int compare_values(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	if (isnan(x) || isnan(y))
		return !isnan(x) - !isnan(y);
	return (x > y) - (x < y);
}

double oracle_quantile(struct arena *a, double q, const double *v, size_t n)
{
	double *sorted = ARENA_ARRAY(a, double, n);

	if (n == 0 || isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	memcpy(sorted, v, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_values);
	double rank = q * (double)(n - 1);
	size_t lower = (size_t)floor(rank);
	size_t upper = lower + 1 < n ? lower + 1 : n - 1;
	double weight = rank - floor(rank);
	return sorted[lower] * (1 - weight) + sorted[upper] * weight;
}

/* --- rates ------------------------------------------------------------------------------------ */

static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

/* As Go has the seconds of a duration. */
static double range_seconds(const struct windows *in)
{
	int64_t ms = in->end_ms - in->start_ms;

	return (double)(ms / 1000) + (double)(ms % 1000 * 1000000) / 1e9;
}

static bool extrapolated(const struct windows *in, const struct samples *s, bool is_counter,
			 bool per_second, double *out)
{
	if (s->n < 2)
		return false;
	double first = s->v[0], result = s->v[s->n - 1] - first;
	for (size_t i = 1; i < s->n && is_counter; i++)
		if (s->v[i] < s->v[i - 1])
			result += s->v[i - 1];
	double to_start = seconds(s->t_ms[0] - in->start_ms);
	double to_end = seconds(in->end_ms - s->t_ms[s->n - 1]);
	double sampled = seconds(s->t_ms[s->n - 1] - s->t_ms[0]);
	double average = sampled / (double)(s->n - 1);
	double threshold = average * 1.1;

	if (to_start >= threshold)
		to_start = average / 2;
	if (is_counter && result > 0 && first >= 0) {
		double to_zero = sampled * (first / result);
		if (to_zero < to_start)
			to_start = to_zero;
	}
	if (to_end >= threshold)
		to_end = average / 2;
	double factor = (sampled + to_start + to_end) / sampled;
	if (per_second)
		factor /= range_seconds(in);
	*out = result * factor;
	return true;
}

static double between(const struct samples *s, size_t i, int64_t t_ms, bool is_counter)
{
	double from = s->v[i], to = s->v[i + 1];

	if (is_counter && to < from)
		from = 0;
	return from +
	       (to - from) * (double)(t_ms - s->t_ms[i]) / (double)(s->t_ms[i + 1] - s->t_ms[i]);
}

/* From the value at the start of the range to that at its end, as `anchored` and `smoothed` find
 * them. */
static bool bounded(const struct windows *in, const struct samples *s, bool is_counter,
		    bool per_second, double *out)
{
	bool smooth = in->bounds == BOUNDS_SMOOTHED;
	size_t first = 0, last = s->n - 1;

	while (first + 2 < s->n && s->t_ms[first + 1] <= in->start_ms)
		first++;
	for (size_t i = s->n - 1; smooth && i > 0; i--)
		if (s->t_ms[i - 1] >= in->end_ms)
			last = i - 1;
	if (s->t_ms[last] <= in->start_ms || (smooth && s->t_ms[first] > in->end_ms))
		return false;
	bool inside_left = s->t_ms[first] > in->start_ms, inside_right = s->t_ms[last] < in->end_ms;
	double left = smooth && s->t_ms[first] < in->start_ms
			  ? between(s, first, in->start_ms, is_counter)
			  : s->v[first];
	double right = smooth && last > 0 && s->t_ms[last] > in->end_ms
			   ? between(s, last - 1, in->end_ms, is_counter)
			   : s->v[last];
	double corrections = 0, previous = left;
	for (size_t i = inside_left ? first : first + 1; i < (inside_right ? last + 1 : last);
	     i++) {
		if (s->v[i] < previous)
			corrections += previous;
		previous = s->v[i];
	}
	if (right < previous)
		corrections += previous;
	*out = right - left;
	if (is_counter)
		*out += corrections;
	if (per_second)
		*out /= range_seconds(in);
	return true;
}

static bool rate(const struct windows *in, const struct samples *s, enum function_id id,
		 double *out)
{
	bool is_counter = id != FUNCTION_DELTA, per_second = id == FUNCTION_RATE;

	if (in->bounds == BOUNDS_PLAIN)
		return extrapolated(in, s, is_counter, per_second, out);
	return bounded(in, s, is_counter, per_second, out);
}

static bool last_two(const struct samples *s, bool per_second, double *out)
{
	if (s->n < 2)
		return false;
	double v = s->v[s->n - 1], before = s->v[s->n - 2];
	*out = per_second && v < before ? v : v - before;
	if (per_second)
		*out /= seconds(s->t_ms[s->n - 1] - s->t_ms[s->n - 2]);
	return true;
}

/* Without the samples before the newest one that is not after the start. */
static bool count_pairs(const struct windows *in, const struct samples *s, bool resets, double *out)
{
	size_t from = 0;

	while (in->bounds == BOUNDS_ANCHORED && from + 1 < s->n &&
	       s->t_ms[from + 1] <= in->start_ms)
		from++;
	if (in->bounds == BOUNDS_ANCHORED && s->t_ms[s->n - 1] <= in->start_ms)
		return false;
	*out = 0;
	for (size_t i = from + 1; i < s->n; i++) {
		double v = s->v[i], before = s->v[i - 1];
		if (resets ? v < before : v != before && !(isnan(v) && isnan(before)))
			*out += 1;
	}
	return true;
}

/* --- trends ----------------------------------------------------------------------------------- */

struct line {
	double slope, value;
};

/* Least squares; `value` is that at t_ms. */
static struct line regression(const struct samples *s, int64_t t_ms)
{
	double x = 0, y = 0, xy = 0, xx = 0, lost_x = 0, lost_y = 0, lost_xy = 0, lost_xx = 0;
	double n = (double)s->n;
	bool constant = true;

	for (size_t i = 0; i < s->n; i++) {
		double at = seconds(s->t_ms[i] - t_ms);
		if (i > 0 && s->v[i] != s->v[0])
			constant = false;
		oracle_sum_add(at, &x, &lost_x);
		oracle_sum_add(s->v[i], &y, &lost_y);
		oracle_sum_add(at * s->v[i], &xy, &lost_xy);
		oracle_sum_add(at * at, &xx, &lost_xx);
	}
	if (constant)
		return isinf(s->v[0]) ? (struct line){NAN, NAN} : (struct line){0, s->v[0]};
	x += lost_x;
	y += lost_y;
	xy += lost_xy;
	xx += lost_xx;
	double slope = (xy - x * y / n) / (xx - x * x / n);
	return (struct line){slope, y / n - slope * x / n};
}

static bool smoothing(struct oracle *o, const struct samples *s, double sf, double tf, double *out)
{
	if (sf <= 0 || sf >= 1 || tf <= 0 || tf >= 1)
		return err_set(o->err, ERR_EXECUTION, "invalid factor");
	if (s->n < 2)
		return false;
	double before = 0, level = s->v[0], trend = s->v[1] - s->v[0];
	for (size_t i = 1; i < s->n; i++) {
		if (i > 1)
			trend = tf * (level - before) + (1 - tf) * trend;
		before = level;
		level = sf * s->v[i] + (1 - sf) * (level + trend);
	}
	*out = level;
	return true;
}

/* --- over time -------------------------------------------------------------------------------- */

static double sum_of(const struct samples *s)
{
	double sum = 0, lost = 0;

	for (size_t i = 0; i < s->n; i++)
		oracle_sum_add(s->v[i], &sum, &lost);
	return isinf(sum) ? sum : sum + lost;
}

static double variance_of(const struct samples *s)
{
	double mean = 0, lost_mean = 0, squares = 0, lost_squares = 0;

	for (size_t i = 0; i < s->n; i++) {
		double delta = s->v[i] - (mean + lost_mean);
		oracle_sum_add(delta / (double)(i + 1), &mean, &lost_mean);
		oracle_sum_add(delta * (s->v[i] - (mean + lost_mean)), &squares, &lost_squares);
	}
	return (squares + lost_squares) / (double)s->n;
}

/* Where the extreme is: the first or the last one of equals. */
static size_t extreme_of(const struct samples *s, bool largest, bool last)
{
	size_t best = 0;

	for (size_t i = 0; i < s->n; i++) {
		double v = s->v[i], b = s->v[best];
		if (isnan(b) || (largest ? v > b : v < b) || (last && v == b))
			best = i;
	}
	return best;
}

static double deviation_of(struct oracle *o, const struct samples *s)
{
	double *distances = ARENA_ARRAY(o->arena, double, s->n);

	for (size_t i = 0; i < s->n; i++)
		if (isnan(s->v[i]))
			return NAN;
	double median = oracle_quantile(o->arena, 0.5, s->v, s->n);
	for (size_t i = 0; i < s->n; i++)
		distances[i] = fabs(s->v[i] - median);
	return oracle_quantile(o->arena, 0.5, distances, s->n);
}

static bool over_time(struct oracle *o, enum function_id id, const struct samples *s,
		      const double *params, double *out)
{
	switch ((int)id) {
	case FUNCTION_AVG_OVER_TIME:
		*out = oracle_mean(s->v, s->n);
		return true;
	case FUNCTION_SUM_OVER_TIME:
		*out = sum_of(s);
		return true;
	case FUNCTION_STDVAR_OVER_TIME:
		*out = variance_of(s);
		return true;
	case FUNCTION_STDDEV_OVER_TIME:
		*out = sqrt(variance_of(s));
		return true;
	case FUNCTION_COUNT_OVER_TIME:
		*out = (double)s->n;
		return true;
	case FUNCTION_PRESENT_OVER_TIME:
		*out = 1;
		return true;
	case FUNCTION_MIN_OVER_TIME:
	case FUNCTION_MAX_OVER_TIME:
		*out = s->v[extreme_of(s, id == FUNCTION_MAX_OVER_TIME, false)];
		return true;
	case FUNCTION_TS_OF_MIN_OVER_TIME:
	case FUNCTION_TS_OF_MAX_OVER_TIME:
		*out = seconds(s->t_ms[extreme_of(s, id == FUNCTION_TS_OF_MAX_OVER_TIME, true)]);
		return true;
	case FUNCTION_FIRST_OVER_TIME:
		*out = s->v[0];
		return true;
	case FUNCTION_LAST_OVER_TIME:
		*out = s->v[s->n - 1];
		return true;
	case FUNCTION_TS_OF_FIRST_OVER_TIME:
		*out = seconds(s->t_ms[0]);
		return true;
	case FUNCTION_TS_OF_LAST_OVER_TIME:
		*out = seconds(s->t_ms[s->n - 1]);
		return true;
	case FUNCTION_QUANTILE_OVER_TIME:
		*out = oracle_quantile(o->arena, params[0], s->v, s->n);
		return true;
	case FUNCTION_MAD_OVER_TIME:
		*out = deviation_of(o, s);
		return true;
	default:
		return err_set(o->err, ERR_UNSUPPORTED, "%s()", promql_functions[id].name);
	}
}

bool window_call(struct oracle *o, enum function_id id, const struct windows *in,
		 const struct window *w, int64_t t_ms, const double *params, double *out)
{
	const struct samples *s = &w->samples;

	switch ((int)id) {
	case FUNCTION_RATE:
	case FUNCTION_INCREASE:
	case FUNCTION_DELTA:
		return rate(in, s, id, out);
	case FUNCTION_IRATE:
	case FUNCTION_IDELTA:
		return last_two(s, id == FUNCTION_IRATE, out);
	case FUNCTION_CHANGES:
	case FUNCTION_RESETS:
		return count_pairs(in, s, id == FUNCTION_RESETS, out);
	case FUNCTION_DERIV:
		*out = s->n < 2 ? 0 : regression(s, s->t_ms[0]).slope;
		return s->n >= 2;
	case FUNCTION_PREDICT_LINEAR: {
		if (s->n < 2)
			return false;
		struct line line = regression(s, t_ms);
		*out = line.slope * params[0] + line.value;
		return true;
	}
	case FUNCTION_DOUBLE_EXPONENTIAL_SMOOTHING:
		return smoothing(o, s, params[0], params[1], out);
	default:
		return over_time(o, id, s, params, out);
	}
}
