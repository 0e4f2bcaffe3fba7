#include "promql/matching.h"

uint64_t matching_hash(const struct vector_matching *m, struct labels ls)
{
	return m->on ? labels_hash_for(ls, m->labels.v, m->labels.n)
		     : labels_hash_without(ls, m->labels.v, m->labels.n);
}

struct labels matching_labels(const struct vector_matching *m, struct arena *a, struct labels ls)
{
	static const struct str name = {LABEL_NAME, sizeof(LABEL_NAME) - 1};

	if (m->on)
		return labels_only(a, ls, m->labels.v, m->labels.n);
	return labels_without(a, labels_without(a, ls, m->labels.v, m->labels.n), &name, 1);
}

static bool lists(struct label_names names, struct str name)
{
	for (size_t i = 0; i < names.n; i++)
		if (str_eq(names.v[i], name))
			return true;
	return false;
}

/* The groups of an aggregation differ in what it groups by, and all of that is compared. */
static bool groups_are_unique(const struct vector_matching *m, const struct aggregate *agg)
{
	if (agg->op >= AGGREGATE_TOPK || agg->without)
		return false;
	for (size_t i = 0; i < agg->grouping.n; i++)
		if (lists(m->labels, agg->grouping.v[i]) != m->on ||
		    str_eq(agg->grouping.v[i], STR(LABEL_NAME)))
			return false;
	return true;
}

bool matching_is_unique(const struct vector_matching *m, const struct plan_node *node)
{
	if (!m->on && m->labels.n == 0)
		return node->names != NAMES_MANY;
	while (node->kind == PLAN_MAP || node->kind == PLAN_NEGATE ||
	       node->kind == PLAN_VECTOR_SCALAR_BINARY || node->kind == PLAN_REPLICATE)
		node = node->args[0];
	return node->kind == PLAN_AGGREGATE && groups_are_unique(m, &node->expr->aggregate);
}
