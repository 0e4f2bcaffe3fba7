#include "promql/partition.h"

#include <stdlib.h>

/* --- names ------------------------------------------------------------------------------------ */

static int cmp_names(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct partition partition_of(const struct remote_engines *engines, struct arena *a)
{
	struct {
		struct str *v;
		size_t n, cap;
	} all = {0};
	struct partition p = {0};

	for (size_t i = 0; i < engines->n; i++)
		for (size_t k = 0; k < engines->v[i].n_partition_sets; k++)
			for (size_t l = 0; l < engines->v[i].partition_sets[k].n; l++)
				ARENA_PUSH(a, &all, engines->v[i].partition_sets[k].v[l].name);
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), cmp_names);
	p.names = all.v;
	for (size_t i = 0; i < all.n; i++)
		if (p.n == 0 || !str_eq(p.names[p.n - 1], all.v[i]))
			p.names[p.n++] = all.v[i];
	return p;
}

bool partition_has(const struct partition *p, struct str name)
{
	return p->n && bsearch(&name, p->names, p->n, sizeof(*p->names), cmp_names);
}

static bool lists(struct label_names names, struct str name)
{
	for (size_t i = 0; i < names.n; i++)
		if (str_eq(names.v[i], name))
			return true;
	return false;
}

/* --- constants -------------------------------------------------------------------------------- */

bool expr_is_constant(const struct expr *e)
{
	switch ((int)e->kind) {
	case EXPR_NUMBER:
	case EXPR_STRING:
		return true;
	case EXPR_PAREN:
		return expr_is_constant(e->paren);
	case EXPR_CALL:
		for (size_t i = 0; i < e->call.n_args; i++)
			if (!expr_is_constant(e->call.args[i]))
				return false;
		return true;
	case EXPR_BINARY:
		return expr_is_constant(e->binary.left) && expr_is_constant(e->binary.right);
	}
	return false;
}

static bool is_constant_scalar(const struct expr *e)
{
	switch ((int)e->kind) {
	case EXPR_NUMBER:
	case EXPR_STRING:
		return true;
	case EXPR_PAREN:
		return is_constant_scalar(e->paren);
	case EXPR_BINARY:
		return is_constant_scalar(e->binary.left) && is_constant_scalar(e->binary.right);
	}
	return false;
}

/* --- what keeps the labels -------------------------------------------------------------------- */

static bool sets_label(const struct expr *e)
{
	if (e->kind != EXPR_CALL)
		return false;
	enum function_id id = e->call.function->id;
	return id == FUNCTION_LABEL_REPLACE || id == FUNCTION_LABEL_JOIN ||
	       id == FUNCTION_HISTOGRAM_QUANTILES;
}

bool partition_is_rewritten_by(const struct partition *p, const struct expr *e)
{
	return sets_label(e) && partition_has(p, expr_unwrap(e->call.args[1])->string);
}

static bool keeps_grouping(const struct partition *p, const struct aggregate *agg)
{
	if (agg->op == AGGREGATE_COUNT_VALUES && partition_has(p, expr_unwrap(agg->param)->string))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (lists(agg->grouping, p->names[i]) == agg->without)
			return false;
	return true;
}

static bool keeps_matching(const struct partition *p, const struct vector_matching *m)
{
	for (size_t i = 0; m && i < p->n; i++)
		if (!lists(m->include, p->names[i]) && lists(m->labels, p->names[i]) != m->on)
			return false;
	return true;
}

static bool keeps_args(const struct partition *p, const struct call *call)
{
	for (size_t i = 0; i < call->n_args; i++) {
		enum value_type type = call->args[i]->type;
		if ((type == VALUE_VECTOR || type == VALUE_MATRIX) &&
		    !partition_is_kept_by(p, call->args[i]))
			return false;
	}
	return true;
}

bool partition_is_kept_by(const struct partition *p, const struct expr *e)
{
	if (p->n == 0)
		return false;
	switch ((int)e->kind) {
	case EXPR_VECTOR_SELECTOR:
	case EXPR_MATRIX_SELECTOR:
	case EXPR_NUMBER:
	case EXPR_STRING:
		return true;
	case EXPR_AGGREGATE:
		return keeps_grouping(p, &e->aggregate);
	case EXPR_BINARY:
		return keeps_matching(p, e->binary.matching) &&
		       partition_is_kept_by(p, e->binary.left) &&
		       partition_is_kept_by(p, e->binary.right);
	case EXPR_CALL:
		return !partition_is_rewritten_by(p, e) && keeps_args(p, &e->call);
	case EXPR_UNARY:
		return partition_is_kept_by(p, e->unary.expr);
	case EXPR_PAREN:
		return partition_is_kept_by(p, e->paren);
	case EXPR_SUBQUERY:
		return partition_is_kept_by(p, e->subquery.expr);
	}
	return false;
}

/* --- set operations --------------------------------------------------------------------------- */

struct matcher_list {
	const struct matcher **v;
	size_t n, cap;
};

/* The matchers of one of the labels in all selectors. */
static void gather(const struct expr *e, struct str name, struct arena *a, struct matcher_list *out)
{
	if (e->kind == EXPR_VECTOR_SELECTOR)
		for (size_t i = 0; i < e->vector.matchers.n; i++)
			if (str_eq(matcher_name(e->vector.matchers.v[i]), name))
				ARENA_PUSH(a, out, e->vector.matchers.v[i]);
	for (size_t i = 0; expr_child(e, i); i++)
		gather(expr_child(e, i), name, a, out);
}

static bool has_matcher(const struct matcher_list *list, const struct matcher *m)
{
	for (size_t i = 0; i < list->n; i++)
		if (matcher_type(list->v[i]) == matcher_type(m) &&
		    str_eq(matcher_value(list->v[i]), matcher_value(m)))
			return true;
	return false;
}

static bool same_matchers(const struct matcher_list *a, const struct matcher_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < b->n; i++)
		if (!has_matcher(a, b->v[i]))
			return false;
	return true;
}

/* Both sides choose among the shares in the same way. */
static bool has_same_scope(const struct partition *p, const struct binary *b)
{
	struct arena *scratch auto_free(arena_free) = arena_new(NULL);

	for (size_t i = 0; i < p->n; i++) {
		struct matcher_list left = {0}, right = {0};
		gather(b->left, p->names[i], scratch, &left);
		gather(b->right, p->names[i], scratch, &right);
		if (!same_matchers(&left, &right))
			return false;
	}
	return true;
}

/* --- what may be evaluated by share ----------------------------------------------------------- */

/* Elements that match have the same labels of the shares. */
static bool allows_matching(const struct partition *p, const struct binary *b)
{
	const struct vector_matching *m = b->matching;
	bool adds = b->op == OP_OR || b->op == OP_UNLESS;

	if (!m)
		return false;
	/* A constant would come from each of them. */
	if (adds && (expr_is_constant(b->left) || expr_is_constant(b->right)))
		return false;
	if (m->labels.n == 0 && !m->on)
		return !adds || has_same_scope(p, b);
	for (size_t i = 0; i < p->n; i++)
		/* With group_left() of one of them the other side may have several partners, which
		 * shows only over all shares. */
		if (lists(m->include, p->names[i]) || lists(m->labels, p->names[i]) != m->on)
			return false;
	return true;
}

bool expr_has_number_side(const struct expr *e)
{
	return e->kind == EXPR_BINARY &&
	       (is_constant_scalar(e->binary.left) || is_constant_scalar(e->binary.right));
}

static bool allows_aggregate(const struct partition *p, const struct expr *e)
{
	switch (e->aggregate.op) {
	case AGGREGATE_SUM:
	case AGGREGATE_MIN:
	case AGGREGATE_MAX:
	case AGGREGATE_GROUP:
	case AGGREGATE_COUNT:
	case AGGREGATE_TOPK:
	case AGGREGATE_BOTTOMK:
	case AGGREGATE_LIMITK:
		return true;
	case AGGREGATE_AVG:
	case AGGREGATE_QUANTILE:
	case AGGREGATE_STDDEV:
	case AGGREGATE_STDVAR:
	case AGGREGATE_COUNT_VALUES:
	case AGGREGATE_LIMIT_RATIO:
		return partition_is_kept_by(p, e);
	case AGGREGATE_N:
		break;
	}
	return false;
}

bool partition_allows(const struct partition *p, const struct expr *e)
{
	switch ((int)e->kind) {
	case EXPR_BINARY:
		return expr_has_number_side(e) || allows_matching(p, &e->binary);
	case EXPR_AGGREGATE:
		return allows_aggregate(p, e);
	case EXPR_CALL:
		/* scalar() of a share without the series is NaN. */
		return e->call.function->id != FUNCTION_SCALAR && !partition_is_rewritten_by(p, e);
	}
	return true;
}
