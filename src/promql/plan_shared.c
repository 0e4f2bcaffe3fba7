/* plan_shared.c - selectors that ask for the same series.
 */
#include "promql/plan_internal.h"

static bool same_matchers(struct matchers a, struct matchers b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (matcher_type(a.v[i]) != matcher_type(b.v[i]) ||
		    !str_eq(matcher_name(a.v[i]), matcher_name(b.v[i])) ||
		    !str_eq(matcher_value(a.v[i]), matcher_value(b.v[i])))
			return false;
	return true;
}

static bool same_grouping(const struct select_hints *a, const struct select_hints *b)
{
	if (a->by != b->by || a->n_grouping != b->n_grouping)
		return false;
	for (size_t i = 0; i < a->n_grouping; i++)
		if (!str_eq(a->grouping[i], b->grouping[i]))
			return false;
	return true;
}

/* What is made of the series decides which aggregates of downsampled data are asked for, and how
 * replicas are merged. */
static bool same_request(const struct plan_node *a, const struct plan_node *b)
{
	const struct select_hints *x = &a->hints, *y = &b->hints;

	return x->min_t_ms == y->min_t_ms && x->max_t_ms == y->max_t_ms &&
	       x->step_ms == y->step_ms && x->range_ms == y->range_ms && x->limit == y->limit &&
	       x->skip_chunks == y->skip_chunks && x->only_stats == y->only_stats &&
	       strcmp(x->func, y->func) == 0 && same_grouping(x, y) &&
	       same_matchers(a->matchers, b->matchers);
}

/* Those of info() are made anew when it is known which info series are needed. */
static bool may_share(const struct plan_node *selector)
{
	return selector->is_per_series && !selector->selects_nothing && selector->steps.n > 0;
}

void plan_share_selectors(struct promql_plan *plan, struct plan_node *const *selectors, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i && !selectors[i]->shared; k++) {
			if (!may_share(selectors[i]) || !may_share(selectors[k]) ||
			    !same_request(selectors[i], selectors[k]))
				continue;
			if (!selectors[k]->shared)
				selectors[k]->shared = ++plan->n_shared;
			selectors[i]->shared = selectors[k]->shared;
		}
	}
}
