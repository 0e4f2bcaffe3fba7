#include "promql/plan_builder_internal.h"

#include "promql/plan_info.h"

static bool is_worth_replicating(const struct expr *e)
{
	return e->type != VALUE_MATRIX && e->kind != EXPR_NUMBER && e->kind != EXPR_STRING &&
	       plan_is_pinned(e);
}

struct plan_node *plan_node_new(struct plan_builder *b, enum plan_kind kind, const struct expr *e,
				const struct plan_place *place, size_t n_args)
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

static bool build_args(struct plan_builder *b, struct plan_node *node, const struct call *call,
		       struct plan_place place)
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
		node->args[i] = plan_build(b, arg, place);
		if (!node->args[i])
			return false;
	}
	return true;
}

/* minute() and its like are minute(vector(time())). */
static void add_time_argument(struct plan_builder *b, struct plan_node *node,
			      const struct plan_place *place)
{
	node->args = ARENA_ARRAY(b->a, struct plan_node *, 1);
	node->n_args = 1;
	node->args[0] = plan_node_new(b, PLAN_VECTOR, node->expr, place, 1);
	node->args[0]->args[0] = plan_node_new(b, PLAN_TIME, node->expr, place, 0);
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
static struct plan_node *build_info(struct plan_builder *b, const struct expr *e,
				    struct plan_place place)
{
	const struct query_time *time = &b->plan->time;
	struct duration_context context = {time->step_ms, time->end_ms - time->start_ms};
	struct plan_node *node = plan_node_new(b, PLAN_INFO, e, &place, 2);
	struct info_time when;

	place.func = e->call.function->name;
	place.parent = NULL;
	node->args[0] = plan_build(b, expr_unwrap(e->call.args[0]), place);
	if (!node->args[0] || !info_time_find(e->call.args[0], &context, &when, b->err))
		return NULL;
	struct plan_node *infos = plan_node_new(b, PLAN_SELECT_TIMES, e, &place, 0);
	infos->names = NAMES_MANY;
	infos->matchers = info_matchers(&e->call, b->plan->query, &node->n_info_names);
	infos->window.range_ms = b->plan->opts.lookback_ms;
	infos->window.offset_ms = when.offset_ms;
	if (when.at)
		plan_resolve_at(b, when.at, &infos->window);
	plan_fill_hints(b, infos, &place, false);
	node->args[1] = infos;
	node->names = node->args[0]->names;
	return node;
}

/* The samples beyond the ends of a window are for functions that know what they are. */
static bool check_bounds(struct plan_builder *b, const struct call *call)
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

static struct plan_node *build_call(struct plan_builder *b, const struct expr *e,
				    struct plan_place *place)
{
	const struct call *call = &e->call;
	enum plan_kind kind = plan_kind_of_function(call->function->id);

	assert(kind != PLAN_NONE);
	if (kind == PLAN_INFO)
		return build_info(b, e, *place);
	struct plan_node *node = plan_node_new(b, kind, e, place, call->n_args);
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

static struct plan_node *build_aggregate(struct plan_builder *b, const struct expr *e,
					 struct plan_place *place)
{
	const struct aggregate *agg = &e->aggregate;
	const struct expr *param = agg->param ? expr_unwrap(agg->param) : NULL;
	bool has_child = param && param->type != VALUE_STRING;
	struct plan_node *node = plan_node_new(b, PLAN_AGGREGATE, e, place, has_child ? 2 : 1);
	struct plan_place inner = *place;

	inner.func = aggregate_op_name(agg->op);
	inner.parent = agg;
	node->args[0] = plan_build(b, expr_unwrap(agg->expr), inner);
	if (!node->args[0])
		return NULL;
	if (has_child && !(node->args[1] = plan_build(b, param, inner)))
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

static struct plan_node *build_binary(struct plan_builder *b, const struct expr *e,
				      struct plan_place *place)
{
	const struct binary *bin = &e->binary;
	struct plan_node *node = plan_node_new(b, kind_of_binary(bin), e, place, 2);
	struct plan_place inner = *place;

	inner.func = "";
	inner.parent = NULL;
	inner.needs_buckets |= expr_op_is_trim(bin->op);
	bool swap = node->kind == PLAN_VECTOR_SCALAR_BINARY && bin->left->type == VALUE_SCALAR;
	node->args[0] = plan_build(b, expr_unwrap(swap ? bin->right : bin->left), inner);
	if (!node->args[0])
		return NULL;
	node->args[1] = plan_build(b, expr_unwrap(swap ? bin->left : bin->right), inner);
	if (!node->args[1])
		return NULL;
	node->names = names_of_binary(node);
	return node;
}

static struct plan_node *build_unary(struct plan_builder *b, const struct expr *e,
				     struct plan_place place)
{
	place.parent = NULL;
	struct plan_node *arg = plan_build(b, expr_unwrap(e->unary.expr), place);
	if (!arg || e->unary.op == OP_ADD)
		return arg;
	struct plan_node *node = plan_node_new(b, PLAN_NEGATE, e, &place, 1);
	node->args[0] = arg;
	return node;
}

static struct plan_node *build_replicated(struct plan_builder *b, const struct expr *e,
					  struct plan_place *place)
{
	struct plan_place once = *place;
	once.steps.n = 1;
	once.sample_weight *= place->steps.n;
	once.parent = NULL;
	struct plan_node *arg = plan_build(b, e, once);
	if (!arg)
		return NULL;
	struct plan_node *node = plan_node_new(b, PLAN_REPLICATE, e, place, 1);
	node->args[0] = arg;
	node->names = arg->names;
	return node;
}

static struct plan_node *build_kind(struct plan_builder *b, const struct expr *e,
				    struct plan_place place)
{
	struct plan_node *node;

	if (place.steps.n > 1 && is_worth_replicating(e))
		return build_replicated(b, e, &place);
	switch (e->kind) {
	case EXPR_NUMBER:
		node = plan_node_new(b, PLAN_NUMBER, e, &place, 0);
		node->number = e->number.value;
		return node;
	case EXPR_STRING:
		return plan_node_new(b, PLAN_STRING, e, &place, 0);
	case EXPR_VECTOR_SELECTOR:
		return plan_build_selector(b, e, NULL, &place);
	case EXPR_MATRIX_SELECTOR:
		return plan_build_selector(b, e, &e->matrix.range, &place);
	case EXPR_SUBQUERY:
		return plan_build_subquery(b, e, &place);
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
		return plan_build(b, expr_unwrap(e), place);
	case EXPR_REMOTE:
		node = plan_node_new(b, PLAN_REMOTE, e, &place, 0);
		node->names = NAMES_MANY;
		return node;
	case EXPR_DURATION:
		break;
	}
	assert(!"a duration is not an expression of its own");
	return NULL;
}

struct plan_node *plan_build(struct plan_builder *b, const struct expr *e, struct plan_place place)
{
	struct plan_node *node = build_kind(b, e, place);

	if (!node)
		return NULL;
	if (!b->plan->opts.plans_literally)
		plan_node_fold(node);
	plan_node_set_flow(node, &b->plan->opts);
	return node;
}
