/* op_map.c - what is done to each value of a vector by itself: functions, unary minus, and an
 * operator with a scalar on the other side.
 */
#include "base/alloc.h"
#include "promql/columns.h"
#include "promql/go_math.h"
#include "promql/histogram_binop.h"
#include "promql/histogram_functions.h"
#include "promql/map_functions.h"
#include "promql/op_params.h"

#include <stdlib.h>

struct map_op;
typedef void apply_fn(const struct map_op *op, struct step_series *s);

struct map_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* arg;
	struct op_params params;
	struct arena *arena;
	struct arena *scratch; /* of one series */
	apply_fn *apply;
	map_fn *fn;
	histogram_fn *histogram_fn;
	bool scalar_is_left;
	bool drops_name;
	struct name_dropper dropper;
};

#define EACH_STEP(s, i, n)                                                                         \
	for (size_t i = bits_next((s)->present, n, 0); i < (n);                                    \
	     i = bits_next((s)->present, n, i + 1))

static void apply_function(const struct map_op *op, struct step_series *s)
{
	size_t n = op->base.steps.n;

	step_series_drop_histograms(s, n);
	EACH_STEP(s, i, n)
	s->v[i] = op->fn(s->v[i]);
}

/* Floats have no place in it. */
static void apply_histogram_function(const struct map_op *op, struct step_series *s)
{
	size_t n = op->base.steps.n;

	EACH_STEP(s, i, n)
	{
		const struct histogram *h = step_series_histogram(s, i);
		if (h)
			s->v[i] = op->histogram_fn(h);
		else
			bits_clear(s->present, i);
	}
	s->hist = NULL;
}

static void negate_histogram(const struct map_op *op, struct step_series *s, size_t i)
{
	struct histogram *h = histogram_copy(op->scratch, s->hist[i]);

	histogram_multiply(h, -1);
	s->hist[i] = h;
}

static void apply_negate(const struct map_op *op, struct step_series *s)
{
	size_t n = op->base.steps.n;

	for (size_t i = 0; i < n; i++)
		s->v[i] = -s->v[i];
	if (!s->hist)
		return;
	EACH_STEP(s, i, n)
	if (s->hist[i])
		negate_histogram(op, s, i);
}

/* The times are there already. */
static void apply_sample_time(const struct map_op *op, struct step_series *s)
{
	(void)op;
	s->hist = NULL;
}

static void apply_step_time(const struct map_op *op, struct step_series *s)
{
	size_t n = op->base.steps.n;

	s->hist = NULL;
	EACH_STEP(s, i, n)
	s->v[i] = (double)steps_at(&op->base.steps, i) / 1000;
}

static void apply_clear(const struct map_op *op, struct step_series *s)
{
	bits_clear_all(s->present, op->base.steps.n);
}

/* To the nearest multiple, ties up. */
static void apply_round(const struct map_op *op, struct step_series *s)
{
	size_t n = op->base.steps.n;

	step_series_drop_histograms(s, n);
	EACH_STEP(s, i, n)
	{
		double inverse = 1 / (op->params.n ? op->params.v[0][i] : 1);
		s->v[i] = floor(s->v[i] * inverse + 0.5) / inverse;
	}
}

static void apply_clamp(const struct map_op *op, struct step_series *s)
{
	enum function_id id = op->base.node->expr->call.function->id;
	size_t n = op->base.steps.n;

	step_series_drop_histograms(s, n);
	EACH_STEP(s, i, n)
	{
		double min = id == FUNCTION_CLAMP_MAX ? -INFINITY : op->params.v[0][i];
		double max = id == FUNCTION_CLAMP_MIN   ? INFINITY
			     : id == FUNCTION_CLAMP_MAX ? op->params.v[0][i]
							: op->params.v[1][i];
		if (max < min)
			bits_clear(s->present, i);
		else
			s->v[i] = go_max(min, go_min(max, s->v[i]));
	}
}

/* What the operator makes of a histogram and the scalar. */
static void combine_histogram(const struct map_op *op, struct step_series *s, size_t i)
{
	const struct binary *bin = &op->base.node->expr->binary;
	struct note_place place = {&op->base.x->annotations, op->base.node->expr->where, {0}};
	struct operand vector = {s->v[i], step_series_histogram(s, i)};
	struct operand scalar = {op->params.v[0][i], NULL};
	const struct histogram *h = NULL;

	enum binop_result result =
	    op->scalar_is_left ? histogram_binop(bin->op, scalar, vector, &place, op->scratch, &h)
			       : histogram_binop(bin->op, vector, scalar, &place, op->scratch, &h);
	if (result != BINOP_VALUE)
		bits_clear(s->present, i);
	else
		s->hist[i] = (struct histogram *)h;
}

/* The steps that have a histogram; all of them with a trim, of which floats have no part. */
static void combine_histograms(const struct map_op *op, struct step_series *s)
{
	bool is_trim = expr_op_is_trim(op->base.node->expr->binary.op);
	size_t n = op->base.steps.n;

	if (!s->hist && !is_trim)
		return;
	EACH_STEP(s, i, n)
	if (is_trim || s->hist[i])
		combine_histogram(op, s, i);
}

static void apply_arithmetic(const struct map_op *op, struct step_series *s)
{
	enum expr_op operation = op->base.node->expr->binary.op;
	const double *scalar = op->params.v[0];
	size_t n = op->base.steps.n;

	combine_histograms(op, s); /* in whose slots the values below mean nothing */
	columns_compute(operation, op->scalar_is_left ? scalar : s->v,
			op->scalar_is_left ? s->v : scalar, s->present, s->v, n);
}

/* Leaves of `present` the steps at which the comparison holds. */
static void filter_steps(const struct map_op *op, const struct step_series *s, uint64_t *present)
{
	enum expr_op operation = op->base.node->expr->binary.op;
	const double *scalar = op->params.v[0];

	columns_filter(operation, op->scalar_is_left ? scalar : s->v,
		       op->scalar_is_left ? s->v : scalar, present, op->base.steps.n);
}

/* A filter: what remains is the value of the vector, on whichever side it stands. */
static void apply_filter(const struct map_op *op, struct step_series *s)
{
	combine_histograms(op, s);
	filter_steps(op, s, s->present);
}

static void apply_comparison(const struct map_op *op, struct step_series *s)
{
	size_t n = op->base.steps.n;

	combine_histograms(op, s);
	uint64_t *holds = arena_alloc(op->scratch, bits_words(n) * sizeof(*holds));
	bits_set_all(holds, n);
	filter_steps(op, s, holds);
	for (size_t i = 0; i < n; i++)
		s->v[i] = bits_has(holds, i);
}

static enum iter_result map_next_series(struct operator* base, struct step_series *out,
					struct err *err)
{
	struct map_op *op = (struct map_op *)base;
	enum iter_result r;

	if (!op_params_read(&op->params, op->arena, err))
		return ITER_ERROR;
	while ((r = operator_next(op->arg, out, err)) == ITER_VALUE) {
		arena_clear(op->scratch);
		op->apply(op, out);
		if (!bits_any(out->present, base->steps.n))
			continue;
		base->in_order = op->arg->in_order;
		if (op->drops_name) {
			base->in_order &=
			    dropping_keeps_order(base->x, op->arg->node->names, out->labels);
			if (!name_dropper_drop(&op->dropper, base->x, op->scratch, out, err))
				return ITER_ERROR;
		}
		return ITER_VALUE;
	}
	return r;
}

static void map_close(struct operator* base)
{
	struct map_op *op = (struct map_op *)base;

	operator_close(op->arg);
	op_params_close(&op->params);
	arena_free(op->scratch);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops map_ops = {map_next_series, map_close};

static apply_fn *apply_of_call(const struct plan_node *node)
{
	switch ((int)node->expr->call.function->id) {
	case FUNCTION_ROUND:
		return apply_round;
	case FUNCTION_CLAMP:
	case FUNCTION_CLAMP_MIN:
	case FUNCTION_CLAMP_MAX:
		return apply_clamp;
	default:
		return histogram_function(node->expr->call.function->id) ? apply_histogram_function
									 : apply_function;
	}
}

/* Of an expression that is no selector, the time is that of the evaluation, and none at which it
 * started is known. */
static apply_fn *apply_of_timestamp(const struct plan_node *node, const struct execution *x)
{
	if (node->expr->call.function->id == FUNCTION_START_TIMESTAMP)
		return node->args[0]->kind == PLAN_SELECT_START_TIMES &&
			       x->plan->opts.use_start_timestamps
			   ? apply_sample_time
			   : apply_clear;
	return node->args[0]->kind == PLAN_SELECT_TIMES ? apply_sample_time : apply_step_time;
}

static apply_fn *apply_of(const struct plan_node *node, const struct execution *x)
{
	switch ((int)node->kind) {
	case PLAN_NEGATE:
		return apply_negate;
	case PLAN_TIMESTAMP:
		return apply_of_timestamp(node, x);
	case PLAN_MAP:
		return apply_of_call(node);
	default:
		break;
	}
	const struct binary *bin = &node->expr->binary;
	if (!expr_op_is_comparison(bin->op))
		return apply_arithmetic;
	return bin->returns_bool ? apply_comparison : apply_filter;
}

static bool open_children(struct map_op *op, struct execution *x, const struct plan_node *node,
			  struct err *err)
{
	op->arg = operator_open(x, node->args[0], err);
	if (!op->arg)
		return false;
	for (size_t i = 1; i < node->n_args; i++)
		if (!op_params_add(&op->params, x, node->args[i], err))
			return false;
	return true;
}

struct operator* map_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct map_op *op = NEW(struct map_op);

	operator_init(&op->base, &map_ops, x, node);
	op->arena = arena_new(x->tracker);
	op->scratch = arena_new(x->tracker);
	op->dropper.seen.arena = op->arena;
	op->apply = apply_of(node, x);
	op->drops_name = op->apply != apply_filter;
	if (node->kind == PLAN_VECTOR_SCALAR_BINARY && expr_op_is_trim(node->expr->binary.op))
		op->drops_name = false;
	if (node->kind == PLAN_MAP) {
		op->fn = map_function(node->expr->call.function->id);
		op->histogram_fn = histogram_function(node->expr->call.function->id);
	}
	if (node->kind == PLAN_VECTOR_SCALAR_BINARY)
		op->scalar_is_left = node->expr->binary.left->type == VALUE_SCALAR;
	if (!open_children(op, x, node, err)) {
		map_close(&op->base);
		return NULL;
	}
	op->base.keeps = op->arg->keeps && !op->drops_name;
	return &op->base;
}
