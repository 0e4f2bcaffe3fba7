/* aggregates.c - groups are lists of elements in the order of the vector. */
#include "base/float_text.h"
#include "tests/oracle/evaluator.h"

#include <math.h>
#include <stdlib.h>

struct group {
	struct labels labels;
	struct vector members;
};

struct groups {
	struct group *v;
	size_t n, cap;
};

static struct labels group_labels(struct oracle *o, const struct aggregate *agg, struct labels ls)
{
	struct str name = STR(LABEL_NAME);

	if (!agg->without)
		return labels_only(o->arena, ls, agg->grouping.v, agg->grouping.n);
	ls = labels_without(o->arena, ls, agg->grouping.v, agg->grouping.n);
	return labels_without(o->arena, ls, &name, 1);
}

static void put_into_group(struct oracle *o, struct groups *out, struct labels labels,
			   const struct element *e)
{
	size_t i = 0;

	while (i < out->n && !labels_eq(out->v[i].labels, labels))
		i++;
	if (i == out->n)
		ARENA_PUSH(o->arena, out, (struct group){.labels = labels});
	ARENA_PUSH(o->arena, &out->v[i].members, *e);
}

/* --- one value of many ------------------------------------------------------------------------ */

static double sum(const double *v, size_t n)
{
	double total = v[0], lost = 0;

	for (size_t i = 1; i < n; i++)
		oracle_sum_add(v[i], &total, &lost);
	return total + lost;
}

/* Welford's; one that begins with no number is none. */
static double variance(const double *v, size_t n)
{
	double mean = v[0], squares = isfinite(v[0]) ? 0 : (double)NAN;

	for (size_t i = 1; i < n; i++) {
		double delta = v[i] - mean;
		mean += delta / (double)(i + 1);
		squares += delta * (v[i] - mean);
	}
	return squares / (double)n;
}

static double extreme(const double *v, size_t n, bool largest)
{
	double best = v[0];

	for (size_t i = 1; i < n; i++)
		if (isnan(best) || (largest ? best < v[i] : best > v[i]))
			best = v[i];
	return best;
}

static double combine(struct oracle *o, enum aggregate_op op, double param, const double *v,
		      size_t n)
{
	switch ((int)op) {
	case AGGREGATE_SUM:
		return sum(v, n);
	case AGGREGATE_AVG:
		return oracle_mean(v, n);
	case AGGREGATE_COUNT:
		return (double)n;
	case AGGREGATE_MIN:
	case AGGREGATE_MAX:
		return extreme(v, n, op == AGGREGATE_MAX);
	case AGGREGATE_STDDEV:
		return sqrt(variance(v, n));
	case AGGREGATE_STDVAR:
		return variance(v, n);
	case AGGREGATE_QUANTILE:
		return oracle_quantile(o->arena, param, v, n);
	default:
		return 1; /* group */
	}
}

static void combine_groups(struct oracle *o, const struct aggregate *agg, double param,
			   const struct groups *groups, struct vector *out)
{
	for (size_t i = 0; i < groups->n; i++) {
		const struct vector *members = &groups->v[i].members;
		double *v = ARENA_ARRAY(o->arena, double, members->n);
		for (size_t k = 0; k < members->n; k++)
			v[k] = members->v[k].v;
		vector_push(o, out, groups->v[i].labels, combine(o, agg->op, param, v, members->n),
			    0);
	}
}

static bool count_values(struct oracle *o, const struct aggregate *agg, const struct vector *in,
			 struct vector *out)
{
	struct str name = expr_unwrap(agg->param)->string;
	struct groups groups = {0};

	for (size_t i = 0; i < in->n; i++) {
		char text[FLOAT_TEXT_MAX];
		struct str value = {text, float_format(text, in->v[i].v, FLOAT_F)};
		value = arena_str(o->arena, value);
		struct labels labels = labels_with(o, in->v[i].labels, name, value);
		labels = group_labels(o, agg, labels);
		if (!agg->without)
			labels = labels_with(o, labels, name, value);
		put_into_group(o, &groups, labels, &in->v[i]);
	}
	for (size_t i = 0; i < groups.n; i++)
		vector_push(o, out, groups.v[i].labels, (double)groups.v[i].members.n, 0);
	return true;
}

/* --- some of the elements --------------------------------------------------------------------- */

/* Which of equal elements stay is decided by the heap that Prometheus keeps the best ones in, that
 * of Go's library: the worst one on top. */
static bool is_worse(double a, double b, bool top)
{
	return isnan(a) || (top ? a < b : a > b);
}

static void swap(struct element *a, struct element *b)
{
	struct element tmp = *a;

	*a = *b;
	*b = tmp;
}

static void heap_up(struct vector *h, size_t i, bool top)
{
	for (; i > 0 && is_worse(h->v[i].v, h->v[(i - 1) / 2].v, top); i = (i - 1) / 2)
		swap(&h->v[i], &h->v[(i - 1) / 2]);
}

static void heap_down(struct vector *h, bool top)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < h->n; i = child) {
		if (child + 1 < h->n && is_worse(h->v[child + 1].v, h->v[child].v, top))
			child++;
		if (!is_worse(h->v[child].v, h->v[i].v, top))
			return;
		swap(&h->v[i], &h->v[child]);
	}
}

static void select_best(struct oracle *o, const struct vector *in, size_t k, bool top,
			struct vector *out)
{
	struct vector heap = {0};

	for (size_t i = 0; k > 0 && i < in->n; i++) {
		if (heap.n < k) {
			ARENA_PUSH(o->arena, &heap, in->v[i]);
			heap_up(&heap, heap.n - 1, top);
		} else if ((top ? heap.v[0].v < in->v[i].v : heap.v[0].v > in->v[i].v) ||
			   (isnan(heap.v[0].v) && !isnan(in->v[i].v))) {
			heap.v[0] = in->v[i];
			heap_down(&heap, top);
		}
	}
	/* The best one first. */
	for (size_t i = 0; i < heap.n; i++)
		for (size_t j = i; j > 0 && is_worse(heap.v[j - 1].v, heap.v[j].v, top) &&
				   !(isnan(heap.v[j - 1].v) && isnan(heap.v[j].v));
		     j--)
			swap(&heap.v[j - 1], &heap.v[j]);
	for (size_t i = 0; i < heap.n; i++)
		ARENA_PUSH(o->arena, out, heap.v[i]);
}

static bool is_in_ratio(struct labels labels, double ratio)
{
	double place = (double)labels_hash(labels) / 18446744073709551615.0;

	return ratio >= 0 ? place < ratio : place >= 1 + ratio;
}

/* The first ones, or those whose hash says so. They too come in the order of a heap. */
static void select_some(struct oracle *o, enum aggregate_op op, const struct vector *in, size_t k,
			double ratio, struct vector *out)
{
	struct vector heap = {0};

	for (size_t i = 0; i < in->n; i++)
		if (op == AGGREGATE_LIMITK ? heap.n < k : is_in_ratio(in->v[i].labels, ratio)) {
			ARENA_PUSH(o->arena, &heap, in->v[i]);
			heap_up(&heap, heap.n - 1, true);
		}
	for (size_t i = 0; i < heap.n; i++)
		ARENA_PUSH(o->arena, out, heap.v[i]);
}

static bool select_elements(struct oracle *o, const struct aggregate *agg, double param,
			    const struct groups *groups, struct vector *out)
{
	if (isnan(param) && agg->op == AGGREGATE_LIMIT_RATIO)
		return err_set(o->err, ERR_EXECUTION, "Ratio value is NaN");
	if (isnan(param))
		return err_set(o->err, ERR_EXECUTION, "Parameter value is NaN");
	if (param >= 0x1p63 && agg->op != AGGREGATE_LIMIT_RATIO)
		return err_set(o->err, ERR_EXECUTION, "Scalar value overflows int64");
	size_t k = param < 1 ? 0 : param > 1e6 ? 1000000 : (size_t)param;
	for (size_t i = 0; i < groups->n; i++) {
		const struct vector *in = &groups->v[i].members;
		if (agg->op == AGGREGATE_TOPK || agg->op == AGGREGATE_BOTTOMK)
			select_best(o, in, k, agg->op == AGGREGATE_TOPK, out);
		else
			select_some(o, agg->op, in, k, fmax(-1, fmin(1, param)), out);
	}
	return true;
}

bool eval_aggregate(struct oracle *o, const struct aggregate *agg, int64_t t_ms, struct vector *out)
{
	struct groups groups = {0};
	struct vector in;
	double param = 0;

	if (agg->param && agg->op != AGGREGATE_COUNT_VALUES &&
	    !eval_scalar(o, agg->param, t_ms, &param))
		return false;
	if (!eval_vector(o, agg->expr, t_ms, &in))
		return false;
	if (agg->op == AGGREGATE_COUNT_VALUES)
		return count_values(o, agg, &in, out);
	for (size_t i = 0; i < in.n; i++)
		put_into_group(o, &groups, group_labels(o, agg, in.v[i].labels), &in.v[i]);
	if (agg->op == AGGREGATE_TOPK || agg->op == AGGREGATE_BOTTOMK ||
	    agg->op == AGGREGATE_LIMITK || agg->op == AGGREGATE_LIMIT_RATIO)
		return select_elements(o, agg, param, &groups, out);
	combine_groups(o, agg, param, &groups, out);
	return true;
}
