#include "tests/promqltest/comparison.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* --- values ----------------------------------------------------------------------------------- */

static bool almost_equal(double a, double b)
{
	if (is_stale_nan(a) || is_stale_nan(b))
		return is_stale_nan(a) && is_stale_nan(b);
	if (isnan(a) && isnan(b))
		return true;
	if (a == b)
		return true;
	double sum = fabs(a) + fabs(b), diff = fabs(a - b);
	if (a == 0 || b == 0 || sum < DBL_MIN)
		return diff < 1e-6 * DBL_MIN;
	return diff / fmin(sum, DBL_MAX) < 1e-6;
}

static bool almost_equal_all(const double *a, const double *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!almost_equal(a[i], b[i]))
			return false;
	return true;
}

static bool same_side(const struct histogram_side *a, const struct histogram_side *b)
{
	return a->n == b->n &&
	       (a->n == 0 || memcmp(a->index, b->index, a->n * sizeof(*a->index)) == 0) &&
	       almost_equal_all(a->count, b->count, a->n);
}

static bool same_bounds(const struct histogram *a, const struct histogram *b)
{
	return a->n_bounds == b->n_bounds &&
	       (a->n_bounds == 0 ||
		memcmp(a->bounds, b->bounds, a->n_bounds * sizeof(*a->bounds)) == 0);
}

/* Empty buckets do not matter. */
static bool same_histogram(const struct point *point, const struct histogram *got)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram *want = histogram_copy(a, point->histogram);
	struct histogram *g = histogram_copy(a, got);

	histogram_compact(a, want);
	histogram_compact(a, g);
	return want->schema == g->schema && almost_equal(want->count, g->count) &&
	       almost_equal(want->sum, g->sum) &&
	       (!histogram_is_custom(want) || same_bounds(want, g)) &&
	       want->zero_threshold == g->zero_threshold &&
	       almost_equal(want->zero_count, g->zero_count) &&
	       same_side(&want->positive, &g->positive) &&
	       same_side(&want->negative, &g->negative) &&
	       (!point->has_reset_hint || want->hint == g->hint);
}

/* A float, or a histogram where it is set. */
struct value {
	double v;
	const struct histogram *h;
};

static struct value value_of(const struct answer_series *s, size_t i)
{
	return (struct value){s->v[i], s->hist ? s->hist[i] : NULL};
}

static bool same_value(const struct point *want, struct value got)
{
	if (want->kind == POINT_HISTOGRAM)
		return got.h && same_histogram(want, got.h);
	return !got.h && almost_equal(want->v, got.v);
}

/* --- series ----------------------------------------------------------------------------------- */

static bool fail(struct err *err, struct labels ls, const char *what)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	labels_format(&text, ls);
	return err_set(err, ERR_EXECUTION, "%.*s %s", STR_FMT(buf_str(&text)), what);
}

static bool fail_at(struct err *err, struct labels ls, const char *what, int64_t t_ms)
{
	char text[64];

	snprintf(text, sizeof(text), "%s at %gs", what, (double)t_ms / 1000);
	return fail(err, ls, text);
}

static const struct answer_series *answer_find(const struct answer *got, struct labels ls)
{
	for (size_t i = 0; i < got->series.n; i++)
		if (labels_eq(got->series.v[i].labels, ls))
			return &got->series.v[i];
	return NULL;
}

static bool expects(const struct eval *e, struct labels ls)
{
	for (size_t i = 0; i < e->series.n; i++)
		if (labels_eq(e->series.v[i].labels, ls))
			return true;
	return false;
}

/* What is expected of the same labels twice is what is expected last. */
static bool is_overridden(const struct eval *e, size_t i)
{
	for (size_t k = i + 1; k < e->series.n; k++)
		if (labels_eq(e->series.v[i].labels, e->series.v[k].labels))
			return true;
	return false;
}

/* --- matrices --------------------------------------------------------------------------------- */

static bool check_points(const struct eval *e, const struct series_line *want,
			 const struct answer_series *got, struct err *err)
{
	size_t k = 0;

	for (size_t i = 0; i < want->points.n; i++) {
		int64_t t_ms = e->points_start_ms + (int64_t)i * e->points_step_ms;
		if (want->points.v[i].kind == POINT_NONE)
			continue;
		if (k == got->n || got->t_ms[k] > t_ms)
			return fail_at(err, want->labels, "has no value", t_ms);
		if (got->t_ms[k] < t_ms)
			break;
		if (!same_value(&want->points.v[i], value_of(got, k)))
			return fail_at(err, want->labels, "has another value", t_ms);
		k++;
	}
	return k == got->n || fail_at(err, want->labels, "has a value too many", got->t_ms[k]);
}

static bool check_sorted(const struct answer *got, struct err *err)
{
	for (size_t i = 1; i < got->series.n; i++)
		if (labels_cmp(got->series.v[i - 1].labels, got->series.v[i].labels) >= 0)
			return fail(err, got->series.v[i].labels, "is not in order");
	return true;
}

static bool check_matrix(const struct eval *e, const struct answer *got, struct err *err)
{
	if (!check_sorted(got, err))
		return false;
	for (size_t i = 0; i < got->series.n; i++)
		if (!expects(e, got->series.v[i].labels))
			return fail(err, got->series.v[i].labels, "is unexpected");
	for (size_t i = 0; i < e->series.n; i++) {
		const struct series_line *want = &e->series.v[i];
		const struct answer_series *s = answer_find(got, want->labels);
		if (is_overridden(e, i))
			continue;
		if (!s)
			return fail(err, want->labels, "is missing");
		if (!check_points(e, want, s, err))
			return false;
	}
	return true;
}

/* --- vectors ---------------------------------------------------------------------------------- */

/* The one value of a vector's series, or that of a matrix at t_ms. */
static bool find_value(const struct answer *got, const struct answer_series *s, int64_t t_ms,
		       struct value *out)
{
	for (size_t i = 0; i < s->n; i++) {
		if (got->type == VALUE_MATRIX && s->t_ms[i] != t_ms)
			continue;
		*out = value_of(s, i);
		return true;
	}
	return false;
}

static bool check_vector(const struct eval *e, const struct answer *got, int64_t t_ms,
			 struct err *err)
{
	const struct point zero = {.kind = POINT_FLOAT};
	struct value v;

	for (size_t i = 0; i < got->series.n; i++)
		if (find_value(got, &got->series.v[i], t_ms, &v) &&
		    !expects(e, got->series.v[i].labels))
			return fail(err, got->series.v[i].labels, "is unexpected");
	for (size_t i = 0; i < e->series.n; i++) {
		const struct series_line *want = &e->series.v[i];
		const struct answer_series *s = answer_find(got, want->labels);
		if (is_overridden(e, i))
			continue;
		if (!s || !find_value(got, s, t_ms, &v))
			return fail(err, want->labels, "is missing");
		if (!same_value(want->points.n ? &want->points.v[0] : &zero, v))
			return fail(err, want->labels, "has another value");
		if (e->is_ordered && got->type == VALUE_VECTOR && (size_t)(s - got->series.v) != i)
			return fail(err, want->labels, "is not where it should be");
	}
	return true;
}

/* --- all -------------------------------------------------------------------------------------- */

static bool check_scalar(const struct eval *e, double v, struct err *err)
{
	if (!e->has_scalar)
		return err_set(err, ERR_EXECUTION, "a scalar is unexpected");
	return almost_equal(e->scalar, v) || err_set(err, ERR_EXECUTION, "another scalar");
}

static bool check_string(const struct eval *e, struct str s, struct err *err)
{
	if (!e->has_string)
		return err_set(err, ERR_EXECUTION, "a string is unexpected");
	return str_eq(e->string, s) || err_set(err, ERR_EXECUTION, "another string");
}

bool answer_check(const struct eval *e, const struct answer *got, struct err *err)
{
	if (got->type == VALUE_STRING)
		return check_string(e, got->string, err);
	if (got->type == VALUE_SCALAR)
		return check_scalar(e, got->scalar, err);
	if (e->has_scalar || e->has_string)
		return err_set(err, ERR_EXECUTION, "series are unexpected");
	if (got->type == VALUE_MATRIX)
		return check_matrix(e, got, err);
	return check_vector(e, got, 0, err);
}

bool answer_check_at(const struct eval *e, const struct answer *got, int64_t t_ms, struct err *err)
{
	struct value v;

	if (!check_sorted(got, err))
		return false;
	if (!e->has_scalar)
		return check_vector(e, got, t_ms, err);
	if (got->series.n == 0 || !find_value(got, &got->series.v[0], t_ms, &v))
		return err_set(err, ERR_EXECUTION, "the scalar is missing");
	return check_scalar(e, v.v, err);
}
