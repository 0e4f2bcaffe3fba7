/* plan_selector.c - selectors and subqueries in a plan: which window of time each looks at, and
 * what the stores are told about it.
 */
#include "base/duration.h"
#include "promql/duration.h"
#include "promql/plan_builder_internal.h"

static bool resolve_duration(struct plan_builder *b, const struct duration *d,
			     enum duration_sign sign, int64_t *ms)
{
	const struct query_time *time = &b->plan->time;
	struct duration_context context = {time->step_ms, time->end_ms - time->start_ms};

	return duration_resolve(d, sign, &context, ms, b->err);
}

#define TIME_MAX_MS (INT64_MAX / 4)

int64_t plan_clamp_time(int64_t t_ms)
{
	if (t_ms > TIME_MAX_MS)
		return TIME_MAX_MS;
	return t_ms < -TIME_MAX_MS ? -TIME_MAX_MS : t_ms;
}

void plan_resolve_at(const struct plan_builder *b, const struct at *at, struct plan_window *window)
{
	const struct query_time *time = &b->plan->time;

	window->pinned = at->kind != AT_NONE;
	if (at->kind == AT_TIMESTAMP)
		window->at_ms = plan_clamp_time(at->t_ms);
	else if (at->kind == AT_START)
		window->at_ms = time->start_ms;
	else if (at->kind == AT_END)
		window->at_ms = time->end_ms;
}

static bool has_one_name(struct matchers ms)
{
	for (size_t i = 0; i < ms.n; i++)
		if (matcher_type(ms.v[i]) == MATCH_EQ &&
		    str_eq(matcher_name(ms.v[i]), STR(LABEL_NAME)) && matcher_value(ms.v[i]).n)
			return true;
	return false;
}

/* The time that a selector can look at, as Prometheus computes it. It is more than its steps need
 * where subqueries do not begin at a multiple of their step. */
void plan_fill_hints(struct plan_builder *b, struct plan_node *node, const struct plan_place *place,
		     bool is_range)
{
	const struct plan_window *w = &node->window;
	int64_t min_t_ms = place->subquery_pinned ? place->subquery_at_ms : b->plan->time.start_ms;
	int64_t max_t_ms = place->subquery_pinned ? place->subquery_at_ms : b->plan->time.end_ms;

	min_t_ms -= place->subquery_offset_ms + place->subquery_range_ms;
	max_t_ms -= place->subquery_offset_ms;
	if (w->pinned)
		min_t_ms = max_t_ms = w->at_ms;
	if (is_range)
		min_t_ms -= w->lookback_ms;
	if (w->bounds == BOUNDS_SMOOTHED)
		max_t_ms += w->lookback_ms;
	node->hints = (struct select_hints){
	    .min_t_ms = min_t_ms - w->range_ms + 1 - w->offset_ms,
	    .max_t_ms = max_t_ms - w->offset_ms,
	    .step_ms = place->hint_step_ms,
	    .range_ms = is_range ? w->range_ms : 0,
	    .func = place->func,
	    .only_stats = place->wants_stats && !place->needs_buckets,
	    .selector = (uint32_t)b->selectors.n + 1,
	};
	if (place->parent) {
		node->hints.by = !place->parent->without;
		node->hints.grouping = (struct str *)place->parent->grouping.v;
		node->hints.n_grouping = place->parent->grouping.n;
	}
	ARENA_PUSH(b->a, &b->selectors, node);
}

struct plan_node *plan_build_selector(struct plan_builder *b, const struct expr *e,
				      const struct duration *range, struct plan_place *place)
{
	const struct vector_selector *vs = range ? &e->matrix.selector->vector : &e->vector;
	struct plan_node *node =
	    plan_node_new(b, range ? PLAN_RANGE_SELECT : PLAN_SELECT, e, place, 0);

	node->window.range_ms = b->plan->opts.lookback_ms;
	node->window.bounds = vs->bounds;
	if (range && place->is_extended)
		node->window.lookback_ms = MS_PER_H;
	else if (vs->bounds != BOUNDS_PLAIN)
		node->window.lookback_ms = b->plan->opts.lookback_ms;
	if (range && !resolve_duration(b, range, DURATION_POSITIVE, &node->window.range_ms))
		return NULL;
	if (!resolve_duration(b, &vs->offset, DURATION_ANY_SIGN, &node->window.offset_ms))
		return NULL;
	plan_resolve_at(b, &vs->at, &node->window);
	node->matchers = vs->matchers;
	if (!b->plan->opts.plans_literally)
		node->selects_nothing = !plan_matchers(b->plan, vs->matchers, &node->matchers);
	node->names = has_one_name(node->matchers) ? NAMES_ONE : NAMES_MANY;
	plan_fill_hints(b, node, place, range != NULL);
	return node;
}

bool plan_subquery_steps(const struct plan_window *w, int64_t step_ms, const struct steps *around,
			 struct steps *out, struct err *err)
{
	*out = (struct steps){.step_ms = step_ms};
	if (around->n == 0)
		return true;
	int64_t from_ms = window_end(w, around->start_ms) - w->range_ms;
	int64_t to_ms = window_end(w, steps_at(around, around->n - 1));
	out->start_ms = step_ms * (from_ms / step_ms); /* towards zero, as in Prometheus */
	if (out->start_ms <= from_ms)
		out->start_ms += step_ms;
	if (to_ms < out->start_ms)
		return true;
	int64_t n = (to_ms - out->start_ms) / step_ms + 1;
	if (n > STEPS_MAX)
		return err_set(err, ERR_LIMIT,
			       "a subquery would be evaluated at %lld steps, more than %d",
			       (long long)n, STEPS_MAX);
	out->n = (size_t)n;
	return true;
}

struct plan_node *plan_build_subquery(struct plan_builder *b, const struct expr *e,
				      struct plan_place *place)
{
	const struct subquery *sub = &e->subquery;
	struct plan_node *node = plan_node_new(b, PLAN_SUBQUERY, e, place, 1);
	struct plan_window *w = &node->window;
	int64_t step_ms;

	if (!resolve_duration(b, &sub->range, DURATION_POSITIVE, &w->range_ms) ||
	    !resolve_duration(b, &sub->offset, DURATION_ANY_SIGN, &w->offset_ms) ||
	    !resolve_duration(b, &sub->step, DURATION_POSITIVE, &step_ms))
		return NULL;
	plan_resolve_at(b, &sub->at, w);
	if (step_ms <= 0)
		step_ms = b->plan->opts.default_step_ms;

	struct plan_place inner = *place;
	inner.parent = NULL;
	inner.sample_weight = 0;
	inner.needs_buckets = true; /* to tell whether counters were reset between its steps */
	inner.hint_step_ms = step_ms;
	inner.subquery_offset_ms = w->offset_ms + (w->pinned ? 0 : place->subquery_offset_ms);
	inner.subquery_range_ms = w->range_ms + (w->pinned ? 0 : place->subquery_range_ms);
	if (w->pinned) {
		inner.subquery_pinned = true;
		inner.subquery_at_ms = w->at_ms;
	}
	if (!plan_subquery_steps(w, step_ms, &place->steps, &inner.steps, b->err))
		return NULL;
	node->args[0] = plan_build(b, sub->expr, inner);
	if (!node->args[0])
		return NULL;
	node->names = node->args[0]->names;
	return node;
}
