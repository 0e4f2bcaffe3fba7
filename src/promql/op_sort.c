/* op_sort.c - sort(), sort_desc(), sort_by_label() and sort_by_label_desc(): the order of an
 * instant vector. With more than one step they do nothing, because a matrix is ordered by labels.
 */
#include "base/alloc.h"
#include "base/natural_order.h"
#include "promql/operator.h"

#include <math.h>
#include <stdlib.h>

struct sort_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct arena *arena;
	struct whole_answer answer;
};

/* By value, NaN last whichever way. */
static int cmp_values(double a, double b, bool descending)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	int c = (a > b) - (a < b);
	return descending ? -c : c;
}

static int cmp_labels(const struct call *call, struct labels a, struct labels b)
{
	for (size_t i = 1; i < call->n_args; i++) {
		struct str name = expr_unwrap(call->args[i])->string;
		struct str va = labels_get(a, name), vb = labels_get(b, name);
		if (!str_eq(va, vb))
			return natural_less(va, vb) ? -1 : 1;
	}
	return labels_cmp(a, b);
}

static int cmp_series(const void *a, const void *b, void *arg)
{
	const struct call *call = arg;
	const struct step_series *x = a, *y = b;

	switch ((int)call->function->id) {
	case FUNCTION_SORT:
	case FUNCTION_SORT_DESC:
		return cmp_values(x->v[0], y->v[0], call->function->id == FUNCTION_SORT_DESC);
	case FUNCTION_SORT_BY_LABEL:
		return cmp_labels(call, x->labels, y->labels);
	default:
		return -cmp_labels(call, x->labels, y->labels);
	}
}

static bool sorts_values(const struct call *call)
{
	return call->function->id == FUNCTION_SORT || call->function->id == FUNCTION_SORT_DESC;
}

/* They have no order. */
static void drop_histograms(struct series_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct step_series s = list->v[i];
		step_series_drop_histograms(&s, 1);
		if (bits_has(s.present, 0))
			list->v[n++] = s;
	}
	list->n = n;
}

static bool evaluate(struct operator* base, struct err *err)
{
	struct sort_op *op = (struct sort_op *)base;
	struct series_list *list = &op->answer.series;

	if (!operator_collect(op->arg, op->arena, list, err))
		return false;
	if (sorts_values(&base->node->expr->call))
		drop_histograms(list);
	/* glibc's is a merge sort: equal values keep their order. */
	if (list->n)
		qsort_r(list->v, list->n, sizeof(*list->v), cmp_series,
			(void *)&base->node->expr->call);
	return true;
}

static enum iter_result sort_next(struct operator* base, struct step_series *out, struct err *err)
{
	struct sort_op *op = (struct sort_op *)base;

	if (base->steps.n == 1)
		return whole_answer_next(&op->answer, base, evaluate, out, err);
	enum iter_result r = operator_next(op->arg, out, err);
	base->in_order = op->arg->in_order;
	return r;
}

static void sort_close(struct operator* base)
{
	struct sort_op *op = (struct sort_op *)base;

	operator_close(op->arg);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops sort_ops = {sort_next, sort_close};

struct operator* sort_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct sort_op *op = NEW(struct sort_op);

	operator_init(&op->base, &sort_ops, x, node);
	op->arena = arena_new(x->tracker);
	op->arg = operator_open(x, node->args[0], err);
	if (!op->arg) {
		sort_close(&op->base);
		return NULL;
	}
	op->base.keeps = node->steps.n == 1;
	if (node->steps.n != 1)
		annotations_add(&x->annotations, NOTE_PROMQL_WARNING, node->expr->where,
				"sort is ineffective for range queries since results are always "
				"ordered by labels");
	return &op->base;
}
