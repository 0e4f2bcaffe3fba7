/* histograms.c - classic histograms: a list of buckets for each set of labels without "le". */
#include "base/float_text.h"
#include "tests/oracle/evaluator.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

struct bucket {
	double bound;
	double count; /* of this bucket and those below it */
};

struct classic {
	struct labels labels;
	struct bucket *v;
	size_t n, cap;
};

struct classics {
	struct classic *v;
	size_t n, cap;
};

static void put_bucket(struct oracle *o, struct classics *out, const struct element *e)
{
	struct str le = STR("le");
	struct bucket bucket = {.count = e->v};
	size_t i = 0;

	if (!float_parse(labels_get(e->labels, le), &bucket.bound))
		return;
	struct labels labels = labels_without(o->arena, e->labels, &le, 1);
	while (i < out->n && !labels_eq(out->v[i].labels, labels))
		i++;
	if (i == out->n)
		ARENA_PUSH(o->arena, out, (struct classic){.labels = labels});
	ARENA_PUSH(o->arena, &out->v[i], bucket);
}

static int compare_bounds(const void *a, const void *b)
{
	double x = ((const struct bucket *)a)->bound, y = ((const struct bucket *)b)->bound;

	return (x > y) - (x < y);
}

/* False without a bucket for everything. */
static bool sort_buckets(struct classic *c)
{
	size_t n = 0;

	qsort(c->v, c->n, sizeof(*c->v), compare_bounds);
	if (c->v[c->n - 1].bound != INFINITY)
		return false;
	for (size_t i = 0; i < c->n; i++) {
		if (n && c->v[n - 1].bound == c->v[i].bound)
			c->v[n - 1].count += c->v[i].count;
		else
			c->v[n++] = c->v[i];
	}
	c->n = n;
	return true;
}

static bool almost_equal(double a, double b)
{
	double sum = fabs(a) + fabs(b), difference = fabs(a - b);

	if (a == b || (isnan(a) && isnan(b)))
		return true;
	if (a == 0 || b == 0 || sum < DBL_MIN)
		return difference < 1e-12 * DBL_MIN;
	return difference / fmin(sum, DBL_MAX) < 1e-12;
}

/* A bucket has at least what the one below it has. */
static void make_monotonic(struct classic *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (almost_equal(c->v[i - 1].count, c->v[i].count) ||
		    c->v[i].count < c->v[i - 1].count)
			c->v[i].count = c->v[i - 1].count;
}

static double quantile_of(struct classic *c, double q)
{
	if (isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -INFINITY : INFINITY;
	if (!sort_buckets(c))
		return NAN;
	make_monotonic(c);
	if (c->n < 2 || c->v[c->n - 1].count == 0)
		return NAN;
	double rank = q * c->v[c->n - 1].count;
	size_t b = 0;
	while (b < c->n - 1 && !(c->v[b].count >= rank))
		b++;
	if (b == c->n - 1)
		return c->v[c->n - 2].bound;
	if (b == 0 && c->v[0].bound <= 0)
		return c->v[0].bound;
	double from = b ? c->v[b - 1].bound : 0, below = b ? c->v[b - 1].count : 0;
	return from + (c->v[b].bound - from) * ((rank - below) / (c->v[b].count - below));
}

/* How many observations are below v. */
static double rank_of(const struct classic *c, double v)
{
	double lower = c->v[0].bound <= 0 ? -INFINITY : 0, below = 0;

	for (size_t i = 0; i < c->n; i++) {
		double upper = c->v[i].bound;
		if (lower >= v)
			return below;
		if (upper > v)
			return lower == -INFINITY ? c->v[i].count
						  : below + (c->v[i].count - below) * (v - lower) /
								(upper - lower);
		lower = upper;
		below = c->v[i].count;
	}
	return below;
}

static double fraction_of(struct classic *c, double lower, double upper)
{
	if (!sort_buckets(c))
		return NAN;
	double total = c->v[c->n - 1].count;
	if (total == 0 || isnan(lower) || isnan(upper))
		return NAN;
	if (lower >= upper)
		return 0;
	double from = rank_of(c, lower), to = rank_of(c, upper);
	return ((to > total ? total : to) - (from > total ? total : from)) / total;
}

void classic_histograms(struct oracle *o, enum function_id id, const struct vector *in,
			const double *params, struct vector *out)
{
	struct classics classics = {0};

	for (size_t i = 0; i < in->n; i++)
		put_bucket(o, &classics, &in->v[i]);
	for (size_t i = 0; i < classics.n; i++) {
		struct classic *c = &classics.v[i];
		vector_push(o, out, labels_without_name(o, c->labels),
			    id == FUNCTION_HISTOGRAM_QUANTILE
				? quantile_of(c, params[0])
				: fraction_of(c, params[0], params[1]),
			    0);
	}
}

/* As OpenMetrics has numbers: 0.5, and 1.0 for whole ones. */
static struct str quantile_text(struct oracle *o, double q)
{
	char text[FLOAT_TEXT_MAX];
	size_t n = float_format(text, q, FLOAT_G);
	bool is_whole = isfinite(q) && !memchr(text, '.', n) && !memchr(text, 'e', n);

	return str_of(arena_printf(o->arena, "%.*s%s", (int)n, text, is_whole ? ".0" : ""));
}

void classic_quantiles(struct oracle *o, struct str name, const struct vector *in,
		       const double *params, size_t n_params, struct vector *out)
{
	for (size_t i = 0; i < n_params; i++) {
		struct vector v = {0};
		classic_histograms(o, FUNCTION_HISTOGRAM_QUANTILE, in, &params[i], &v);
		for (size_t k = 0; k < v.n; k++)
			vector_push(
			    o, out,
			    labels_with(o, v.v[k].labels, name, quantile_text(o, params[i])),
			    v.v[k].v, 0);
	}
}
