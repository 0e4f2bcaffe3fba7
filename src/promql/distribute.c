/* distribute.c - first the parts to be given away are marked, then they are replaced from the
 * bottom up: above one that was replaced nothing is given away.
 */
#include "promql/distribute.h"

#include "base/duration.h"
#include "promql/literal_copy.h"
#include "promql/partition.h"
#include "promql/plan_internal.h"
#include "promql/printer.h"
#include "promql/remote_times.h"

#include <stdlib.h>

/* A node of the tree, with what must be known of it. */
struct site {
	const struct expr *e;
	struct site *parent;
	struct site **children;
	size_t n_children;
	struct steps steps; /* at which it is evaluated */
	bool is_allowed;    /* partition_allows(), of both sides of an operation as well */
	bool is_marked;
	size_t n_marks_below;
};

struct planner {
	struct distribution *d;
	const struct remote_engines *engines;
	struct partition partition;
	struct arena *a;
	struct err *err;
};

/* --- the tree --------------------------------------------------------------------------------- */

static bool is_call(const struct expr *e, enum function_id first, enum function_id second)
{
	return e->kind == EXPR_CALL &&
	       (e->call.function->id == first || e->call.function->id == second);
}

static bool is_sort(const struct expr *e)
{
	return is_call(e, FUNCTION_SORT, FUNCTION_SORT_DESC) ||
	       is_call(e, FUNCTION_SORT_BY_LABEL, FUNCTION_SORT_BY_LABEL_DESC);
}

static bool steps_below(struct planner *p, const struct expr *e, const struct steps *around,
			struct steps *out)
{
	const struct subquery *sub = &e->subquery;
	struct plan_window window = {
	    .range_ms = sub->range.ns / NS_PER_MS,
	    .offset_ms = sub->offset.ns / NS_PER_MS,
	    .pinned = sub->at.kind == AT_TIMESTAMP,
	    .at_ms = plan_clamp_time(sub->at.t_ms),
	};
	int64_t step_ms = sub->step.ns / NS_PER_MS;

	return plan_subquery_steps(&window, step_ms > 0 ? step_ms : p->d->default_step_ms, around,
				   out, p->err);
}

static bool is_allowed(const struct planner *p, const struct site *s)
{
	if (!partition_allows(&p->partition, s->e))
		return false;
	return s->e->kind != EXPR_BINARY || expr_has_number_side(s->e) ||
	       (s->children[0]->is_allowed && s->children[1]->is_allowed);
}

static struct site *site_new(struct planner *p, const struct expr *e, struct site *parent,
			     struct steps steps)
{
	struct site *s = ARENA_NEW(p->a, struct site);

	/* The order of what is below is of no consequence, but for the time of a sample. */
	while (parent && is_sort(e) && !is_call(parent->e, FUNCTION_TIMESTAMP, FUNCTION_TIMESTAMP))
		e = e->call.args[0];
	*s = (struct site){.e = e, .parent = parent, .steps = steps};
	p->d->rewrites_share_label |= partition_is_rewritten_by(&p->partition, e);
	if (e->kind == EXPR_SUBQUERY && !steps_below(p, e, &s->steps, &steps))
		return NULL;
	while (expr_child(e, s->n_children))
		s->n_children++;
	s->children = ARENA_ARRAY(p->a, struct site *, s->n_children);
	for (size_t i = 0; i < s->n_children; i++) {
		s->children[i] = site_new(p, expr_child(e, i), s, steps);
		if (!s->children[i])
			return NULL;
	}
	s->is_allowed = is_allowed(p, s);
	return s;
}

/* --- marking ---------------------------------------------------------------------------------- */

/* Windows, scalars and strings are not given away: there is no answer for them. */
static void mark(struct site *s)
{
	if (s->is_marked || s->e->type != VALUE_VECTOR)
		return;
	s->is_marked = true;
	for (struct site *above = s->parent; above; above = above->parent)
		above->n_marks_below++;
}

static bool is_absent(const struct expr *e)
{
	return is_call(e, FUNCTION_ABSENT, FUNCTION_ABSENT_OVER_TIME);
}

static bool is_avg(const struct expr *e)
{
	return e->kind == EXPR_AGGREGATE && e->aggregate.op == AGGREGATE_AVG;
}

/* An average that is a sum over a count, which has no name even where the average has one. */
static bool is_divisible(const struct expr *e)
{
	if (!is_avg(e))
		return false;
	for (size_t i = 0; !e->aggregate.without && i < e->aggregate.grouping.n; i++)
		if (str_eq(e->aggregate.grouping.v[i], STR(LABEL_NAME)))
			return false;
	return true;
}

/* One above may be given away, with all that is between. */
static bool may_leave_to_above(const struct site *s)
{
	for (const struct site *above = s->parent; above; above = above->parent)
		if (!above->is_allowed)
			return false;
	return s->parent != NULL;
}

static void mark_aggregations(struct planner *p, struct site *s)
{
	if (is_absent(s->e))
		mark(s);
	if (s->e->kind == EXPR_AGGREGATE) {
		bool keeps = partition_is_kept_by(&p->partition, s->e);
		if (s->is_allowed ? !keeps || !may_leave_to_above(s) : is_divisible(s->e))
			mark(s);
	}
	for (size_t i = 0; i < s->n_children; i++)
		mark_aggregations(p, s->children[i]);
}

/* The highest nodes of which nothing is marked yet, and the other sides of those that are. */
static void mark_rest(struct site *s)
{
	const struct site *parent = s->parent;
	bool is_left_to_parent =
	    parent && (parent->is_allowed || is_divisible(parent->e)) && parent->n_marks_below == 0;

	if (!s->is_marked && s->n_marks_below == 0 && s->is_allowed && !is_left_to_parent)
		mark(s);
	for (size_t i = 0; i < s->n_children; i++)
		mark_rest(s->children[i]);
}

/* --- giving away ------------------------------------------------------------------------------ */

static bool matches_labels(struct matchers ms, struct labels of)
{
	for (size_t i = 0; i < ms.n; i++) {
		struct str value = labels_get(of, matcher_name(ms.v[i]));
		if (value.n && !matcher_matches(ms.v[i], value))
			return false;
	}
	return true;
}

static bool has_series_of(const struct remote_engine *engine, struct matchers ms)
{
	for (size_t i = 0; i < engine->n_label_sets; i++)
		if (matches_labels(ms, engine->label_sets[i]))
			return true;
	return engine->n_label_sets == 0;
}

/* It can have series of all selectors. */
static bool serves(const struct remote_engine *engine, const struct expr *e)
{
	if (e->kind == EXPR_VECTOR_SELECTOR && !has_series_of(engine, e->vector.matchers))
		return false;
	for (size_t i = 0; expr_child(e, i); i++)
		if (!serves(engine, expr_child(e, i)))
			return false;
	return true;
}

struct part_list {
	struct remote_part *v;
	size_t n, cap;
};

static const struct expr *remote_new(struct planner *p, const struct expr *e,
				     const struct part_list *parts)
{
	struct buf text auto_done(buf_done) = BUF_INIT(QUERY_MAX_BYTES);
	struct expr *remote = ARENA_NEW(p->a, struct expr);

	expr_print(&text, e);
	if (text.overflowed) {
		err_set(p->err, ERR_LIMIT, "a part of the query is too long to be distributed");
		return NULL;
	}
	*remote = (struct expr){
	    .kind = EXPR_REMOTE,
	    .type = e->type,
	    .where = e->where,
	    .height = 1,
	    .remote = {.query = e,
		       .text = arena_str(p->a, buf_str(&text)),
		       .parts = parts->v,
		       .n_parts = parts->n},
	};
	return remote;
}

/* The wire has whole seconds. */
static bool has_whole_seconds(const struct steps *steps)
{
	return steps->start_ms % 1000 == 0 && (steps->n == 1 || steps->step_ms % 1000 == 0);
}

static bool can_be_remote(struct planner *p, const struct expr *e, const struct steps *steps,
			  int64_t reach_ms)
{
	return has_whole_seconds(steps) && !expr_is_constant(e) &&
	       remote_overlap_ms(p->engines, steps->start_ms - reach_ms,
				 steps_at(steps, steps->n - 1)) >= reach_ms &&
	       remote_has_pins(p->engines, e, reach_ms);
}

/* The expression where it is evaluated by all engines that can have something; itself where that
 * is here. */
static const struct expr *give_away(struct planner *p, const struct expr *e,
				    const struct steps *steps)
{
	int64_t reach_ms = remote_reach_ms(e, steps, p->d->lookback_ms);
	struct part_list parts = {0};

	if (!can_be_remote(p, e, steps, reach_ms))
		return e;
	for (size_t i = 0; i < p->engines->n; i++) {
		struct remote_part part = {.engine = &p->engines->v[i]};
		if (serves(part.engine, e) &&
		    remote_first_step(p->engines, part.engine, steps, reach_ms, &part.first_ms))
			ARENA_PUSH(p->a, &parts, part);
	}
	return remote_new(p, e, &parts);
}

/* --- aggregations of aggregations ------------------------------------------------------------- */

static const struct expr *aggregate_new(struct planner *p, const struct expr *like,
					enum aggregate_op op, const struct expr *of)
{
	const struct expr *children[] = {of, like->aggregate.param};
	struct expr *e = expr_with_children(like, children, p->a);

	e->aggregate.op = op;
	return e;
}

static int cmp_names(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct name_list {
	struct str *v;
	size_t n, cap;
};

static void add_name(struct planner *p, struct name_list *to, struct str name)
{
	for (size_t i = 0; i < to->n; i++)
		if (str_eq(to->v[i], name))
			return;
	ARENA_PUSH(p->a, to, name);
}

/* The grouping that keeps the labels of the shares besides, sorted. */
static struct label_names grouping_of_parts(struct planner *p, const struct aggregate *agg)
{
	struct name_list names = {0};

	for (size_t i = 0; i < agg->grouping.n; i++)
		if (!agg->without || !partition_has(&p->partition, agg->grouping.v[i]))
			add_name(p, &names, agg->grouping.v[i]);
	for (size_t i = 0; !agg->without && i < p->partition.n; i++)
		add_name(p, &names, p->partition.names[i]);
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), cmp_names);
	return (struct label_names){names.v, names.n};
}

/* `over` of what each engine makes of its share by `op`. */
static const struct expr *aggregate_twice(struct planner *p, const struct site *s,
					  enum aggregate_op op, enum aggregate_op over)
{
	const struct expr *children[] = {s->e->aggregate.expr, s->e->aggregate.param};
	struct expr *part = expr_with_children(s->e, children, p->a);

	part->aggregate.op = op;
	part->aggregate.grouping = grouping_of_parts(p, &s->e->aggregate);
	const struct expr *parts = give_away(p, part, &s->steps);
	return parts ? aggregate_new(p, s->e, over, parts) : NULL;
}

/* `left` op `right` in parentheses. */
static const struct expr *binary_new(struct planner *p, enum expr_op op, const struct expr *left,
				     const struct expr *right, struct vector_matching matching)
{
	struct expr *e = ARENA_NEW(p->a, struct expr), *paren = ARENA_NEW(p->a, struct expr);
	struct vector_matching *m = ARENA_NEW(p->a, struct vector_matching);

	*m = matching;
	*e = (struct expr){
	    .kind = EXPR_BINARY,
	    .type = VALUE_VECTOR,
	    .where = left->where,
	    .height = 1 + (left->height > right->height ? left->height : right->height),
	    .binary = {.op = op, .matching = m, .left = left, .right = right},
	};
	*paren = *e;
	paren->kind = EXPR_PAREN;
	paren->height = e->height + 1;
	paren->paren = e;
	return paren;
}

static const struct expr *sum_over_count(struct planner *p, const struct site *s)
{
	const struct aggregate *agg = &s->e->aggregate;
	const struct expr *sum = aggregate_twice(p, s, AGGREGATE_SUM, AGGREGATE_SUM);
	const struct expr *count = aggregate_twice(p, s, AGGREGATE_COUNT, AGGREGATE_SUM);

	if (!sum || !count)
		return NULL;
	return binary_new(p, OP_DIV, sum, count,
			  (struct vector_matching){.on = !agg->without, .labels = agg->grouping});
}

/* --- absence ---------------------------------------------------------------------------------- */

static const struct expr *one_remote(struct planner *p, const struct site *s,
				     const struct remote_engine *engine)
{
	struct part_list one = {0};
	struct remote_part part = {engine, s->steps.start_ms};

	ARENA_PUSH(p->a, &one, part);
	return remote_new(p, s->e, &one);
}

/* What is absent is absent everywhere. If no engine has the time, the last one may tell. */
static const struct expr *absent_everywhere(struct planner *p, const struct site *s)
{
	int64_t from_ms = s->steps.start_ms - remote_reach_ms(s->e, &s->steps, p->d->lookback_ms);
	int64_t to_ms = steps_at(&s->steps, s->steps.n - 1);
	const struct expr *all = NULL;

	if (!has_whole_seconds(&s->steps))
		return s->e;
	for (size_t i = 0; i < p->engines->n; i++) {
		const struct remote_engine *engine = &p->engines->v[i];
		if (engine->max_t_ms < from_ms || engine->min_t_ms > to_ms)
			continue;
		const struct expr *one = one_remote(p, s, engine);
		if (!one)
			return NULL;
		all = all ? binary_new(p, OP_MUL, all, one, (struct vector_matching){0}) : one;
	}
	return all ? all : one_remote(p, s, &p->engines->v[p->engines->n - 1]);
}

/* --- replacing -------------------------------------------------------------------------------- */

static const struct expr *replace(struct planner *p, const struct site *s)
{
	if (s->steps.n == 0) /* never evaluated */
		return s->e;
	if (is_absent(s->e))
		return absent_everywhere(p, s);
	if (s->e->kind != EXPR_AGGREGATE || partition_is_kept_by(&p->partition, s->e))
		return give_away(p, s->e, &s->steps);
	if (is_avg(s->e))
		return sum_over_count(p, s);
	enum aggregate_op op = s->e->aggregate.op;
	return aggregate_twice(p, s, op, op == AGGREGATE_COUNT ? AGGREGATE_SUM : op);
}

static const struct expr *rebuild(struct planner *p, const struct site *s)
{
	if (s->n_marks_below == 0)
		return s->is_marked ? replace(p, s) : s->e;
	const struct expr **children = ARENA_ARRAY(p->a, const struct expr *, s->n_children);
	for (size_t i = 0; i < s->n_children; i++) {
		children[i] = rebuild(p, s->children[i]);
		if (!children[i])
			return NULL;
	}
	return expr_with_children(s->e, children, p->a);
}

/* --- one engine for everything ---------------------------------------------------------------- */

static bool has_label_sets_of(const struct remote_engine *engine, const struct expr *e)
{
	if (e->kind == EXPR_VECTOR_SELECTOR && has_series_of(engine, e->vector.matchers))
		return true;
	for (size_t i = 0; expr_child(e, i); i++)
		if (has_label_sets_of(engine, expr_child(e, i)))
			return true;
	return false;
}

/* The only engine that can have a series of any selector; NULL where there is not just one. */
static const struct remote_engine *only_engine(const struct planner *p, const struct expr *e)
{
	const struct remote_engine *only = NULL;

	if (p->engines->n == 1)
		return &p->engines->v[0];
	for (size_t i = 0; i < p->engines->n; i++) {
		if (!has_label_sets_of(&p->engines->v[i], e))
			continue;
		if (only)
			return NULL;
		only = &p->engines->v[i];
	}
	return only;
}

/* The whole as the only engine evaluates it; NULL where there is none. */
static const struct expr *pass_through(struct planner *p, const struct site *root)
{
	const struct remote_engine *engine = only_engine(p, root->e);
	const struct steps *steps = &root->steps;

	if (!engine || root->e->type != VALUE_VECTOR || !has_whole_seconds(steps) ||
	    steps->start_ms > engine->max_t_ms || steps_at(steps, steps->n - 1) < engine->min_t_ms)
		return NULL;
	return one_remote(p, root, engine);
}

/* info() looks for series by itself, wherever they are. */
static bool has_info(const struct expr *e)
{
	if (is_call(e, FUNCTION_INFO, FUNCTION_INFO))
		return true;
	for (size_t i = 0; expr_child(e, i); i++)
		if (has_info(expr_child(e, i)))
			return true;
	return false;
}

static const struct expr *distribute_tree(struct planner *p, const struct expr *e,
					  const struct steps *steps)
{
	struct site *root = site_new(p, e, NULL, *steps);

	if (!root)
		return NULL;
	bool may_pass = (p->engines->n == 1 && !p->d->is_restricted) || !has_info(e);
	const struct expr *whole = may_pass ? pass_through(p, root) : NULL;
	if (whole)
		return whole;
	if (has_info(e))
		return e;
	mark_aggregations(p, root);
	mark_rest(root);
	return rebuild(p, root);
}

const struct expr *distribute(struct distribution *d, const struct expr *root,
			      const struct steps *steps, struct arena *a, struct err *err)
{
	struct planner p = {.d = d, .engines = d->engines, .a = a, .err = err};

	if (d->engines->n == 0 || steps->n == 0)
		return root;
	const struct expr *e = literal_copy(expr_unwrap(root), &d->time, a, err);
	if (!e)
		return NULL;
	p.partition = partition_of(d->engines, a);
	if (!is_sort(e))
		return distribute_tree(&p, e, steps);
	/* The order of the answer is made here. */
	const struct expr **args = ARENA_ARRAY(a, const struct expr *, e->call.n_args);
	for (size_t i = 0; i < e->call.n_args; i++)
		args[i] = e->call.args[i];
	args[0] = distribute_tree(&p, expr_unwrap(e->call.args[0]), steps);
	return args[0] ? expr_with_children(e, args, a) : NULL;
}
