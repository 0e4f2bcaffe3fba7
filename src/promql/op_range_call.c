/* op_range_call.c - a function of windows of samples: rate(x[5m]), max_over_time(x[1h:1m]).
 *
 * The samples of a series are at hand as columns; the windows of all steps slide over them.
 */
#include "base/alloc.h"
#include "promql/bounded_windows.h"
#include "promql/histogram_windows.h"
#include "promql/name_text.h"
#include "promql/number_text.h"
#include "promql/op_params.h"
#include "promql/pair_counts.h"
#include "promql/range_functions.h"
#include "promql/start_times.h"
#include "promql/window_cursor.h"
#include "promql/window_kernels.h"
#include "promql/xrate.h"

#include <math.h>
#include <stdlib.h>

struct range_call_op {
	struct operator base; /* first, so that the two pointers convert */
	struct range_source source;
	enum function_id id;
	range_fn *fn; /* NULL for those that see all windows at once */
	struct arena *arena;
	struct arena *scratch; /* of one series */
	struct op_params params;
	struct step_series out;
	struct note_place place; /* of the current series */
	bool keeps_name;
	struct name_dropper dropper;
	struct str counter_checked; /* the metric name that was looked at last */
};

static struct text_range source_where(const struct range_call_op *op)
{
	return op->base.node->args[0]->expr->where;
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

static bool check_all_params(struct range_call_op *op, const struct windows *w, struct err *err)
{
	double params[OP_PARAMS_MAX] = {0};

	for (size_t step = 0; op->params.n && step < w->n; step++) {
		for (size_t i = 0; i < op->params.n; i++)
			params[i] = op->params.v[i][step];
		if (w->from[step] < w->to[step] && !check_params(op, params, err))
			return false;
	}
	return true;
}

/* One window at a time. */
static void call_each_window(struct range_call_op *op, const struct samples *s,
			     const struct windows *windows)
{
	double params[OP_PARAMS_MAX] = {0};
	struct range_window w = {.s = s, .params = params, .scratch = op->scratch};

	bits_clear_all(op->out.present, windows->n);
	for (size_t step = 0; step < windows->n; step++) {
		w.t_ms = steps_at(&op->base.steps, step);
		w.from = windows->from[step];
		w.to = windows->to[step];
		if (w.from == w.to)
			continue;
		for (size_t i = 0; i < op->params.n; i++)
			params[i] = op->params.v[i][step];
		struct arena_mark mark = arena_mark(op->scratch);
		if (op->fn(&w, &op->out.v[step]))
			bits_set(op->out.present, step);
		arena_rewind(op->scratch, mark);
	}
}

/* A function of one window, at all steps. False on failure. */
static bool call_windows(struct range_call_op *op, const struct samples *s, struct err *err)
{
	struct windows w =
	    windows_find(s, &op->base.node->args[0]->window, &op->base.steps, op->scratch);

	if (!check_all_params(op, &w, err))
		return false;
	if (!window_kernel(op->id, s, &w, op->params.v, op->params.n, op->scratch, op->out.v,
			   op->out.present))
		call_each_window(op, s, &w);
	return true;
}

static bool call_rate(struct range_call_op *op, const struct samples *s, enum rate_kind kind)
{
	const struct plan_window *window = &op->base.node->args[0]->window;
	const struct steps *steps = &op->base.steps;

	if (window->bounds != BOUNDS_PLAIN)
		return bounded_rate_windows(s, kind, window, steps, &op->place, op->scratch,
					    &op->out);
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

/* --- histograms ------------------------------------------------------------------------------- */

/* What a function makes of histograms. */
enum taste {
	TASTE_FLOATS, /* passes over them */
	TASTE_ALL,    /* a sample is a sample */
	TASTE_PURE,   /* floats or histograms, not both in a window */
	TASTE_LAST,   /* likewise the last two samples of a window */
};

static enum taste taste_of(enum function_id id)
{
	switch ((int)id) {
	case FUNCTION_COUNT_OVER_TIME:
	case FUNCTION_PRESENT_OVER_TIME:
	case FUNCTION_FIRST_OVER_TIME:
	case FUNCTION_LAST_OVER_TIME:
	case FUNCTION_TS_OF_FIRST_OVER_TIME:
	case FUNCTION_TS_OF_LAST_OVER_TIME:
	case FUNCTION_CHANGES:
	case FUNCTION_RESETS:
		return TASTE_ALL;
	case FUNCTION_RATE:
	case FUNCTION_INCREASE:
	case FUNCTION_DELTA:
	case FUNCTION_SUM_OVER_TIME:
	case FUNCTION_AVG_OVER_TIME:
		return TASTE_PURE;
	case FUNCTION_IRATE:
	case FUNCTION_IDELTA:
		return TASTE_LAST;
	default:
		return TASTE_FLOATS;
	}
}

static struct histogram *call_on_histograms(struct range_call_op *op,
					    const struct histogram_window *w)
{
	switch ((int)op->id) {
	case FUNCTION_RATE:
		return histogram_rate(w, RATE_PER_SECOND, op->scratch);
	case FUNCTION_INCREASE:
		return histogram_rate(w, RATE_INCREASE, op->scratch);
	case FUNCTION_DELTA:
		return histogram_rate(w, RATE_DELTA, op->scratch);
	case FUNCTION_IRATE:
	case FUNCTION_IDELTA:
		return histogram_instant_rate(w, op->id == FUNCTION_IRATE, op->scratch);
	default:
		return histogram_sum_over_time(w, op->id == FUNCTION_AVG_OVER_TIME, op->scratch);
	}
}

static bool call_floats(struct range_call_op *op, const struct samples *s, struct err *err)
{
	if (s->n == 0)
		bits_clear_all(op->out.present, op->base.steps.n);
	else if (!op->fn)
		call_whole(op, s);
	else
		return call_windows(op, s, err);
	return true;
}

/* The histograms of a window, samples [from, to) of which are n_floats floats. */
static void call_histogram_window(struct range_call_op *op, enum taste taste, size_t step,
				  struct histogram_window *w, size_t n_floats)
{
	bool is_mixed = n_floats > 0 && w->n > 0;

	if (taste == TASTE_FLOATS) {
		if (is_mixed)
			note_ignored_in_range(&w->place);
		return;
	}
	if (w->n == 0)
		return;
	bits_clear(op->out.present, step);
	if (is_mixed) {
		note_mixed_samples(&w->place);
		return;
	}
	op->out.hist[step] = call_on_histograms(op, w);
	if (op->out.hist[step])
		bits_set(op->out.present, step);
}

/* Of the last two samples, so that others do not make a window mixed. */
static size_t first_that_counts(enum taste taste, const struct window_cursor *c)
{
	return taste == TASTE_LAST && c->to - c->from > 2 ? c->to - 2 : c->from;
}

static void call_histograms(struct range_call_op *op, enum taste taste, const struct samples *s)
{
	const struct plan_window *window = &op->base.node->args[0]->window;
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n};
	uint32_t *before = arena_alloc(op->scratch, (s->n + 1) * sizeof(*before));
	bool is_counter = op->id == FUNCTION_RATE || op->id == FUNCTION_INCREASE;
	struct histogram_window all = histogram_window_of(s, is_counter, op->scratch, before);

	for (size_t step = 0; step < op->base.steps.n; step++) {
		int64_t end_ms = window_end(window, steps_at(&op->base.steps, step));
		window_cursor_move(&c, end_ms - window->range_ms, end_ms);
		size_t from = first_that_counts(taste, &c), first = before[from];
		struct histogram_window w = {
		    .t_ms = all.t_ms + first,
		    .st_ms = all.st_ms ? all.st_ms + first : NULL,
		    .v = all.v + first,
		    .events = all.events ? all.events + first : NULL,
		    .n = before[c.to] - first,
		    .start_ms = end_ms - window->range_ms,
		    .end_ms = end_ms,
		    .place = op->place,
		};
		call_histogram_window(op, taste, step, &w, c.to - from - w.n);
	}
}

/* first_over_time() and last_over_time() give what they find. */
static void pick_histograms(struct range_call_op *op, const struct samples *s)
{
	const struct plan_window *window = &op->base.node->args[0]->window;
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n};

	for (size_t step = 0; step < op->base.steps.n; step++) {
		int64_t end_ms = window_end(window, steps_at(&op->base.steps, step));
		window_cursor_move(&c, end_ms - window->range_ms, end_ms);
		if (c.from < c.to)
			op->out.hist[step] =
			    s->hist[op->id == FUNCTION_FIRST_OVER_TIME ? c.from : c.to - 1];
	}
}

static struct samples floats_of(const struct samples *s, struct arena *a)
{
	struct samples floats = {0};

	samples_reserve(a, &floats, s->n);
	if (s->st_ms)
		floats.st_ms = ARENA_ARRAY(a, int64_t, floats.cap);
	for (size_t i = 0; i < s->n; i++) {
		if (s->hist[i])
			continue;
		floats.t_ms[floats.n] = s->t_ms[i];
		if (s->st_ms)
			floats.st_ms[floats.n] = s->st_ms[i];
		floats.v[floats.n++] = s->v[i];
	}
	return floats;
}

/* A series with histograms. */
static bool call_mixed(struct range_call_op *op, const struct samples *s, struct err *err)
{
	bool has_bounds = op->base.node->args[0]->window.bounds != BOUNDS_PLAIN;
	enum taste taste = has_bounds ? TASTE_ALL : taste_of(op->id);

	op->out.hist = ARENA_ARRAY(op->scratch, struct histogram *, op->base.steps.n);
	if (taste == TASTE_ALL) {
		if (!call_floats(op, s, err))
			return false;
		if (op->keeps_name)
			pick_histograms(op, s);
		return true;
	}
	struct samples floats = floats_of(s, op->scratch);
	if (!call_floats(op, &floats, err))
		return false;
	call_histograms(op, taste, s);
	return true;
}

static bool has_float(const struct step_series *s, size_t n)
{
	if (!s->hist)
		return true;
	for (size_t i = bits_next(s->present, n, 0); i < n; i = bits_next(s->present, n, i + 1))
		if (!s->hist[i])
			return true;
	return false;
}

static bool is_extended(const struct range_call_op *op)
{
	return op->base.node->expr->call.function->stage == FUNCTION_EXTENDED;
}

/* Thanos' own engine fails there too. */
static bool check_extended(const struct samples *s, struct err *err)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->hist[i])
			return err_set(err, ERR_EXECUTION,
				       "native histograms are not supported in extended range "
				       "functions");
	return true;
}

static bool call(struct range_call_op *op, const struct range_series *s, struct err *err)
{
	op->out.hist = NULL;
	if (s->samples.hist && is_extended(op) && !check_extended(&s->samples, err))
		return false;
	if (s->samples.hist)
		return call_mixed(op, &s->samples, err);
	return call_floats(op, &s->samples, err);
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
				"_total/_sum/_count/_bucket: %s",
				quoted_name(name).s);
}

static void note_overlap(struct range_call_op *op, const struct samples *s)
{
	const struct plan_window *window = &op->base.node->args[0]->window;

	if ((op->id == FUNCTION_RATE || op->id == FUNCTION_INCREASE) && s->st_ms &&
	    window->bounds == BOUNDS_PLAIN && start_times_overlap(s, window, &op->base.steps))
		note_start_overlap(&op->place);
}

static enum iter_result range_call_next(struct operator* base, struct step_series *out,
					struct err *err)
{
	struct range_call_op *op = (struct range_call_op *)base;
	struct range_series s;
	enum iter_result r;

	if (!op_params_read(&op->params, op->arena, err))
		return ITER_ERROR;
	while ((r = range_source_next(&op->source, &s, err)) == ITER_VALUE) {
		if (s.samples.n == 0)
			continue;
		arena_clear(op->scratch);
		op->place.name = labels_get(s.labels, STR(LABEL_NAME));
		note_overlap(op, &s.samples);
		if (!call(op, &s, err))
			return ITER_ERROR;
		if (!bits_any(op->out.present, base->steps.n))
			continue;
		if (has_float(&op->out, base->steps.n))
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
	op_params_close(&op->params);
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
	for (size_t i = 1; i < node->n_args; i++)
		if (!op_params_add(&op->params, x, node->args[i], err))
			return false;
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
	op->place = (struct note_place){.notes = &x->annotations, .at = source_where(op)};
	if (!open_children(op, x, node, err)) {
		range_call_close(&op->base);
		return NULL;
	}
	return &op->base;
}
