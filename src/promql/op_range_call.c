/* op_range_call.c - a function of windows of samples: rate(x[5m]), max_over_time(x[1h:1m]).
 *
 * The samples of a series are at hand as columns; the windows of all steps slide over them.
 */
#include "base/alloc.h"
#include "promql/bounded_windows.h"
#include "promql/number_text.h"
#include "promql/pair_counts.h"
#include "promql/range_functions.h"
#include "promql/start_times.h"
#include "promql/window_cursor.h"
#include "promql/xrate.h"

#include <math.h>
#include <stdlib.h>

enum { PARAMS_MAX = 2 };

struct range_call_op {
	struct operator base; /* first, so that the two pointers convert */
	struct range_source source;
	enum function_id id;
	range_fn *fn; /* NULL for those that see all windows at once */
	struct arena *arena;
	struct arena *scratch; /* of one series */
	struct operator* param_ops[PARAMS_MAX];
	size_t n_params;
	const double *params[PARAMS_MAX]; /* by step; NULL until the first series */
	struct step_series out;
	bool keeps_name;
	struct name_dropper dropper;
	struct str counter_checked; /* the metric name that was looked at last */
};

static struct text_range source_where(const struct range_call_op *op)
{
	return op->base.node->args[0]->expr->where;
}

static bool read_params(struct range_call_op *op, struct err *err)
{
	for (size_t i = 0; i < op->n_params; i++)
		if (!op->params[i] &&
		    !operator_read_scalar(op->param_ops[i], op->arena, &op->params[i], err))
			return false;
	return true;
}

static bool check_params(struct range_call_op *op, const double *params, struct err *err)
{
	static const char *const names[] = {"smoothing", "trend"};

	if (op->id == FUNCTION_QUANTILE_OVER_TIME && !(params[0] >= 0 && params[0] <= 1))
		annotations_add(&op->base.x->annotations, NOTE_PROMQL_WARNING,
				op->base.node->expr->call.args[0]->where,
				"quantile value should be between 0 and 1, got %s",
				go_float(params[0]).s);
	if (op->id != FUNCTION_DOUBLE_EXPONENTIAL_SMOOTHING)
		return true;
	for (size_t i = 0; i < 2; i++)
		if (params[i] <= 0 || params[i] >= 1)
			return err_set(err, ERR_EXECUTION,
				       "invalid %s factor. Expected: 0 < %cf < 1, got: %f",
				       names[i], names[i][0], params[i]);
	return true;
}

/* A function of one window, at all steps. False on failure. */
static bool call_windows(struct range_call_op *op, const struct samples *s, struct err *err)
{
	const struct steps *steps = &op->base.steps;
	const struct plan_window *window = &op->base.node->args[0]->window;
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n};
	double params[PARAMS_MAX] = {0};
	struct range_window w = {.s = s, .params = params, .scratch = op->scratch};

	bits_clear_all(op->out.present, steps->n);
	for (size_t step = 0; step < steps->n; step++) {
		w.t_ms = steps_at(steps, step);
		int64_t end_ms = window_end(window, w.t_ms);
		window_cursor_move(&c, end_ms - window->range_ms, end_ms);
		if (c.from == c.to)
			continue;
		w.from = c.from;
		w.to = c.to;
		for (size_t i = 0; i < op->n_params; i++)
			params[i] = op->params[i][step];
		if (op->n_params && !check_params(op, params, err))
			return false;
		struct arena_mark mark = arena_mark(op->scratch);
		if (op->fn(&w, &op->out.v[step]))
			bits_set(op->out.present, step);
		arena_rewind(op->scratch, mark);
	}
	return true;
}

static bool call_rate(struct range_call_op *op, const struct samples *s, enum rate_kind kind)
{
	const struct plan_window *window = &op->base.node->args[0]->window;
	const struct steps *steps = &op->base.steps;

	if (window->bounds != BOUNDS_PLAIN)
		return bounded_rate_windows(s, kind, window, steps, &op->out);
	return rate_windows(s, kind, window, steps, op->scratch, &op->out);
}

static bool call_xrate(struct range_call_op *op, const struct samples *s, enum rate_kind kind)
{
	return xrate_windows(s, kind, &op->base.node->args[0]->window, &op->base.steps, &op->out);
}

static bool call_pairs(struct range_call_op *op, const struct samples *s, enum pair_kind kind)
{
	return pair_count_windows(s, kind, &op->base.node->args[0]->window, &op->base.steps,
				  op->scratch, &op->out);
}

/* Functions that see all windows of a series at once. */
static bool call_whole(struct range_call_op *op, const struct samples *s)
{
	switch ((int)op->id) {
	case FUNCTION_RATE:
		return call_rate(op, s, RATE_PER_SECOND);
	case FUNCTION_INCREASE:
		return call_rate(op, s, RATE_INCREASE);
	case FUNCTION_DELTA:
		return call_rate(op, s, RATE_DELTA);
	case FUNCTION_XRATE:
		return call_xrate(op, s, RATE_PER_SECOND);
	case FUNCTION_XINCREASE:
		return call_xrate(op, s, RATE_INCREASE);
	case FUNCTION_XDELTA:
		return call_xrate(op, s, RATE_DELTA);
	case FUNCTION_CHANGES:
		return call_pairs(op, s, PAIRS_CHANGED);
	default:
		assert(op->id == FUNCTION_RESETS);
		return call_pairs(op, s, PAIRS_RESET);
	}
}

static bool looks_like_counter(struct str name)
{
	return str_ends(name, STR("_total")) || str_ends(name, STR("_sum")) ||
	       str_ends(name, STR("_count")) || str_ends(name, STR("_bucket"));
}

static void note_non_counter(struct range_call_op *op, struct labels labels)
{
	struct str name = labels_get(labels, STR(LABEL_NAME));

	if ((op->id != FUNCTION_RATE && op->id != FUNCTION_INCREASE) || name.n == 0 ||
	    str_eq(name, op->counter_checked))
		return;
	op->counter_checked = arena_str(op->arena, name);
	if (!looks_like_counter(name))
		annotations_add(&op->base.x->annotations, NOTE_PROMQL_INFO, source_where(op),
				"metric might not be a counter, name does not end in "
				"_total/_sum/_count/_bucket: \"%.*s\"",
				STR_FMT(name));
}

static void note_overlap(struct range_call_op *op, const struct range_series *s)
{
	const struct plan_window *window = &op->base.node->args[0]->window;

	if ((op->id != FUNCTION_RATE && op->id != FUNCTION_INCREASE) || !s->floats.st_ms ||
	    window->bounds != BOUNDS_PLAIN ||
	    !start_times_overlap(&s->floats, window, &op->base.steps))
		return;
	struct str name = labels_get(s->labels, STR(LABEL_NAME));
	annotations_add(
	    &op->base.x->annotations, NOTE_PROMQL_WARNING, source_where(op),
	    "sample has start time that overlaps with previous sample timestamp%s%.*s%s",
	    name.n ? " for metric \"" : "", STR_FMT(name), name.n ? "\"" : "");
}

static enum iter_result range_call_next(struct operator* base, struct step_series *out,
					struct err *err)
{
	struct range_call_op *op = (struct range_call_op *)base;
	struct range_series s;
	enum iter_result r;

	if (!read_params(op, err))
		return ITER_ERROR;
	while ((r = range_source_next(&op->source, &s, err)) == ITER_VALUE) {
		if (s.floats.n == 0)
			continue;
		arena_clear(op->scratch);
		note_overlap(op, &s);
		if (op->fn && !call_windows(op, &s.floats, err))
			return ITER_ERROR;
		if (op->fn ? !bits_any(op->out.present, base->steps.n) : !call_whole(op, &s.floats))
			continue;
		note_non_counter(op, s.labels);
		*out = op->out;
		out->labels = s.labels;
		out->drops_name = s.drops_name;
		out->block = s.block;
		base->in_order = range_source_in_order(&op->source);
		if (!op->keeps_name) {
			base->in_order &=
			    dropping_keeps_order(base->x, base->node->args[0]->names, s.labels);
			if (!name_dropper_drop(&op->dropper, base->x, op->scratch, out, err))
				return ITER_ERROR;
		}
		return ITER_VALUE;
	}
	return r;
}

static void range_call_close(struct operator* base)
{
	struct range_call_op *op = (struct range_call_op *)base;

	range_source_done(&op->source);
	for (size_t i = 0; i < op->n_params; i++)
		operator_close(op->param_ops[i]);
	arena_free(op->scratch);
	arena_free(op->arena);
	free(op);
}

static const struct operator_ops range_call_ops = {range_call_next, range_call_close};

static bool open_children(struct range_call_op *op, struct execution *x,
			  const struct plan_node *node, struct err *err)
{
	if (!range_source_open(&op->source, x, node->args[0], err))
		return false;
	for (size_t i = 1; i < node->n_args; i++) {
		assert(op->n_params < PARAMS_MAX);
		struct operator* param = operator_open(x, node->args[i], err);
		if (!param)
			return false;
		op->param_ops[op->n_params++] = param;
	}
	return true;
}

struct operator*
    range_call_op_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	struct range_call_op *op = NEW(struct range_call_op);

	operator_init(&op->base, &range_call_ops, x, node);
	op->id = node->expr->call.function->id;
	op->fn = range_function(op->id);
	op->keeps_name = op->id == FUNCTION_LAST_OVER_TIME || op->id == FUNCTION_FIRST_OVER_TIME;
	op->arena = arena_new(x->tracker);
	op->scratch = arena_new(x->tracker);
	op->dropper.seen.arena = op->arena;
	op->out = step_series_new(op->arena, node->steps.n);
	if (!open_children(op, x, node, err)) {
		range_call_close(&op->base);
		return NULL;
	}
	bool may_collide =
	    !op->keeps_name && !execution_delays_names(x) && node->args[0]->names == NAMES_MANY;
	return may_collide ? unique_op_new(&op->base) : &op->base;
}
