#include "promql/plan.h"

#include "base/alloc.h"
#include "base/duration.h"
#include "promql/distribute.h"
#include "promql/duration.h"
#include "promql/plan_info.h"
#include "promql/plan_internal.h"

#include <stdlib.h>

/* What the tree above a node says about it. */
struct place {
	struct steps steps;
	/* Offsets and ranges of the subqueries around it, up to the innermost one with @. */
	int64_t subquery_offset_ms;
	int64_t subquery_range_ms;
	bool subquery_pinned;
	int64_t subquery_at_ms;
	int64_t hint_step_ms;
	const char *func; /* the nearest function or aggregation, "" across operators */
	const struct aggregate *parent; /* when that is what stands directly above */
	bool is_extended;               /* directly below xrate() and its like */
	/* Somewhere below histogram_count() and its like, and below something that needs buckets.
	 */
	bool wants_stats;
	bool needs_buckets;
	uint64_t sample_weight;
};

struct builder {
	struct promql_plan *plan;
	struct arena *a;
	struct {
		struct plan_node **v;
		size_t n, cap;
	} selectors;
	struct err *err;
};

static struct plan_node *build(struct builder *b, const struct expr *e, struct place place);

static bool is_worth_replicating(const struct expr *e)
{
	return e->type != VALUE_MATRIX && e->kind != EXPR_NUMBER && e->kind != EXPR_STRING &&
	       plan_is_pinned(e);
}

/* --- nodes ------------------------------------------------------------------------------------ */

static struct plan_node *node_new(struct builder *b, enum plan_kind kind, const struct expr *e,
				  const struct place *place, size_t n_args)
{
	struct plan_node *node = ARENA_NEW(b->a, struct plan_node);
	node->id = b->plan->n_nodes++;
	node->kind = kind;
	node->expr = e;
	node->type = e->type;
	node->steps = place->steps;
	node->sample_weight = place->sample_weight;
	node->names = NAMES_NONE;
	node->args = ARENA_ARRAY(b->a, struct plan_node *, n_args);
	node->n_args = n_args;
	return node;
}

static bool resolve_duration(struct builder *b, const struct duration *d, enum duration_sign sign,
			     int64_t *ms)
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

static void resolve_at(const struct builder *b, const struct at *at, struct plan_window *window)
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
static void fill_hints(struct builder *b, struct plan_node *node, const struct place *place,
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

static struct plan_node *build_selector(struct builder *b, const struct expr *e,
					const struct duration *range, struct place *place)
{
	const struct vector_selector *vs = range ? &e->matrix.selector->vector : &e->vector;
	struct plan_node *node = node_new(b, range ? PLAN_RANGE_SELECT : PLAN_SELECT, e, place, 0);

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
	resolve_at(b, &vs->at, &node->window);
	node->matchers = vs->matchers;
	if (!b->plan->opts.plans_literally)
		node->selects_nothing = !plan_matchers(b->plan, vs->matchers, &node->matchers);
	node->names = has_one_name(node->matchers) ? NAMES_ONE : NAMES_MANY;
	fill_hints(b, node, place, range != NULL);
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

static struct plan_node *build_subquery(struct builder *b, const struct expr *e,
					struct place *place)
{
	const struct subquery *sub = &e->subquery;
	struct plan_node *node = node_new(b, PLAN_SUBQUERY, e, place, 1);
	struct plan_window *w = &node->window;
	int64_t step_ms;

	if (!resolve_duration(b, &sub->range, DURATION_POSITIVE, &w->range_ms) ||
	    !resolve_duration(b, &sub->offset, DURATION_ANY_SIGN, &w->offset_ms) ||
	    !resolve_duration(b, &sub->step, DURATION_POSITIVE, &step_ms))
		return NULL;
	resolve_at(b, &sub->at, w);
	if (step_ms <= 0)
		step_ms = b->plan->opts.default_step_ms;

	struct place inner = *place;
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
	node->args[0] = build(b, sub->expr, inner);
	if (!node->args[0])
		return NULL;
	node->names = node->args[0]->names;
	return node;
}

static bool build_args(struct builder *b, struct plan_node *node, const struct call *call,
		       struct place place)
{
	place.func = call->function->name;
	place.parent = NULL;
	place.is_extended = call->function->stage == FUNCTION_EXTENDED;
	place.wants_stats |= plan_function_reads_stats(call->function->id);
	place.needs_buckets |= node->kind == PLAN_HISTOGRAM_QUANTILE;
	for (size_t i = 0; i < call->n_args; i++) {
		const struct expr *arg = expr_unwrap(call->args[i]);
		if (arg->type == VALUE_STRING)
			continue;
		node->args[i] = build(b, arg, place);
		if (!node->args[i])
			return false;
	}
	return true;
}

/* minute() and its like are minute(vector(time())). */
static void add_time_argument(struct builder *b, struct plan_node *node, const struct place *place)
{
	node->args = ARENA_ARRAY(b->a, struct plan_node *, 1);
	node->n_args = 1;
	node->args[0] = node_new(b, PLAN_VECTOR, node->expr, place, 1);
	node->args[0]->args[0] = node_new(b, PLAN_TIME, node->expr, place, 0);
}

/* The source of windows comes first, whichever argument it is. */
static void put_range_first(struct plan_node *node)
{
	for (size_t i = 1; i < node->n_args; i++) {
		if (!node->args[i] || node->args[i]->type != VALUE_MATRIX)
			continue;
		struct plan_node *range = node->args[i];
		memmove(node->args + 1, node->args, i * sizeof(*node->args));
		node->args[0] = range;
	}
}

static bool keeps_names(const struct plan_node *node)
{
	enum function_id id = node->expr->call.function->id;

	return node->kind == PLAN_SORT || id == FUNCTION_LAST_OVER_TIME ||
	       id == FUNCTION_FIRST_OVER_TIME;
}

static enum plan_names names_of_call(const struct plan_node *node)
{
	const struct call *call = &node->expr->call;
	enum function_id id = call->function->id;

	if (keeps_names(node))
		return node->args[0]->names;
	bool sets_label = node->kind == PLAN_LABEL_REPLACE || node->kind == PLAN_LABEL_JOIN ||
			  id == FUNCTION_HISTOGRAM_QUANTILES;
	if (!sets_label)
		return NAMES_NONE;
	if (str_eq(expr_unwrap(call->args[1])->string, STR(LABEL_NAME)))
		return NAMES_MANY;
	return id == FUNCTION_HISTOGRAM_QUANTILES ? NAMES_NONE : node->args[0]->names;
}

/* The argument, and a selector for its info series. */
static struct plan_node *build_info(struct builder *b, const struct expr *e, struct place place)
{
	const struct query_time *time = &b->plan->time;
	struct duration_context context = {time->step_ms, time->end_ms - time->start_ms};
	struct plan_node *node = node_new(b, PLAN_INFO, e, &place, 2);
	struct info_time when;

	place.func = e->call.function->name;
	place.parent = NULL;
	node->args[0] = build(b, expr_unwrap(e->call.args[0]), place);
	if (!node->args[0] || !info_time_find(e->call.args[0], &context, &when, b->err))
		return NULL;
	struct plan_node *infos = node_new(b, PLAN_SELECT_TIMES, e, &place, 0);
	infos->names = NAMES_MANY;
	infos->matchers = info_matchers(&e->call, b->plan->query, &node->n_info_names);
	infos->window.range_ms = b->plan->opts.lookback_ms;
	infos->window.offset_ms = when.offset_ms;
	if (when.at)
		resolve_at(b, when.at, &infos->window);
	fill_hints(b, infos, &place, false);
	node->args[1] = infos;
	node->names = node->args[0]->names;
	return node;
}

/* The samples beyond the ends of a window are for functions that know what they are. */
static bool check_bounds(struct builder *b, const struct call *call)
{
	static const char *const allowed[] = {
	    [BOUNDS_ANCHORED] = "changes, delta, increase, rate, resets",
	    [BOUNDS_SMOOTHED] = "delta, increase, rate",
	};
	static const char *const names[] = {
	    [BOUNDS_ANCHORED] = "anchored", [BOUNDS_SMOOTHED] = "smoothed"};

	for (size_t i = 0; i < call->n_args; i++) {
		const struct expr *arg = expr_unwrap(call->args[i]);
		if (arg->kind == EXPR_SUBQUERY && call->function->stage == FUNCTION_EXTENDED)
			return err_set(b->err, ERR_INVALID,
				       "%s() needs a range selector, a subquery does not do",
				       call->function->name);
		if (arg->kind != EXPR_MATRIX_SELECTOR)
			continue;
		enum selector_bounds bounds = arg->matrix.selector->vector.bounds;
		if (!plan_function_takes_bounds(call->function->id, bounds))
			return err_set(b->err, ERR_EXECUTION,
				       "%s modifier can only be used with: %s - not with %s",
				       names[bounds], allowed[bounds], call->function->name);
	}
	return true;
}

static struct plan_node *build_call(struct builder *b, const struct expr *e, struct place *place)
{
	const struct call *call = &e->call;
	enum plan_kind kind = plan_kind_of_function(call->function->id);

	assert(kind != PLAN_NONE);
	if (kind == PLAN_INFO)
		return build_info(b, e, *place);
	struct plan_node *node = node_new(b, kind, e, place, call->n_args);
	if (kind == PLAN_NUMBER)
		node->number = plan_number_of_function(call->function->id, &b->plan->time);
	if (!build_args(b, node, call, *place) || !check_bounds(b, call))
		return NULL;
	if (kind == PLAN_MAP && call->n_args == 0)
		add_time_argument(b, node, place);
	if (kind == PLAN_RANGE_CALL)
		put_range_first(node);
	/* +x is no selector any more, though it is planned as x. */
	if (kind == PLAN_TIMESTAMP && node->args[0]->kind == PLAN_SELECT &&
	    expr_unwrap(call->args[0])->kind == EXPR_VECTOR_SELECTOR)
		node->args[0]->kind = call->function->id == FUNCTION_TIMESTAMP
					  ? PLAN_SELECT_TIMES
					  : PLAN_SELECT_START_TIMES;
	node->names = names_of_call(node);
	return node;
}

static bool lists_name(struct label_names names)
{
	for (size_t i = 0; i < names.n; i++)
		if (str_eq(names.v[i], STR(LABEL_NAME)))
			return true;
	return false;
}

static enum plan_names names_of_aggregate(const struct aggregate *agg, const struct plan_node *arg)
{
	switch ((int)agg->op) {
	case AGGREGATE_TOPK:
	case AGGREGATE_BOTTOMK:
	case AGGREGATE_LIMITK:
	case AGGREGATE_LIMIT_RATIO:
		return arg->names;
	case AGGREGATE_COUNT_VALUES:
		if (str_eq(expr_unwrap(agg->param)->string, STR(LABEL_NAME)))
			return NAMES_MANY;
		break;
	}
	return !agg->without && lists_name(agg->grouping) ? arg->names : NAMES_NONE;
}

static struct plan_node *build_aggregate(struct builder *b, const struct expr *e,
					 struct place *place)
{
	const struct aggregate *agg = &e->aggregate;
	const struct expr *param = agg->param ? expr_unwrap(agg->param) : NULL;
	bool has_child = param && param->type != VALUE_STRING;
	struct plan_node *node = node_new(b, PLAN_AGGREGATE, e, place, has_child ? 2 : 1);
	struct place inner = *place;

	inner.func = aggregate_op_name(agg->op);
	inner.parent = agg;
	node->args[0] = build(b, expr_unwrap(agg->expr), inner);
	if (!node->args[0])
		return NULL;
	if (has_child && !(node->args[1] = build(b, param, inner)))
		return NULL;
	node->names = names_of_aggregate(agg, node->args[0]);
	return node;
}

static enum plan_names names_of_binary(const struct plan_node *node)
{
	const struct binary *bin = &node->expr->binary;
	const struct vector_matching *m = bin->matching;

	if (node->kind == PLAN_SET_BINARY && bin->op == OP_OR) {
		bool none =
		    node->args[0]->names == NAMES_NONE && node->args[1]->names == NAMES_NONE;
		return none ? NAMES_NONE : NAMES_MANY;
	}
	if (node->kind == PLAN_SET_BINARY)
		return node->args[0]->names;
	if (m && lists_name(m->include))
		return NAMES_MANY;
	if (!expr_op_is_comparison(bin->op) || bin->returns_bool)
		return NAMES_NONE;
	if (m && m->card == CARD_ONE_TO_ONE && m->on && !lists_name(m->labels))
		return NAMES_NONE;
	return node->args[m && m->card == CARD_ONE_TO_MANY]->names;
}

static enum plan_kind kind_of_binary(const struct binary *bin)
{
	bool left = bin->left->type == VALUE_VECTOR, right = bin->right->type == VALUE_VECTOR;

	if (!left && !right)
		return PLAN_SCALAR_BINARY;
	if (!left || !right)
		return PLAN_VECTOR_SCALAR_BINARY;
	return expr_op_is_set(bin->op) ? PLAN_SET_BINARY : PLAN_VECTOR_BINARY;
}

static struct plan_node *build_binary(struct builder *b, const struct expr *e, struct place *place)
{
	const struct binary *bin = &e->binary;
	struct plan_node *node = node_new(b, kind_of_binary(bin), e, place, 2);
	struct place inner = *place;

	inner.func = "";
	inner.parent = NULL;
	inner.needs_buckets |= expr_op_is_trim(bin->op);
	bool swap = node->kind == PLAN_VECTOR_SCALAR_BINARY && bin->left->type == VALUE_SCALAR;
	node->args[0] = build(b, expr_unwrap(swap ? bin->right : bin->left), inner);
	if (!node->args[0])
		return NULL;
	node->args[1] = build(b, expr_unwrap(swap ? bin->left : bin->right), inner);
	if (!node->args[1])
		return NULL;
	node->names = names_of_binary(node);
	return node;
}

static struct plan_node *build_unary(struct builder *b, const struct expr *e, struct place place)
{
	place.parent = NULL;
	struct plan_node *arg = build(b, expr_unwrap(e->unary.expr), place);
	if (!arg || e->unary.op == OP_ADD)
		return arg;
	struct plan_node *node = node_new(b, PLAN_NEGATE, e, &place, 1);
	node->args[0] = arg;
	return node;
}

static struct plan_node *build_replicated(struct builder *b, const struct expr *e,
					  struct place *place)
{
	struct place once = *place;
	once.steps.n = 1;
	once.sample_weight *= place->steps.n;
	once.parent = NULL;
	struct plan_node *arg = build(b, e, once);
	if (!arg)
		return NULL;
	struct plan_node *node = node_new(b, PLAN_REPLICATE, e, place, 1);
	node->args[0] = arg;
	node->names = arg->names;
	return node;
}

static struct plan_node *build_kind(struct builder *b, const struct expr *e, struct place place)
{
	struct plan_node *node;

	if (place.steps.n > 1 && is_worth_replicating(e))
		return build_replicated(b, e, &place);
	switch (e->kind) {
	case EXPR_NUMBER:
		node = node_new(b, PLAN_NUMBER, e, &place, 0);
		node->number = e->number.value;
		return node;
	case EXPR_STRING:
		return node_new(b, PLAN_STRING, e, &place, 0);
	case EXPR_VECTOR_SELECTOR:
		return build_selector(b, e, NULL, &place);
	case EXPR_MATRIX_SELECTOR:
		return build_selector(b, e, &e->matrix.range, &place);
	case EXPR_SUBQUERY:
		return build_subquery(b, e, &place);
	case EXPR_CALL:
		return build_call(b, e, &place);
	case EXPR_AGGREGATE:
		return build_aggregate(b, e, &place);
	case EXPR_BINARY:
		return build_binary(b, e, &place);
	case EXPR_UNARY:
		return build_unary(b, e, place);
	case EXPR_PAREN:
		place.parent = NULL;
		return build(b, expr_unwrap(e), place);
	case EXPR_REMOTE:
		node = node_new(b, PLAN_REMOTE, e, &place, 0);
		node->names = NAMES_MANY;
		return node;
	case EXPR_DURATION:
		break;
	}
	assert(!"a duration is not an expression of its own");
	return NULL;
}

static struct plan_node *build(struct builder *b, const struct expr *e, struct place place)
{
	struct plan_node *node = build_kind(b, e, place);

	if (!node)
		return NULL;
	if (!b->plan->opts.plans_literally)
		plan_node_fold(node);
	plan_node_set_flow(node, &b->plan->opts);
	return node;
}

/* --- the plan --------------------------------------------------------------------------------- */

static void set_query_range(struct builder *b)
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
	struct place top = {.func = "", .hint_step_ms = time.step_ms, .sample_weight = 1};

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

	struct builder b = {.plan = plan, .a = plan->arena, .err = err};
	const struct expr *root = distributed(plan, &top.steps, err);
	if (!root)
		return NULL;
	plan->root = build(&b, expr_unwrap(root), top);
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
