#include "promql/plan.h"

#include "base/alloc.h"
#include "base/duration.h"
#include "promql/distribute.h"
#include "promql/plan_builder_internal.h"

#include <stdlib.h>

static void set_query_range(struct plan_builder *b)
{
	struct time_range range = {0, 0};

	for (size_t i = 0; i < b->selectors.n; i++) {
		const struct select_hints *hints = &b->selectors.v[i]->hints;
		if (i == 0 || hints->min_t_ms < range.min_t_ms)
			range.min_t_ms = hints->min_t_ms;
		if (i == 0 || hints->max_t_ms > range.max_t_ms)
			range.max_t_ms = hints->max_t_ms;
	}
	b->plan->range = range;
}

static bool check_result_type(const struct promql_plan *plan, struct err *err)
{
	const struct expr *root = plan->query->root;

	if (plan->time.step_ms == 0 || root->type == VALUE_SCALAR || root->type == VALUE_VECTOR)
		return true;
	return err_set(err, ERR_INVALID,
		       "invalid expression type \"%s\" for range query, must be Scalar or instant "
		       "Vector",
		       value_type_title(root->type));
}

static bool query_steps(const struct query_time *time, struct steps *out, struct err *err)
{
	if (plan_clamp_time(time->start_ms) != time->start_ms ||
	    plan_clamp_time(time->end_ms) != time->end_ms)
		return err_set(err, ERR_INVALID, "the time of the query is out of range");
	*out = (struct steps){time->start_ms, 1, 1};
	if (time->step_ms == 0)
		return true;
	out->step_ms = time->step_ms;
	out->n = 0;
	if (time->step_ms < 0)
		return err_set(err, ERR_INVALID, "the step of a query must not be negative");
	if (time->end_ms < time->start_ms)
		return true;
	uint64_t span_ms = (uint64_t)time->end_ms - (uint64_t)time->start_ms;
	uint64_t n = span_ms / (uint64_t)time->step_ms + 1;
	if (n > STEPS_MAX)
		return err_set(err, ERR_LIMIT, "the query has %llu steps, more than %d",
			       (unsigned long long)n, STEPS_MAX);
	out->n = (size_t)n;
	return true;
}

/* The tree to be planned. */
static const struct expr *distributed(struct promql_plan *plan, const struct steps *steps,
				      struct err *err)
{
	struct distribution d = {
	    .engines = plan->opts.remotes,
	    .time = plan->time,
	    .lookback_ms = plan->opts.lookback_ms,
	    .default_step_ms = plan->opts.default_step_ms,
	    .is_restricted = plan->query->enforced != NULL,
	};

	if (!d.engines)
		return plan->query->root;
	const struct expr *root = distribute(&d, plan->query->root, steps, plan->arena, err);
	plan->rewrites_share_label = d.rewrites_share_label;
	return root;
}

struct promql_plan *promql_prepare(struct str text, const struct promql_engine_opts *opts,
				   struct query_time time, struct err *err)
{
	struct promql_plan *plan auto_free(promql_plan_free) = NEW(struct promql_plan);
	struct plan_place top = {.func = "", .hint_step_ms = time.step_ms, .sample_weight = 1};

	plan->opts = *opts;
	if (plan->opts.lookback_ms <= 0)
		plan->opts.lookback_ms = 5 * MS_PER_MIN;
	if (plan->opts.default_step_ms <= 0)
		plan->opts.default_step_ms = MS_PER_MIN;
	plan->time = time;
	plan->arena = arena_new(NULL);
	plan->query = promql_parse(text, &plan->opts.parser, NULL, err);
	if (!plan->query || !check_result_type(plan, err) || !query_steps(&time, &top.steps, err))
		return NULL;

	struct plan_builder b = {.plan = plan, .a = plan->arena, .err = err};
	const struct expr *root = distributed(plan, &top.steps, err);
	if (!root)
		return NULL;
	plan->root = plan_build(&b, expr_unwrap(root), top);
	if (!plan->root)
		return NULL;
	set_query_range(&b);
	if (!plan->opts.plans_literally)
		plan_share_selectors(plan, b.selectors.v, b.selectors.n);
	return take(plan);
}

struct time_range promql_plan_range(const struct promql_plan *plan)
{
	return plan->range;
}

void promql_plan_free(struct promql_plan *plan)
{
	if (!plan)
		return;
	promql_query_free(plan->query);
	for (size_t i = 0; i < plan->matchers.n; i++)
		matcher_unref(plan->matchers.v[i]);
	arena_free(plan->arena);
	free(plan);
}

struct str plan_node_text(const struct promql_plan *plan, const struct plan_node *node)
{
	struct text_range at = node->expr->where;
	return str_from(plan->query->text.p + at.start, at.end - at.start);
}
