/* result.c - runs the operators of a plan and hands out what they give as samples.
 */
#include "promql/result.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "model/histogram.h"
#include "promql/bounded_windows.h"
#include "promql/explain_internal.h"
#include "promql/operator.h"
#include "promql/shared_selection.h"
#include "promql/window_cursor.h"

#include <stdlib.h>

struct promql_result {
	struct execution x;
	struct operator* op;        /* of scalars, vectors and matrices over steps */
	struct range_source source; /* of a range selector that is the whole query */
	bool has_source;
	struct arena *arena;
	struct arena *scratch; /* of one series */
	int64_t *t_ms;         /* of all steps; NULL until the first series */
	uint32_t *steps;       /* their numbers */
	/* A matrix that did not come in label order: of steps, or of a subquery's samples. */
	struct series_list sorted;
	struct window_list {
		struct result_series *v;
		size_t n, cap;
	} sorted_windows;
	bool is_sorted;
	size_t next;
	bool is_first;
	bool is_done;
};

static void finish(struct promql_result *r)
{
	const struct promql_plan *plan = r->x.plan;

	if (!r->is_done)
		annotations_move(&r->x.annotations, r->x.notes,
				 plan->opts.note_positions ? &plan->query->text : NULL);
	r->is_done = true;
}

static bool open_root(struct promql_result *r, struct err *err)
{
	const struct plan_node *root = r->x.plan->root;

	if (root->kind == PLAN_STRING)
		return true;
	if (root->type == VALUE_MATRIX) {
		r->has_source = true;
		return range_source_open(&r->source, &r->x, root, err);
	}
	r->op = operator_open(&r->x, root, err);
	if (r->op && execution_delays_names(&r->x) && root->type == VALUE_VECTOR)
		r->op = drop_names_op_new(r->op);
	return r->op != NULL;
}

struct promql_result *promql_execute(const struct promql_plan *plan, struct queryable *q,
				     struct ctx *ctx, struct tracker *tracker, struct notes *notes,
				     struct err *err)
{
	struct promql_result *r = NEW(struct promql_result);

	r->x = (struct execution){
	    .plan = plan, .queryable = q, .ctx = ctx, .tracker = tracker, .notes = notes};
	annotations_init(&r->x.annotations, tracker);
	if (plan->rewrites_share_label)
		annotations_add(&r->x.annotations, NOTE_PROMQL_WARNING, plan->query->root->where,
				"rewriting an external label with label_replace can disable "
				"distributed query execution");
	r->arena = arena_new(tracker);
	r->scratch = arena_new(tracker);
	r->is_first = true;
	r->x.meter = meter_new(plan, r->arena);
	r->x.shared = shared_selections_new(plan);
	if (!open_root(r, err)) {
		promql_result_free(r);
		return NULL;
	}
	return r;
}

void promql_result_free(struct promql_result *r)
{
	if (!r)
		return;
	finish(r);
	operator_close(r->op);
	if (r->has_source)
		range_source_done(&r->source);
	shared_selections_free(r->x.shared);
	annotations_done(&r->x.annotations);
	arena_free(r->scratch);
	arena_free(r->arena);
	free(r);
}

enum value_type promql_result_type(const struct promql_result *r)
{
	const struct promql_plan *plan = r->x.plan;

	if (plan->time.step_ms != 0)
		return VALUE_MATRIX;
	return plan->root->type;
}

size_t promql_result_n_steps(const struct promql_result *r)
{
	return r->x.plan->root->steps.n;
}

struct promql_stats promql_result_stats(const struct promql_result *r)
{
	return (struct promql_stats){r->x.samples_seen, r->x.samples_peak};
}

void promql_result_samples_at(const struct promql_result *r, uint64_t *out)
{
	const struct meter *m = r->x.meter;

	for (size_t i = 0; i < promql_result_n_steps(r); i++)
		out[i] = m && m->samples_at ? atomic_load(&m->samples_at[i]) : 0;
}

struct explain_node *promql_result_explain(const struct promql_result *r, struct arena *a)
{
	return explain_with_costs(r->x.plan, r->x.meter ? r->x.meter->costs : NULL, a);
}

uint64_t promql_result_samples_read(const struct promql_result *r)
{
	return r->x.samples_read;
}

/* --- order ------------------------------------------------------------------------------------ */

static int cmp_labels(const void *a, const void *b)
{
	return labels_cmp(((const struct step_series *)a)->labels,
			  ((const struct step_series *)b)->labels);
}

/* All that is left after `first`, sorted. */
static bool sort_all(struct promql_result *r, struct step_series first, struct err *err)
{
	if (!r->op->keeps)
		first = step_series_copy(r->arena, &first, r->op->steps.n);
	ARENA_PUSH(r->arena, &r->sorted, first);
	r->is_sorted = true;
	if (!operator_collect(r->op, r->arena, &r->sorted, err))
		return false;
	qsort(r->sorted.v, r->sorted.n, sizeof(*r->sorted.v), cmp_labels);
	return true;
}

/* The first series decides: with it, the operator knows whether more will come in order. */
static enum iter_result next_steps(struct promql_result *r, struct step_series *out,
				   struct err *err)
{
	if (!r->is_sorted) {
		enum iter_result result = operator_next(r->op, out, err);
		bool must_sort = promql_result_type(r) == VALUE_MATRIX && r->is_first &&
				 result == ITER_VALUE && !r->op->in_order;
		r->is_first = false;
		if (!must_sort)
			return result;
		if (!sort_all(r, *out, err))
			return ITER_ERROR;
	}
	if (r->next == r->sorted.n)
		return ITER_END;
	*out = r->sorted.v[r->next++];
	return ITER_VALUE;
}

/* --- samples ---------------------------------------------------------------------------------- */

/* The steps of the query, which all series without gaps share. */
static void make_columns(struct promql_result *r)
{
	const struct steps *steps = &r->op->steps;

	r->t_ms = arena_alloc(r->arena, steps->n * sizeof(*r->t_ms));
	r->steps = arena_alloc(r->arena, steps->n * sizeof(*r->steps));
	for (size_t i = 0; i < steps->n; i++) {
		r->t_ms[i] = steps_at(steps, i);
		r->steps[i] = (uint32_t)i;
	}
}

/* Samples at steps that follow each other stay where they are. */
static void series_of_run(const struct promql_result *r, const struct step_series *s, size_t first,
			  struct result_series *out)
{
	out->t_ms = r->t_ms + first;
	out->v = s->v + first;
	out->hist = s->hist ? s->hist + first : NULL;
	out->steps = r->steps + first;
}

static void series_with_gaps(struct promql_result *r, const struct step_series *s,
			     struct result_series *out)
{
	size_t n = 0, n_steps = r->op->steps.n;

	arena_clear(r->scratch);
	int64_t *t_ms = arena_alloc(r->scratch, out->n * sizeof(*t_ms));
	double *v = arena_alloc(r->scratch, out->n * sizeof(*v));
	uint32_t *step = arena_alloc(r->scratch, out->n * sizeof(*step));
	struct histogram **hist =
	    s->hist ? ARENA_ARRAY(r->scratch, struct histogram *, out->n) : NULL;
	for (size_t i = bits_next(s->present, n_steps, 0); i < n_steps;
	     i = bits_next(s->present, n_steps, i + 1)) {
		t_ms[n] = r->t_ms[i];
		v[n] = s->v[i];
		if (hist)
			hist[n] = s->hist[i];
		step[n++] = (uint32_t)i;
	}
	out->t_ms = t_ms;
	out->v = v;
	out->hist = hist;
	out->steps = step;
}

static void series_of_steps(struct promql_result *r, const struct step_series *s,
			    struct result_series *out)
{
	size_t n_steps = r->op->steps.n;

	if (!r->t_ms)
		make_columns(r);
	size_t first = bits_next(s->present, n_steps, 0);
	*out = (struct result_series){.labels = s->labels, .n = bits_count(s->present, n_steps)};
	if (bits_next_clear(s->present, n_steps, first) - first == out->n)
		series_of_run(r, s, first, out);
	else
		series_with_gaps(r, s, out);
}

/* The samples in the window of the range selector. */
static bool window_samples(struct promql_result *r, struct samples s, struct samples *out,
			   struct err *err)
{
	const struct plan_node *node = r->source.node;
	int64_t end_ms = window_end(&node->window, node->steps.start_ms);
	struct window_cursor c = {.t_ms = s.t_ms, .n = s.n};

	if (node->window.bounds != BOUNDS_PLAIN) {
		arena_clear(r->scratch);
		return bounded_window_samples(&s, &node->window, node->steps.start_ms, r->scratch,
					      out, err);
	}
	window_cursor_move(&c, end_ms - node->window.range_ms, end_ms);
	*out = (struct samples){
	    .t_ms = s.t_ms + c.from,
	    .v = s.v + c.from,
	    .hist = s.hist ? s.hist + c.from : NULL,
	    .n = c.to - c.from,
	};
	return true;
}

/* Without any sample there is no series. */
static enum iter_result read_window(struct promql_result *r, struct result_series *out,
				    struct err *err)
{
	struct range_series s;
	enum iter_result result;

	while ((result = range_source_next(&r->source, &s, err)) == ITER_VALUE) {
		struct samples window;
		if (!window_samples(r, s.samples, &window, err))
			return ITER_ERROR;
		if (window.n == 0)
			continue;
		*out = (struct result_series){
		    .labels = s.labels,
		    .n = window.n,
		    .t_ms = window.t_ms,
		    .v = window.v,
		    .hist = window.hist,
		};
		return ITER_VALUE;
	}
	return result;
}

static void keep_window(struct promql_result *r, const struct result_series *s)
{
	struct result_series copy = {
	    .labels = labels_copy(r->arena, s->labels),
	    .n = s->n,
	};
	int64_t *t_ms = arena_alloc(r->arena, s->n * sizeof(*t_ms));
	double *v = arena_alloc(r->arena, s->n * sizeof(*v));

	copy.t_ms = memcpy(t_ms, s->t_ms, s->n * sizeof(*t_ms));
	copy.v = memcpy(v, s->v, s->n * sizeof(*v));
	if (s->hist) {
		struct histogram **hist = ARENA_ARRAY(r->arena, struct histogram *, s->n);
		for (size_t i = 0; i < s->n; i++)
			hist[i] = s->hist[i] ? histogram_copy(r->arena, s->hist[i]) : NULL;
		copy.hist = hist;
	}
	ARENA_PUSH(r->arena, &r->sorted_windows, copy);
}

static int cmp_window_labels(const void *a, const void *b)
{
	return labels_cmp(((const struct result_series *)a)->labels,
			  ((const struct result_series *)b)->labels);
}

/* All that is left from *s on, sorted. */
static bool sort_windows(struct promql_result *r, struct result_series *s, struct err *err)
{
	enum iter_result result = ITER_VALUE;

	for (; result == ITER_VALUE; result = read_window(r, s, err)) {
		if (!execution_check(&r->x, err))
			return false;
		keep_window(r, s);
	}
	qsort(r->sorted_windows.v, r->sorted_windows.n, sizeof(*r->sorted_windows.v),
	      cmp_window_labels);
	r->is_sorted = true;
	return result == ITER_END;
}

/* As next_steps(). */
static enum iter_result next_window(struct promql_result *r, struct result_series *out,
				    struct err *err)
{
	if (!r->is_sorted) {
		enum iter_result result = read_window(r, out, err);
		bool must_sort =
		    r->is_first && result == ITER_VALUE && !range_source_in_order(&r->source);
		r->is_first = false;
		if (!must_sort)
			return result;
		if (!sort_windows(r, out, err))
			return ITER_ERROR;
	}
	if (r->next == r->sorted_windows.n)
		return ITER_END;
	*out = r->sorted_windows.v[r->next++];
	return ITER_VALUE;
}

static enum iter_result next_window_metered(struct promql_result *r, struct result_series *out,
					    struct err *err)
{
	int64_t began_ns = r->x.meter ? clock_monotonic_ns(&clock_system) : 0;
	enum iter_result result = next_window(r, out, err);

	count_given(&r->x, r->source.node, began_ns, result == ITER_VALUE ? &out->n : NULL);
	return result;
}

enum iter_result promql_result_next(struct promql_result *r, struct result_series *out,
				    struct err *err)
{
	struct step_series s;
	enum iter_result result;

	if (r->has_source) {
		result = next_window_metered(r, out, err);
	} else {
		result = next_steps(r, &s, err);
		if (result == ITER_VALUE)
			series_of_steps(r, &s, out);
	}
	if (result == ITER_END)
		finish(r);
	return result;
}

bool promql_result_scalar(struct promql_result *r, struct result_scalar *out, struct err *err)
{
	struct step_series s;

	assert(r->op && promql_result_type(r) == VALUE_SCALAR);
	if (operator_next(r->op, &s, err) != ITER_VALUE)
		return false;
	finish(r);
	*out = (struct result_scalar){r->x.plan->time.start_ms, s.v[0]};
	return true;
}

bool promql_result_string(struct promql_result *r, struct result_string *out, struct err *err)
{
	(void)err;
	assert(promql_result_type(r) == VALUE_STRING);
	finish(r);
	*out = (struct result_string){r->x.plan->time.start_ms, r->x.plan->root->expr->string};
	return true;
}
