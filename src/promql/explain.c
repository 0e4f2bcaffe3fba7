#include "promql/explain.h"

#include "base/duration.h"
#include "base/float_text.h"
#include "promql/explain_internal.h"
#include "promql/printer.h"

#include <stdlib.h>

/* A name with the query's own texts in it. */
enum { NAME_MAX_BYTES = 4 << 20 };

/* --- names ------------------------------------------------------------------------------------ */

static int cmp_matchers(const void *a, const void *b)
{
	struct str x = matcher_name(*(struct matcher *const *)a);
	struct str y = matcher_name(*(struct matcher *const *)b);
	bool x_is_name = str_is(x, LABEL_NAME), y_is_name = str_is(y, LABEL_NAME);

	return x_is_name != y_is_name ? y_is_name - x_is_name : str_cmp(x, y);
}

/* {[__name__="up" job="x"]} */
static void put_matchers(struct buf *out, struct matchers ms, struct arena *a)
{
	struct matcher **sorted = ARENA_ARRAY(a, struct matcher *, ms.n);

	if (ms.n > 0) {
		memcpy(sorted, ms.v, ms.n * sizeof(*sorted));
		qsort(sorted, ms.n, sizeof(*sorted), cmp_matchers);
	}
	buf_puts(out, "{[");
	for (size_t i = 0; i < ms.n; i++) {
		if (i > 0)
			buf_putc(out, ' ');
		matcher_format(out, sorted[i]);
	}
	buf_puts(out, "]}");
}

static void put_names(struct buf *out, struct label_names names)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < names.n; i++)
		buf_printf(out, "%s%.*s", i > 0 ? " " : "", STR_FMT(names.v[i]));
	buf_putc(out, ']');
}

static void put_selector(struct buf *out, const struct plan_node *node, struct arena *a)
{
	put_matchers(out, node->matchers, a);
	if (node->kind == PLAN_RANGE_SELECT)
		buf_printf(out, "[%s]", duration_str(node->window.range_ms * NS_PER_MS));
	buf_puts(out, node->selects_nothing ? " nothing" : " 0 mod 1");
}

static void put_call(struct buf *out, const char *before, const struct call *call,
		     const char *after)
{
	buf_puts(out, before);
	buf_puts(out, "([");
	for (size_t i = 0; i < call->n_args; i++) {
		if (i > 0)
			buf_putc(out, ' ');
		expr_print(out, call->args[i]);
	}
	buf_printf(out, "])%s", after);
}

/* A function of windows, with what it reads unless that is a subquery. */
static void put_range_call(struct buf *out, const struct plan_node *node, struct arena *a)
{
	const char *function = node->expr->call.function->name;
	const struct plan_node *source = node->args[0];

	if (source->kind == PLAN_SUBQUERY) {
		buf_printf(out, "[subquery] %s()", function);
		return;
	}
	buf_printf(out, "[matrixSelector] %s(", function);
	put_selector(out, source, a);
	buf_putc(out, ')');
}

static void put_aggregate(struct buf *out, const struct aggregate *aggregate)
{
	const char *op = aggregate_op_name(aggregate->op);
	const char *how = aggregate->without ? "without" : "by";

	switch ((int)aggregate->op) {
	case AGGREGATE_COUNT_VALUES:
		buf_printf(out, "[countValues] %s (", how);
		break;
	case AGGREGATE_TOPK:
	case AGGREGATE_BOTTOMK:
	case AGGREGATE_LIMITK:
	case AGGREGATE_LIMIT_RATIO:
		buf_printf(out, "[kaggregate] %s %s (", op, how);
		break;
	default:
		buf_printf(out, "[aggregate] %s %s (", op, how);
	}
	put_names(out, aggregate->grouping);
	buf_putc(out, ')');
	if (aggregate->op == AGGREGATE_COUNT_VALUES)
		buf_printf(out, " - param (%.*s)", STR_FMT(expr_unwrap(aggregate->param)->string));
}

static void put_binary(struct buf *out, const struct binary *b)
{
	static const char *const cards[] = {
	    [CARD_ONE_TO_ONE] = "one-to-one",
	    [CARD_MANY_TO_ONE] = "many-to-one",
	    [CARD_ONE_TO_MANY] = "one-to-many",
	    [CARD_MANY_TO_MANY] = "many-to-many",
	};

	if (!b->matching) {
		buf_printf(out, "[vectorScalarBinary] %s", expr_op_name(b->op));
		return;
	}
	buf_printf(out, "[vectorBinary] %s - %s, %s: ", expr_op_name(b->op),
		   cards[b->matching->card], b->matching->on ? "on" : "ignoring");
	put_names(out, b->matching->labels);
	buf_puts(out, ", group: ");
	put_names(out, b->matching->include);
}

static void put_number(struct buf *out, double v)
{
	char text[FLOAT_TEXT_MAX];
	size_t n = float_metric(text, v);

	buf_puts(out, "[numberLiteral] ");
	buf_append(out, text, n);
}

static const char *const plain_names[] = {
    [PLAN_TIME] = "[noArgFunction]",
    [PLAN_SUBQUERY] = "[subquery]",
    [PLAN_REPLICATE] = "[stepInvariant]",
    [PLAN_ABSENT_RANGE] = "[absent]",
    [PLAN_NEGATE] = "[unaryNegation]",
    [PLAN_TIMESTAMP] = "[timestamp]",
    [PLAN_SCALAR] = "[scalar]",
    [PLAN_ABSENT] = "[absent]",
    [PLAN_LABEL_REPLACE] = "[relabel]",
    [PLAN_LABEL_JOIN] = "[relabel]",
    [PLAN_INFO] = "[info]",
    [PLAN_STRING] = "[stringLiteral]",
};

static void put_name(struct buf *out, const struct plan_node *node, struct arena *a)
{
	const struct expr *e = node->expr;

	switch ((int)node->kind) {
	case PLAN_NUMBER:
		put_number(out, node->number);
		break;
	case PLAN_SELECT:
	case PLAN_SELECT_TIMES:
	case PLAN_SELECT_START_TIMES:
		buf_puts(out, "[vectorSelector] ");
		put_selector(out, node, a);
		break;
	case PLAN_RANGE_SELECT:
		buf_puts(out, "[matrixSelector] ");
		put_selector(out, node, a);
		break;
	case PLAN_RANGE_CALL:
		put_range_call(out, node, a);
		break;
	case PLAN_MAP:
	case PLAN_SCALAR_MAP:
	case PLAN_VECTOR:
	case PLAN_SORT:
		put_call(out, arena_printf(a, "[function] %s", e->call.function->name), &e->call,
			 "");
		break;
	case PLAN_HISTOGRAM_QUANTILE:
		put_call(out, arena_printf(a, "[%s]", e->call.function->name), &e->call, "");
		break;
	case PLAN_REMOTE:
		buf_puts(out, "[remoteExec] ");
		expr_print(out, e);
		break;
	case PLAN_AGGREGATE:
		put_aggregate(out, &e->aggregate);
		break;
	case PLAN_SCALAR_BINARY:
	case PLAN_VECTOR_SCALAR_BINARY:
	case PLAN_VECTOR_BINARY:
	case PLAN_SET_BINARY:
		put_binary(out, &e->binary);
		break;
	default:
		assert(node->kind < sizeof(plain_names) / sizeof(*plain_names));
		buf_puts(out, plain_names[node->kind]);
	}
}

static struct str name_of(const struct plan_node *node, struct arena *a)
{
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(a));
	struct buf out auto_done(buf_done) = BUF_INIT(NAME_MAX_BYTES);

	put_name(&out, node, scratch);
	return arena_str(a, buf_str(&out));
}

/* --- the tree --------------------------------------------------------------------------------- */

static bool is_range_source(const struct plan_node *node)
{
	return node->kind == PLAN_RANGE_SELECT || node->kind == PLAN_SUBQUERY;
}

static struct operator_cost cost_of(const struct metered_cost *costs, const struct plan_node *node)
{
	if (!costs)
		return (struct operator_cost){0};
	const struct metered_cost *c = &costs[node->id];
	return (struct operator_cost){
	    .time_ns = atomic_load(&c->time_ns),
	    .n_series = atomic_load(&c->n_series),
	    .n_values = atomic_load(&c->n_values),
	    .samples_total = atomic_load(&c->samples_total),
	    .samples_peak = atomic_load(&c->samples_peak),
	    .chunk_bytes = atomic_load(&c->chunk_bytes),
	};
}

static void add_cost(struct operator_cost *to, const struct operator_cost *below)
{
	to->samples_total += below->samples_total;
	to->chunk_bytes += below->chunk_bytes;
	if (below->samples_peak > to->samples_peak)
		to->samples_peak = below->samples_peak;
}

static struct explain_node *explain(const struct plan_node *node, const struct metered_cost *costs,
				    struct arena *a);

struct child_list {
	struct explain_node **v;
	size_t n, cap;
};

/* The parts of a source of windows become those of the function that reads it. */
static void add_source(struct explain_node *to, const struct plan_node *source,
		       struct child_list *children, const struct metered_cost *costs,
		       struct arena *a)
{
	to->selector = source->hints.selector;
	struct operator_cost own = cost_of(costs, source);
	add_cost(&to->cost, &own);
	if (source->kind == PLAN_SUBQUERY)
		ARENA_PUSH(a, children, explain(source->args[0], costs, a));
}

/* How often the samples below count for the node: not at all below a subquery, whose own windows
 * are counted, and at each step what is evaluated once. */
static uint64_t times_counted(const struct plan_node *node)
{
	if (node->n_args > 0 && node->args[0] && node->args[0]->kind == PLAN_SUBQUERY)
		return 0;
	return node->kind == PLAN_REPLICATE ? node->steps.n : 1;
}

static struct explain_node *explain(const struct plan_node *node, const struct metered_cost *costs,
				    struct arena *a)
{
	struct explain_node *out = ARENA_NEW(a, struct explain_node);
	struct child_list children = {0};

	*out = (struct explain_node){
	    .name = name_of(node, a),
	    .where = node->expr->where,
	    .selector = node->hints.selector,
	    .cost = cost_of(costs, node),
	};
	for (size_t i = 0; i < node->n_args; i++) {
		/* Of an aggregation the parameter comes first, which is planned last. */
		const struct plan_node *arg =
		    node->args[node->kind == PLAN_AGGREGATE ? node->n_args - 1 - i : i];
		if (arg && is_range_source(arg))
			add_source(out, arg, &children, costs, a);
		else if (arg)
			ARENA_PUSH(a, &children, explain(arg, costs, a));
	}
	for (size_t i = 0; i < children.n; i++) {
		struct operator_cost below = children.v[i]->cost;
		below.samples_total *= times_counted(node);
		add_cost(&out->cost, &below);
	}
	out->children = children.v;
	out->n_children = children.n;
	return out;
}

struct explain_node *promql_explain(const struct promql_plan *plan, struct arena *a)
{
	return explain(plan->root, NULL, a);
}

struct explain_node *explain_with_costs(const struct promql_plan *plan,
					const struct metered_cost *costs, struct arena *a)
{
	return explain(plan->root, costs, a);
}
