#include "tests/oracle/evaluator.h"

#include "promql/duration.h"

#include <math.h>
#include <stdlib.h>

/* --- vectors and labels ----------------------------------------------------------------------- */

void vector_push(struct oracle *o, struct vector *out, struct labels labels, double v, int64_t t_ms)
{
	ARENA_PUSH(o->arena, out, (struct element){.labels = labels, .v = v, .t_ms = t_ms});
}

struct labels labels_without_name(struct oracle *o, struct labels labels)
{
	static const struct str names[] = {{LABEL_NAME, 8}, {"__type__", 8}, {"__unit__", 8}};

	return labels_without(o->arena, labels, names, 3);
}

struct labels labels_with(struct oracle *o, struct labels labels, struct str name, struct str value)
{
	struct label over = {.name = name, .value = value};

	return labels_merge(o->arena, labels, (struct labels){&over, 1});
}

static bool check_unique(struct oracle *o, const struct vector *v)
{
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < i; k++)
			if (labels_eq(v->v[i].labels, v->v[k].labels))
				return err_set(
				    o->err, ERR_EXECUTION,
				    "vector cannot contain metrics with the same labelset");
	return true;
}

/* --- where to look ---------------------------------------------------------------------------- */

static bool resolve(struct oracle *o, const struct duration *d, enum duration_sign sign,
		    int64_t *out)
{
	struct duration_context context = {o->time.step_ms, o->time.end_ms - o->time.start_ms};

	return duration_resolve(d, sign, &context, out, o->err);
}

/* The time that `@` and `offset` make of the time of the evaluation. */
static bool looked_at(struct oracle *o, const struct at *at, const struct duration *offset,
		      int64_t t_ms, int64_t *out)
{
	int64_t offset_ms;

	if (!resolve(o, offset, DURATION_ANY_SIGN, &offset_ms))
		return false;
	if (at->kind == AT_TIMESTAMP)
		t_ms = at->t_ms;
	else if (at->kind == AT_START)
		t_ms = o->time.start_ms;
	else if (at->kind == AT_END)
		t_ms = o->time.end_ms;
	*out = t_ms - offset_ms;
	return true;
}

/* The samples in (after_ms, until_ms] that are no markers of staleness. */
static struct samples samples_between(struct oracle *o, const struct samples *s, int64_t after_ms,
				      int64_t until_ms)
{
	struct samples out = {0};

	samples_reserve(o->arena, &out, s->n);
	for (size_t i = 0; i < s->n; i++)
		if (s->t_ms[i] > after_ms && s->t_ms[i] <= until_ms && !is_stale_nan(s->v[i])) {
			out.t_ms[out.n] = s->t_ms[i];
			out.v[out.n++] = s->v[i];
		}
	return out;
}

/* --- selectors -------------------------------------------------------------------------------- */

static bool newest(struct oracle *o, const struct samples *s, int64_t t_ms, struct element *out)
{
	for (size_t i = s->n; i > 0; i--) {
		if (s->t_ms[i - 1] > t_ms)
			continue;
		out->t_ms = s->t_ms[i - 1];
		out->v = s->v[i - 1];
		return out->t_ms > t_ms - o->lookback_ms && !is_stale_nan(out->v);
	}
	return false;
}

/* The value at t_ms, between the sample before and the one behind. */
static bool smoothed(struct oracle *o, const struct samples *all, int64_t t_ms, struct element *out)
{
	struct samples s = samples_between(o, all, t_ms - o->lookback_ms, t_ms + o->lookback_ms);
	size_t i = 0;

	while (i < s.n && s.t_ms[i] < t_ms)
		i++;
	out->t_ms = t_ms;
	if (i < s.n && s.t_ms[i] == t_ms) {
		out->v = s.v[i];
		return true;
	}
	if (i == 0)
		return false;
	out->v = s.v[i - 1];
	if (i < s.n)
		out->v += (s.v[i] - s.v[i - 1]) * (double)(t_ms - s.t_ms[i - 1]) /
			  (double)(s.t_ms[i] - s.t_ms[i - 1]);
	return true;
}

static bool eval_selector(struct oracle *o, const struct vector_selector *vs, int64_t t_ms,
			  struct vector *out)
{
	int64_t at_ms;

	if (!looked_at(o, &vs->at, &vs->offset, t_ms, &at_ms))
		return false;
	for (size_t i = 0; i < o->data->n; i++) {
		const struct oracle_series *s = &o->data->v[i];
		struct element e;
		if (!matchers_match(vs->matchers, s->labels))
			continue;
		if (vs->bounds == BOUNDS_SMOOTHED ? smoothed(o, &s->samples, at_ms, &e)
						  : newest(o, &s->samples, at_ms, &e))
			vector_push(o, out, s->labels, e.v, e.t_ms);
	}
	return true;
}

static bool eval_matrix(struct oracle *o, const struct matrix_selector *ms, int64_t t_ms,
			struct windows *out)
{
	const struct vector_selector *vs = &ms->selector->vector;
	int64_t range_ms;

	if (!resolve(o, &ms->range, DURATION_POSITIVE, &range_ms) ||
	    !looked_at(o, &vs->at, &vs->offset, t_ms, &out->end_ms))
		return false;
	out->start_ms = out->end_ms - range_ms;
	out->bounds = vs->bounds;
	int64_t after_ms = out->start_ms - (vs->bounds == BOUNDS_PLAIN ? 0 : o->lookback_ms);
	int64_t until_ms = out->end_ms + (vs->bounds == BOUNDS_SMOOTHED ? o->lookback_ms : 0);
	for (size_t i = 0; i < o->data->n; i++) {
		const struct oracle_series *s = &o->data->v[i];
		if (!matchers_match(vs->matchers, s->labels))
			continue;
		struct window w = {s->labels, samples_between(o, &s->samples, after_ms, until_ms)};
		if (w.samples.n)
			ARENA_PUSH(o->arena, out, w);
	}
	return true;
}

static void put_into_windows(struct oracle *o, struct windows *out, const struct element *e,
			     int64_t t_ms)
{
	size_t i = 0;

	while (i < out->n && !labels_eq(out->v[i].labels, e->labels))
		i++;
	if (i == out->n)
		ARENA_PUSH(o->arena, out, (struct window){.labels = e->labels});
	struct samples *s = &out->v[i].samples;
	samples_reserve(o->arena, s, s->n + 1);
	s->t_ms[s->n] = t_ms;
	s->v[s->n++] = e->v;
}

static int compare_windows(const void *a, const void *b)
{
	return labels_cmp(((const struct window *)a)->labels, ((const struct window *)b)->labels);
}

/* The expression at all multiples of the step that are in the range. */
static bool eval_subquery(struct oracle *o, const struct subquery *sub, int64_t t_ms,
			  struct windows *out)
{
	int64_t range_ms, step_ms = 0;

	if (!resolve(o, &sub->range, DURATION_POSITIVE, &range_ms) ||
	    !looked_at(o, &sub->at, &sub->offset, t_ms, &out->end_ms))
		return false;
	if ((sub->step.ns || sub->step.formula) &&
	    !resolve(o, &sub->step, DURATION_POSITIVE, &step_ms))
		return false;
	if (step_ms == 0)
		step_ms = o->default_step_ms;
	out->start_ms = out->end_ms - range_ms;
	int64_t first_ms = out->start_ms / step_ms * step_ms;
	if (first_ms <= out->start_ms)
		first_ms += step_ms;
	for (int64_t at_ms = first_ms; at_ms <= out->end_ms; at_ms += step_ms) {
		struct vector v = {0};
		if (!eval_vector(o, sub->expr, at_ms, &v))
			return false;
		for (size_t i = 0; i < v.n; i++)
			put_into_windows(o, out, &v.v[i], at_ms);
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), compare_windows);
	return true;
}

bool eval_windows(struct oracle *o, const struct expr *e, int64_t t_ms, struct windows *out)
{
	e = expr_unwrap(e);
	*out = (struct windows){0};
	if (e->kind == EXPR_MATRIX_SELECTOR)
		return eval_matrix(o, &e->matrix, t_ms, out);
	return eval_subquery(o, &e->subquery, t_ms, out);
}

/* --- expressions ------------------------------------------------------------------------------ */

static bool eval_minus(struct oracle *o, const struct unary *u, int64_t t_ms, struct vector *out)
{
	if (!eval_vector(o, u->expr, t_ms, out))
		return false;
	for (size_t i = 0; i < out->n && u->op == OP_SUB; i++) {
		out->v[i].v = -out->v[i].v;
		out->v[i].labels = labels_without_name(o, out->v[i].labels);
	}
	return true;
}

bool eval_vector(struct oracle *o, const struct expr *e, int64_t t_ms, struct vector *out)
{
	e = expr_unwrap(e);
	*out = (struct vector){0};
	bool ok = false;
	if (e->kind == EXPR_VECTOR_SELECTOR)
		ok = eval_selector(o, &e->vector, t_ms, out);
	else if (e->kind == EXPR_UNARY)
		ok = eval_minus(o, &e->unary, t_ms, out);
	else if (e->kind == EXPR_CALL)
		ok = eval_call(o, e, t_ms, out);
	else if (e->kind == EXPR_AGGREGATE)
		ok = eval_aggregate(o, &e->aggregate, t_ms, out);
	else if (e->kind == EXPR_BINARY)
		ok = eval_binary(o, &e->binary, t_ms, out);
	else
		err_set(o->err, ERR_UNSUPPORTED, "no vector: kind %d", (int)e->kind);
	/* Whoever asks for the time of an element that is no sample gets that of the evaluation. */
	for (size_t i = 0; ok && e->kind != EXPR_VECTOR_SELECTOR && i < out->n; i++)
		out->v[i].t_ms = t_ms;
	return ok && check_unique(o, out);
}

static bool eval_scalar_call(struct oracle *o, const struct call *call, int64_t t_ms, double *out)
{
	double range_ms = (double)(o->time.end_ms - o->time.start_ms), a, b;
	struct vector v;

	switch ((int)call->function->id) {
	case FUNCTION_TIME:
		*out = (double)t_ms / 1000;
		return true;
	case FUNCTION_PI:
		*out = 3.14159265358979323846;
		return true;
	case FUNCTION_START:
		*out = (double)o->time.start_ms / 1000;
		return true;
	case FUNCTION_END:
		*out = (double)o->time.end_ms / 1000;
		return true;
	case FUNCTION_RANGE:
		*out = range_ms / 1000;
		return true;
	case FUNCTION_STEP: /* a single step has no length */
		*out = range_ms > 0 ? (double)o->time.step_ms / 1000 : 0;
		return true;
	case FUNCTION_MIN_OF:
	case FUNCTION_MAX_OF:
		if (!eval_scalar(o, call->args[0], t_ms, &a) ||
		    !eval_scalar(o, call->args[1], t_ms, &b))
			return false;
		*out = oracle_arithmetic(
		    call->function->id == FUNCTION_MIN_OF ? OP_MIN_OF : OP_MAX_OF, a, b);
		return true;
	case FUNCTION_SCALAR:
		if (!eval_vector(o, call->args[0], t_ms, &v))
			return false;
		*out = v.n == 1 ? v.v[0].v : (double)NAN;
		return true;
	default:
		return err_set(o->err, ERR_UNSUPPORTED, "no scalar: %s()", call->function->name);
	}
}

bool eval_scalar(struct oracle *o, const struct expr *e, int64_t t_ms, double *out)
{
	double a, b;

	e = expr_unwrap(e);
	if (e->kind == EXPR_NUMBER) {
		*out = e->number.value;
		return true;
	}
	if (e->kind == EXPR_CALL)
		return eval_scalar_call(o, &e->call, t_ms, out);
	if (e->kind == EXPR_UNARY) {
		if (!eval_scalar(o, e->unary.expr, t_ms, &a))
			return false;
		*out = e->unary.op == OP_SUB ? -a : a;
		return true;
	}
	if (e->kind != EXPR_BINARY)
		return err_set(o->err, ERR_UNSUPPORTED, "no scalar: kind %d", (int)e->kind);
	if (!eval_scalar(o, e->binary.left, t_ms, &a) || !eval_scalar(o, e->binary.right, t_ms, &b))
		return false;
	*out = expr_op_is_comparison(e->binary.op) ? oracle_comparison(e->binary.op, a, b)
						   : oracle_arithmetic(e->binary.op, a, b);
	return true;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void put_into_answer(struct oracle *o, struct kept_answer *out, struct labels labels,
			    int64_t t_ms, double v)
{
	size_t i = 0;

	while (i < out->series.n && !labels_eq(out->series.v[i].labels, labels))
		i++;
	if (i == out->series.n)
		ARENA_PUSH(o->arena, &out->series, (struct answer_series){.labels = labels});
	struct answer_series *s = &out->series.v[i];
	s->t_ms =
	    arena_grow(o->arena, s->t_ms, s->n * sizeof(*s->t_ms), (s->n + 1) * sizeof(*s->t_ms));
	s->v = arena_grow(o->arena, s->v, s->n * sizeof(*s->v), (s->n + 1) * sizeof(*s->v));
	s->t_ms[s->n] = t_ms;
	s->v[s->n++] = v;
}

static bool answer_at(struct oracle *o, const struct expr *e, int64_t t_ms, struct kept_answer *out)
{
	struct vector v;
	double scalar;

	if (e->type == VALUE_SCALAR) {
		if (!eval_scalar(o, e, t_ms, &scalar))
			return false;
		out->scalar = (struct result_scalar){t_ms, scalar};
		if (out->type == VALUE_MATRIX)
			put_into_answer(o, out, (struct labels){0}, t_ms, scalar);
		return true;
	}
	if (!eval_vector(o, e, t_ms, &v))
		return false;
	for (size_t i = 0; i < v.n; i++)
		put_into_answer(o, out, v.v[i].labels, t_ms, v.v[i].v);
	return true;
}

static bool answer_windows(struct oracle *o, const struct expr *e, struct kept_answer *out)
{
	struct windows in;

	if (!eval_windows(o, e, o->time.start_ms, &in))
		return false;
	if (in.bounds != BOUNDS_PLAIN)
		return err_set(o->err, ERR_UNSUPPORTED, "the bounds of a range that is the answer");
	for (size_t i = 0; i < in.n; i++)
		for (size_t k = 0; k < in.v[i].samples.n; k++)
			put_into_answer(o, out, in.v[i].labels, in.v[i].samples.t_ms[k],
					in.v[i].samples.v[k]);
	return true;
}

bool oracle_answer(struct oracle *o, const struct expr *query, struct kept_answer *out)
{
	const struct expr *root = expr_unwrap(query);

	*out = (struct kept_answer){.type = o->time.step_ms ? VALUE_MATRIX : root->type};
	if (root->type == VALUE_STRING) {
		out->string = root->string;
		return true;
	}
	if (root->type == VALUE_MATRIX)
		return answer_windows(o, root, out);
	if (o->time.step_ms == 0)
		return answer_at(o, root, o->time.start_ms, out);
	for (int64_t t_ms = o->time.start_ms; t_ms <= o->time.end_ms; t_ms += o->time.step_ms)
		if (!answer_at(o, root, t_ms, out))
			return false;
	return true;
}
